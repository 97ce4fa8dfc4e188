// SPDX-License-Identifier: Apache-2.0
// A peer with the right key that has its own mind about the Child SAs of a tunnel: how often it is asked, and
// what the tunnel does without.
#include <functional>

#include "userland/ike/rules/networks.h"
#include "userland/tests/addresses.h"
#include "userland/tests/ike/raw_peer.h"

namespace awtun::ike {
namespace {

constexpr TunnelId kTunnel = 3;

/// 10.1.n.0/24 here, 10.2.n.0/24 there, n = 0, 2, 4..., so many.
Networks several(int count, const std::string& length = "/24") {
  Networks result;
  for (int n = 0; n < count; ++n) {
    result.local.push_back(net("10.1." + std::to_string(2 * n) + ".0" + length));
    result.remote.push_back(net("10.2." + std::to_string(2 * n) + ".0" + length));
  }
  return result;
}

Networks pair_of(const Networks& whole, std::size_t n) { return {{whole.local[n]}, {whole.remote[n]}}; }

Networks mirrored(const Networks& networks) { return {networks.remote, networks.local}; }

class DividingPeer : public testing::Test {
 protected:
  /// An error, or nullopt: it agrees.
  using Answer = std::function<std::optional<wire::NotifyType>(const Networks&)>;

  void configure(const Networks& networks) {
    TunnelPolicy policy;
    policy.tunnel = kTunnel;
    policy.local = responder.here.address;
    policy.remote = peer.address().address;
    policy.local_id = Identity::of(policy.local);
    policy.remote_id = Identity::of(*policy.remote);
    policy.preshared_key = shared_key();
    policy.isakmp = responder.profile;
    policy.ipsec = responder.ipsec;
    policy.local_selectors = networks.local;
    policy.remote_selectors = networks.remote;
    take(responder.engine.step(responder.now, SetTunnel{std::move(policy)}));
  }
  /// The peer begins, with `first`.
  void come_up(const Networks& whole, const Networks& first) {
    configure(whole);
    peer.protect(mirrored(first));
    ASSERT_TRUE(peer.connect());
    made.push_back(peer.esp_spi());
    queue.clear();  // our own attempt
  }
  /// The peer wants one more Child SA.
  void ask_at_peer(const Networks& networks) {
    wire::PayloadWriter payloads;
    payloads.sa(esp_proposals(responder.ipsec, peer.next_spi(), wire::GroupId::None));
    payloads.nonce(peer.fresh_nonce());
    ask_selectors(payloads, mirrored(networks));
    responder.now += 1ms;
    give(peer.request(wire::ExchangeType::CreateChildSa, payloads));
  }
  void delete_at_peer(const std::vector<std::uint32_t>& spis) {
    wire::PayloadWriter payloads;
    payloads.delete_child_sas(wire::ProtocolId::Esp, spis);
    give(peer.request(wire::ExchangeType::Informational, payloads));
  }
  void step(Input input) {
    take(responder.engine.step(responder.now, std::move(input)));
    answer_all();
  }
  void run_for(Duration duration) {
    for (const Time end = responder.now + duration; responder.now < end;) {
      responder.now += 500ms;
      step(TimerDue{});
    }
  }
  [[nodiscard]] std::vector<Networks> installed() {
    std::vector<Networks> result;
    for (const auto& child : responder.engine.status().child_sas)
      if (child.is_up()) result.push_back({child.local_selectors, child.remote_selectors});
    return result;
  }
  [[nodiscard]] bool has(const Networks& networks) { return std::ranges::count(installed(), networks) > 0; }
  [[nodiscard]] PeerStatus status() { return responder.engine.status().peers.at(0); }
  [[nodiscard]] std::size_t declined(const std::string& reason) {
    return static_cast<std::size_t>(std::ranges::count(status().declined, reason, &Declined::reason));
  }

  Responder responder;
  RawPeer peer{responder, {*IpAddress::parse("10.0.0.2"), 500}};
  Answer answer = [](const Networks&) { return std::nullopt; };
  std::function<void()> afterwards = [] {};  ///< what the peer does once it has answered
  std::vector<std::uint32_t> made;           ///< its SPIs
  std::vector<Networks> asked;
  std::size_t inits = 0;  ///< of ours
  std::size_t lines = 0;  ///< of the log

