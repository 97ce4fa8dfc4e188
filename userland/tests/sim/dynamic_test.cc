// SPDX-License-Identifier: Apache-2.0
// Peers without a fixed address, and tunnels that share their addresses: which one is meant.
#include <gtest/gtest.h>

#include "userland/tests/sim/trust.h"

namespace awtun::sim {
namespace {

/// A hub, node 0, with a dynamic tunnel for each of three spokes.
struct Star {
  static constexpr std::size_t kSpokes = 3;

  explicit Star(std::uint64_t seed) : world(seed) {
    for (std::size_t i = 0; i <= kSpokes; ++i) world.add_node();
    for (ike::TunnelId id = 0; id < kSpokes; ++id) world.input(0, ike::SetTunnel{hub(id)});
  }
  static ike::Identity name(std::size_t spoke) {
    return ike::Identity::fqdn("spoke" + std::to_string(spoke) + ".example.com");
  }
  ike::TunnelPolicy hub(ike::TunnelId id) {
    ike::TunnelPolicy policy = common(id);
    policy.local = world.node(0).address;
    policy.local_id = ike::Identity::fqdn("hub.example.com");
    policy.remote_id = name(id);
    return policy;
  }
  /// Spoke `id` at node `at`.
  ike::TunnelPolicy spoke(ike::TunnelId id, std::size_t at) {
    ike::TunnelPolicy policy = common(id);
    policy.local = world.node(at).address;
    policy.remote = world.node(0).address;
    policy.local_id = name(id);
    policy.remote_id = ike::Identity::fqdn("hub.example.com");
    return policy;
  }
  ike::TunnelPolicy common(ike::TunnelId id) {
    ike::TunnelPolicy policy;
    policy.tunnel = id;
    policy.preshared_key = Secret(octets_of("key " + std::to_string(id)));
    policy.isakmp = fast_profile();
    return policy;
  }
  bool connected(ike::TunnelId id, std::size_t at) const { return world.connected(0, at, id); }

  World world;
};

TEST(Dynamic, EachPeerFindsItsTunnelFromWhereverItComes) {
  Star star(1);
  star.world.run_for(10s);
  EXPECT_TRUE(star.world.node(0).sends.empty()) << "who has no address is not called";
  EXPECT_FALSE(star.world.node(0).engine.next_deadline());
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id)
    star.world.input(id + 1, ike::SetTunnel{star.spoke(id, id + 1)});
  star.world.run_for(30s);
  const auto status = star.world.node(0).engine.status();
  ASSERT_EQ(status.child_sas.size(), 3U) << star.world.trace();
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id) {
    EXPECT_TRUE(star.connected(id, id + 1)) << star.world.trace();
    EXPECT_EQ(status.peers[id].remote, star.world.node(id + 1).address);
  }
  // Through rekeys by either end, and a lifetime.
  star.world.input(0, ike::Rekey{1, ike::Rekey::What::IkeSa});
  star.world.input(1, ike::Rekey{0, ike::Rekey::What::ChildSa});
  star.world.run_for(25h);
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id) EXPECT_TRUE(star.connected(id, id + 1));
}

TEST(Dynamic, APeerThatComesBackFromElsewhereKeepsItsTunnel) {
  Star star(2);
  star.world.input(1, ike::SetTunnel{star.spoke(0, 1)});
  star.world.run_for(10s);
  ASSERT_TRUE(star.connected(0, 1));
  star.world.power(1, false);
  star.world.input(2, ike::SetTunnel{star.spoke(0, 2)});
  star.world.run_for(10s);
  EXPECT_TRUE(star.connected(0, 2)) << star.world.trace();
  star.world.run_for(300s);
  const auto status = star.world.node(0).engine.status();
  EXPECT_EQ(status.ike_sas.size(), 1U);
  EXPECT_EQ(status.peers[0].remote, star.world.node(2).address);
}

TEST(Dynamic, TheHubRestartsAndThePeersReturn) {
  Star star(3);
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id)
    star.world.input(id + 1, ike::SetTunnel{star.spoke(id, id + 1)});
  star.world.run_for(30s);
  star.world.restart(0);
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id) star.world.input(0, ike::SetTunnel{star.hub(id)});
  star.world.run_for(400s);
  for (ike::TunnelId id = 0; id < Star::kSpokes; ++id)
    EXPECT_TRUE(star.connected(id, id + 1)) << star.world.trace();
}

