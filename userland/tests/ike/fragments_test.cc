// SPDX-License-Identifier: Apache-2.0
// Putting a peer's fragments together, RFC 7383 section 2.6.
#include "userland/ike/rules/fragments.h"

#include <gtest/gtest.h>

namespace awtun::ike {
namespace {

constexpr std::uint32_t kId = 7;

wire::FragmentView part(std::uint16_t number, std::uint16_t total) {
  wire::FragmentView view;
  view.number = number;
  view.total = total;
  if (number == 1) view.encrypted.first_inner = wire::PayloadType::IdI;
  return view;
}

class Fragments : public testing::Test {
 protected:
  /// As the engine does it: what is not wanted is not added.
  std::optional<Reassembly::Message> arrive(std::uint16_t number, std::uint16_t total, Bytes text,
                                            std::uint32_t id = kId) {
    if (!parts.wants(id, part(number, total))) return std::nullopt;
    return parts.add(now, id, part(number, total), std::move(text));
  }

  Reassembly parts;
  Time now{std::chrono::hours{1}};
};

TEST_F(Fragments, AnyOrderGivesTheMessage) {
  EXPECT_FALSE(arrive(3, 3, {5}));
  EXPECT_FALSE(arrive(1, 3, {1, 2}));
  const auto message = arrive(2, 3, {3, 4});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->first, wire::PayloadType::IdI);
  EXPECT_EQ(message->plaintext, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_FALSE(parts.expires_at());
}

TEST_F(Fragments, OneMayBeAll) {
  const auto message = arrive(1, 1, {9});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->plaintext, Bytes{9});
}

TEST_F(Fragments, WhatIsThereIsNotReplaced) {
  EXPECT_FALSE(arrive(1, 2, {1}));
  EXPECT_FALSE(parts.wants(kId, part(1, 2)));
  EXPECT_FALSE(arrive(1, 2, {66}));
  EXPECT_EQ(arrive(2, 2, {2})->plaintext, (Bytes{1, 2}));
}

TEST_F(Fragments, ALargerTotalBeginsAnewAndASmallerOneIsIgnored) {
  EXPECT_FALSE(arrive(1, 2, {1}));
  EXPECT_FALSE(arrive(1, 3, {10}));
  EXPECT_FALSE(arrive(2, 2, {2}));
  EXPECT_FALSE(arrive(2, 3, {20}));
  EXPECT_EQ(arrive(3, 3, {30})->plaintext, (Bytes{10, 20, 30}));
}

TEST_F(Fragments, AnotherMessageTakesThePlace) {
  EXPECT_FALSE(arrive(1, 2, {1}));
  EXPECT_FALSE(arrive(2, 2, {22}, kId + 1));
  EXPECT_EQ(arrive(1, 2, {11}, kId + 1)->plaintext, (Bytes{11, 22}));
}

TEST_F(Fragments, ThereAreBounds) {
  EXPECT_FALSE(parts.wants(kId, part(1, 256)));
  EXPECT_TRUE(parts.wants(kId, part(1, 255)));
  EXPECT_FALSE(arrive(1, 3, Bytes(40000)));
  EXPECT_FALSE(arrive(2, 3, Bytes(40000)));
  // Too much together: all of it is gone.
  EXPECT_FALSE(parts.expires_at());
  EXPECT_FALSE(arrive(3, 3, {1}));
}

TEST_F(Fragments, PatienceLastsFromTheLatestPart) {
  EXPECT_FALSE(arrive(1, 3, {1}));
  EXPECT_EQ(parts.expires_at(), now + kReassemblyPatience);
  now += Duration{1000};
  EXPECT_FALSE(arrive(1, 3, {1}));
  EXPECT_EQ(parts.expires_at(), now - Duration{1000} + kReassemblyPatience);
  EXPECT_FALSE(arrive(2, 3, {2}));
  EXPECT_EQ(parts.expires_at(), now + kReassemblyPatience);
  parts.forget();
  EXPECT_FALSE(arrive(3, 3, {3}));
}

}  // namespace
}  // namespace awtun::ike