 private:
  void give(const Bytes& bytes) {
    take(responder.engine.step(responder.now, Datagram{responder.here, peer.address(), bytes}));
  }
  void take(Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
      if (auto* sent = std::get_if<Send>(&actions[i])) queue.push_back(std::move(sent->bytes));
      lines += std::holds_alternative<Notice>(actions[i]) ? 1 : 0;
      const auto* job = std::get_if<StartJob>(&actions[i]);
      const auto* exchange = job != nullptr ? std::get_if<KeyExchangeJob>(&job->job) : nullptr;
      if (exchange == nullptr) continue;
      for (Action& next : responder.engine.step(responder.now, JobDone{job->token, run(*exchange)}))
        actions.push_back(std::move(next));
    }
  }
  void answer_all() {
    while (!queue.empty()) {
      const Bytes sent = std::move(queue.front());
      queue.erase(queue.begin());
      const auto header = wire::parse_header(sent);
      if (header->exchange == wire::ExchangeType::IkeSaInit) ++inits;
      if (header->response || header->responder_spi != peer.peer_spi()) continue;
      give(peer.response_to(sent, response_to(*header, peer.open(sent))));
      afterwards();
    }
  }
  wire::PayloadWriter response_to(const wire::Header& header, const Bytes& plain) {
    wire::PayloadWriter payloads;
    const auto inner = wire::parse_chain(peer.first(), plain);
    if (header.exchange != wire::ExchangeType::CreateChildSa || !inner) return payloads;
    const auto offered = read<wire::decode_sa>(*inner, wire::PayloadType::Sa);
    const Networks wanted{from_wire(*read<wire::decode_ts>(*inner, wire::PayloadType::TsI)),
                          from_wire(*read<wire::decode_ts>(*inner, wire::PayloadType::TsR))};
    asked.push_back(wanted);
    if (const auto error = answer(wanted)) {
      payloads.notify(*error);
      return payloads;
    }
    made.push_back(peer.next_spi());
    payloads.sa(::awtun::ike::answer(*choose_esp(responder.ipsec, Offer(*offered), wire::GroupId::None),
                                     made.back(), wire::GroupId::None));
    payloads.nonce(peer.fresh_nonce());
    ask_selectors(payloads, wanted);
    return payloads;
  }