TEST(Dynamic, AStrangerAndAWrongKeyAreAnsweredAlike) {
  Star star(4);
  std::vector<std::size_t> answers;
  star.world.on_send = [&](const ike::Send& datagram) {
    if (datagram.local.address == star.world.node(0).address) answers.push_back(datagram.bytes.size());
  };
  ike::TunnelPolicy stranger = star.spoke(0, 1);
  stranger.local_id = ike::Identity::fqdn("stranger.example.com");
  star.world.input(1, ike::SetTunnel{std::move(stranger)});
  star.world.run_for(500ms);
  ike::TunnelPolicy wrong = star.spoke(1, 2);
  wrong.preshared_key = Secret(octets_of("wrong"));
  star.world.input(2, ike::SetTunnel{std::move(wrong)});
  star.world.run_for(500ms);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0], answers[2]);
  EXPECT_EQ(answers[1], answers[3]);
  EXPECT_EQ(star.world.node(0).engine.status().counters.authentication_failures, 2U);
  for (const std::size_t at : {1U, 2U})
    EXPECT_EQ(star.world.node(at).engine.status().peers[0].last_failure->reason, "authentication failed");
}

TEST(Dynamic, AFixedAddressComesBeforeADynamicTunnel) {
  Star star(5);
  ike::TunnelPolicy fixed = star.hub(7);
  fixed.remote = star.world.node(1).address;
  fixed.remote_id = ike::Identity::of(*fixed.remote);
  fixed.preshared_key = Secret(octets_of("fixed"));
  star.world.input(0, ike::SetTunnel{std::move(fixed)});
  ike::TunnelPolicy peer = star.spoke(7, 1);
  peer.local_id = ike::Identity::of(peer.local);
  peer.preshared_key = Secret(octets_of("fixed"));
  star.world.input(1, ike::SetTunnel{std::move(peer)});
  star.world.input(2, ike::SetTunnel{star.spoke(1, 2)});
  star.world.run_for(30s);
  EXPECT_TRUE(star.connected(7, 1)) << star.world.trace();
  EXPECT_TRUE(star.connected(1, 2)) << star.world.trace();
}

TEST(Dynamic, EachTunnelsProfileCounts) {
  Star star(6);
  // Spoke 1 alone has another profile; the hub cannot know who asks, yet offers it.
  ike::TunnelPolicy hub = star.hub(1);
  hub.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha512", crypto::GroupId::Ecp256)}};
  ike::TunnelPolicy spoke = star.spoke(1, 2);
  spoke.isakmp = hub.isakmp;
  star.world.input(0, ike::SetTunnel{std::move(hub)});
  star.world.input(2, ike::SetTunnel{std::move(spoke)});
  star.world.run_for(5s);
  EXPECT_TRUE(star.connected(1, 2)) << star.world.trace();
  // Spoke 2 uses it without being allowed to.
  ike::TunnelPolicy bold = star.spoke(2, 3);
  bold.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha512", crypto::GroupId::Ecp256)}};
  star.world.input(3, ike::SetTunnel{std::move(bold)});
  star.world.run_for(5s);
  EXPECT_FALSE(star.connected(2, 3));
  const auto ours = star.world.node(0).engine.status().peers.at(2).last_failure;
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->exchange, "IKE_AUTH");
  EXPECT_EQ(ours->reason, "no proposal chosen");
  EXPECT_EQ(ours->theirs, "AES256/SHA512/19");
  EXPECT_EQ(star.world.node(3).engine.status().peers.at(0).last_failure->reason, "NO_PROPOSAL_CHOSEN");
}

TEST(Dynamic, AtTheAddressOfAFixedPeerADynamicOneFindsItsTunnel) {
  Star star(8);
  ike::TunnelPolicy fixed = star.hub(7);
  fixed.remote = star.world.node(1).address;
  star.world.input(0, ike::SetTunnel{std::move(fixed)});
  // As two routers behind one NAT are seen.
  star.world.input(1, ike::SetTunnel{star.spoke(0, 1)});
  star.world.run_for(30s);
  EXPECT_TRUE(star.connected(0, 1)) << star.world.trace();
  ike::TunnelPolicy other = star.spoke(7, 1);
  star.world.input(1, ike::SetTunnel{std::move(other)});
  star.world.run_for(30s);
  EXPECT_TRUE(star.connected(0, 1)) << star.world.trace();
  EXPECT_TRUE(star.connected(7, 1)) << star.world.trace();
}

const crypto::IkeSuite kSmall = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519);
const crypto::IkeSuite kLarge = *crypto::ike_suite("aes256", "sha512", crypto::GroupId::Ecp256);
const crypto::IkeSuite kMedium = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519);

