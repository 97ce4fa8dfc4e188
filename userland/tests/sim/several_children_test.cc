// SPDX-License-Identifier: Apache-2.0
// A tunnel of which the peer makes one Child SA for each pair of networks (RFC 7296 2.9).
#include <gtest/gtest.h>

#include "userland/ike/rules/networks.h"
#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

using Rekeyed = ike::Rekey::What;
using enum Liberty;

TrafficSelector network(int second, int third) {
  return TrafficSelector::of(
      *IpPrefix::parse("10." + std::to_string(second) + "." + std::to_string(third) + ".0/24"));
}

/// 10.1.n.0/24 here, 10.2.n.0/24 there, so many.
Networks whole(int count) {
  Networks result;
  for (int n = 0; n < count; ++n) {
    result.local.push_back(network(1, n));
    result.remote.push_back(network(2, n));
  }
  return result;
}

Networks mirrored(const Networks& networks) { return {networks.remote, networks.local}; }

struct DividedTunnel : testing::Test {
  void configure(std::size_t index, const Networks& networks) {
    ike::TunnelPolicy policy = pair.policy(index);
    policy.local_selectors = networks.local;
    policy.remote_selectors = networks.remote;
    pair.world.input(index, ike::SetTunnel{std::move(policy)});
  }
  /// The n-th network here with the n-th there, each with packets of its own.
  void set_pairs(int count) {
    const Networks all = whole(count);
    std::vector<Networks> flows;
    for (std::size_t n = 0; n < all.local.size(); ++n) flows.push_back({{all.local[n]}, {all.remote[n]}});
    pair.world.set_flows(kAwiked, kForeign, kTunnel, flows);
    pair.child_sas = flows.size();
    configure(kAwiked, all);
    configure(kForeign, mirrored(all));
  }
  void send_for(Duration duration) {
    const Time end = pair.world.now() + duration;
    while (pair.world.now() < end) {
      pair.world.send_traffic(kAwiked, kForeign, kTunnel);
      pair.world.run_for(50ms);
    }
  }
  [[nodiscard]] std::uint64_t lost_by(const std::function<void()>& what, Duration meanwhile = 40s) {
    const std::uint64_t before = pair.world.packets_lost();
    what();
    send_for(meanwhile);
    return pair.world.packets_lost() - before;
  }
  [[nodiscard]] ike::PeerStatus peer(std::size_t index) { return pair.status(index).peers.at(0); }

  Pair pair{1};
};

class EightPairs : public DividedTunnel, public testing::WithParamInterface<std::size_t> {};

/// `GetParam()` begins; the other end knows no address to begin with.
TEST_P(EightPairs, ComeUpAndAreRekeyedByEitherEndWithoutLoss) {
  const bool peer_begins = GetParam() == kForeign;
  pair.world.make_foreign(kForeign,
                          peer_begins ? Liberties{OnePairAChild, Initiates} : Liberties{OnePairAChild});
  set_pairs(8);
  if (peer_begins) {
    ike::TunnelPolicy dynamic = pair.policy(kAwiked);
    const Networks all = whole(8);
    dynamic.local_selectors = all.local;
    dynamic.remote_selectors = all.remote;
    dynamic.remote.reset();
    pair.world.input(kAwiked, ike::SetTunnel{std::move(dynamic)});
  }
  ASSERT_TRUE(pair.come_up(120s)) << pair.world.trace();
  pair.world.run_for(60s);
  ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  for (const std::size_t end : {kAwiked, kForeign})
    for (const Rekeyed what : {Rekeyed::ChildSa, Rekeyed::IkeSa}) {
      const std::uint64_t rekeys = pair.status(kAwiked).counters.child_rekeys;
      EXPECT_EQ(lost_by([&] { pair.world.input(end, ike::Rekey{kTunnel, what}); }), 0U) << pair.world.trace();
      EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
      EXPECT_EQ(pair.status(kAwiked).counters.child_rekeys, rekeys + (what == Rekeyed::ChildSa ? 8 : 0));
    }
  EXPECT_FALSE(peer(kAwiked).last_failure);
  EXPECT_EQ(pair.kernel_errors(), "");
}

INSTANTIATE_TEST_SUITE_P(EitherEnd, EightPairs, testing::Values(kAwiked, kForeign));

/// A first network here to a second there: the peer has no use for that, and says so once for each.
TEST_F(DividedTunnel, PairsThatThePeerDoesNotWantAreToldAndNotAskedForAgain) {
  pair.world.make_foreign(kForeign, {OnePairAChild});
  set_pairs(3);
  ASSERT_TRUE(pair.settle_as_set()) << pair.world.trace();
  EXPECT_EQ(peer(kAwiked).declined.size(), 6U);
  EXPECT_FALSE(peer(kAwiked).last_failure);
  const auto sent = pair.status(kAwiked).counters.messages_sent;
  EXPECT_EQ(lost_by([] {}, 5s), 0U);
  EXPECT_EQ(pair.status(kAwiked).counters.messages_sent, sent);
}

