// SPDX-License-Identifier: Apache-2.0
// awiked's engine beside peers that are not awiked and take the liberties that RFC 7296 leaves them: the
// tunnel comes up, and is rekeyed by either end under traffic.
#include <gtest/gtest.h>

#include <ostream>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

using Rekeyed = ike::Rekey::What;
using enum Liberty;

constexpr std::size_t kAwiked = 0;
constexpr std::size_t kForeign = 1;
constexpr Duration kTravel{52};
constexpr Duration kBetweenPackets{10};
/// IKE's messages arrive at even times, so none does together with a packet.
constexpr Duration kFirstPacketAfter{5};
/// So many packets does an end send in a round trip, at most; one more may arrive with the message before it.
constexpr std::uint64_t kInARoundTrip = 2 * kTravel / kBetweenPackets + 2;
/// What an end that answers late takes for a rekey and for the Delete after it, and as much again.
constexpr Duration kRekeyTakes{25000};

struct ForeignPair : Pair {
  explicit ForeignPair(Liberties liberties, std::uint64_t seed = 1) : Pair(seed) {
    world.tracing = Tracing::Messages;
    world.make_foreign(kForeign, liberties);
    travel(kTravel);
  }
  void travel(Duration one_way) {
    world.network().faults.min_delay = world.network().faults.max_delay = one_way;
  }
  /// Packets both ways all the while.
  void send_for(Duration duration, Duration between = kBetweenPackets) {
    const Time end = world.now() + duration;
    world.run_for(std::min(duration, kFirstPacketAfter));
    while (world.now() < end) {
      world.send_traffic(kAwiked, kForeign, kTunnel);
      world.run_until(std::min(end, world.now() + between));
    }
  }
  /// Up, and either end has had a request since, so that each knows that the other has its answers.
  bool settle_for_long() {
    if (!settle()) return false;
    world.run_for(40s);
    return true;
  }
  /// How many packets are lost while the end `at` rekeys.
  std::uint64_t rekey(std::size_t at, Rekeyed what) {
    const std::uint64_t before = world.packets_lost();
    world.input(at, ike::Rekey{kTunnel, what});
    send_for(kRekeyTakes);
    return world.packets_lost() - before;
  }
  void expect_rest() {
    EXPECT_TRUE(at_rest()) << world.trace();
    EXPECT_EQ(kernel_errors(), "");
    EXPECT_EQ(status(kAwiked).counters.protocol_errors, 0U) << world.trace();
  }
};

struct NamedPeer {
  std::string name;
  Liberties liberties;
};

void PrintTo(const NamedPeer& peer, std::ostream* out) { *out << peer.liberties.to_string(); }

/// Each liberty alone, and as many at once as go together.
std::vector<NamedPeer> waiting_peers() {
  return {{"TakesNone", {}},
          {"ObeysInitialContact", {ObeysInitialContact}},
          {"SaysInitialContact", {SaysInitialContact}},
          {"DeletesOldAtOnce", {DeletesOldAtOnce}},
          {"SendsAtOnce", {SendsAtOnce}},
          {"KeepsDuplicates", {KeepsDuplicates}},
          {"AnswersLate", {AnswersLate}},
          {"BreaksBeforeMaking", {BreaksBeforeMaking}},
          {"MakesBeforeBreaking", {MakesBeforeBreaking}},
          {"OddPayloads", {OddPayloads}},
          {"ManyAndBreaks",
           {ObeysInitialContact, SaysInitialContact, DeletesOldAtOnce, SendsAtOnce, KeepsDuplicates,
            BreaksBeforeMaking, OddPayloads}},
          {"ManyAndMakes",
           {ObeysInitialContact, SaysInitialContact, SendsAtOnce, KeepsDuplicates, AnswersLate,
            MakesBeforeBreaking, OddPayloads}}};
}

/// The same, of peers that begin by themselves too.
std::vector<NamedPeer> initiating_peers() {
  std::vector<NamedPeer> result = waiting_peers();
  for (NamedPeer& peer : result) peer.liberties = peer.liberties.with(Initiates);
  return result;
}

class ForeignPeers : public testing::TestWithParam<NamedPeer> {
 protected:
  [[nodiscard]] bool has(Liberty liberty) const { return GetParam().liberties.has(liberty); }
  /// What a rekey costs by the peer's doing. It takes the old Child SA away while packets are on their way to
  /// it, or before we may know of the new one; or it is without SAs from its Delete until its third
  /// exchange has been answered, and we from there until we have answered that one.
  [[nodiscard]] std::uint64_t costs(std::size_t at, Rekeyed what) const {
    if (what == Rekeyed::ChildSa) return has(DeletesOldAtOnce) ? kInARoundTrip : 0;
    return at == kForeign && has(BreaksBeforeMaking) ? 5 * kInARoundTrip : 0;
  }
};

