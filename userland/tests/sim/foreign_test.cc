// SPDX-License-Identifier: Apache-2.0
// awiked's engine beside peers that are not awiked and take the liberties that RFC 7296 leaves them: the
// tunnel comes up, and is rekeyed by either end under traffic.
#include <gtest/gtest.h>

#include <ostream>

#include "userland/sim/routers.h"
#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

using Rekeyed = ike::Rekey::What;
using enum Liberty;

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
    if (!liberties.has(OnePairAChild)) return;
    world.set_flows(kAwiked, kForeign, kTunnel, both_families());
    child_sas = both_families().size();
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
    send_for(kRekeyTakes * child_sas);
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
          {"OnePairAChild", {OnePairAChild}},
          {"KeepsOneChild", {KeepsOneChild}},
          {"OnePairAChildAndSendsAtOnce", {OnePairAChild, SendsAtOnce, AnswersLate}},
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
        // With the IKE SA that gives way goes the second pair, until the peer asks for that again.
        EXPECT_LE(pair.world.packets_lost(), has(OnePairAChild) ? 60U : 0U) << pair.world.trace();
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
    EXPECT_TRUE(pair.come_up(begins ? 30s : 220s)) << pair.world.trace();
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

/// A datagram that gets lost: the first one of its kind after so many others.
struct Loss {
  std::size_t from;
  wire::ExchangeType exchange;
  bool response;
  unsigned after = 0;
};

void lose(ForeignPair& pair, std::vector<Loss> losses) {
  pair.world.network().filter = [&pair, losses = std::move(losses)](const ike::Send& datagram) mutable {
    const auto header = wire::parse_header(datagram.bytes);
    for (Loss& loss : losses)
      if (datagram.local.address == pair.world.node(loss.from).address && header->exchange == loss.exchange &&
          header->response == loss.response && loss.after-- == 0)
        return true;
    return false;
  };
}

/// Both ends reconnect at once. The peer obeys our INITIAL_CONTACT, which was true when we wrote it but not
/// when it got there: from then on our own IKE SA is the only one.
TEST(Foreign, ObeysAnInitialContactThatComesLate) {
  ForeignPair pair({ObeysInitialContact, BreaksBeforeMaking});
  pair.travel(900ms);
  ASSERT_TRUE(pair.settle_for_long());
  const std::uint64_t before = pair.status(kAwiked).counters.ike_sa_established_as_initiator;
  lose(pair, {{kAwiked, wire::ExchangeType::IkeAuth, false}});
  pair.world.input(kForeign, ike::Rekey{kTunnel, Rekeyed::IkeSa});
  ASSERT_TRUE(pair.world.run_while_not(
      [&] { return pair.status(kAwiked).counters.ike_sa_established_as_initiator > before; }, 30s));
  pair.send_for(200s, 100ms);
  EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
  pair.expect_rest();
}

/// An attempt is given up while its IKE_AUTH, which says INITIAL_CONTACT, is lost, and the next one comes up.
/// Said again, it would cost the peer that one.
TEST(Foreign, WhatIsGivenUpSaysNoInitialContactBesideWhatIsUp) {
  ForeignPair pair({ObeysInitialContact, KeepsDuplicates});
  lose(pair, {{kAwiked, wire::ExchangeType::IkeAuth, false}});
  pair.set_both();
  pair.world.run_for(1s);
  pair.world.input(kAwiked, ike::RemoveTunnel{kTunnel});
  pair.world.input(kAwiked, ike::SetTunnel{pair.policy(kAwiked)});
  ASSERT_TRUE(pair.come_up(3s)) << pair.world.trace();
  pair.send_for(30s, 100ms);
  EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
  pair.expect_rest();
}

/// It begins two IKE SAs in the place of one, and deletes that when it has the first of them: what we send
/// goes by that one until we know that it has the other.
TEST(Foreign, OfSeveralNewIkeSasTheFirstIsSentOn) {
  ForeignPair pair({MakesBeforeBreaking});
  pair.travel(50ms);
  ASSERT_TRUE(pair.settle_for_long());
  lose(pair, {{kAwiked, wire::ExchangeType::IkeAuth, true, 1}});
  for (int i = 0; i < 2; ++i) {
    pair.world.input(kForeign, ike::Rekey{kTunnel, Rekeyed::IkeSa});
    pair.send_for(10ms, 5ms);
  }
  pair.send_for(60s, 20ms);
  EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
  pair.expect_rest();
}

/// Of two IKE SAs ours, which came up first, is to go after some seconds. It is rekeyed before that, so its
/// successor is to go.
TEST(Foreign, TheSuccessorOfARedundantIkeSaGoes) {
  ForeignPair pair({Initiates, KeepsDuplicates});
  lose(pair, {{kForeign, wire::ExchangeType::IkeAuth, false}});
  pair.set_both();
  pair.world.run_for(3s);
  ASSERT_EQ(pair.status(kAwiked).ike_sas.size(), 2U);
  pair.world.input(kAwiked, ike::Rekey{kTunnel, Rekeyed::IkeSa});
  pair.world.run_for(60s);
  pair.expect_rest();
}

