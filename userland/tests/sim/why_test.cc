// SPDX-License-Identifier: Apache-2.0
// What an operator reads at both ends when two configurations do not fit together.
#include <gtest/gtest.h>

#include "userland/sim/rewriter.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Every field of a record is there, and it says which end refused.
void expect_complete(const std::optional<ike::Failure>& failure, const std::string& exchange,
                     std::optional<ike::Side> refused_by) {
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exchange, exchange);
  EXPECT_EQ(failure->refused_by, refused_by);
  EXPECT_FALSE(failure->reason.empty());
  EXPECT_FALSE(failure->hint.empty());
}

TEST(Why, WrongKey) {
  Pair pair(1);
  pair.set(0, "wrong");
  pair.set(1);
  pair.world.run_for(500ms);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(pair.failure(i));
    EXPECT_EQ(pair.failure(i)->reason, "authentication failed");
    EXPECT_TRUE(mentions(pair.failure(i)->hint, "pre-shared keys")) << pair.failure(i)->hint;
  }
}

TEST(Why, WrongIdentity) {
  Pair pair(2);
  ike::TunnelPolicy policy = pair.policy(0);
  policy.local_id = ike::Identity::fqdn("stranger.example.com");
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  policy = pair.policy(1);
  policy.remote_id = ike::Identity::fqdn("friend.example.com");
  pair.world.input(1, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(2s);
  const auto refusing = pair.failure(1);
  expect_complete(refusing, "IKE_AUTH", ike::Side::Local);
  EXPECT_TRUE(mentions(refusing->theirs, "stranger.example.com")) << refusing->theirs;
  EXPECT_TRUE(mentions(refusing->ours, "friend.example.com")) << refusing->ours;
  EXPECT_TRUE(mentions(refusing->hint, "tunnel remote name")) << refusing->hint;
  ASSERT_TRUE(pair.failure(0));
  EXPECT_TRUE(mentions(pair.failure(0)->ours, "stranger.example.com"));
}

TEST(Why, NoCommonTransformNamesWhatDiffers) {
  Pair pair(3);
  // Node 1 stays silent but for answers, so that each end sees one side of it.
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)},
                            {2, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)}};
  pair.world.network().filter = [&](const ike::Send& datagram) {
    return datagram.local.address == pair.world.node(1).address &&
           !wire::parse_header(datagram.bytes)->response;
  };
  pair.set(1);
  pair.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp384)}};
  pair.set(0);
  pair.world.run_for(2s);
  const auto asking = pair.failure(0);
  expect_complete(asking, "IKE_SA_INIT", ike::Side::Peer);
  EXPECT_EQ(asking->ours, "AES256/SHA256/20");
  EXPECT_EQ(asking->theirs, "NO_PROPOSAL_CHOSEN");
  const auto refusing = pair.failure(1);
  expect_complete(refusing, "IKE_SA_INIT", ike::Side::Local);
  EXPECT_EQ(refusing->theirs, "AES256/SHA256/20");
  EXPECT_EQ(refusing->hint, "peer offers group 20; ours 19, 31");
  EXPECT_EQ(pair.status(1).counters.no_proposal_chosen, 1U);
}

TEST(Why, PfsMismatch) {
  Pair pair(4);
  ASSERT_TRUE(pair.settle());
  pair.ipsec.pfs_group = crypto::GroupId::X25519;
  pair.set(1);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(5s);
  EXPECT_FALSE(pair.failure(0)) << "it is asked again with PFS";
  expect_complete(pair.failure(1), "CREATE_CHILD_SA", ike::Side::Local);
  EXPECT_EQ(pair.failure(1)->hint, "peer offers PFS group none; ours 31");
}

TEST(Why, SelectorsMismatch) {
  Pair pair(5);
  ike::TunnelPolicy policy = pair.policy(0);
  policy.remote_selectors = {TrafficSelector::of(*IpPrefix::parse("192.168.1.0/24"))};
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  policy = pair.policy(1);
  policy.local_selectors = {TrafficSelector::of(*IpPrefix::parse("192.168.2.0/24"))};
  pair.world.input(1, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(2s);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(pair.failure(i));
    EXPECT_EQ(pair.failure(i)->reason, "traffic selectors unacceptable");
    EXPECT_TRUE(mentions(pair.failure(i)->ours, "192.168." + std::to_string(i + 1) + ".0")) << i;
    EXPECT_GT(pair.status(i).counters.selectors_unacceptable, 0U);
  }
}

