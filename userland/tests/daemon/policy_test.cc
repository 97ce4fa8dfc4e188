// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/policy.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

TEST(Policy, FirstExample) {
  const auto policy = make_policy(first_example(), 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->local, ip("10.1.1.1"));
  EXPECT_EQ(policy->remote, ip("10.2.2.2"));
  EXPECT_EQ(policy->local_id, ike::Identity::of(ip("10.1.1.1")));
  EXPECT_EQ(policy->remote_id, ike::Identity::of(ip("10.2.2.2")));
  ASSERT_TRUE(policy->preshared_key);
  EXPECT_TRUE(*policy->preshared_key == secret("ouR4ecret"));
}

TEST(Policy, NamesBecomeIdentitiesAndFindTheKey) {
  auto config = first_example();
  config.tunnels[0].local_name = ike::Identity::fqdn("a.example.com");
  config.tunnels[0].remote_name = ike::Identity::fqdn("b.example.com");
  add_key(config, config::PeerName{ike::Identity::fqdn("b.example.com")}, "by name");
  const auto policy = make_policy(config, 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->local_id, ike::Identity::fqdn("a.example.com"));
  EXPECT_EQ(policy->remote_id, ike::Identity::fqdn("b.example.com"));
  EXPECT_TRUE(*policy->preshared_key == secret("by name"));
}

TEST(Policy, KeyOfTheTunnelComesFirst) {
  auto config = first_example();
  add_key(config, config::ByTunnel{0}, "by tunnel");
  EXPECT_TRUE(*make_policy(config, 0)->preshared_key == secret("by tunnel"));
}

TEST(Policy, ProfilesAreThoseOfPeerAndInterface) {
  auto config = first_example();
  EXPECT_EQ(make_policy(config, 0)->isakmp, default_isakmp_profile());
  EXPECT_EQ(make_policy(config, 0)->ipsec, default_ipsec_profile());
  auto& isakmp = config.isakmp_profiles["a"].settings;
  isakmp.dpd_interval = std::chrono::seconds{10};
  auto& ipsec = config.ipsec_profiles["b"];
  ipsec.pfs_group = crypto::GroupId::Modp2048;
  config.isakmp_peers[ip("10.2.2.2")] = "a";
  config.tunnels[0].protection->profile = "b";
  EXPECT_EQ(make_policy(config, 0)->isakmp, isakmp);
  EXPECT_EQ(make_policy(config, 0)->ipsec, ipsec);
  EXPECT_FALSE(make_policy(config, 0) == make_policy(first_example(), 0));
}

TEST(Policy, SelectorsAreThoseOfTheTunnel) {
  auto config = first_example();
  EXPECT_EQ(make_policy(config, 0)->local_selectors.size(), 2U);
  config.tunnels[0].local_selectors = {{1, prefix("10.1.0.0/16")}, {7, prefix("2001:db8::/32")}};
  const auto policy = make_policy(config, 0);
  EXPECT_EQ(policy->local_selectors, (std::vector{TrafficSelector::of(prefix("10.1.0.0/16")),
                                                  TrafficSelector::of(prefix("2001:db8::/32"))}));
  EXPECT_EQ(policy->remote_selectors.size(), 2U);
}

TEST(Policy, DeliveryPacketsAreAsConfigured) {
  auto config = first_example();
  auto& tunnel = config.tunnels[0];
  EXPECT_EQ(tunnel_settings(tunnel).df, DontFragment::Copy);
  tunnel.df = DontFragment::Clear;
  tunnel.ttl = 64;
  tunnel.dscp = 0;
  tunnel.ip_mss = config::MaximumSegment{1300};
  tunnel.ipv6_mss = config::MaximumSegment{};
  const auto settings = tunnel_settings(tunnel);
  EXPECT_EQ(settings.df, DontFragment::Clear);
  EXPECT_EQ(settings.ttl, 64);
  EXPECT_EQ(settings.dscp, 0);
  EXPECT_EQ(settings.mss_ipv4, 1300);
  EXPECT_EQ(settings.mss_ipv6, kernel::kMssOfPath);
}

TEST(Policy, ATrustpointIsNamed) {
  auto config = first_example();
  config.isakmp_profiles["a"].trustpoint = "t";
  config.isakmp_peers[ip("10.2.2.2")] = "a";
  ASSERT_TRUE(make_policy(config, 0)->certificate);
  EXPECT_EQ(make_policy(config, 0)->certificate->trustpoint, "t");
}

TEST(Policy, ADynamicPeerIsKnownByItsName) {
  auto config = first_example();
  auto& tunnel = config.tunnels[0];
  tunnel.destination = config::DynamicPeer{};
  EXPECT_FALSE(make_policy(config, 0));
  tunnel.remote_name = ike::Identity::fqdn("b.example.com");
  const auto policy = make_policy(config, 0);
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->remote);
  EXPECT_EQ(policy->remote_id, ike::Identity::fqdn("b.example.com"));
  EXPECT_TRUE(tunnel_settings(tunnel).remote.is_unspecified());
}

TEST(Policy, WithoutKeyThereIsStillAPolicy) {
  auto config = first_example();
  config.isakmp_keys.clear();
  const auto policy = make_policy(config, 0);
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->preshared_key);
}

TEST(Policy, NoneForATunnelThatIsNotComplete) {
  const auto without = [](auto change) {
    auto config = first_example();
    change(config.tunnels[0]);
    return make_policy(config, 0).has_value();
  };
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.mode = TunnelMode::None; }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.source.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.destination.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.protection.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.shutdown = true; }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.mode = TunnelMode::IpsecIpv6; }));
  EXPECT_FALSE(make_policy(first_example(), 1));
}

TEST(Policy, SameComparesKeysToo) {
  auto other = first_example();
  other.isakmp_keys[0].key = secret("ouR4ecreT");
  EXPECT_TRUE(make_policy(first_example(), 0) == make_policy(first_example(), 0));
  EXPECT_FALSE(make_policy(first_example(), 0) == make_policy(other, 0));
}

}  // namespace
}  // namespace awtun::daemon
