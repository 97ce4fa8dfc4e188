// SPDX-License-Identifier: Apache-2.0
// Whose half-open IKE SA goes when there is no room.
#include "userland/ike/crowd.h"

#include <gtest/gtest.h>

#include <string>

namespace awtun::ike {
namespace {

IpAddress address(const std::string& text) { return *IpAddress::parse(text); }

TEST(Crowd, TheOldestOfTheLargestNetworkGoes) {
  Crowd crowd;
  for (std::uint64_t i = 1; i <= 3; ++i)
    static_cast<void>(crowd.insert(address("192.0.2." + std::to_string(i)), i));
  for (std::uint64_t i = 11; i <= 12; ++i)
    static_cast<void>(crowd.insert(address("198.51.100." + std::to_string(i)), i));
  EXPECT_EQ(crowd.size(), 5U);
  EXPECT_EQ(crowd.of_network(address("192.0.2.200")), 3U);
  EXPECT_EQ(crowd.of_address(address("192.0.2.1")), 1U);
  EXPECT_EQ(crowd.of_address(address("192.0.2.200")), 0U);
  EXPECT_EQ(crowd.first_to_go(), 1U);
  EXPECT_EQ(crowd.first_to_go_of_network(address("198.51.100.1")), 11U);
}

TEST(Crowd, WithinANetworkTheBusiestAddressGoesFirst) {
  Crowd crowd;
  static_cast<void>(crowd.insert(address("192.0.2.1"), 1));
  for (std::uint64_t i = 2; i <= 9; ++i) static_cast<void>(crowd.insert(address("192.0.2.2"), i));
  EXPECT_EQ(crowd.first_to_go(), 2U);
  EXPECT_EQ(crowd.first_to_go_of_address(address("192.0.2.1")), 1U);
}

TEST(Crowd, OfEqualsTheOneThatIsThereForLongestGoes) {
  Crowd crowd;
  for (std::uint64_t i = 9; i >= 1; --i)
    static_cast<void>(crowd.insert(address("10.0." + std::to_string(i) + ".1"), i));
  EXPECT_EQ(crowd.first_to_go(), 9U);
}

// Whoever has a /48 has 65,536 /64.
TEST(Crowd, ASiteIsOneNetworkHoweverManySubnetsItUses) {
  Crowd crowd;
  for (std::uint64_t i = 1; i <= 200; ++i)
    static_cast<void>(crowd.insert(address("2001:db8:1:" + std::to_string(i) + "::1"), i));
  for (std::uint64_t i = 1001; i <= 1003; ++i)
    static_cast<void>(crowd.insert(address("2001:db8:" + std::to_string(i) + "::1"), i));
  EXPECT_EQ(crowd.of_network(address("2001:db8:1::")), 200U);
  EXPECT_LE(crowd.first_to_go(), 200U);
}

// A /48 that many sites share, a /56 each: the one with many /64 is the largest.
TEST(Crowd, NeighboursInASharedNetworkAreSafe) {
  Crowd crowd;
  static_cast<void>(crowd.insert(address("2001:db8:1:100::1"), 1));
  for (std::uint64_t i = 2; i <= 200; ++i)
    static_cast<void>(crowd.insert(
        address("2001:db8:1:2" + std::string(i < 100 ? "0" : "") + std::to_string(i % 100) + "::1"), i));
  EXPECT_NE(crowd.first_to_go(), 1U);
  EXPECT_NE(crowd.first_to_go_of_network(address("2001:db8:1::")), 1U);
}

TEST(Crowd, WhatLeavesIsForgotten) {
  Crowd crowd;
  std::map<std::uint64_t, std::pair<IpAddress, std::uint64_t>> entries;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    const IpAddress from = address("10.0." + std::to_string(i % 7) + "." + std::to_string(i % 11));
    entries[i] = {from, crowd.insert(from, i)};
  }
  while (crowd.size() > 0) {
    const std::uint64_t spi = crowd.first_to_go();
    const auto found = entries.find(spi);
    ASSERT_NE(found, entries.end()) << "an entry went twice";
    crowd.erase(found->second.first, found->second.second);
    entries.erase(found);
  }
  EXPECT_TRUE(entries.empty());
  EXPECT_EQ(crowd.of_network(address("10.0.1.1")), 0U);
}

}  // namespace
}  // namespace awtun::ike