  std::vector<Bytes> queue;
};

using enum wire::NotifyType;

// ---------------------------------------------------------------- it deletes what it has agreed to

/// Each new Child SA takes the place of the one before, as long as that may be.
TEST_F(DividingPeer, WithRoomForOneIsAskedAFewTimesOnly) {
  come_up(several(2), pair_of(several(2), 0));
  afterwards = [&] {
    while (made.size() > 1) {
      const std::uint32_t old = made.front();
      made.erase(made.begin());
      delete_at_peer({old});
    }
  };
  run_for(1800s);
  EXPECT_LE(asked.size(), 16U);
  EXPECT_EQ(installed().size(), 1U);
  EXPECT_EQ(declined("deleted soon after it was made, 3 times"), 3U);
  EXPECT_LE(lines, 2U);
  EXPECT_EQ(inits, 0U) << "the IKE SA stays";
}

TEST_F(DividingPeer, ThatDeletesOthersAtOnceIsAskedAFewTimesOnly) {
  come_up(several(2), pair_of(several(2), 0));
  afterwards = [&] {
    while (made.size() > 1) delete_at_peer({std::exchange(made, {made.front()}).back()});
  };
  run_for(3600s);
  EXPECT_LE(asked.size(), 12U);
  EXPECT_TRUE(has(pair_of(several(2), 0)));
  EXPECT_LE(lines, 2U);
}

/// What it deletes, it may have deleted because somebody tried that at its end.
TEST_F(DividingPeer, ThatDeletesNoMoreIsAskedAgainWhenPacketsWait) {
  come_up(several(2), pair_of(several(2), 0));
  afterwards = [&] {
    while (made.size() > 1) delete_at_peer({std::exchange(made, {made.front()}).back()});
  };
  run_for(120s);
  ASSERT_EQ(installed().size(), 1U);
  afterwards = [] {};
  asked.clear();
  step(Acquire{kTunnel});
  run_for(60s);
  EXPECT_TRUE(asked.empty());
  run_for(600s);
  EXPECT_TRUE(asked.empty()) << "nobody waits";
  step(Acquire{kTunnel});
  run_for(1s);
  EXPECT_EQ(installed().size(), 4U);
  EXPECT_TRUE(status().declined.empty());
}

/// Its proposals may differ from pair to pair.
TEST_F(DividingPeer, ThatRefusesTheProposalOfOnePairIsAskedForTheOthers) {
  const Networks whole = several(2);
  come_up(whole, pair_of(whole, 0));
  answer = [&](const Networks& wanted) {
    return wanted == pair_of(whole, 1) ? std::optional(NoProposalChosen) : std::nullopt;
  };
  run_for(30s);
  EXPECT_EQ(installed().size(), 3U);
  EXPECT_EQ(declined("NO_PROPOSAL_CHOSEN"), 1U);
}

TEST_F(DividingPeer, ThatDeletesTheOnlyOneIsAskedOnceAMinuteAndTold) {
  come_up(several(1), several(1));
  afterwards = [&] {
    while (!made.empty()) delete_at_peer({std::exchange(made, {}).back()});
  };
  afterwards();
  run_for(3600s);
  EXPECT_LE(asked.size(), 80U);
  EXPECT_GE(asked.size(), 40U) << "it is not given up";
  ASSERT_TRUE(status().last_failure);
  EXPECT_EQ(status().last_failure->reason, "the peer deletes each Child SA soon after it has agreed to it");
}

TEST_F(DividingPeer, ThatDeletesOneThatHasLastedIsAskedBeforeLong) {
  come_up(several(2), pair_of(several(2), 0));
  run_for(60s);
  for (int hour = 0; hour < 5; ++hour) {
    delete_at_peer({made.front()});
    made.erase(made.begin());
    run_for(7s);
    EXPECT_EQ(installed().size(), 4U) << hour;
    run_for(60s);
  }
}

// ---------------------------------------------------------------- it has no room

TEST_F(DividingPeer, WithoutRoomForMoreIsAskedForWhatItHadBefore) {
  const Networks whole = several(3);
  answer = [&](const Networks&) { return asked.size() > 1 ? std::optional(NoAdditionalSas) : std::nullopt; };
  come_up(whole, pair_of(whole, 0));
  run_for(30s);
  EXPECT_EQ(installed().size(), 2U);
  EXPECT_EQ(declined("NO_ADDITIONAL_SAS"), 7U);
  answer = [](const Networks&) { return std::nullopt; };
  asked.clear();
  delete_at_peer({made.front()});
  run_for(60s);
  EXPECT_EQ(asked, std::vector{pair_of(whole, 0)});
  EXPECT_EQ(installed().size(), 2U);
}

TEST_F(DividingPeer, LeftWithNoneIsAskedForAllThatItRefused) {
  const Networks whole = several(2);
  come_up(whole, pair_of(whole, 0));
  answer = [&](const Networks& wanted) -> std::optional<wire::NotifyType> {
    if (wanted.local.size() > 1) return SinglePairRequired;
    return wanted == pair_of(whole, 0) ? std::nullopt : std::optional(NoAdditionalSas);
  };
  run_for(60s);
  EXPECT_EQ(installed().size(), 1U);
  delete_at_peer({made.back()});
  answer = [](const Networks&) { return std::nullopt; };
  run_for(60s);
  EXPECT_TRUE(has(pair_of(whole, 0)));
  EXPECT_TRUE(has(pair_of(whole, 1)));
  EXPECT_TRUE(status().declined.empty());
}

/// Of the pairs that it does not take: the tunnel works without.
TEST_F(DividingPeer, ThatPutsOneOffForEverKeepsTheOthers) {
  come_up(several(2), pair_of(several(2), 0));
  answer = [](const Networks&) { return TemporaryFailure; };
  run_for(1200s);
  EXPECT_EQ(inits, 0U);
  EXPECT_TRUE(has(pair_of(several(2), 0)));
  EXPECT_LE(asked.size(), 100U);
  EXPECT_EQ(declined("TEMPORARY_FAILURE"), 3U);
  answer = [](const Networks&) { return std::nullopt; };
  run_for(80s);
  EXPECT_EQ(installed().size(), 4U);
  EXPECT_TRUE(status().declined.empty());
}

TEST_F(DividingPeer, ThatHasAnsweredOtherwiseSinceIsNotCalledOneThatPutsOff) {
  come_up(several(1), several(1));
  answer = [](const Networks&) { return TemporaryFailure; };
  step(Rekey{kTunnel, Rekey::What::ChildSa});
  answer = [](const Networks&) { return NoProposalChosen; };
  run_for(7s);
  answer = [](const Networks&) { return TemporaryFailure; };
  run_for(130s);
  EXPECT_TRUE(has(several(1)));
  EXPECT_GE(asked.size(), 3U);
}

TEST_F(DividingPeer, MoreChildSasThanMayBeAreNotAskedFor) {
  const auto host = [](int n) {
    return Networks{{net("10.1.0." + std::to_string(n) + "/32")},
                    {net("10.2.0." + std::to_string(n) + "/32")}};
  };
  come_up(several(2), host(1));
  for (int n = 2; n <= static_cast<int>(kMaxChildSas) + 1; ++n) ask_at_peer(host(n));
  ASSERT_EQ(installed().size(), kMaxChildSas);
  run_for(60s);
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(lines, 1U) << "the log says so, once";
}

TEST_F(DividingPeer, PairsThatAreLeftOutAreTold) {
  come_up(several(16), pair_of(several(16), 0));
  run_for(60s);
  EXPECT_EQ(installed().size(), kMaxChildSas);
  EXPECT_EQ(lines, 1U);
}

// ---------------------------------------------------------------- narrow beside wide

TEST_F(DividingPeer, ThatDeletesTheWideOneIsAskedForItAgain) {
  const Networks wide{{net("10.1.0.0/16")}, {net("10.2.0.0/16")}};
  come_up(wide, wide);
  ask_at_peer(several(1));
  delete_at_peer({made.front()});
  run_for(10s);
  EXPECT_EQ(installed(), std::vector{wide}) << "and it has taken over from the narrow one";
  EXPECT_EQ(asked, std::vector{wide});
}

TEST_F(DividingPeer, AllChildSasAreCleared) {
  const Networks wide{{net("10.1.0.0/16")}, {net("10.2.0.0/16")}};
  come_up(wide, wide);
  ask_at_peer(several(1));
  step(ClearChildSa{kTunnel});
  run_for(10s);
  EXPECT_EQ(installed(), std::vector{wide});
}

TEST_F(DividingPeer, OverlappingNetworksHaveAChildSaEach) {
  Networks whole{{net("10.1.0.0/16"), net("10.1.1.0/24")}, {net("10.2.0.0/24")}};
  whole.local[0].protocol = 6;
  come_up(whole, pair_of(whole, 0));
  run_for(30s);
  EXPECT_EQ(installed().size(), 2U);
}

// ---------------------------------------------------------------- other networks at run time

TEST_F(DividingPeer, WiderNetworksReachEachChildSa) {
  come_up(several(2, "/25"), pair_of(several(2, "/25"), 0));
  run_for(30s);
  ASSERT_EQ(installed().size(), 4U);
  configure(several(2));
  run_for(30s);
  EXPECT_EQ(installed().size(), 4U);
  for (const std::size_t n : {0U, 1U}) EXPECT_TRUE(has(pair_of(several(2), n))) << n;
}

/// Its Child SA is replaced before the old one goes.
TEST_F(DividingPeer, NarrowerNetworksLeaveNoGap) {
  come_up(several(2), pair_of(several(2), 0));
  run_for(30s);
  configure(several(2, "/25"));
  for (int second = 0; second < 30; ++second) {
    EXPECT_GE(installed().size(), 4U) << second;
    run_for(1s);
  }
  for (const std::size_t n : {0U, 1U}) EXPECT_TRUE(has(pair_of(several(2, "/25"), n))) << n;
}

/// It agrees to all networks at once no more; what the Child SA has it agrees to.
TEST_F(DividingPeer, ThatRefusesMoreInARekeyIsAskedForTheSame) {
  come_up(several(2), pair_of(several(2), 0));
  answer = [&](const Networks& wanted) {
    return wanted == pair_of(several(2), 0) ? std::nullopt : std::optional(TsUnacceptable);
  };
  run_for(30s);
  asked.clear();
  step(Rekey{kTunnel, Rekey::What::ChildSa});
  ASSERT_GE(asked.size(), 2U);
  EXPECT_EQ(asked[0], several(2));
  EXPECT_EQ(asked[1], pair_of(several(2), 0));
  EXPECT_FALSE(status().last_failure);
  EXPECT_TRUE(has(pair_of(several(2), 0)));
}

// ---------------------------------------------------------------- it has restarted

/// And counts its SPIs from the start, without INITIAL_CONTACT.
TEST_F(DividingPeer, ThatUsesAnSpiAgainHasForgottenTheOldChildSa) {
  come_up(several(1), several(1));
  RawPeer again(responder, peer.address(), 77);
  again.protect(mirrored(several(1)));
  again.reuse_spi(peer.esp_spi());
  responder.now += 60s;
  ASSERT_TRUE(again.connect());
  EXPECT_EQ(again.esp_spi(), peer.esp_spi());
  EXPECT_EQ(installed(), std::vector{several(1)});
}

TEST_F(DividingPeer, WhatItRefusesIsShownWhileTheTunnelIsUp) {
  come_up(several(2), pair_of(several(2), 0));
  answer = [](const Networks&) { return TsUnacceptable; };
  run_for(30s);
  EXPECT_EQ(declined("TS_UNACCEPTABLE"), 3U);
  wire::PayloadWriter payloads;
  payloads.delete_ike_sa();
  static_cast<void>(peer.exchange(wire::ExchangeType::Informational, payloads));
  EXPECT_TRUE(status().declined.empty());
}

/// It asks for what it does not get.
TEST_F(DividingPeer, ThatAsksForTooMuchFillsNoLog) {
  come_up(several(1), several(1));
  const Networks other{{net("10.9.1.0/24")}, {net("10.9.2.0/24")}};
  for (int i = 0; i < 1000; ++i) ask_at_peer(other);
  EXPECT_EQ(lines, 1U);
  EXPECT_EQ(responder.counters().selectors_unacceptable, 1000U);
}

}  // namespace
}  // namespace awtun::ike
