// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/endpoints.h"

#include <gtest/gtest.h>

#include "userland/daemon/apply/policy.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

config::Config by_interface(TunnelMode mode) {
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

const std::vector<kernel::Link> kLinks = {link(2, "eth0"), link(3, "eth1")};
const std::vector<kernel::InterfaceAddress> kAddresses = {
    {2, prefix("10.9.9.9/24")}, {3, prefix("fe80::1/64")},  {3, prefix("2001:db8::1/64")},
    {3, prefix("10.1.1.1/24")}, {3, prefix("10.1.1.2/24")},
};

std::optional<IpAddress> source(TunnelMode mode, const std::vector<kernel::InterfaceAddress>& present) {
  return with_sources(by_interface(mode), kLinks, present, {}).tunnels.at(0).source;
}

TEST(SourceInterface, ItsFirstAddressOfTheFamily) {
  EXPECT_EQ(source(TunnelMode::IpsecIpv4, kAddresses), ip("10.1.1.1"));
  EXPECT_EQ(source(TunnelMode::IpsecIpv6, kAddresses), ip("2001:db8::1"));
}

TEST(SourceInterface, NoneWithoutAnAddressALinkOrAMode) {
  EXPECT_FALSE(source(TunnelMode::IpsecIpv4, {{3, prefix("2001:db8::1/64")}}));
  EXPECT_FALSE(source(TunnelMode::IpsecIpv6, {{3, prefix("fe80::1/64")}}));
  EXPECT_FALSE(source(TunnelMode::None, kAddresses));
  auto config = by_interface(TunnelMode::IpsecIpv4);
  config.tunnels[0].source_interface = "eth9";
  EXPECT_FALSE(with_sources(config, kLinks, kAddresses, {}).tunnels.at(0).source);
}

TEST(SourceInterface, AnAddressThatIsConfiguredStays) {
  EXPECT_FALSE(has_source_interface(first_example()));
  EXPECT_EQ(with_sources(first_example(), kLinks, {}, {}), first_example());
}

TEST(SourceInterface, ThePolicyIsByTheAddressThatWasFound) {
  const auto config = by_interface(TunnelMode::IpsecIpv4);
  EXPECT_TRUE(has_source_interface(config));
  EXPECT_FALSE(make_policy(config, 0));
  const auto policy = make_policy(with_sources(config, kLinks, kAddresses, {}), 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->local, ip("10.1.1.1"));
}

config::Config by_host(TunnelMode mode) {
  auto config = first_example();
  config.tunnels[0].mode = mode;
  config.tunnels[0].destination = config::HostName{"b.example.com", {}};
  return config;
}

std::optional<IpAddress> destination(TunnelMode mode, const std::vector<IpAddress>& known,
                                     const config::Config& before = {}) {
  const auto config = with_destinations(by_host(mode), {{"b.example.com", known}}, {}, before);
  const auto* address = config::destination_address(config.tunnels.at(0));
  return address != nullptr ? std::optional(*address) : std::nullopt;
}

TEST(DestinationHost, ItsFirstAddressOfTheFamily) {
  EXPECT_EQ(destination_hosts(by_host(TunnelMode::None)), std::set<std::string>{"b.example.com"});
  const std::vector<IpAddress> both = {ip("2001:db8::2"), ip("10.2.2.2"), ip("10.2.2.3")};
  EXPECT_EQ(destination(TunnelMode::IpsecIpv4, both), ip("10.2.2.2"));
  EXPECT_EQ(destination(TunnelMode::IpsecIpv6, both), ip("2001:db8::2"));
  EXPECT_FALSE(destination(TunnelMode::IpsecIpv6, {ip("10.2.2.2")}));
  EXPECT_FALSE(destination(TunnelMode::IpsecIpv4, {}));
}

TEST(DestinationHost, TheOneInUseStaysAsLongAsTheNameHasIt) {
  auto before = by_host(TunnelMode::IpsecIpv4);
  before.tunnels[0].destination = config::HostName{"b.example.com", ip("10.2.2.3")};
  EXPECT_EQ(destination(TunnelMode::IpsecIpv4, {ip("10.2.2.2"), ip("10.2.2.3")}, before), ip("10.2.2.3"));
  EXPECT_EQ(destination(TunnelMode::IpsecIpv4, {ip("10.2.2.2")}, before), ip("10.2.2.2"));
}

TEST(DestinationHost, NoPolicyBeforeItIsKnown) {
  auto config = by_host(TunnelMode::IpsecIpv4);
  config.tunnels[0].remote_name = Identity::fqdn("b.example.com");
  EXPECT_FALSE(make_policy(config, 0));
  const auto policy =
      make_policy(with_destinations(config, {{"b.example.com", {ip("10.2.2.2")}}}, {}, {}), 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->remote, ip("10.2.2.2"));
}

TEST(DestinationHost, NeitherOurOwnNorTheBroadcastOfOurNetworks) {
  const std::vector<IpAddress> known = {ip("10.1.1.1"), ip("10.1.1.255"), ip("10.1.2.255"), ip("10.1.1.7")};
  const auto found =
      with_destinations(by_host(TunnelMode::IpsecIpv4), {{"b.example.com", known}}, no_peers(kAddresses), {});
  EXPECT_EQ(*config::destination_address(found.tunnels.at(0)), ip("10.1.2.255"));
  EXPECT_TRUE(no_peers(kAddresses).contains(ip("2001:db8::1")));
  EXPECT_EQ(no_peers({{3, prefix("10.4.4.0/31")}}), std::set<IpAddress>{ip("10.4.4.0")});
  EXPECT_EQ(no_destination("b.example.com", {ip("10.1.1.1")}, Family::V4),
            "b.example.com resolves to 10.1.1.1, which is this router's own or a broadcast address");
  EXPECT_EQ(no_destination("b.example.com", {ip("10.1.1.1")}, Family::V6),
            "b.example.com has no IPv6 address");
}

TEST(DestinationHost, TheUnspecifiedAddressIsNotAnyPeer) {
  auto config = by_host(TunnelMode::IpsecIpv4);
  config.tunnels[0].destination = config::HostName{"b.example.com", ip("0.0.0.0")};
  EXPECT_EQ(tunnel_settings(config.tunnels[0]), kernel::TunnelSettings{});
  EXPECT_FALSE(make_policy(config, 0));
}

TEST(AsAskedFor, WhatWasLookedUpIsNoFaultOfAnotherChange) {
  const auto running = by_host(TunnelMode::IpsecIpv4);
  auto effective = running;
  effective.tunnels[0].destination = config::HostName{"b.example.com", ip("10.2.2.2")};
  auto candidate = running;
  candidate.tunnels[0].ttl = 64;
  candidate.tunnels[1] = first_example().tunnels[0];
  auto wanted = candidate;
  wanted.tunnels[0].destination = config::HostName{"b.example.com", ip("10.2.2.9")};
  const auto asked = as_asked_for(wanted, candidate, running, effective);
  EXPECT_EQ(asked.tunnels.at(0).destination, effective.tunnels.at(0).destination);
  EXPECT_EQ(asked.tunnels.at(0).ttl, 64);
  EXPECT_EQ(asked.tunnels.at(1), candidate.tunnels.at(1));
}

TEST(AsAskedFor, ATunnelThatDoesNotRunIsNotTriedAgainByAnotherChange) {
  auto candidate = first_example();
  candidate.tunnels[0].description = "x";
  EXPECT_TRUE(as_asked_for(candidate, candidate, first_example(), {}).tunnels.empty());
  candidate.tunnels[0].source = ip("10.1.1.3");
  EXPECT_EQ(as_asked_for(candidate, candidate, first_example(), {}), candidate);
}

}  // namespace
}  // namespace awtun::daemon
