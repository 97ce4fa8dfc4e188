// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/sa_spec.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

ike::AddSa sample(Direction direction) {
  ike::AddSa add;
  add.direction = direction;
  add.spi = 0xc0ffee01;
  add.local = {ip("10.1.1.1"), 4500};
  add.remote = {ip("192.0.2.9"), 30001};
  add.suite = *crypto::esp_suite("aes256", "gcm16");
  add.encryption_key = secret("0123456789abcdef0123456789abcdef");
  add.lifetime = std::chrono::milliseconds{28800001};
  add.local_selectors = {TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)};
  add.remote_selectors = add.local_selectors;
  return add;
}

kernel::SaSpec good_spec(const ike::AddSa& add) {
  auto spec = sa_spec(add, 7);
  EXPECT_TRUE(spec) << spec.error();
  return *std::move(spec);
}

TEST(SaSpec, OutboundInUdpLeavesByThePortsOfIke) {
  auto add = sample(Direction::Out);
  EXPECT_FALSE(good_spec(add).udp);
  add.udp = true;
  add.esn = true;
  const auto spec = good_spec(add);
  EXPECT_EQ(spec.ifindex, 7U);
  EXPECT_EQ(spec.direction, Direction::Out);
  EXPECT_EQ(spec.remote, ip("192.0.2.9"));
  EXPECT_EQ(spec.udp, (kernel::UdpPorts{4500, 30001}));
  EXPECT_FALSE(spec.follow);
  EXPECT_TRUE(spec.esn);
  EXPECT_EQ(spec.replay_window, 0U);
  EXPECT_EQ(spec.hard_seconds, 28801U);
}

TEST(SaSpec, InboundIsFollowedWhereThePeerMayMove) {
  auto add = sample(Direction::In);
  add.udp = true;
  EXPECT_FALSE(good_spec(add).follow);
  add.follow = true;
  const auto spec = good_spec(add);
  EXPECT_TRUE(spec.follow);
  EXPECT_FALSE(spec.udp);
  EXPECT_FALSE(spec.remote);
  EXPECT_GT(spec.replay_window, 64U);
}

TEST(SaSpec, WithoutLifetimeNoEnd) {
  auto add = sample(Direction::In);
  add.lifetime = {};
  EXPECT_EQ(good_spec(add).hard_seconds, 0U);
}

TEST(SaSpec, EverythingIsSaid) {
  auto add = sample(Direction::Out);
  add.remote_selectors = {TrafficSelector::any(Family::V4)};
  const auto spec = good_spec(add);
  EXPECT_EQ(spec.local_selectors, kernel::Coverage(kernel::Everything{}));
  EXPECT_EQ(spec.remote_selectors, kernel::Coverage(std::vector{TrafficSelector::any(Family::V4)}));
}

TEST(SaSpec, NoSelectorIsNotEverything) {
  for (const auto side : {&ike::AddSa::local_selectors, &ike::AddSa::remote_selectors}) {
    auto add = sample(Direction::Out);
    (add.*side).clear();
    ASSERT_FALSE(sa_spec(add, 7));
    EXPECT_EQ(sa_spec(add, 7).error(), "an SA must have traffic selectors");
  }
}

TEST(SaSpec, WhatTheKernelHasNotIsAnError) {
  const TrafficSelector web{6, 80, 80, ip("10.0.0.0"), ip("10.0.0.255")};
  const TrafficSelector bad[] = {
      {6, 65535, 0, ip("10.0.0.0"), ip("10.0.0.255")}, {17, 65535, 0, ip("::"), ip("::ff")},
      {6, 90, 80, ip("10.0.0.0"), ip("10.0.0.255")},   {0, 0, 65535, ip("10.0.0.2"), ip("10.0.0.1")},
      {0, 0, 65535, ip("10.0.0.2"), ip("::1")},        {135, 256, 511, ip("::"), ip("::ff")},
  };
  for (const auto& selector : bad) {
    for (const auto side : {&ike::AddSa::local_selectors, &ike::AddSa::remote_selectors}) {
      auto add = sample(Direction::In);
      add.*side = {selector};
      EXPECT_FALSE(sa_spec(add, 7)) << selector.to_string();
      add.*side = {web, selector};
      ASSERT_FALSE(sa_spec(add, 7)) << selector.to_string();
      EXPECT_EQ(sa_spec(add, 7).error(),
                "the kernel module does not support the traffic selector " + selector.to_string());
    }
  }
}

}  // namespace
}  // namespace awtun::daemon
