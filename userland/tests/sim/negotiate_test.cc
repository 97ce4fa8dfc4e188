// SPDX-License-Identifier: Apache-2.0
// What two configurations make of one another.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

std::vector<TrafficSelector> prefixes(std::initializer_list<const char*> texts) {
  std::vector<TrafficSelector> result;
  for (const char* text : texts) result.push_back(TrafficSelector::of(*IpPrefix::parse(text)));
  return result;
}

TEST(Negotiate, WrongKeyIsReportedAtBothEndsAndTheRightOneRepairsIt) {
  Pair pair(1);
  pair.set(0, "wrong");
  pair.set(1);
  pair.world.run_for(120s);
  EXPECT_FALSE(pair.connected());
  for (std::size_t i = 0; i < 2; ++i) {
    const auto failure = pair.failure(i);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->exchange, "IKE_AUTH");
    EXPECT_EQ(failure->reason, "authentication failed");
    EXPECT_NE(failure->hint.find("pre-shared keys for " + pair.world.node(1 - i).address.to_string()),
              std::string::npos);
    EXPECT_GT(pair.status(i).counters.authentication_failures, 0U);
    EXPECT_EQ(pair.world.node(i).kernel.inbound_count(kTunnel), 0U);
  }
  pair.set(0);
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST(Negotiate, NoKeyIsAReportNotAnError) {
  Pair pair(2);
  ike::TunnelPolicy policy = pair.policy(0);
  policy.preshared_key.reset();
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "no pre-shared key");
  pair.set(1);
  pair.world.run_for(5s);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "authentication failed");
  EXPECT_EQ(pair.failure(1)->refused_by, ike::Side::Peer);
}

TEST(Negotiate, UnknownIdentityIsAnsweredLikeAWrongKey) {
  Pair pair(3);
  ike::TunnelPolicy policy = pair.policy(0);
  policy.local_id = ike::Identity::fqdn("stranger.example.com");
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  pair.set(1);
  pair.world.run_for(2s);
  EXPECT_FALSE(pair.connected());
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "authentication failed");
}

TEST(Negotiate, NamesAsIdentities) {
  Pair pair(4);
  for (std::size_t i = 0; i < 2; ++i) {
    ike::TunnelPolicy policy = pair.policy(i);
    policy.local_id = ike::Identity::fqdn("router" + std::to_string(i) + ".example.com");
    policy.remote_id = ike::Identity::fqdn("router" + std::to_string(1 - i) + ".example.com");
    pair.world.input(i, ike::SetTunnel{std::move(policy)});
  }
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
}

TEST(Negotiate, TwoTunnelsBetweenTheSameAddressesAreToldApartByName) {
  Pair pair(5);
  for (std::size_t i = 0; i < 2; ++i)
    for (ike::TunnelId id = 0; id < 2; ++id) {
      ike::TunnelPolicy policy = pair.policy(i, id == 0 ? "first" : "second");
      policy.tunnel = id;
      policy.local_id =
          ike::Identity::fqdn("t" + std::to_string(id) + "." + std::to_string(i) + ".example.com");
      policy.remote_id =
          ike::Identity::fqdn("t" + std::to_string(id) + "." + std::to_string(1 - i) + ".example.com");
      pair.world.input(i, ike::SetTunnel{std::move(policy)});
    }
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.world.connected(0, 1, 0)) << pair.world.trace();
  EXPECT_TRUE(pair.world.connected(0, 1, 1)) << pair.world.trace();
  EXPECT_EQ(pair.status(0).ike_sas.size(), 2U);
}

TEST(Negotiate, AnotherGroupIsTriedWhenThePeerWantsIt) {
  Pair pair(6);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)},
                            {2, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)}};
  pair.world.input(0, ike::SetTunnel{pair.policy(0)});
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)}};
  pair.world.input(1, ike::SetTunnel{pair.policy(1)});
  ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
  EXPECT_EQ(pair.status(0).ike_sas[0].suite->group, crypto::GroupId::X25519);
  EXPECT_FALSE(pair.failure(0));
}

TEST(Negotiate, NothingInCommonIsExplained) {
  Pair pair(7);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes128", "sha1", crypto::GroupId::X25519)}};
  pair.set(0);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)}};
  pair.set(1);
  pair.world.run_for(60s);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto failure = pair.failure(i);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->exchange, "IKE_SA_INIT");
    EXPECT_EQ(failure->reason, "no proposal chosen");
    EXPECT_FALSE(failure->ours.empty());
  }
  pair.isakmp = fast_profile();
  pair.set_both();
  EXPECT_TRUE(pair.come_up(5s)) << pair.world.trace();
}

TEST(Negotiate, ChildWithNothingInCommonIsReportedAndRetriedGently) {
  Pair pair(8);
  pair.ipsec.transforms = {{1, *crypto::esp_suite("aes128", "sha1")}};
  pair.set(0);
  pair.ipsec.transforms = {{1, *crypto::esp_suite("aes256", "gcm16")}};
  pair.set(1);
  pair.world.run_for(600s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->exchange, "IKE_AUTH");
  EXPECT_EQ(pair.failure(0)->reason, "no proposal chosen");
  EXPECT_LT(pair.world.node(0).sends.size(), 200U);
  pair.ipsec = default_ipsec_profile();
  pair.set_both();
  EXPECT_TRUE(pair.come_up(70s)) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST(Negotiate, OnlyTripleDesIsRefusedLocally) {
  Pair pair(9);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("3des", "sha1", crypto::GroupId::Modp2048)}};
  pair.set(0);
  EXPECT_TRUE(pair.world.node(0).sends.empty());
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "no proposal chosen");
}

