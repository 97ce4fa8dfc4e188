// SPDX-License-Identifier: Apache-2.0
// Whose half-open IKE SA goes when there is no room.
#include "userland/ike/rules/crowd.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace awtun::ike {
namespace {

IpAddress address(const std::string& text) { return *IpAddress::parse(text); }
Endpoint at_port(const std::string& text, std::uint16_t port = 500) { return {address(text), port}; }

class Crowded : public testing::Test {
 protected:
  std::uint64_t enter(const std::string& from, std::uint64_t spi, std::uint16_t port = 500) {
    return crowd.insert(at_port(from, port), spi);
  }
  [[nodiscard]] std::optional<std::uint64_t> leaves_for(const std::string& to,
                                                        std::uint16_t port = 500) const {
    return crowd.gives_way(at_port(to, port), now);
  }
  Crowd crowd;
  Time now{Duration{3600000}};
};

TEST_F(Crowded, TheNewestOfTheLargestNetworkGoes) {
  for (std::uint64_t i = 1; i <= 3; ++i) enter("192.0.2." + std::to_string(i), i);
  for (std::uint64_t i = 11; i <= 12; ++i) enter("198.51.100." + std::to_string(i), i);
  EXPECT_EQ(crowd.size(), 5U);
  EXPECT_EQ(crowd.of_network(address("192.0.2.200")), 3U);
  EXPECT_EQ(crowd.of_address(address("192.0.2.1")), 1U);
  EXPECT_EQ(crowd.of_address(address("192.0.2.200")), 0U);
  EXPECT_EQ(leaves_for("203.0.113.1"), 3U);
}

TEST_F(Crowded, NobodyGoesForOneOfAnEquallyLargeNetwork) {
  for (std::uint64_t i = 1; i <= 9; ++i) enter("10.0." + std::to_string(i) + ".1", i);
  EXPECT_EQ(leaves_for("10.0.77.1"), std::nullopt);
  EXPECT_EQ(leaves_for("10.0.3.1"), std::nullopt);
}

TEST_F(Crowded, WhoWasAnsweredLongAgoGoesForAnEqual) {
  const auto first = enter("10.0.1.1", 1);
  enter("10.0.2.1", 2);
  crowd.note_answered(at_port("10.0.1.1"), first, now);
  now += Crowd::kGrace - Duration{1};
  EXPECT_EQ(leaves_for("10.0.77.1"), std::nullopt);
  now += Duration{1};
  EXPECT_EQ(leaves_for("10.0.77.1"), 1U);
  EXPECT_EQ(leaves_for("10.0.2.1"), std::nullopt) << "whose network would hold more";
}

TEST_F(Crowded, WithinANetworkTheBusiestAddressAndPortGoFirst) {
  enter("192.0.2.1", 1);
  for (std::uint64_t i = 2; i <= 9; ++i) enter("192.0.2.2", i);
  enter("192.0.2.2", 10, 1024);
  EXPECT_EQ(leaves_for("203.0.113.1"), 9U);
  EXPECT_EQ(crowd.gives_way_in_network(at_port("192.0.2.3"), now), 9U);
  EXPECT_EQ(crowd.gives_way_at_address(at_port("192.0.2.2", 1025), now), 9U);
  EXPECT_EQ(crowd.gives_way_at_address(at_port("192.0.2.2"), now), std::nullopt);
}

// Whoever has a /48 has 65,536 /64.
TEST_F(Crowded, ASiteIsOneNetworkHoweverManySubnetsItUses) {
  for (std::uint64_t i = 1; i <= 200; ++i) enter("2001:db8:1:" + std::to_string(i) + "::1", i);
  for (std::uint64_t i = 1001; i <= 1003; ++i) enter("2001:db8:" + std::to_string(i) + "::1", i);
  EXPECT_EQ(crowd.of_network(address("2001:db8:1::")), 200U);
  EXPECT_LE(leaves_for("2001:db8:7777::1"), 200U);
}

// Whoever has a /32 has 65,536 /48.
TEST_F(Crowded, AProviderWithManySitesMakesRoomForAnother) {
  for (std::uint64_t i = 1; i <= 1024; ++i) {
    const std::string from = "2001:db8:" + std::to_string(i) + "::1";
    crowd.note_answered(at_port(from), enter(from, i), now);
  }
  EXPECT_TRUE(leaves_for("2001:db9:1::1"));
}

// A /48 that many sites share, a /56 each: the one with many /64 is the largest.
TEST_F(Crowded, NeighboursInASharedNetworkAreSafe) {
  for (std::uint64_t i = 2; i <= 200; ++i)
    enter("2001:db8:1:2" + std::string(i < 100 ? "0" : "") + std::to_string(i % 100) + "::1", i);
  enter("2001:db8:1:100::1", 1);
  EXPECT_NE(leaves_for("2001:db8:7777::1"), 1U);
  EXPECT_NE(crowd.gives_way_in_network(at_port("2001:db8:1:300::1"), now), 1U);
}

TEST_F(Crowded, WhatLeavesIsForgotten) {
  std::map<std::uint64_t, std::pair<Endpoint, std::uint64_t>> entries;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    const std::string from = "10.0." + std::to_string(i % 7) + "." + std::to_string(i % 11);
    entries[i] = {at_port(from), enter(from, i)};
    if (i % 2 == 0) crowd.note_answered(entries[i].first, entries[i].second, now);
  }
  now += Crowd::kGrace;
  while (const auto spi = leaves_for("10.0.77.1")) {
    const auto found = entries.find(*spi);
    ASSERT_NE(found, entries.end()) << "an entry went twice";
    crowd.erase(found->second.first, found->second.second);
    entries.erase(found);
  }
  for (const auto& [spi, entry] : entries) crowd.erase(entry.first, entry.second);
  EXPECT_EQ(crowd.size(), 0U);
  EXPECT_EQ(crowd.of_network(address("10.0.1.1")), 0U);
}

}  // namespace
}  // namespace awtun::ike
