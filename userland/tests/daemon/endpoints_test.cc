// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/endpoints.h"

#include <gtest/gtest.h>

#include "userland/daemon/policy.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

config::Config by_interface(config::TunnelMode mode) {
  auto config = first_example();
  config.tunnels[0].mode = mode;
  config.tunnels[0].source.reset();
  config.tunnels[0].source_interface = "eth1";
  return config;
}

kernel::Link link(std::uint32_t index, const char* name) {
  kernel::Link made;
  made.index = index;
  made.name = name;
  return made;
}

const std::vector<kernel::Link> links = {link(2, "eth0"), link(3, "eth1")};
const std::vector<kernel::InterfaceAddress> addresses = {
    {2, prefix("10.9.9.9/24")}, {3, prefix("fe80::1/64")},  {3, prefix("2001:db8::1/64")},
    {3, prefix("10.1.1.1/24")}, {3, prefix("10.1.1.2/24")},
};

std::optional<IpAddress> source(config::TunnelMode mode,
                                const std::vector<kernel::InterfaceAddress>& present) {
  return with_sources(by_interface(mode), links, present).tunnels.at(0).source;
}

TEST(SourceInterface, ItsFirstAddressOfTheFamily) {
  EXPECT_EQ(source(config::TunnelMode::IpsecIpv4, addresses), ip("10.1.1.1"));
  EXPECT_EQ(source(config::TunnelMode::IpsecIpv6, addresses), ip("2001:db8::1"));
}

TEST(SourceInterface, NoneWithoutAnAddressALinkOrAMode) {
  EXPECT_FALSE(source(config::TunnelMode::IpsecIpv4, {{3, prefix("2001:db8::1/64")}}));
  EXPECT_FALSE(source(config::TunnelMode::IpsecIpv6, {{3, prefix("fe80::1/64")}}));
  EXPECT_FALSE(source(config::TunnelMode::None, addresses));
  auto config = by_interface(config::TunnelMode::IpsecIpv4);
  config.tunnels[0].source_interface = "eth9";
  EXPECT_FALSE(with_sources(config, links, addresses).tunnels.at(0).source);
}

TEST(SourceInterface, AnAddressThatIsConfiguredStays) {
  EXPECT_FALSE(has_source_interface(first_example()));
  EXPECT_EQ(with_sources(first_example(), links, {}), first_example());
}

TEST(SourceInterface, ThePolicyIsByTheAddressThatWasFound) {
  const auto config = by_interface(config::TunnelMode::IpsecIpv4);
  EXPECT_TRUE(has_source_interface(config));
  EXPECT_FALSE(make_policy(config, 0));
  const auto policy = make_policy(with_sources(config, links, addresses), 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->local, ip("10.1.1.1"));
}

config::Config by_host(config::TunnelMode mode) {
  auto config = first_example();
  config.tunnels[0].mode = mode;
  config.tunnels[0].destination = config::HostName{"b.example.com", {}};
  return config;
}

std::optional<IpAddress> destination(config::TunnelMode mode, const std::vector<IpAddress>& known,
                                     const config::Config& before = {}) {
  const auto config = with_destinations(by_host(mode), {{"b.example.com", known}}, before);
  const auto* address = config::destination_address(config.tunnels.at(0));
  return address != nullptr ? std::optional(*address) : std::nullopt;
}

TEST(DestinationHost, ItsFirstAddressOfTheFamily) {
  EXPECT_EQ(destination_hosts(by_host(config::TunnelMode::None)), std::set<std::string>{"b.example.com"});
  const std::vector<IpAddress> both = {ip("2001:db8::2"), ip("10.2.2.2"), ip("10.2.2.3")};
  EXPECT_EQ(destination(config::TunnelMode::IpsecIpv4, both), ip("10.2.2.2"));
  EXPECT_EQ(destination(config::TunnelMode::IpsecIpv6, both), ip("2001:db8::2"));
  EXPECT_FALSE(destination(config::TunnelMode::IpsecIpv6, {ip("10.2.2.2")}));
  EXPECT_FALSE(destination(config::TunnelMode::IpsecIpv4, {}));
}

TEST(DestinationHost, TheOneInUseStaysAsLongAsTheNameHasIt) {
  auto before = by_host(config::TunnelMode::IpsecIpv4);
  before.tunnels[0].destination = config::HostName{"b.example.com", ip("10.2.2.3")};
  EXPECT_EQ(destination(config::TunnelMode::IpsecIpv4, {ip("10.2.2.2"), ip("10.2.2.3")}, before),
            ip("10.2.2.3"));
  EXPECT_EQ(destination(config::TunnelMode::IpsecIpv4, {ip("10.2.2.2")}, before), ip("10.2.2.2"));
}

TEST(DestinationHost, NoPolicyBeforeItIsKnown) {
  auto config = by_host(config::TunnelMode::IpsecIpv4);
  config.tunnels[0].remote_name = "b.example.com";
  EXPECT_FALSE(make_policy(config, 0));
  const auto policy = make_policy(with_destinations(config, {{"b.example.com", {ip("10.2.2.2")}}}, {}), 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->remote, ip("10.2.2.2"));
}

}  // namespace
}  // namespace awtun::daemon