class InitiatingPeers : public ForeignPeers {};

TEST_P(ForeignPeers, RekeysOfEitherEndLoseNothing) {
  ForeignPair pair(GetParam().liberties);
  ASSERT_TRUE(pair.settle_for_long()) << pair.world.trace();
  for (int round = 0; round < 3; ++round)
    for (const std::size_t at : {kAwiked, kForeign})
      for (const Rekeyed what : {Rekeyed::ChildSa, Rekeyed::IkeSa}) {
        EXPECT_LE(pair.rekey(at, what), costs(at, what)) << pair.world.trace();
        pair.expect_rest();
      }
  EXPECT_EQ(pair.status(kAwiked).counters.dead_peers, 0U);
}

/// Each end rekeys while the other one does.
TEST_P(ForeignPeers, RekeysThatMeetLoseNothing) {
  for (const Duration apart : {0ms, 40ms, 80ms, 130ms})
    for (const Rekeyed first : {Rekeyed::ChildSa, Rekeyed::IkeSa})
      for (const Rekeyed second : {Rekeyed::ChildSa, Rekeyed::IkeSa})
        for (const std::size_t at : {kAwiked, kForeign}) {
          ForeignPair pair(GetParam().liberties);
          ASSERT_TRUE(pair.settle_for_long());
          pair.world.input(at, ike::Rekey{kTunnel, first});
          pair.send_for(apart);
          pair.rekey(1 - at, second);
          EXPECT_LE(pair.world.packets_lost(), costs(at, first) + costs(1 - at, second))
              << pair.world.trace();
          pair.expect_rest();
          if (HasFailure()) return;
        }
}

/// Only the peer begins: our end takes it from any address.
TEST_P(InitiatingPeers, BeginsAlone) {
  ForeignPair pair(GetParam().liberties);
  ike::TunnelPolicy policy = pair.policy(kAwiked);
  policy.remote.reset();
  pair.world.input(kAwiked, ike::SetTunnel{std::move(policy)});
  pair.set(kForeign);
  ASSERT_TRUE(pair.come_up());
  for (const std::size_t at : {kAwiked, kForeign})
    for (const Rekeyed what : {Rekeyed::ChildSa, Rekeyed::IkeSa}) {
      EXPECT_LE(pair.rekey(at, what), costs(at, what)) << pair.world.trace();
      pair.expect_rest();
    }
}

/// Both ends begin, one of them at some time of the other's attempt.
TEST_P(InitiatingPeers, BothBegin) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (const Duration apart : {0ms, 30ms, 60ms, 90ms, 120ms, 160ms, 190ms, 220ms, 300ms})
      for (const std::size_t first : {kAwiked, kForeign}) {
        ForeignPair pair(GetParam().liberties, seed);
        pair.set(first);
        pair.world.run_for(apart);
        pair.set(1 - first);
        ASSERT_TRUE(pair.come_up()) << pair.world.trace();
        pair.send_for(40s, 40ms);
        EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
        pair.expect_rest();
        if (HasFailure()) return;
      }
}

/// One end comes back without memory. The other one hears of that from INITIAL_CONTACT, or finds out by
/// itself.
TEST_P(ForeignPeers, RestartsOfEitherEnd) {
  for (const std::size_t at : {kAwiked, kForeign}) {
    ForeignPair pair(GetParam().liberties);
    ASSERT_TRUE(pair.settle_for_long());
    pair.world.restart(at);
    pair.set(at);
    const bool begins = at == kAwiked || has(Initiates);
    EXPECT_TRUE(pair.come_up(begins ? 30s : 200s)) << pair.world.trace();
    pair.world.run_for(250s);
    pair.send_for(5s);
    EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
    pair.expect_rest();
  }
}

std::string name_of(const testing::TestParamInfo<NamedPeer>& one) { return one.param.name; }

INSTANTIATE_TEST_SUITE_P(Waiting, ForeignPeers, testing::ValuesIn(waiting_peers()), name_of);
INSTANTIATE_TEST_SUITE_P(Initiating, ForeignPeers, testing::ValuesIn(initiating_peers()), name_of);
INSTANTIATE_TEST_SUITE_P(Initiating, InitiatingPeers, testing::ValuesIn(initiating_peers()), name_of);

TEST(Foreign, LibertiesAreReadAsTheyAreWritten) {
  for (std::uint64_t number = 0; number < 1U << kLiberties.size(); number += 37) {
    const std::string text = Liberties::numbered(number).to_string();
    const auto parsed = Liberties::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
  EXPECT_FALSE(Liberties::parse("initiates,flies"));
}

}  // namespace
}  // namespace awtun::sim
