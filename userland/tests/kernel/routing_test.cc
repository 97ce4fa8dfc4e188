// SPDX-License-Identifier: Apache-2.0
// Routing against the running kernel, in a network namespace of this process alone. Skipped where
// namespaces may not be made.
#include "userland/kernel/routing.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "userland/tests/addresses.h"

namespace awtun::kernel {
namespace {

class RoutingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
    auto opened = Routing::open();
    ASSERT_TRUE(opened) << opened.error().to_string();
    routing_.emplace(std::move(*opened));
    ASSERT_TRUE(routing_->change_link(loopback, {.up = true, .mtu = {}, .alias = {}}));
  }

  Link link() {
    const auto links = routing_->links();
    return links && !links->empty() ? links->front() : Link{};
  }

  /// In a new namespace, always.
  static constexpr std::uint32_t loopback = 1;
  std::optional<Routing> routing_;
};

TEST_F(RoutingTest, ListsAndChangesALink) {
  EXPECT_EQ(link().name, "lo");
  EXPECT_TRUE(link().admin_up);
  ASSERT_TRUE(routing_->change_link(loopback, {.up = {}, .mtu = 4000, .alias = "here"}));
  EXPECT_EQ(link().mtu, 4000U);
  EXPECT_EQ(link().alias, "here");
  ASSERT_TRUE(routing_->change_link(loopback, {.up = false, .mtu = {}, .alias = ""}));
  EXPECT_EQ(link().alias, "");
  EXPECT_FALSE(link().admin_up);
}

TEST_F(RoutingTest, AddsAndDeletesAddressesAndReportsDuplicates) {
  for (const char* text : {"192.0.2.1/30", "2001:db8::1/64", "fe80::1/64"}) {
    const InterfaceAddress address{loopback, prefix(text)};
    const auto added = routing_->add_address(address);
    ASSERT_TRUE(added) << added.error().to_string();
    const auto all = routing_->addresses();
    ASSERT_TRUE(all);
    EXPECT_NE(std::find(all->begin(), all->end(), address), all->end()) << text;
    const auto again = routing_->add_address(address);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, EEXIST);
    EXPECT_TRUE(routing_->delete_address(address));
    const auto gone = routing_->delete_address(address);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, EADDRNOTAVAIL);
  }
}

TEST_F(RoutingTest, KnowsItsOwnRoutes) {
  ASSERT_TRUE(routing_->add_address({loopback, prefix("192.0.2.1/24")}));
  const Route via_device{prefix("198.51.100.0/24"), loopback, 1};
  const Route via_neighbour{prefix("203.0.113.0/24"), *IpAddress::parse("192.0.2.254"), 9};
  const Route v6{prefix("2001:db8:7::/64"), loopback, 3};
  for (const auto& route : {via_device, via_neighbour, v6}) {
    const auto added = routing_->add_route(route);
    ASSERT_TRUE(added) << added.error().to_string();
    const auto own = routing_->own_routes();
    ASSERT_TRUE(own);
    EXPECT_EQ(*own, std::vector{route});
    const auto again = routing_->add_route(route);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, EEXIST);
    EXPECT_TRUE(routing_->delete_route(route));
  }
}

TEST_F(RoutingTest, UnreachableNextHopIsAnErrorWithReason) {
  const auto added = routing_->add_route({prefix("203.0.113.0/24"), *IpAddress::parse("192.0.2.254"), 1});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ENETUNREACH);
  EXPECT_NE(added.error().message, "");
}

TEST_F(RoutingTest, EventsTellOfChanges) {
  routing_->drain_events();
  pollfd waiting{routing_->event_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  ASSERT_TRUE(routing_->add_address({loopback, prefix("192.0.2.1/24")}));
  EXPECT_EQ(poll(&waiting, 1, 1000), 1);
  routing_->drain_events();
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

}  // namespace
}  // namespace awtun::kernel
