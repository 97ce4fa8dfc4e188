// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/sa_spec.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

ike::AddSa sample(ike::Direction direction) {
  ike::AddSa add;
  add.direction = direction;
  add.spi = 0xc0ffee01;
  add.local = {ip("10.1.1.1"), 4500};
  add.remote = {ip("192.0.2.9"), 30001};
  add.transform = {Encryption::Aes256, Integrity::Gcm16};
  add.encryption_key = secret("0123456789abcdef0123456789abcdef");
  add.lifetime = std::chrono::milliseconds{28800001};
  add.local_selectors = {ike::TrafficSelector::any(Family::V4), ike::TrafficSelector::any(Family::V6)};
  add.remote_selectors = add.local_selectors;
  return add;
}

TEST(SaSpec, OutboundInUdpLeavesByThePortsOfIke) {
  auto add = sample(ike::Direction::Out);
  EXPECT_FALSE(sa_spec(add, 7).udp);
  add.udp = true;
  add.esn = true;
  const auto spec = sa_spec(add, 7);
  EXPECT_EQ(spec.ifindex, 7U);
  EXPECT_EQ(spec.direction, kernel::SaDirection::Out);
  EXPECT_EQ(spec.remote, ip("192.0.2.9"));
  EXPECT_EQ(spec.udp, (kernel::UdpPorts{4500, 30001}));
  EXPECT_FALSE(spec.follow);
  EXPECT_TRUE(spec.esn);
  EXPECT_EQ(spec.replay_window, 0U);
  EXPECT_EQ(spec.hard_seconds, 28801U);
}

TEST(SaSpec, InboundIsFollowedWhereThePeerMayMove) {
  auto add = sample(ike::Direction::In);
  add.udp = true;
  EXPECT_FALSE(sa_spec(add, 7).follow);
  add.follow = true;
  const auto spec = sa_spec(add, 7);
  EXPECT_TRUE(spec.follow);
  EXPECT_FALSE(spec.udp);
  EXPECT_FALSE(spec.remote);
  EXPECT_GT(spec.replay_window, 64U);
}

TEST(SaSpec, WithoutLifetimeNoEnd) {
  auto add = sample(ike::Direction::In);
  add.lifetime = {};
  EXPECT_EQ(sa_spec(add, 7).hard_seconds, 0U);
}

TEST(SaSpec, SelectorsForEverythingAreLeftOut) {
  auto add = sample(ike::Direction::Out);
  add.remote_selectors = {ike::TrafficSelector::any(Family::V4)};
  const auto spec = sa_spec(add, 7);
  EXPECT_TRUE(spec.local_selectors.empty());
  EXPECT_EQ(spec.remote_selectors,
            (std::vector<kernel::Selector>{{ip("0.0.0.0"), ip("255.255.255.255"), 0, 0, 65535}}));
}

TEST(SaSpec, OpaquePortsAreNotForTheKernel) {
  auto add = sample(ike::Direction::Out);
  const ike::TrafficSelector web{6, 80, 80, ip("10.0.0.0"), ip("10.0.0.255")};
  const ike::TrafficSelector fragments{6, 65535, 0, ip("10.0.0.0"), ip("10.0.0.255")};
  add.local_selectors = {fragments, web};
  EXPECT_EQ(sa_spec(add, 7).local_selectors,
            (std::vector<kernel::Selector>{{ip("10.0.0.0"), ip("10.0.0.255"), 6, 80, 80}}));
}

}  // namespace
}  // namespace awtun::daemon