/// Of two IKE SAs the peer keeps the newest, which is ours, and we the other one, until the peer's Delete of
/// it comes, late: then ours is not redundant any more.
TEST(Foreign, TheLastIkeSaStays) {
  ForeignPair pair({BreaksBeforeMaking});
  pair.travel(900ms);
  ASSERT_TRUE(pair.settle_for_long());
  // The peer's first Delete is that of the old IKE SA.
  lose(pair, {{kAwiked, wire::ExchangeType::IkeAuth, false},
              {kForeign, wire::ExchangeType::Informational, false, 1}});
  pair.world.input(kForeign, ike::Rekey{kTunnel, Rekeyed::IkeSa});
  pair.world.run_for(100s);
  pair.expect_rest();
}

/// The peer deletes the old Child SA with its answer to our rekey. That one is lost, the Delete is not: the
/// tunnel is back with the answer that is sent again.
TEST(Foreign, ADeleteOfTheOldChildSaOvertakesTheAnswer) {
  ForeignPair pair({DeletesOldAtOnce});
  ASSERT_TRUE(pair.settle_for_long());
  lose(pair, {{kForeign, wire::ExchangeType::CreateChildSa, true}});
  pair.world.input(kAwiked, ike::Rekey{kTunnel, Rekeyed::ChildSa});
  pair.world.run_for(5s);
  EXPECT_TRUE(pair.connected()) << pair.world.trace();
  pair.world.run_for(60s);
  pair.expect_rest();
}

/// It sends by the new Child SA all the while that its answer is on its way: what comes before that is held.
TEST(Foreign, SendsBeforeItsAnswerArrives) {
  ForeignPair pair({SendsAtOnce});
  ASSERT_TRUE(pair.settle_for_long());
  lose(pair, {{kForeign, wire::ExchangeType::CreateChildSa, true}});
  pair.world.input(kAwiked, ike::Rekey{kTunnel, Rekeyed::ChildSa});
  pair.send_for(30s, 300ms);
  EXPECT_EQ(pair.world.packets_lost(), 0U) << pair.world.trace();
  pair.expect_rest();
}

/// The answer to our rekey is late. The peer has deleted the Child SA that it made by then, so it is none.
TEST(Foreign, ADeleteOvertakesTheAnswer) {
  ForeignPair pair({Initiates});
  ASSERT_TRUE(pair.settle_for_long());
  lose(pair, {{kForeign, wire::ExchangeType::CreateChildSa, true}});
  pair.world.input(kAwiked, ike::Rekey{kTunnel, Rekeyed::ChildSa});
  pair.world.run_for(1s);
  pair.world.input(kForeign, ike::ClearChildSa{kTunnel});
  pair.world.run_for(60s);
  pair.expect_rest();
}

/// The group of the first transform is not the one that the other end has (RFC 7296 1.2).
TEST(Foreign, EitherEndAsksAgainWithAnotherGroup) {
  for (const std::size_t end : {kAwiked, kForeign}) {
    ForeignPair pair(end == kForeign ? Liberties{Initiates} : Liberties{});
    ike::TunnelPolicy policy = pair.policy(end);
    policy.isakmp.transforms[1] = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::Ecp256);
    policy.isakmp.transforms[2] = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519);
    pair.world.input(end, ike::SetTunnel{std::move(policy)});
    pair.world.run_for(1ms);
    pair.set(1 - end);
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(60s);
    pair.expect_rest();
  }
}

/// It says the cookie that it was given, and AUTH covers that (RFC 7296 2.6, 2.15).
TEST(Foreign, ReturnsACookie) {
  ForeignPair pair({Initiates});
  bool returned = false;
  std::optional<ike::Datagram> demand;
  pair.world.network().filter = [&](const ike::Send& datagram) {
    const auto message = wire::parse_message(datagram.bytes);
    const bool request =
        message->header.exchange == wire::ExchangeType::IkeSaInit && !message->header.response;
    if (!request || datagram.local.address != pair.world.node(kForeign).address) return false;
    returned = returned || foreign_notify(message->payloads, wire::NotifyType::Cookie).has_value();
    if (demand) return false;
    wire::Header header = message->header;
    header.from_initiator = false;
    header.response = true;
    wire::PayloadWriter payloads;
    payloads.notify(wire::NotifyType::Cookie, Bytes(20, 7));
    demand.emplace(ike::Datagram{datagram.local, datagram.remote, *wire::write_message(header, payloads)});
    return true;
  };
  ike::TunnelPolicy policy = pair.policy(kAwiked);
  policy.remote.reset();
  pair.world.input(kAwiked, ike::SetTunnel{std::move(policy)});
  pair.set(kForeign);
  ASSERT_TRUE(demand);
  pair.world.deliver(*demand);
  EXPECT_TRUE(pair.come_up()) << pair.world.trace();
  EXPECT_TRUE(returned);
}

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