/// One end lets less through: the tunnel carries that, and neither end has failed.
TEST_F(DividedTunnel, OfTwoRoutersTheOneThatWantsMoreHearsThatItIsRefused) {
  configure(kAwiked, whole(2));
  configure(kForeign, mirrored(whole(1)));
  const Networks first{{network(1, 0)}, {network(2, 0)}};
  pair.world.set_flows(kAwiked, kForeign, kTunnel, {first});
  ASSERT_TRUE(pair.settle_as_set()) << pair.world.trace();
  for (const std::size_t end : {kAwiked, kForeign}) EXPECT_FALSE(peer(end).last_failure) << end;
  EXPECT_TRUE(peer(kForeign).declined.empty());
  EXPECT_EQ(peer(kAwiked).declined.size(), 3U);
  // More is let through there: now it is agreed to.
  configure(kForeign, mirrored(whole(2)));
  pair.world.run_for(30s);
  ASSERT_TRUE(pair.connected());
  EXPECT_TRUE(peer(kAwiked).declined.empty() || pair.status(kAwiked).child_sas.size() == 1)
      << pair.world.trace();
}

/// The peer deletes one of them: it comes back, and the others have not missed a packet.
TEST_F(DividedTunnel, AChildSaThatThePeerDeletesIsAskedForAgain) {
  pair.world.make_foreign(kForeign, {OnePairAChild});
  set_pairs(2);
  ASSERT_TRUE(pair.settle_as_set()) << pair.world.trace();
  const auto doomed = pair.status(kForeign).child_sas.at(0);
  const Networks gone{doomed.remote_selectors, doomed.local_selectors};
  const Networks all = whole(2);
  const Networks first{{all.local[0]}, {all.remote[0]}};
  const Networks second{{all.local[1]}, {all.remote[1]}};
  pair.world.set_flows(kAwiked, kForeign, kTunnel, {gone == first ? second : first});
  EXPECT_EQ(lost_by([&] {
              pair.world.input(kForeign, ike::SaExpired{kTunnel, Direction::In, doomed.inbound_spi, true});
            }),
            0U);
  pair.world.set_flows(kAwiked, kForeign, kTunnel, {first, second});
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

/// Each time another one is made, it deletes the one before.
TEST_F(DividedTunnel, APeerWithRoomForOneChildSaKeepsItAndIsAskedAFewTimes) {
  pair.world.make_foreign(kForeign, {OnePairAChild, KeepsOneChild});
  set_pairs(2);
  pair.world.run_for(300s);
  EXPECT_EQ(pair.status(kAwiked).child_sas.size(), 1U) << pair.world.trace();
  EXPECT_FALSE(peer(kAwiked).declined.empty());
  EXPECT_LE(pair.status(kAwiked).counters.child_sa_established, 12U);
  const ike::Counters before = pair.status(kAwiked).counters;
  pair.world.run_for(3000s);
  EXPECT_EQ(pair.status(kAwiked).counters.child_sa_established, before.child_sa_established);
  EXPECT_EQ(pair.status(kAwiked).counters.ike_sa_established_as_initiator, 1U);
}

/// The end of one's lifetime is not the end of the tunnel.
TEST_F(DividedTunnel, AChildSaThatExpiresHereIsAskedForAgainAndTheOthersGoOn) {
  pair.world.make_foreign(kForeign, {OnePairAChild});
  set_pairs(2);
  ASSERT_TRUE(pair.settle_as_set()) << pair.world.trace();
  const auto doomed = pair.status(kAwiked).child_sas.at(0);
  const auto other = pair.status(kAwiked).child_sas.at(1);
  pair.world.set_flows(kAwiked, kForeign, kTunnel, {{other.local_selectors, other.remote_selectors}});
  EXPECT_EQ(lost_by([&] {
              pair.world.input(kAwiked, ike::SaExpired{kTunnel, Direction::In, doomed.inbound_spi, true});
            }),
            0U);
  pair.world.set_flows(
      kAwiked, kForeign, kTunnel,
      {{other.local_selectors, other.remote_selectors}, {doomed.local_selectors, doomed.remote_selectors}});
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.status(kAwiked).counters.ike_sa_established_as_initiator, 1U);
}

/// What is no longer let through stops; the others are not touched.
TEST_F(DividedTunnel, ANetworkThatIsTakenAwayTakesItsChildSaWithIt) {
  pair.world.make_foreign(kForeign, {OnePairAChild});
  set_pairs(3);
  ASSERT_TRUE(pair.settle_as_set()) << pair.world.trace();
  const Networks two = whole(2);
  pair.world.set_flows(kAwiked, kForeign, kTunnel,
                       {{{two.local[0]}, {two.remote[0]}}, {{two.local[1]}, {two.remote[1]}}});
  EXPECT_EQ(lost_by([&] { configure(kAwiked, two); }), 0U) << pair.world.trace();
  pair.child_sas = 2;
  EXPECT_EQ(pair.status(kAwiked).child_sas.size(), 2U) << pair.world.trace();
  EXPECT_TRUE(pair.connected());
}

}  // namespace
}  // namespace awtun::sim
