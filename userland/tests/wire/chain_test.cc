// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userland/tests/wire/samples.h"

namespace awtun::wire {
namespace {

constexpr auto kUnknown = static_cast<PayloadType>(200);

TEST(Chain, VisitsThePayloadsInOrder) {
  const Bytes octets = written(init_header(), init_payloads());
  const auto message = parse_message(octets);
  ASSERT_TRUE(message);
  std::vector<PayloadType> types;
  for (const PayloadView payload : message->payloads) types.push_back(payload.type);
  EXPECT_EQ(types, (std::vector{PayloadType::Sa, PayloadType::Ke, PayloadType::Nonce, PayloadType::Notify,
                                PayloadType::Notify, PayloadType::VendorId}));
  EXPECT_EQ(message->payloads.count(PayloadType::Notify), 2u);
  EXPECT_EQ(message->payloads.find(PayloadType::Sa)->offset, kHeaderSize);
  EXPECT_FALSE(message->payloads.find(PayloadType::Auth));
}

TEST(Chain, MayBeEmpty) {
  const auto chain = parse_chain(PayloadType::None, {});
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->empty());
  EXPECT_FALSE(parse_chain(PayloadType::Sa, {}));
  EXPECT_FALSE(parse_chain(PayloadType::None, counted(4)));
  EXPECT_FALSE(parse_chain(PayloadType::None, counted(4), 5));
}

TEST(Chain, SaysWhichLinkIsBroken) {
  const auto error = [](Bytes octets) {
    const auto chain = parse_chain(PayloadType::VendorId, octets);
    return chain ? std::string() : chain.error().to_string();
  };
  EXPECT_EQ(error({0, 0, 0}), "octet 0, V: is cut off inside its header");
  EXPECT_EQ(error({0, 0, 0, 3}), "octet 0, V: has a length field smaller than its header");
  EXPECT_EQ(error({0, 0, 0, 5}), "octet 0, V: is longer than the octets that are left");
  EXPECT_EQ(error({0, 0, 0, 4, 9}), "octet 4, message: octets follow the last payload");
  EXPECT_EQ(error({40, 0, 0, 4}), "octet 4, Nonce: is announced but missing");
}

TEST(Chain, EncryptedPayloadMustBeTheLast) {
  PayloadWriter writer;
  writer.raw(PayloadType::Sk, counted(40));
  writer.vendor_id(counted(4));
  const auto chain = parse_chain(writer.first(), writer.octets());
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().rule, "is encrypted and not the last payload");
}

TEST(Chain, IsBounded) {
  PayloadWriter writer;
  for (std::size_t i = 0; i < kMaxPayloads; ++i) writer.vendor_id({});
  EXPECT_TRUE(parse_chain(writer.first(), writer.octets()));
  writer.vendor_id({});
  const auto chain = parse_chain(writer.first(), writer.octets());
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().rule, "exceeds the maximum number of payloads");
}

TEST(Chain, UnknownPayloadsCountOnlyWhenTheyAreCritical) {
  PayloadWriter writer;
  writer.raw(PayloadType::VendorId, {}, true);  // known: the bit means nothing
  writer.raw(kUnknown, counted(3));
  const auto harmless = parse_chain(writer.first(), writer.octets());
  ASSERT_TRUE(harmless);
  EXPECT_EQ(harmless->unsupported_critical(), std::nullopt);
  writer.raw(kUnknown, counted(3), true);
  const auto critical = parse_chain(writer.first(), writer.octets());
  ASSERT_TRUE(critical);
  EXPECT_EQ(critical->unsupported_critical(), kUnknown);
}

TEST(Chain, EncryptedViewSplitsTheMessageAfterTheGenericHeader) {
  PayloadWriter writer;
  writer.notify(NotifyType::Cookie, counted(8));
  writer.raw(PayloadType::Sk, counted(48));
  const Bytes octets = written(header_of(ExchangeType::Informational), writer);
  const auto message = parse_message(octets);
  ASSERT_TRUE(message);
  const auto sk = message->encrypted();
  ASSERT_TRUE(sk);
  EXPECT_EQ(sk->prefix.size(), octets.size() - 48);
  EXPECT_EQ(Bytes(sk->body.begin(), sk->body.end()), counted(48));
  EXPECT_EQ(sk->first_inner, PayloadType::None);
}

}  // namespace
}  // namespace awtun::wire