/// A star whose first two tunnels have a profile each; the spokes offer `offered`.
void with_profiles(Star& star, const std::map<std::uint8_t, crypto::IkeSuite>& first,
                   const std::map<std::uint8_t, crypto::IkeSuite>& second,
                   const std::map<std::uint8_t, crypto::IkeSuite>& offered) {
  for (ike::TunnelId id = 0; id < 2; ++id) {
    ike::TunnelPolicy hub = star.hub(id);
    hub.isakmp.transforms = id == 0 ? first : second;
    star.world.input(0, ike::SetTunnel{std::move(hub)});
    ike::TunnelPolicy spoke = star.spoke(id, id + 1);
    spoke.isakmp.transforms = offered;
    star.world.input(id + 1, ike::SetTunnel{std::move(spoke)});
  }
}

TEST(Dynamic, WhatAllTunnelsTakeIsChosenWhileItIsOpenWhichIsMeant) {
  Star star(9);
  star.world.input(0, ike::RemoveTunnel{2});
  with_profiles(star, {{1, kSmall}, {2, kMedium}}, {{1, kLarge}, {2, kMedium}},
                {{1, kSmall}, {2, kLarge}, {3, kMedium}});
  star.world.run_for(5s);
  for (ike::TunnelId id = 0; id < 2; ++id) EXPECT_TRUE(star.connected(id, id + 1)) << star.world.trace();
  EXPECT_EQ(star.world.node(0).engine.status().counters.no_proposal_chosen, 0U);
  for (const auto& sa : star.world.node(0).engine.status().ike_sas) EXPECT_EQ(sa.suite, kMedium);
}

TEST(Dynamic, APeerThatOffersMoreThanItsTunnelTakesComesUpAllTheSame) {
  Star star(10);
  star.world.input(0, ike::RemoveTunnel{2});
  with_profiles(star, {{1, kSmall}}, {{1, kLarge}}, {{1, kSmall}, {2, kLarge}});
  star.world.run_for(60s);
  for (ike::TunnelId id = 0; id < 2; ++id) EXPECT_TRUE(star.connected(id, id + 1)) << star.world.trace();
}

TEST(Dynamic, OfTwoTunnelsForOnePeerItChoosesByWhomItAsksFor) {
  Star star(11);
  ike::TunnelPolicy second = star.hub(8);
  second.local_id = ike::Identity::fqdn("backup.example.com");
  second.remote_id = Star::name(0);
  star.world.input(0, ike::SetTunnel{std::move(second)});
  ike::TunnelPolicy peer = star.spoke(0, 1);
  peer.tunnel = 8;
  peer.preshared_key = Secret(octets_of("key 8"));
  peer.remote_id = ike::Identity::fqdn("backup.example.com");
  star.world.input(1, ike::SetTunnel{std::move(peer)});
  star.world.run_for(5s);
  EXPECT_TRUE(star.connected(8, 1)) << star.world.trace();
}

TEST(Dynamic, IdentitiesOfEveryTypeAreTold) {
  const Bytes dn{0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 'r', '1'};
  const ike::Identity ids[] = {ike::Identity{ike::Identity::Type::Rfc822, octets_of("admin@example.com")},
                               ike::Identity{ike::Identity::Type::DerAsn1Dn, dn},
                               ike::Identity{ike::Identity::Type::Fqdn, octets_of("admin@example.com")},
                               ike::Identity::of(*IpAddress::parse("2001:db8::1"))};
  EXPECT_EQ(ids[1].to_string(), "/CN=r1");
  EXPECT_EQ((ike::Identity{ike::Identity::Type::DerAsn1Dn, {0x30, 0x01}}).to_string(), "dn 0x3001");
  Star star(7);
  for (ike::TunnelId id = 10; id < 14; ++id) {
    ike::TunnelPolicy policy = star.hub(id);
    policy.remote_id = ids[id - 10];
    star.world.input(0, ike::SetTunnel{std::move(policy)});
  }
  for (ike::TunnelId id = 10; id < 14; ++id) {
    ike::TunnelPolicy policy = star.spoke(id, 1);
    policy.local_id = ids[id - 10];
    star.world.input(1, ike::SetTunnel{std::move(policy)});
    star.world.run_for(5s);
    EXPECT_TRUE(star.connected(id, 1)) << id << star.world.trace();
    star.world.input(1, ike::RemoveTunnel{id});
  }
}

}  // namespace
}  // namespace awtun::sim
