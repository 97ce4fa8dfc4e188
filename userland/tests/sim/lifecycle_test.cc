// SPDX-License-Identifier: Apache-2.0
// What happens to tunnels that are up: rekeys, dead peers, restarts, deletes.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

class Lifecycle : public testing::Test {
 protected:
  void up() {
    ASSERT_TRUE(pair.settle()) << pair.world.trace();
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
  void expect_rest() {
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }

  Pair pair{42};
};

// ---------------------------------------------------------------- dead peers, see troubleshooting.md

TEST_F(Lifecycle, DeadPeerIsFoundAfterDpdIntervalPlus166Seconds) {
  up();
  // The last answered request of node 0 is its latest DPD: wait for one to pass.
  const std::size_t before = pair.world.node(0).sends.size();
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.world.node(0).sends.size() > before; }, 60s));
  // The Time of the DPD request; what follows is at most an answer to the peer's own.
  pair.world.run_for(1s);
  std::vector<Time> asked;
  pair.world.on_send = [&](const ike::Send& datagram) {
    if (datagram.local.address == pair.world.node(0).address && (datagram.bytes[19] & 0x20) == 0)
      asked.push_back(pair.world.now());
  };
  ASSERT_TRUE(pair.world.run_while_not([&] { return !asked.empty(); }, 60s));
  const Time last_answered = asked[0];
  pair.world.run_for(100ms);
  asked.clear();
  pair.world.power(1, false);
  pair.world.run_until(last_answered + 195900ms);
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 1U);
  std::vector<Duration> offsets;
  for (const Time when : asked) offsets.push_back(when - last_answered);
  EXPECT_EQ(offsets, (std::vector<Duration>{30000ms, 34000ms, 41200ms, 54160ms, 77488ms, 119478ms}));
  pair.world.run_until(last_answered + 196000ms);
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  EXPECT_EQ(pair.world.node(0).kernel.outbound_count(kTunnel), 0U);
  const auto failure = pair.failure(0);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exchange, "DPD");
  EXPECT_EQ(failure->reason, "no response");
  EXPECT_EQ(failure->when, last_answered + 196000ms);
  EXPECT_EQ(pair.status(0).counters.dead_peers, 1U);
  // It starts again, and the peer's return ends the outage.
  pair.world.restart(1);
  pair.set(1);
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
}

TEST_F(Lifecycle, UnansweredInitIsRetransmittedOnTheSameSchedule) {
  const Time start = pair.world.now();
  pair.set(0);
  pair.world.run_for(165999ms);
  std::vector<Duration> offsets;
  for (const Time when : pair.world.node(0).sends) offsets.push_back(when - start);
  EXPECT_EQ(offsets, (std::vector<Duration>{0ms, 4000ms, 11200ms, 24160ms, 47488ms, 89478ms}));
  EXPECT_FALSE(pair.failure(0));
  pair.world.run_for(1ms);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->exchange, "IKE_SA_INIT");
  ASSERT_TRUE(pair.status(0).peers[0].next_attempt);
  EXPECT_LE(*pair.status(0).peers[0].next_attempt - pair.world.now(), 1250ms);
  // For ever: an hour later it still tries.
  pair.world.run_for(1h);
  pair.set(1);
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
}

// ---------------------------------------------------------------- rekeys

TEST_F(Lifecycle, HundredRekeysOfEachKindLoseNoPacket) {
  up();
  pair.world.network().faults = {0, 100, 5ms, 60ms};
  bool always = true;
  pair.world.after_event = [&] {
    always = always && pair.connected();
    pair.world.send_traffic(0, 1, kTunnel);
  };
  for (int i = 0; i < 100; ++i)
    for (const auto what : {ike::Rekey::What::ChildSa, ike::Rekey::What::IkeSa}) {
      pair.world.input(static_cast<std::size_t>(i) % 2, ike::Rekey{kTunnel, what});
      pair.world.run_for(2s);
    }
  pair.world.after_event = nullptr;
  pair.world.run_for(10s);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_GT(pair.world.packets_delivered(), 1000U);
  EXPECT_EQ(pair.world.packets_lost(), 0U);
  const ike::Counters counters = pair.status(0).counters;
  EXPECT_GE(counters.child_rekeys, 100U);
  EXPECT_GE(counters.ike_rekeys, 100U);
  expect_rest();
}

/// As fast as they go, most of them collide, and one datagram in a hundred is lost.
TEST_F(Lifecycle, OneIkeSaIsLeftAMinuteAfterAStormOfRekeys) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Pair both(seed);
    ASSERT_TRUE(both.settle());
    both.world.network().faults = {10, 0, 100ms, 110ms};
    for (int i = 0; i < 200; ++i) {
      both.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
      both.world.run_for(Duration(i * 37 % 150));
      both.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
      both.world.run_for(350ms);
    }
    EXPECT_TRUE(both.world.run_while_not([&] { return both.at_rest(); }, 60s)) << both.world.trace();
    for (std::size_t i = 0; i < 2; ++i) {
      const ike::Counters counters = both.status(i).counters;
      EXPECT_GE(counters.ike_rekeys, 150U);
      EXPECT_GE(counters.collisions, 50U);
      EXPECT_EQ(counters.crashes_detected, 0U);
      EXPECT_EQ(counters.dead_peers, 0U);
    }
    EXPECT_EQ(both.kernel_errors(), "");
  }
}

