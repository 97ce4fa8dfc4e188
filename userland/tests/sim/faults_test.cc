// SPDX-License-Identifier: Apache-2.0
// Bad networks and bad octets.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

/// Loss of 10-30 %, with duplication and delays that reorder.
Faults bad_network(std::uint64_t seed) {
  return {100 + static_cast<unsigned>(seed % 21) * 10, 100 + static_cast<unsigned>(seed % 3) * 50, 5ms,
          400ms};
}

TEST(Faults, EveryTunnelComesUpAndSettles) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Pair pair(seed);
    pair.world.network().faults = bad_network(seed);
    pair.set(0);
    if (seed % 2 == 1) pair.world.run_for(Duration(seed * 37 % 5000));
    pair.set(1);
    // The bound: one attempt may be given up after 166 s, and its successor must make it.
    ASSERT_TRUE(pair.come_up(400s)) << pair.world.trace();
    pair.world.network().faults = {};
    pair.world.run_for(400s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
}

TEST(Faults, OnceUpItStaysUpWhileRekeying) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Pair pair(seed);
    pair.set_both();
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(30s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    pair.world.network().faults = {100, 150, 5ms, 400ms};
    bool always = true;
    pair.world.after_event = [&] { always = always && pair.connected(); };
    for (int round = 0; round < 4; ++round) {
      const auto what = round % 2 == 0 ? ike::Rekey::What::ChildSa : ike::Rekey::What::IkeSa;
      pair.world.input((seed + static_cast<std::uint64_t>(round)) % 2, ike::Rekey{kTunnel, what});
      pair.world.run_for(60s);
    }
    pair.world.network().faults = {};
    pair.world.run_for(300s);
    EXPECT_TRUE(always) << pair.world.trace();
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
}

/// What was asked on an IKE SA that the peer did not know yet is asked again when it does.
TEST(Faults, ARequestOnAnIkeSaThatThePeerLearnsOfLateIsNotGivenUp) {
  Pair pair(11);
  ASSERT_TRUE(pair.settle());
  const Time start = pair.world.now();
  // Node 0 rekeys and hears nothing for 80 s; node 1 has the new SA at once, and its request there is lost
  // each time but the ones after 95 s.
  pair.world.network().filter = [&pair, start](const ike::Send& sent) {
    const bool from_peer = sent.local.address == pair.world.node(1).address;
    const bool request = (sent.bytes[19] & 0x20) == 0;
    return from_peer && pair.world.now() - start < (request ? 95s : 80s);
  };
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(1s);
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_until(start + 110s);
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 1U) << pair.world.trace();
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