TEST(Why, AnAttemptThatFailsBesideALiveTunnelLeavesARecord) {
  Pair pair(6);
  ASSERT_TRUE(pair.settle());
  ASSERT_FALSE(pair.failure(0));
  pair.world.restart(1);
  // The peer comes back with another key: its attempts fail, the tunnel is still up here.
  pair.set(1, "another");
  pair.world.run_for(2s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "authentication failed");
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Local);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->refused_by, ike::Side::Peer);
}

TEST(Why, IkeAuthThatNeverComesIsNoticedByTheResponder) {
  Pair pair(7);
  pair.world.network().filter = [&](const ike::Send& datagram) {
    const auto header = wire::parse_header(datagram.bytes);
    return header->exchange != wire::ExchangeType::IkeSaInit ||
           (datagram.local.address == pair.world.node(1).address && !header->response);
  };
  pair.set_both();
  pair.world.run_for(60s);
  expect_complete(pair.failure(1), "IKE_AUTH", std::nullopt);
  EXPECT_GT(pair.status(1).counters.half_open_dropped, 0U);
  pair.world.run_for(120s);
  expect_complete(pair.failure(0), "IKE_AUTH", std::nullopt);
  EXPECT_EQ(pair.failure(0)->reason, "no response");
  EXPECT_GT(pair.status(0).counters.no_response, 0U);
}

TEST(Why, ARequestThatWaitsForItsAnswerIsSeen) {
  Pair pair(9);
  pair.set_both();
  ASSERT_TRUE(pair.come_up());
  pair.world.run_for(60s);
  EXPECT_FALSE(pair.status(0).peers.at(0).unanswered);
  pair.world.power(1, false);
  ASSERT_TRUE(
      pair.world.run_while_not([&] { return pair.status(0).peers.at(0).unanswered.has_value(); }, 40s));
  const ike::Unanswered waiting = *pair.status(0).peers.at(0).unanswered;
  EXPECT_EQ(waiting.exchange, "DPD");
  EXPECT_EQ(waiting.sent, 2U);
  EXPECT_EQ(pair.world.now() - waiting.since, 4000ms);
  EXPECT_TRUE(mentions(waiting.hint, "UDP port 500")) << waiting.hint;
  pair.world.power(1, true);
  pair.world.run_for(10s);
  EXPECT_FALSE(pair.status(0).peers.at(0).unanswered);
  EXPECT_FALSE(pair.failure(0));
}

TEST(Why, ARequestThatCannotBeSentIsSeenAtOnce) {
  Pair pair(10);
  pair.world.node(0).mute = "Network is unreachable";
  pair.set_both();
  ASSERT_TRUE(pair.status(0).peers.at(0).unanswered);
  const ike::Unanswered waiting = *pair.status(0).peers.at(0).unanswered;
  EXPECT_EQ(waiting.exchange, "IKE_SA_INIT");
  EXPECT_EQ(waiting.sent, 1U);
  EXPECT_EQ(waiting.not_sent, "Network is unreachable");
  EXPECT_TRUE(mentions(waiting.hint, "its route to 10.0.0.2")) << waiting.hint;
  pair.world.run_for(167s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "not sent: Network is unreachable");
  EXPECT_EQ(pair.failure(0)->hint, waiting.hint);
  pair.world.node(0).mute.clear();
  EXPECT_TRUE(pair.come_up(10s)) << pair.world.trace();
  EXPECT_FALSE(pair.status(0).peers.at(0).unanswered);
}

TEST(Why, WhatTheSystemTakesTheNextTimeIsOnlyUnanswered) {
  Pair pair(11);
  pair.world.node(0).mute = "Network is unreachable";
  pair.set(0);
  pair.world.node(0).mute.clear();
  pair.world.run_for(5s);
  ASSERT_TRUE(pair.status(0).peers.at(0).unanswered);
  EXPECT_EQ(pair.status(0).peers.at(0).unanswered->sent, 2U);
  EXPECT_EQ(pair.status(0).peers.at(0).unanswered->not_sent, "");
}

