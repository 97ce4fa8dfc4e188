// SPDX-License-Identifier: Apache-2.0
// Two IKE SAs for one tunnel, and what may happen before one of them is gone. Found by sim_explore and
// sim_runs.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"
#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

bool is(const ike::Send& datagram, wire::ExchangeType exchange) {
  const auto header = wire::parse_header(datagram.bytes);
  return header && header->exchange == exchange;
}

/// From when the tunnel is up for the first time it has to stay up.
struct Continuity {
  explicit Continuity(Pair& pair) {
    pair.world.after_event = [this, &pair] {
      const bool now = pair.connected();
      if (up && !now) broken = true;
      up = up || now;
    };
  }
  bool up = false;
  bool broken = false;
};

TEST(Duplicates, RepeatedAuthResponseOfADeletedSaTakesNothingOver) {
  Pair pair(5);
  pair.set(1);  // node 0 does not know it yet: nothing comes of this attempt
  pair.world.run_for(100ms);
  bool withheld = true;
  pair.world.network().filter = [&](const ike::Send& datagram) {
    return withheld && is(datagram, wire::ExchangeType::IkeAuth) &&
           datagram.local.address == pair.world.node(1).address && (datagram.bytes[19] & 0x20) != 0;
  };
  pair.set(0);
  pair.world.run_for(100ms);
  // Node 1 has the IKE SA, node 0 waits for the answer. Node 1 begins anew.
  ASSERT_EQ(pair.world.node(1).kernel.inbound_count(kTunnel), 1U) << pair.world.trace();
  pair.world.input(1, ike::ClearSa{kTunnel});
  Continuity continuity(pair);
  pair.world.run_for(1s);
  ASSERT_TRUE(continuity.up) << pair.world.trace();
  // Node 0 asks again, and node 1 has to repeat its answer.
  withheld = false;
  pair.world.run_for(60s);
  EXPECT_FALSE(continuity.broken) << pair.world.trace();
  pair.world.run_for(200s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST(Duplicates, DeletingTheOneThatWouldStayLeavesTheOther) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Pair pair(seed);
    pair.world.network().faults = {0, 0, 5ms, 60ms};
    Continuity continuity(pair);
    // The kernel of node 1 refuses its second Child SA, whichever that is.
    int inbound = 0;
    pair.world.node(1).refuse = [&](const ike::AddSa& added) {
      return added.direction == Direction::In && ++inbound == 2;
    };
    pair.set_both();
    pair.world.run_for(60s);
    EXPECT_FALSE(continuity.broken) << pair.world.trace();
    pair.world.run_for(300s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

// Node 1 cannot say that it deletes its IKE SA, because an earlier request of it is never answered; node 0
// sends by its Child SA until then.
TEST(Duplicates, ADeleteThatIsNeverSentInterruptsNothing) {
  int met = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Pair pair(seed);
    const ike::Time until = pair.world.now() + 40s;
    std::uint64_t theirs = 0;  // the IKE SA of node 1
    pair.world.network().filter = [&](const ike::Send& datagram) {
      const auto header = wire::parse_header(datagram.bytes);
      const bool of_node_1 = datagram.local.address == pair.world.node(1).address;
      if (!header) return false;
      if (of_node_1 && theirs == 0) theirs = header->initiator_spi;
      const bool others_auth = header->exchange == wire::ExchangeType::IkeAuth && header->response &&
                               header->initiator_spi != theirs;
      const bool answer = header->exchange == wire::ExchangeType::Informational && header->response &&
                          header->initiator_spi == theirs && !of_node_1;
      return answer || (others_auth && pair.world.now() < until);
    };
    ike::TunnelPolicy impatient = pair.policy(1);
    impatient.isakmp.dpd_interval = 10s;
    pair.world.input(1, ike::SetTunnel{std::move(impatient)});
    pair.set(0);
    Continuity continuity(pair);
    pair.world.run_for(120s);
    const bool twice = pair.status(0).ike_sas.size() == 2 && pair.status(1).ike_sas.size() == 2;
    met += twice ? 1 : 0;
    pair.world.run_for(400s);
    EXPECT_FALSE(twice && continuity.broken) << pair.world.trace();
    EXPECT_TRUE(pair.connected());
  }
  EXPECT_GT(met, 0);
}

TEST(Duplicates, AnIkeSaThatIsLeftWithoutAChildSaAsksForOne) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Pair pair(seed);
    // Neither can settle which of the two stays.
    pair.world.network().filter = [](const ike::Send& datagram) {
      return is(datagram, wire::ExchangeType::Informational);
    };
    pair.set_both();
    pair.world.run_for(1s);
    for (const ike::ChildSaStatus& child : pair.status(0).child_sas)
      pair.world.input(0, ike::SaExpired{kTunnel, Direction::Out, child.outbound_spi, true});
    pair.world.run_for(1s);
    pair.world.network().filter = nullptr;
    EXPECT_TRUE(pair.come_up(100s)) << pair.world.trace();
    pair.world.run_for(300s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Duplicates, BothEndsAgreeWhenAHandshakeTakesNoTime) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Pair pair(seed);
    pair.world.network().faults = {0, 0, 0ms, 0ms};
    Continuity continuity(pair);
    pair.set_both();
    pair.world.run_for(30s);
    EXPECT_TRUE(continuity.up);
    EXPECT_FALSE(continuity.broken) << pair.world.trace();
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

/// The one that gives way is being rekeyed: the peer sends on its successor until it hears of the end of
/// that.
TEST(Duplicates, TheSuccessorOfOneThatGivesWayIsReceivedOnUntilThePeerLetsItGo) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const std::size_t end : {0U, 1U}) {
      Pair pair(seed);
      const Time start = pair.world.now();
      pair.world.network().filter = [&](const ike::Send& datagram) {
        const Duration after = pair.world.now() - start;
        const bool response = (datagram.bytes[19] & 0x20) != 0;
        const bool from_end = datagram.local.address == pair.world.node(end).address;
        // For 3 s the rekey goes unanswered and the other IKE SA does not come up.
        if (after < 3s)
          return is(datagram, response ? wire::ExchangeType::CreateChildSa : wire::ExchangeType::IkeAuth) &&
                 !from_end;
        // The first request under the successor, which deletes it, is lost for 20 s.
        const auto header = wire::parse_header(datagram.bytes);
        return after > 4100ms && after < 20s && !response && header && header->message_id == 0 && from_end;
      };
      Continuity continuity(pair);
      pair.set_both();
      pair.world.run_for(200ms);
      pair.world.input(end, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
      pair.world.run_for(60s);
      EXPECT_TRUE(continuity.up);
      EXPECT_FALSE(continuity.broken) << pair.world.trace();
      pair.world.run_for(300s);
      ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    }
}

}  // namespace
}  // namespace awtun::sim