/// Of an IKE SA that the peer has rekeyed a request may go unanswered: the response to the rekey is repeated
/// all the same.
TEST(Faults, ARekeyedIkeSaOutlivesItsOwnRequests) {
  Pair pair(12);
  ASSERT_TRUE(pair.settle());
  const Time start = pair.world.now();
  // Node 1 is not heard for 210 s but for its answers to DPD, so its own DPD is given up meanwhile.
  pair.world.network().filter = [&pair, start](const ike::Send& sent) {
    const bool from_peer = sent.local.address == pair.world.node(1).address;
    const bool answer_to_dpd = (sent.bytes[19] & 0x20) != 0 && sent.bytes[18] == 37;
    return from_peer && !answer_to_dpd && pair.world.now() - start < 210s;
  };
  bool always = true;
  pair.world.after_event = [&] { always = always && pair.connected(); };
  pair.world.run_until(start + 130s);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_until(start + 400s);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_EQ(pair.status(0).counters.crashes_detected, 0U);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

/// Our rekey of the IKE SA is never answered. Shortly before it is given up the peer's comes, so it lives:
/// its IKE SA takes over with the Child SAs.
TEST(Faults, APeerThatRekeysInsteadOfAnsweringOursIsNotDead) {
  Pair pair(12);
  ASSERT_TRUE(pair.settle());
  const Time start = pair.world.now();
  pair.world.network().filter = [&pair, start](const ike::Send& sent) {
    const Duration age = pair.world.now() - start;
    const bool answer = (sent.bytes[19] & 0x20) != 0;
    const bool from_peer = sent.local.address == pair.world.node(1).address;
    return age < 170s && !answer && (from_peer || (age > 160s && sent.bytes[18] == 37));
  };
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_until(start + 161s);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  bool always = true;
  pair.world.after_event = [&] { always = always && pair.connected(); };
  pair.world.run_until(start + 400s);
  EXPECT_TRUE(always) << pair.world.trace();
  EXPECT_EQ(pair.status(1).counters.dead_peers, 0U) << pair.world.trace();
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

/// All that the two have sent while coming up and rekeying.
std::vector<ike::Send> capture(Pair& pair) {
  std::vector<ike::Send> sent;
  pair.world.on_send = [&sent](const ike::Send& datagram) { sent.push_back(datagram); };
  pair.set_both();
  EXPECT_TRUE(pair.come_up());
  pair.world.run_for(20s);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(20s);
  pair.world.on_send = nullptr;
  return sent;
}

TEST(Faults, EveryFlippedOctetLeavesTheTunnelUp) {
  Pair pair(7);
  const auto sent = capture(pair);
  ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  std::size_t mutations = 0;
  for (const ike::Send& original : sent)
    for (std::size_t at = 0; at < original.bytes.size(); ++at) {
      ike::Datagram mutated{original.remote, original.local, original.bytes};
      mutated.bytes[at] = static_cast<std::uint8_t>(mutated.bytes[at] ^ (1U << (at % 8)));
      const auto receiver = original.remote.address == pair.world.node(0).address ? 0U : 1U;
      pair.world.input(receiver, std::move(mutated));
      ASSERT_TRUE(pair.connected()) << "octet " << at << "\n" << pair.world.trace();
      ++mutations;
    }
  EXPECT_GT(mutations, 2000U);
  pair.world.run_for(200s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST(Faults, MutatedDatagramsWhileComingUp) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Pair pair(seed);
    std::mt19937_64 random(seed);
    // An attacker on the path sends a damaged copy of everything, to both ends, before the original.
    std::vector<ike::Datagram> injected;
    pair.world.on_send = [&](const ike::Send& datagram) {
      ike::Datagram copy{datagram.remote, datagram.local, datagram.bytes};
      for (int flips = 0; flips < 3; ++flips)
        copy.bytes[random() % copy.bytes.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
      if (random() % 4 == 0) copy.bytes.resize(random() % copy.bytes.size());
      injected.push_back(copy);
    };
    pair.world.after_event = [&] {
      for (ike::Datagram& datagram : std::exchange(injected, {}))
        pair.world.network().send(pair.world.now(), {datagram.remote, datagram.local, datagram.bytes});
    };
    pair.set_both();
    ASSERT_TRUE(pair.come_up(400s)) << pair.world.trace();
    pair.world.on_send = nullptr;
    pair.world.run_for(400s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Faults, GarbageIsCountedAndAnsweredWithNothing) {
  Pair pair(3);
  pair.set(0);
  std::mt19937_64 random(3);
  const std::size_t before = pair.world.node(0).sends.size();
  for (int i = 0; i < 5000; ++i) {
    Bytes octets(random() % 200);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    pair.world.input(
        0, ike::Datagram{{pair.world.node(0).address, 500}, {pair.world.node(1).address, 500}, octets});
  }
  EXPECT_EQ(pair.world.node(0).sends.size(), before);
  EXPECT_EQ(pair.status(0).counters.messages_received, 5000U);
}

TEST(Faults, AFloodOfHalfOpenSasIsBounded) {
  Pair pair(4);
  std::vector<ike::Send> requests;
  pair.world.on_send = [&](const ike::Send& datagram) { requests.push_back(datagram); };
  pair.set(1);
  ASSERT_EQ(requests.size(), 1U);
  pair.set(0);
  for (std::uint8_t i = 0; i < 100; ++i) {
    ike::Datagram flood{requests[0].remote, requests[0].local, requests[0].bytes};
    flood.bytes[7] = i;  // another initiator SPI each time
    pair.world.input(0, std::move(flood));
  }
  EXPECT_LE(pair.status(0).ike_sas.size(), 7U);
}

}  // namespace
}  // namespace awtun::sim
