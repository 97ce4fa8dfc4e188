// SPDX-License-Identifier: Apache-2.0
#include "userland/wire/writer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "userland/tests/wire/samples.h"
#include "userland/tests/wire/wire_walk.h"

namespace awtun::wire {
namespace {

void expect_round_trip(const PayloadWriter& payloads) {
  const auto chain = parse_chain(payloads.first(), payloads.octets());
  ASSERT_TRUE(chain);
  const PayloadWriter again = walk_chain(*chain, payloads.octets());
  EXPECT_EQ(again.first(), payloads.first());
  EXPECT_EQ(Bytes(again.octets().begin(), again.octets().end()),
            Bytes(payloads.octets().begin(), payloads.octets().end()));
}

TEST(Writer, WhatIsWrittenIsReadAgain) {
  expect_round_trip(init_payloads());
  expect_round_trip(auth_payloads());
  expect_round_trip(informational_payloads());
}

TEST(Writer, FillsInLengthAndFirstPayload) {
  const Bytes octets = written(init_header(), init_payloads());
  const auto message = parse_message(octets);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.length, octets.size());
  EXPECT_EQ(message->header.first_payload, PayloadType::Sa);
  EXPECT_EQ(message->header.initiator_spi, init_header().initiator_spi);
}

// A stand-in for a cipher: 4 octets of IV, the plaintext inverted, 2 octets of ICV.
Sealer inverting(std::size_t plaintext_size, Bytes* prefix_seen) {
  return {4 + plaintext_size + 2, [=](ByteView prefix, ByteView plaintext, MutableByteView body) {
            prefix_seen->assign(prefix.begin(), prefix.end());
            std::transform(plaintext.begin(), plaintext.end(), body.subspan(4).begin(),
                           [](std::uint8_t octet) { return static_cast<std::uint8_t>(~octet); });
            return true;
          }};
}

TEST(Writer, SealedMessageHoldsThePayloadsInsideSk) {
  const PayloadWriter inner = auth_payloads();
  Bytes prefix;
  const auto octets =
      write_encrypted_message(header_of(ExchangeType::IkeAuth), inner, inverting(inner.size(), &prefix));
  ASSERT_TRUE(octets);
  const auto message = parse_message(*octets);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.first_payload, PayloadType::Sk);
  const auto sk = message->encrypted();
  ASSERT_TRUE(sk);
  EXPECT_EQ(sk->first_inner, PayloadType::IdI);
  EXPECT_EQ(prefix, Bytes(sk->prefix.begin(), sk->prefix.end()));
  Bytes plaintext(sk->body.begin() + 4, sk->body.end() - 2);
  for (std::uint8_t& octet : plaintext) octet = static_cast<std::uint8_t>(~octet);
  const auto chain = parse_chain(sk->first_inner, plaintext);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->count(PayloadType::TsR), 1u);
}

TEST(Writer, SealedMessageMayBeEmpty) {
  Bytes prefix;
  const auto octets =
      write_encrypted_message(header_of(ExchangeType::Informational), PayloadWriter(), inverting(0, &prefix));
  ASSERT_TRUE(octets);
  const auto message = parse_message(*octets);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->encrypted()->first_inner, PayloadType::None);
}

TEST(Writer, FragmentsCarryTheirNumbersInThePrefix) {
  const Header header = header_of(ExchangeType::IkeAuth);
  const Bytes part = counted(20);
  for (const std::uint16_t number : {std::uint16_t{1}, std::uint16_t{2}}) {
    Bytes prefix;
    const auto octets =
        write_fragment(header, {PayloadType::IdI, part, number, 2}, inverting(part.size(), &prefix));
    ASSERT_TRUE(octets);
    const auto message = parse_message(*octets);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->header.first_payload, PayloadType::Skf);
    EXPECT_FALSE(message->encrypted());
    const auto fragment = message->fragment();
    ASSERT_TRUE(fragment);
    EXPECT_EQ(fragment->number, number);
    EXPECT_EQ(fragment->total, 2);
    EXPECT_EQ(fragment->encrypted.first_inner, number == 1 ? PayloadType::IdI : PayloadType::None);
    EXPECT_EQ(prefix, Bytes(fragment->encrypted.prefix.begin(), fragment->encrypted.prefix.end()));
    EXPECT_EQ(prefix.size(), kHeaderSize + kPayloadHeaderSize + kFragmentNumbersSize);
    EXPECT_EQ(fragment->encrypted.body.size(), octets->size() - prefix.size());
  }
}

TEST(Writer, FragmentNumbersMustMakeSense) {
  const auto judged = [](std::uint16_t number, std::uint16_t total) {
    Bytes prefix;
    const auto octets = write_fragment(header_of(ExchangeType::IkeAuth),
                                       {PayloadType::IdI, {}, number, total}, inverting(0, &prefix));
    return parse_message(*octets)->fragment().has_value();
  };
  EXPECT_TRUE(judged(1, 1));
  EXPECT_TRUE(judged(65535, 65535));
  EXPECT_FALSE(judged(0, 1));
  EXPECT_FALSE(judged(0, 0));
  EXPECT_FALSE(judged(3, 2));
  PayloadWriter cut_off;
  cut_off.raw(PayloadType::Skf, Bytes{0, 1, 0});
  const Bytes octets = written(header_of(ExchangeType::IkeAuth), cut_off);
  EXPECT_FALSE(parse_message(octets)->fragment());
}

TEST(Writer, NothingResultsWhenSealingFails) {
  const Sealer failing{16, [](ByteView, ByteView, MutableByteView) { return false; }};
  EXPECT_FALSE(write_encrypted_message(header_of(ExchangeType::IkeAuth), auth_payloads(), failing));
}

TEST(Writer, RefusesWhatDoesNotFit) {
  const Sealer huge{kMaxMessageSize, [](ByteView, ByteView, MutableByteView) { return true; }};
  EXPECT_FALSE(write_encrypted_message(header_of(ExchangeType::IkeAuth), auth_payloads(), huge));

  PayloadWriter long_payload;
  long_payload.vendor_id(Bytes(65536));
  EXPECT_FALSE(long_payload.ok());
  EXPECT_FALSE(write_message(init_header(), long_payload));

  PayloadWriter long_message;
  for (int i = 0; i < 2; ++i) long_message.vendor_id(Bytes(40000));
  EXPECT_TRUE(long_message.ok());
  EXPECT_FALSE(write_message(init_header(), long_message));

  PayloadWriter many_selectors;
  many_selectors.ts(PayloadType::TsI, std::vector<Selector>(256));
  EXPECT_FALSE(many_selectors.ok());

  PayloadWriter mixed_families;
  mixed_families.ts(PayloadType::TsI, std::vector{selector("10.0.0.1", "::1")});
  EXPECT_FALSE(mixed_families.ok());

  PayloadWriter long_spi;
  long_spi.notify({NotifyType::RekeySa, ProtocolId::Esp, Bytes(256), {}});
  EXPECT_FALSE(long_spi.ok());
}

}  // namespace
}  // namespace awtun::wire