TEST_F(Lifecycle, SimultaneousChildRekeysLeaveOneChildSa) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Pair both(seed);
    ASSERT_TRUE(both.settle());
    both.world.network().faults = {seed % 3 == 0 ? 200U : 0U, 50, 5ms, seed % 2 == 0 ? 300ms : 20ms};
    bool always = true;
    both.world.after_event = [&] { always = always && both.connected(); };
    both.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    both.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    both.world.run_for(300s);
    const auto collisions = both.status(0).counters.collisions + both.status(1).counters.collisions;
    EXPECT_TRUE(collisions > 0 || seed % 3 == 0) << both.world.trace();
    EXPECT_TRUE(always) << both.world.trace();
    ASSERT_TRUE(both.at_rest()) << both.world.trace();
    ASSERT_EQ(both.kernel_errors(), "") << both.world.trace();
  }
}

TEST_F(Lifecycle, EveryCollisionOfRekeysEndsWell) {
  constexpr auto kChild = ike::Rekey::What::ChildSa;
  constexpr auto kIke = ike::Rekey::What::IkeSa;
  std::uint64_t seed = 0;
  for (const auto& [first, second] :
       {std::pair(kIke, kIke), std::pair(kIke, kChild), std::pair(kChild, kIke)})
    for (int offset = 0; offset < 40; ++offset) {
      Pair both(++seed);
      ASSERT_TRUE(both.settle());
      both.world.network().faults = {offset % 4 == 3 ? 200U : 0U, 50, 5ms, 50ms};
      bool always = true;
      both.world.after_event = [&] { always = always && both.connected(); };
      both.world.input(0, ike::Rekey{kTunnel, first});
      both.world.run_for(Duration(offset * 3));
      both.world.input(1, ike::Rekey{kTunnel, second});
      both.world.run_for(300s);
      EXPECT_TRUE(always) << both.world.trace();
      ASSERT_TRUE(both.at_rest()) << both.world.trace();
      ASSERT_EQ(both.kernel_errors(), "") << both.world.trace();
    }
}

TEST_F(Lifecycle, RekeyWithPfs) {
  pair.ipsec.pfs_group = crypto::GroupId::X25519;
  up();
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 1U);
  expect_rest();
}

TEST_F(Lifecycle, LifetimesRekeyByThemselvesForDays) {
  up();
  bool always = true;
  pair.world.after_event = [&] { always = always && pair.connected(); };
  pair.world.run_for(72h);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_GE(pair.status(0).counters.child_rekeys, 9U);
  EXPECT_GE(pair.status(0).counters.ike_rekeys, 3U);
  pair.world.run_for(20s);
  expect_rest();
}

TEST_F(Lifecycle, SoftExpiryOfAnOutboundSaRekeysIt) {
  up();
  const auto before = pair.status(0).child_sas[0];
  pair.world.input(0, ike::SaExpired{kTunnel, Direction::Out, before.outbound_spi, false});
  pair.world.run_for(20s);
  EXPECT_NE(pair.status(0).child_sas[0].outbound_spi, before.outbound_spi);
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 1U);
  expect_rest();
}

TEST_F(Lifecycle, HardExpiryNegotiatesAnew) {
  up();
  pair.world.input(0,
                   ike::SaExpired{kTunnel, Direction::Out, pair.status(0).child_sas[0].outbound_spi, true});
  EXPECT_FALSE(pair.connected());
  EXPECT_TRUE(pair.come_up(10s)) << pair.world.trace();
  pair.world.run_for(30s);
  expect_rest();
}

// ---------------------------------------------------------------- deletes and restarts

TEST_F(Lifecycle, RemoveTunnelDeletesAtBothEnds) {
  up();
  pair.world.input(0, ike::RemoveTunnel{kTunnel});
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  pair.world.run_for(100ms);
  EXPECT_TRUE(pair.status(0).ike_sas.empty());
  EXPECT_EQ(pair.world.node(1).kernel.outbound_count(kTunnel), 0U);
  pair.world.run_for(10s);
  EXPECT_EQ(pair.world.node(1).kernel.inbound_count(kTunnel), 0U);
  pair.set(0);
  EXPECT_TRUE(pair.come_up(5s)) << pair.world.trace();
}

TEST_F(Lifecycle, ClearSaNegotiatesAnew) {
  up();
  const auto before = pair.status(0).ike_sas[0].initiator_spi;
  pair.world.input(0, ike::ClearSa{kTunnel});
  EXPECT_TRUE(pair.come_up(5s)) << pair.world.trace();
  pair.world.run_for(30s);
  EXPECT_NE(pair.status(0).ike_sas[0].initiator_spi, before);
  expect_rest();
}

TEST_F(Lifecycle, ShutdownTellsThePeerAndStops) {
  up();
  pair.world.input(0, ike::Shutdown{});
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  EXPECT_FALSE(pair.world.node(0).engine.next_deadline());
  pair.world.run_for(100ms);
  EXPECT_EQ(pair.world.node(1).kernel.outbound_count(kTunnel), 0U);
}

TEST_F(Lifecycle, RestartedPeerReplacesItsOldSas) {
  up();
  pair.world.restart(1);
  pair.set(1);
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
  pair.world.run_for(20s);
  expect_rest();
}

TEST_F(Lifecycle, BothEndsInitiateAtOnceAfterBothHaveRestarted) {
  up();
  pair.world.restart(0);
  pair.world.restart(1);
  pair.set_both();
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
  pair.world.run_for(30s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST_F(Lifecycle, DataPlaneFailureIsReportedAndRetried) {
  bool refuse = true;
  pair.world.node(0).refuse = [&](const ike::AddSa&) { return refuse; };
  pair.set_both();
  pair.world.run_for(10s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "refused by the test");
  refuse = false;
  EXPECT_TRUE(pair.come_up(70s)) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

}  // namespace
}  // namespace awtun::sim