TEST(Why, BlockedPort4500) {
  Pair pair(8);
  pair.world.put_behind_nat(1, "192.0.2.2", false);
  pair.world.network().filter = [](const ike::Send& datagram) {
    return datagram.local.port == ike::kNattPort || datagram.remote.port == ike::kNattPort;
  };
  pair.set_both();
  pair.world.run_for(60s);
  expect_complete(pair.failure(0), "IKE_AUTH", std::nullopt);
  EXPECT_TRUE(mentions(pair.failure(0)->hint, "UDP port 4500")) << pair.failure(0)->hint;
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.failure(1).has_value(); }, 170s));
  expect_complete(pair.failure(1), "IKE_AUTH", std::nullopt);
  EXPECT_EQ(pair.failure(1)->reason, "no response");
  EXPECT_TRUE(mentions(pair.failure(1)->hint, "UDP port 4500")) << pair.failure(1)->hint;
}

TEST(Why, SilenceNamesThePortThatWasTried) {
  Pair pair(12);
  pair.world.put_behind_nat(1, "192.0.2.2", false);
  ASSERT_TRUE(pair.settle());
  pair.world.power(0, false);
  ASSERT_TRUE(
      pair.world.run_while_not([&] { return pair.status(1).peers.at(0).unanswered.has_value(); }, 60s));
  const std::string hint = pair.status(1).peers.at(0).unanswered->hint;
  EXPECT_TRUE(mentions(hint, "UDP port 4500?")) << hint;
}

TEST(Why, SilenceToIkeAuthIsNoneToIkeSaInit) {
  Pair pair(13);
  pair.world.network().filter = [](const ike::Send& datagram) {
    return wire::parse_header(datagram.bytes)->exchange == wire::ExchangeType::IkeAuth;
  };
  pair.set(1);
  ike::TunnelPolicy answering = pair.policy(0);
  answering.remote = std::nullopt;
  pair.world.input(0, ike::SetTunnel{std::move(answering)});
  pair.world.run_for(30s);
  ASSERT_TRUE(pair.status(1).peers.at(0).unanswered);
  EXPECT_EQ(pair.status(1).peers.at(0).unanswered->exchange, "IKE_AUTH");
  const std::string hint = pair.status(1).peers.at(0).unanswered->hint;
  EXPECT_TRUE(mentions(hint, "IKE_SA_INIT passes")) << hint;
  EXPECT_TRUE(mentions(hint, "UDP port 500 in both directions")) << hint;
}

/// `sender` sends IKE_AUTH without AUTH, and with EAP in an answer.
Rewriter asking_for_eap(Pair& pair, std::size_t sender) {
  const auto change = [](const wire::Header& header,
                         const wire::PayloadChain& inner) -> std::optional<wire::PayloadWriter> {
    if (header.exchange != wire::ExchangeType::IkeAuth) return std::nullopt;
    wire::PayloadWriter copy =
        copy_payloads(inner, [](const wire::PayloadView& payload, wire::PayloadWriter&) {
          return payload.type == wire::PayloadType::Auth;
        });
    if (header.response) copy.raw(wire::PayloadType::Eap, Bytes{1, 1, 0, 5, 1});
    return copy;
  };
  return Rewriter(pair.world, sender, Rewriter::ChangePayloads(change));
}

void expect_eap(const std::optional<ike::Failure>& failure) {
  expect_complete(failure, "IKE_AUTH", ike::Side::Local);
  EXPECT_EQ(failure->reason, "the peer wants EAP");
  EXPECT_EQ(failure->ours, "remote authentication pre-share");
  EXPECT_EQ(failure->theirs, "EAP");
}

/// Node 1 takes its peer from anywhere.
void begin_at_node_0(Pair& pair) {
  ike::TunnelPolicy answering = pair.policy(1);
  answering.remote = std::nullopt;
  pair.world.input(1, ike::SetTunnel{std::move(answering)});
  pair.set(0);
  pair.world.run_for(2s);
}

TEST(Why, APeerThatLeavesAuthOutWantsEap) {
  Pair pair(14);
  const Rewriter eap = asking_for_eap(pair, 0);
  begin_at_node_0(pair);
  expect_eap(pair.failure(1));
  expect_complete(pair.failure(0), "IKE_AUTH", ike::Side::Peer);
  EXPECT_EQ(pair.failure(0)->reason, "authentication failed");
}

TEST(Why, SoDoesOneThatAnswersByIt) {
  Pair pair(15);
  const Rewriter eap = asking_for_eap(pair, 1);
  begin_at_node_0(pair);
  expect_eap(pair.failure(0));
  ASSERT_TRUE(pair.failure(1)) << "it is told";
  EXPECT_EQ(pair.failure(1)->theirs, "AUTHENTICATION_FAILED");
}

}  // namespace
}  // namespace awtun::sim
