// SPDX-License-Identifier: Apache-2.0
// Jobs of the key exchange, and the pool of keys that are made ahead.
#include "userland/ike/engine/key_pool.h"

#include <gtest/gtest.h>

#include "userland/ike/job.h"

namespace awtun::ike {
namespace {

using namespace std::chrono_literals;

constexpr wire::GroupId kGroup = wire::GroupId::X25519;

KeyExchangeJob job_with(std::uint8_t octet) {
  const Bytes octets(crypto::KeyExchange::random_size(kGroup), octet);
  return {kGroup, Secret(ByteView(octets)), {}, {}};
}

KeyPool::Key made_of(std::uint8_t octet) { return std::get<KeyExchangeDone>(run(job_with(octet))).ours; }

TEST(KeyExchangeJob, BothHalvesAgreeAndEqualJobsGiveEqualResults) {
  for (const auto group : {wire::GroupId::X25519, wire::GroupId::Ecp521, wire::GroupId::Modp2048}) {
    const auto half = [group](std::uint8_t octet) {
      const Bytes octets(crypto::KeyExchange::random_size(group), octet);
      return std::get<KeyExchangeDone>(run(KeyExchangeJob{group, Secret(ByteView(octets)), {}, {}})).ours;
    };
    const auto a = half(0x31);
    const auto b = half(0x42);
    const auto value_of = [](const auto& key) {
      return Bytes(key->public_value().begin(), key->public_value().end());
    };
    EXPECT_EQ(value_of(a), value_of(half(0x31)));
    const auto ab = std::get<KeyExchangeDone>(run(KeyExchangeJob{group, {}, a, value_of(b)}));
    const auto ba = std::get<KeyExchangeDone>(run(KeyExchangeJob{group, {}, b, value_of(a)}));
    ASSERT_TRUE(ab.shared && ba.shared);
    EXPECT_TRUE(*ab.shared == *ba.shared);
  }
}

TEST(KeyExchangeJob, WhatCannotBeDoneIsSaid) {
  EXPECT_TRUE(
      std::holds_alternative<JobFailed>(run(KeyExchangeJob{kGroup, Secret(std::size_t{31}), {}, {}})));
  EXPECT_TRUE(std::holds_alternative<JobFailed>(run(KeyExchangeJob{kGroup, {}, made_of(1), Bytes(32, 0)})));
  EXPECT_TRUE(std::holds_alternative<JobFailed>(
      run(KeyExchangeJob{static_cast<wire::GroupId>(22), Secret(std::size_t{64}), {}, Bytes(32, 9)})));
}

TEST(KeyPool, ALoneHandshakeIsNoReasonToKeepKeys) {
  KeyPool pool;
  EXPECT_EQ(pool.take(kGroup, Time{1s}), nullptr);
  EXPECT_FALSE(pool.lacking(Time{1s}));
}

TEST(KeyPool, GrowsWithDemandUpToABoundAndIsForgottenWithIt) {
  KeyPool pool;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.take(kGroup, Time{1s}), nullptr);
  std::size_t made = 0;
  while (pool.lacking(Time{1s}) == kGroup && made < 1000) {
    pool.put(made_of(static_cast<std::uint8_t>(made)));
    ++made;
  }
  EXPECT_EQ(made, 5U);
  EXPECT_EQ(pool.ready(kGroup), 5U);
  EXPECT_NE(pool.take(kGroup, Time{1s}), nullptr);
  EXPECT_TRUE(pool.lacking(Time{1s}));
  EXPECT_FALSE(pool.lacking(Time{60s}));
  for (int i = 0; i < 1000; ++i) static_cast<void>(pool.take(kGroup, Time{61s}));
  for (int i = 0; i < 1000; ++i) pool.put(made_of(1));
  EXPECT_EQ(pool.ready(kGroup), KeyPool::kMaxReady);
  EXPECT_FALSE(pool.lacking(Time{61s}));
}

TEST(KeyPool, AKeyIsGivenOnce) {
  KeyPool pool;
  pool.put(made_of(1));
  pool.put(made_of(2));
  const auto first = pool.take(kGroup, Time{});
  const auto second = pool.take(kGroup, Time{});
  EXPECT_NE(first, second);
  EXPECT_EQ(pool.take(kGroup, Time{}), nullptr);
}

}  // namespace
}  // namespace awtun::ike
