// SPDX-License-Identifier: Apache-2.0
// What shows that the peer lives (RFC 7296 2.4): IKE and authentic ESP. It is asked when it has shown
// nothing.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

/// Two routers with ESP both ways, one packet a second.
struct BusyPair : Pair {
  explicit BusyPair(std::uint64_t seed) : Pair(seed) {}

  void run_with_traffic(Duration duration) {
    for (const Time end = world.now() + duration; world.now() < end; world.run_for(1s))
      world.send_traffic(0, 1, kTunnel);
  }
  std::uint64_t dead_peers() { return status(0).counters.dead_peers + status(1).counters.dead_peers; }
};

TEST(Liveness, ThePeerIsNotAskedWhileEspComes) {
  BusyPair pair(1);
  ASSERT_TRUE(pair.settle());
  std::size_t messages = 0;
  pair.world.on_send = [&](const ike::Send&) { ++messages; };
  pair.run_with_traffic(600s);
  EXPECT_EQ(messages, 0U) << pair.world.trace();
  // And is again, by both ends, once none comes.
  pair.world.run_for(35s);
  EXPECT_GE(messages, 2U);
}

TEST(Liveness, ATunnelWhoseIkeIsLostStandsWhileEspComes) {
  BusyPair pair(2);
  pair.isakmp.dpd_interval = 10s;
  ASSERT_TRUE(pair.settle());
  pair.world.network().filter = [](const ike::Send&) { return true; };
  // Requests of each kind go unanswered for longer than a dead peer is waited for.
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  bool always = true;
  pair.world.after_event = [&] { always = always && pair.connected(); };
  pair.run_with_traffic(900s);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_EQ(pair.dead_peers(), 0U);
  // What was asked is done when IKE passes again.
  pair.world.network().filter = nullptr;
  pair.run_with_traffic(200s);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 1U) << pair.world.trace();
  EXPECT_EQ(pair.status(1).counters.ike_rekeys, 1U) << pair.world.trace();
}

TEST(Liveness, NoneOfTwentyTunnelsDiesOfTwentyPercentLoss) {
  for (std::uint64_t seed = 10; seed < 30; ++seed) {
    BusyPair pair(seed);
    pair.isakmp.dpd_interval = 10s;
    ASSERT_TRUE(pair.settle());
    pair.world.network().faults.loss = 200;
    pair.run_with_traffic(600s);
    EXPECT_EQ(pair.dead_peers(), 0U) << seed << pair.world.trace();
  }
}

/// With or without traffic: dpd-interval, and the time that requests are sent again.
TEST(Liveness, ADeadPeerIsNoticedOnTime) {
  for (const bool busy : {false, true}) {
    SCOPED_TRACE(busy ? "busy" : "idle");
    BusyPair pair(3);
    ASSERT_TRUE(pair.settle());
    if (busy) pair.run_with_traffic(100s);
    pair.world.power(1, false);
    const Time since = busy ? pair.world.now() - 1s : *pair.status(0).ike_sas.at(0).last_heard;
    pair.world.run_until(since + 195s);
    EXPECT_EQ(pair.status(0).counters.dead_peers, 0U);
    pair.world.run_until(since + 197s);
    EXPECT_EQ(pair.status(0).counters.dead_peers, 1U) << pair.world.trace();
  }
}

}  // namespace
}  // namespace awtun::sim
