// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/message_trace.h"

#include <gtest/gtest.h>

#include "userland/wire/writer.h"

namespace awtun::daemon {
namespace {

TEST(MessageTrace, SaysWhatTheHeaderSays) {
  wire::Header header;
  header.initiator_spi = 0x0123456789abcdef;
  header.exchange = wire::ExchangeType::Informational;
  header.response = true;
  header.message_id = 7;
  const auto message = wire::write_message(header, wire::PayloadWriter());
  ASSERT_TRUE(message);
  const Endpoint peer{*IpAddress::parse("10.2.2.2"), 500};
  EXPECT_EQ(describe_message(Way::In, peer, *message),
            "from 10.2.2.2:500: INFORMATIONAL response 7, 28 octets, SPIs 0123456789abcdef 0000000000000000");
}

TEST(MessageTrace, WhateverComesInIsDescribed) {
  const Endpoint peer{*IpAddress::parse("2001:db8::1"), 4500};
  EXPECT_EQ(describe_message(Way::Out, peer, Bytes(3, 0xff)),
            "to [2001:db8::1]:4500: no IKE message, 3 octets");
}

}  // namespace
}  // namespace awtun::daemon
