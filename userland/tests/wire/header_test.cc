// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userland/tests/wire/samples.h"

namespace awtun::wire {
namespace {

TEST(Header, EveryFieldStandsWhereRfc7296Puts3_1) {
  const Bytes octets{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
                     0x17, 0x18, 0x00, 0x20, 0x25, 0x28, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x1c};
  const auto header = parse_header(octets);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->initiator_spi, 0x0102030405060708u);
  EXPECT_EQ(header->responder_spi, 0x1112131415161718u);
  EXPECT_EQ(header->first_payload, PayloadType::None);
  EXPECT_EQ(header->major_version, 2);
  EXPECT_EQ(header->minor_version, 0);
  EXPECT_EQ(header->exchange, ExchangeType::Informational);
  EXPECT_TRUE(header->from_initiator);
  EXPECT_TRUE(header->response);
  EXPECT_FALSE(header->higher_version);
  EXPECT_EQ(header->message_id, 0x102u);
  EXPECT_EQ(header->length, 28u);
  EXPECT_EQ(written(*header, PayloadWriter()), octets);
}

TEST(Header, LengthMustBeTheDatagramsSize) {
  Bytes octets = written(init_header(), init_payloads());
  octets.push_back(0);
  const auto longer = parse_header(octets);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().offset, 24u);
  octets.pop_back();
  octets.pop_back();
  EXPECT_FALSE(parse_header(octets));
}

TEST(Header, AnotherMajorVersionCanBeReadAndIsNoMessage) {
  Header header = init_header();
  header.major_version = 3;
  const Bytes octets = written(header, init_payloads());
  const auto parsed = parse_header(octets);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->major_version, 3);
  const auto message = parse_message(octets);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().to_string(), "octet 17, message: is not of major version 2");
}

TEST(Header, IsRefusedWhenTooShortOrTooLong) {
  EXPECT_FALSE(parse_header({}));
  EXPECT_FALSE(parse_header(counted(27)));
  EXPECT_FALSE(parse_header(counted(kMaxMessageSize + 1)));
}

}  // namespace
}  // namespace awtun::wire