TEST(Negotiate, EveryDefaultSuite) {
  for (const auto& [number, transform] : default_ipsec_profile().transforms) {
    if (!crypto::supported(transform)) continue;
    Pair pair(100 + number);
    pair.ipsec.transforms = {{1, transform}};
    pair.set_both();
    ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
    EXPECT_EQ(pair.status(0).child_sas.at(0).suite, transform);
  }
  for (const auto& [number, transform] : default_isakmp_profile().transforms) {
    if (!crypto::supported(transform)) continue;
    Pair pair(200 + number);
    pair.isakmp.transforms = {{1, transform}};
    pair.set_both();
    ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
    EXPECT_EQ(pair.status(0).ike_sas.at(0).suite, transform);
  }
}

TEST(Negotiate, SuitesThatNoDefaultNames) {
  std::uint64_t seed = 300;
  for (const crypto::IkeSuite& transform :
       {*crypto::ike_suite("aes256gcm16", "sha384", crypto::GroupId::Ecp384),
        *crypto::ike_suite("aes128gcm16", "sha256", crypto::GroupId::X25519),
        *crypto::ike_suite("aes192", "sha384", crypto::GroupId::Ecp521)}) {
    Pair pair(++seed);
    pair.isakmp.transforms = {{1, transform}};
    pair.set_both();
    ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
    EXPECT_EQ(pair.status(0).ike_sas.at(0).suite, transform);
  }
}

TEST(Negotiate, SelectorsAreNarrowedToWhatBothAllow) {
  Pair pair(10);
  ike::TunnelPolicy wide = pair.policy(0);
  pair.world.input(0, ike::SetTunnel{std::move(wide)});
  ike::TunnelPolicy narrow = pair.policy(1);
  narrow.local_selectors = prefixes({"192.168.20.0/24", "2001:db8:20::/64"});
  narrow.remote_selectors = prefixes({"192.168.10.0/24", "2001:db8:10::/64"});
  pair.world.input(1, ike::SetTunnel{std::move(narrow)});
  ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
  pair.world.run_for(30s);
  const auto ours = pair.status(0).child_sas.at(0);
  const auto theirs = pair.status(1).child_sas.at(0);
  EXPECT_EQ(ours.local_selectors, prefixes({"192.168.10.0/24", "2001:db8:10::/64"}));
  EXPECT_EQ(ours.remote_selectors, prefixes({"192.168.20.0/24", "2001:db8:20::/64"}));
  EXPECT_EQ(theirs.local_selectors, ours.remote_selectors);
  EXPECT_EQ(theirs.remote_selectors, ours.local_selectors);
}

TEST(Negotiate, DisjointSelectorsAreRefused) {
  Pair pair(11);
  ike::TunnelPolicy policy = pair.policy(0);
  policy.local_selectors = prefixes({"192.168.1.0/24"});
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  policy = pair.policy(1);
  policy.remote_selectors = prefixes({"192.168.2.0/24"});
  pair.world.input(1, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(30s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "traffic selectors unacceptable");
  EXPECT_FALSE(pair.connected());
}

TEST(Negotiate, NewTermsApplyToTheNextSaAndNewKeysAtOnce) {
  Pair pair(12);
  ASSERT_TRUE(pair.settle());
  const auto ike_spi = pair.status(0).ike_sas[0].initiator_spi;
  pair.ipsec.transforms = {{1, *crypto::esp_suite("aes128", "gcm16")}};
  pair.set_both();
  pair.world.run_for(20s);
  EXPECT_EQ(pair.status(0).ike_sas[0].initiator_spi, ike_spi);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  EXPECT_EQ(pair.status(0).child_sas.at(0).suite, (*crypto::esp_suite("aes128", "gcm16")));
  pair.set(0, "another");
  EXPECT_FALSE(pair.connected());
  pair.set(1, "another");
  EXPECT_TRUE(pair.come_up(10s)) << pair.world.trace();
}

// ---------------------------------------------------------------- terms that change under a tunnel

TEST(Negotiate, ChildRekeyWithoutCommonTermsIsReportedAndTheTunnelLivesOn) {
  Pair pair(13);
  ASSERT_TRUE(pair.settle());
  pair.ipsec.transforms = {{1, *crypto::esp_suite("chacha20", "poly1305")}};
  pair.set(1);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(pair.failure(i));
    EXPECT_EQ(pair.failure(i)->reason, "no proposal chosen");
  }
  pair.set(0);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.status(0).child_sas.at(0).suite, (*crypto::esp_suite("chacha20", "poly1305")));
}

TEST(Negotiate, IkeRekeyMovesToTheGroupThatThePeerWants) {
  Pair pair(14);
  pair.isakmp.transforms[2] = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256);
  pair.set(0);
  pair.isakmp = fast_profile();
  pair.set(1);
  ASSERT_TRUE(pair.come_up());
  pair.world.run_for(20s);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)}};
  pair.set(1);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.status(0).ike_sas.at(0).suite->group, crypto::GroupId::Ecp256);
  EXPECT_EQ(pair.status(0).counters.ike_rekeys, 1U);
}

TEST(Negotiate, IkeRekeyWithoutCommonTermsLastsUntilTheLifetimeEnds) {
  Pair pair(15);
  ASSERT_TRUE(pair.settle());
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)}};
  pair.set(1);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.failure(0)->exchange, "IKE_SA_INIT") << "nor does another one come up";
  pair.world.run_for(25h);
  EXPECT_FALSE(pair.connected());
  pair.set(0);
  EXPECT_TRUE(pair.come_up(70s)) << pair.world.trace();
}

}  // namespace
}  // namespace awtun::sim
