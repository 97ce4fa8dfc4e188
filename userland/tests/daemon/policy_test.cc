// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/policy.h"

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
  EXPECT_TRUE(policy->preshared_key->equals(secret("ouR4ecret").view()));
}

TEST(Policy, NamesBecomeIdentitiesAndFindTheKey) {
  auto config = first_example();
  config.tunnels[0].local_name = "a.example.com";
  config.tunnels[0].remote_name = "b.example.com";
  add_key(config, config::PeerName{"b.example.com"}, "by name");
  const auto policy = make_policy(config, 0);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->local_id, ike::Identity::fqdn("a.example.com"));
  EXPECT_EQ(policy->remote_id, ike::Identity::fqdn("b.example.com"));
  EXPECT_TRUE(policy->preshared_key->equals(secret("by name").view()));
}

TEST(Policy, KeyOfTheTunnelComesFirst) {
  auto config = first_example();
  add_key(config, config::TunnelPolicy{0}, "by tunnel");
  EXPECT_TRUE(make_policy(config, 0)->preshared_key->equals(secret("by tunnel").view()));
}

TEST(Policy, ProfilesAreThoseOfPeerAndInterface) {
  auto config = first_example();
  EXPECT_EQ(make_policy(config, 0)->isakmp, default_isakmp_profile());
  EXPECT_EQ(make_policy(config, 0)->ipsec, default_ipsec_profile());
  auto& isakmp = config.isakmp_profiles["a"].settings;
  isakmp.dpd_interval = std::chrono::seconds{10};
  auto& ipsec = config.ipsec_profiles["b"];
  ipsec.pfs_group = 14;
  config.isakmp_peers[ip("10.2.2.2")] = "a";
  config.tunnels[0].protection->profile = "b";
  EXPECT_EQ(make_policy(config, 0)->isakmp, isakmp);
  EXPECT_EQ(make_policy(config, 0)->ipsec, ipsec);
  EXPECT_FALSE(same_policy(make_policy(config, 0), make_policy(first_example(), 0)));
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
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.mode = config::TunnelMode::None; }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.source.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.destination.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.protection.reset(); }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.shutdown = true; }));
  EXPECT_FALSE(without([](auto& tunnel) { tunnel.mode = config::TunnelMode::IpsecIpv6; }));
  EXPECT_FALSE(make_policy(first_example(), 1));
}

TEST(Policy, SameComparesKeysToo) {
  auto other = first_example();
  other.isakmp_keys[0].key = secret("ouR4ecreT");
  EXPECT_TRUE(same_policy(make_policy(first_example(), 0), make_policy(first_example(), 0)));
  EXPECT_FALSE(same_policy(make_policy(first_example(), 0), make_policy(other, 0)));
  EXPECT_FALSE(same_policy(make_policy(first_example(), 0), std::nullopt));
  EXPECT_TRUE(same_policy(std::nullopt, std::nullopt));
}

}  // namespace
}  // namespace awtun::daemon
