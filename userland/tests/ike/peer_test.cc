// SPDX-License-Identifier: Apache-2.0
// What a peer that has the right key can cost: SAs that it leaves behind, keys that it has computed.
#include <numeric>

#include "userland/tests/ike/raw_peer.h"

namespace awtun::ike {
namespace {

constexpr TunnelId kTunnel = 3;

class Peer : public testing::Test {
 protected:
  void SetUp() override {
    responder.add_tunnel(kTunnel, peer.address().address);
    ASSERT_TRUE(peer.connect());
    ASSERT_EQ(responder.engine.status().child_sas.size(), 1U);
  }
  [[nodiscard]] std::size_t ike_sas() const { return responder.engine.status().ike_sas.size(); }
  [[nodiscard]] std::size_t child_sas() const { return responder.engine.status().child_sas.size(); }
  void wait(Duration duration) {
    responder.now += duration;
    static_cast<void>(responder.step(TimerDue{}));
  }

  Responder responder;
  RawPeer peer{responder, {*IpAddress::parse("10.0.0.2"), 500}};
};

// ---------------------------------------------------------------- how many SAs

TEST_F(Peer, IkeRekeysWithoutDeletesArePutOffAtTheBound) {
  std::size_t rekeyed = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto error = peer.rekey_ike();
    rekeyed += error ? 0 : 1;
    ASSERT_TRUE(!error || error == wire::NotifyType::TemporaryFailure);
  }
  EXPECT_EQ(rekeyed, kMaxIkeSas - 1);
  EXPECT_EQ(ike_sas(), kMaxIkeSas);
  EXPECT_EQ(responder.counters().sa_limit_reached, 4000 - rekeyed);
  EXPECT_EQ(responder.counters().temporary_failures_sent, 4000 - rekeyed);
  // Nothing of it is for ever: what was replaced goes, and there is room again.
  wait(167s);
  EXPECT_LE(ike_sas(), 1U);
}

TEST_F(Peer, ChildRekeysWithoutDeletesArePutOffAtTheBound) {
  std::size_t rekeyed = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto error = peer.rekey_child();
    rekeyed += error ? 0 : 1;
    ASSERT_TRUE(!error || error == wire::NotifyType::TemporaryFailure);
  }
  EXPECT_EQ(rekeyed, kMaxReplaced);
  EXPECT_EQ(child_sas(), kMaxReplaced + 1);
  EXPECT_EQ(responder.counters().sa_limit_reached, 3000 - rekeyed);
}

TEST_F(Peer, ChildRekeysWithDeletesGoOnAndLeaveLittle) {
  std::size_t inbound = 1;
  for (int i = 0; i < 2000; ++i) {
    const std::uint32_t old = peer.esp_spi();
    ASSERT_FALSE(peer.rekey_child());
    wire::PayloadWriter payloads;
    payloads.delete_child_sas(wire::ProtocolId::Esp, std::span(&old, 1));
    const Bytes request = peer.request(wire::ExchangeType::Informational, payloads);
    for (const Action& action :
         responder.engine.step(responder.now, Datagram{responder.here, peer.address(), request}))
      if (const auto* gone = std::get_if<DeleteSa>(&action))
        inbound -= gone->direction == Direction::In ? 1 : 0;
    ++inbound;
    ASSERT_LE(inbound, 1 + kMaxLingering);
  }
  EXPECT_EQ(child_sas(), 1U);
  EXPECT_EQ(responder.counters().sa_limit_reached, 0U);
}

TEST_F(Peer, DeletesMakeRoom) {
  std::vector<std::uint32_t> old;
  for (std::size_t i = 0; i < kMaxReplaced; ++i) {
    old.push_back(peer.esp_spi());
    ASSERT_FALSE(peer.rekey_child());
  }
  ASSERT_EQ(peer.rekey_child(), wire::NotifyType::TemporaryFailure);
  wire::PayloadWriter payloads;
  payloads.delete_child_sas(wire::ProtocolId::Esp, old);
  const Bytes answer = peer.exchange(wire::ExchangeType::Informational, payloads);
  const auto inner = wire::parse_chain(peer.first(), answer);
  ASSERT_TRUE(inner);
  const auto deleted = read<wire::decode_delete>(*inner, wire::PayloadType::Delete);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->count(), old.size());
  EXPECT_EQ(peer.rekey_child(), std::nullopt);
}

/// Only one packet here and there fits into each.
Networks single(std::uint32_t number) {
  const auto host = [&](const char* net) {
    return TrafficSelector::of(*IpPrefix::parse(net + std::to_string(number) + "/32"));
  };
  return {{host("10.1.0.")}, {host("10.2.0.")}};
}

TEST_F(Peer, ChildSasForOtherNetworksAreMadeUpToTheBound) {
  for (std::uint32_t number = 1; number < kMaxChildSas; ++number)
    ASSERT_EQ(peer.new_child(single(number)), std::nullopt) << number;
  EXPECT_EQ(child_sas(), kMaxChildSas);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(peer.new_child(single(200)), wire::NotifyType::NoAdditionalSas);
  EXPECT_EQ(child_sas(), kMaxChildSas);
  EXPECT_EQ(responder.counters().sa_limit_reached, 100U);
  // What there is can still be rekeyed.
  EXPECT_EQ(peer.rekey_child(), std::nullopt);
}

TEST_F(Peer, AnotherChildSaForTheSameNetworksTakesOverAfterSomeSeconds) {
  const std::uint32_t first = responder.engine.status().child_sas.at(0).inbound_spi;
  ASSERT_EQ(peer.new_child(peer.whole()), std::nullopt);
  EXPECT_EQ(child_sas(), 2U);
  responder.now += kSuperseded;
  bool activated = false;
  for (const Action& action : responder.engine.step(responder.now, TimerDue{}))
    activated = activated || std::holds_alternative<ActivateSa>(action);
  EXPECT_TRUE(activated);
  const auto left = responder.engine.status().child_sas;
  EXPECT_EQ(std::ranges::count(left, ChildSaStatus::State::Installed, &ChildSaStatus::state), 1);
  for (const ChildSaStatus& child : left)
    EXPECT_EQ(child.state == ChildSaStatus::State::Installed, child.inbound_spi != first);
}

TEST_F(Peer, ChildSasForTheSameNetworksWithoutDeletesArePutOffAtTheBound) {
  std::size_t made = 0;
  for (int i = 0; i < 1000; ++i) made += peer.new_child(peer.whole()) ? 0 : 1;
  EXPECT_EQ(made, kMaxReplaced);
  EXPECT_EQ(child_sas(), kMaxReplaced + 1);
}

TEST_F(Peer, MoreThanTheTunnelLetsThroughIsRefusedAndTheTunnelHasNotFailed) {
  responder.local_selectors = {TrafficSelector::of(*IpPrefix::parse("10.1.0.0/24"))};
  static_cast<void>(responder.add_tunnel(kTunnel, peer.address().address));
  const auto network = [](const char* text) { return TrafficSelector::of(*IpPrefix::parse(text)); };
  const Networks other{{network("10.2.0.0/24")}, {network("10.3.0.0/24")}};
  EXPECT_EQ(peer.new_child(other), wire::NotifyType::TsUnacceptable);
  EXPECT_EQ(responder.counters().selectors_unacceptable, 1U);
  EXPECT_FALSE(responder.engine.status().peers.at(0).last_failure);
}

TEST_F(Peer, AnSpiThatItUsesTwiceIsRefused) {
  peer.reuse_spi();
  EXPECT_EQ(peer.rekey_child(), wire::NotifyType::TemporaryFailure);
  EXPECT_EQ(child_sas(), 1U);
}

TEST_F(Peer, HandshakesWithoutEndLeaveNoMoreThanTheBound) {
  for (std::uint32_t i = 0; i < 200; ++i) {
    RawPeer again(responder, peer.address(), 0x7000 + i);
    ASSERT_TRUE(again.connect()) << i;
    responder.now += 1ms;
  }
  EXPECT_LE(ike_sas(), kMaxIkeSas);
  EXPECT_LE(child_sas(), kMaxIkeSas);
  EXPECT_GE(responder.counters().sa_limit_reached, 200 - kMaxIkeSas);
}

TEST_F(Peer, UnknownSpisAreCountedAndNothingElse) {
  wire::PayloadWriter payloads;
  for (std::uint32_t i = 0; i < 16000; i += 1000) {
    std::vector<std::uint32_t> spis(1000);
    std::iota(spis.begin(), spis.end(), 0x70000000 + i);
    payloads.delete_child_sas(wire::ProtocolId::Esp, spis);
  }
  const std::array<std::uint32_t, 2> twice{peer.esp_spi(), peer.esp_spi()};
  payloads.delete_child_sas(wire::ProtocolId::Esp, twice);
  const Bytes answer = peer.exchange(wire::ExchangeType::Informational, payloads);
  EXPECT_EQ(responder.counters().deletes_of_unknown_spi, 16001U);
  const auto inner = wire::parse_chain(peer.first(), answer);
  ASSERT_TRUE(inner);
  const auto deleted = read<wire::decode_delete>(*inner, wire::PayloadType::Delete);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->count(), 1U);
  EXPECT_EQ(child_sas(), 0U);
}

// ---------------------------------------------------------------- networks that were agreed before

class FewerNetworks : public Peer {
 protected:
  /// The operator leaves one network, and the peer answers requests with `error`, or not at all.
  void narrow(std::optional<wire::NotifyType> error) {
    responder.local_selectors = {TrafficSelector::of(*IpPrefix::parse("10.9.9.0/24"))};
    auto sent = responder.add_tunnel(kTunnel, peer.address().address);
    for (int second = 0; second < 3000; ++second) {
      for (const Send& one : sent) answer(one.bytes, error);
      EXPECT_TRUE(second <= 5 || no_other_is_received()) << second;
      responder.now += 1s;
      sent = responder.step(TimerDue{});
    }
  }
  void answer(const Bytes& request, std::optional<wire::NotifyType> error) {
    const auto header = wire::parse_header(request);
    if (!error || header->response || header->responder_spi != peer.peer_spi()) return;
    wire::PayloadWriter payloads;
    if (header->exchange == wire::ExchangeType::CreateChildSa) payloads.notify(*error);
    static_cast<void>(
        responder.step(Datagram{responder.here, peer.address(), peer.response_to(request, payloads)}));
  }
  [[nodiscard]] bool no_other_is_received() const {
    return std::ranges::all_of(responder.receiving, [&](const auto& sa) {
      return all_within(sa.second, responder.local_selectors);
    });
  }
};

TEST_F(FewerNetworks, HoldSoonWhenThePeerAgreesToNothingElse) { narrow(wire::NotifyType::NoProposalChosen); }

TEST_F(FewerNetworks, HoldSoonWhenThePeerDoesNotAnswer) { narrow(std::nullopt); }

TEST_F(FewerNetworks, HoldForWhatThePeerHasReplacedToo) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(peer.rekey_child());
  narrow(wire::NotifyType::NoProposalChosen);
}

TEST_F(FewerNetworks, HoldForWhatIsBeingDeletedAndWhatStillReceives) {
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t old = peer.esp_spi();
    EXPECT_FALSE(peer.rekey_child());
    wire::PayloadWriter payloads;
    payloads.delete_child_sas(wire::ProtocolId::Esp, std::span(&old, 1));
    if (i % 2 == 0) static_cast<void>(peer.exchange(wire::ExchangeType::Informational, payloads));
  }
  static_cast<void>(responder.step(ClearChildSa{kTunnel}));
  EXPECT_GT(responder.receiving.size(), 1U);
  narrow(wire::NotifyType::TemporaryFailure);
}

TEST_F(FewerNetworks, WhatLiesWithinGoesOn) {
  const auto before = responder.receiving;
  responder.local_selectors.push_back(TrafficSelector::of(*IpPrefix::parse("10.9.9.0/24")));
  EXPECT_EQ(responder.add_tunnel(kTunnel, peer.address().address).size(), 0U)
      << "no more than before is let through";
  EXPECT_EQ(responder.receiving, before);
}

TEST_F(Peer, AChildSaThatItHasReplacedCanBeRekeyed) {
  EXPECT_FALSE(peer.rekey_child());
  EXPECT_EQ(responder.step(Rekey{kTunnel, Rekey::What::ChildSa}).size(), 0U) << "while it may still switch";
  std::size_t sent = 0;
  for (int second = 0; second < 70; ++second) {
    responder.now += 1s;
    sent += responder.step(TimerDue{}).size();
  }
  EXPECT_GE(sent, 1U);
}

TEST_F(Peer, AChildSaThatItHasReplacedCanBeCleared) {
  EXPECT_FALSE(peer.rekey_child());
  EXPECT_EQ(responder.step(ClearChildSa{kTunnel}).size(), 1U);
}

// ---------------------------------------------------------------- selectors without end

std::vector<wire::Selector> many_hosts(unsigned network, unsigned count) {
  std::vector<wire::Selector> hosts;
  for (unsigned i = 0; i < count; ++i) {
    const auto host = *IpAddress::parse("172.16." + std::to_string(network) + "." + std::to_string(i * 2));
    hosts.push_back({0, 0, 65535, host, host});
  }
  return hosts;
}

class PeersSelectors : public Peer {
 protected:
  Bytes ask(const std::vector<wire::Selector>& remote, const std::vector<wire::Selector>& local) {
    wire::PayloadWriter payloads;
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, spi_bytes(peer.esp_spi()), {}});
    payloads.sa(esp_proposals(responder.ipsec, 0x77777, wire::GroupId::None));
    payloads.nonce(peer.fresh_nonce());
    payloads.ts(wire::PayloadType::TsI, remote);
    payloads.ts(wire::PayloadType::TsR, local);
    return peer.exchange(wire::ExchangeType::CreateChildSa, payloads);
  }
  std::optional<wire::NotifyType> refused(const Bytes& answer) {
    const auto inner = wire::parse_chain(peer.first(), answer);
    const auto error = inner ? find_error(*inner) : std::nullopt;
    return error ? std::optional(error->type) : std::nullopt;
  }
};

class OfOneNetwork : public PeersSelectors {
 protected:
  OfOneNetwork() { responder.local_selectors = {TrafficSelector::of(*IpPrefix::parse("10.7.0.0/16"))}; }
};

TEST_F(OfOneNetwork, PeersSelectorsAreToldInAFewWords) {
  EXPECT_EQ(refused(ask(many_hosts(1, 128), many_hosts(2, 128))), wire::NotifyType::TsUnacceptable);
  const auto failure = responder.engine.status().peers.at(0).last_failure;
  ASSERT_TRUE(failure);
  EXPECT_LT(failure->theirs.size(), 500U);
}

TEST_F(PeersSelectors, OfWhichMoreAreOursThanTheKernelTakesAreNarrowedToWhatFits) {
  const auto remote = many_hosts(1, 17);
  const Bytes answer = ask(remote, many_hosts(2, 100));
  EXPECT_EQ(refused(answer), std::nullopt);
  const auto inner = wire::parse_chain(peer.first(), answer);
  ASSERT_TRUE(inner);
  const auto tsi = read<wire::decode_ts>(*inner, wire::PayloadType::TsI);
  const auto tsr = read<wire::decode_ts>(*inner, wire::PayloadType::TsR);
  ASSERT_TRUE(tsi && tsr);
  EXPECT_EQ(to_wire(from_wire(*tsi)), std::vector(remote.begin(), remote.begin() + 16));
  EXPECT_EQ(from_wire(*tsr).size(), 16U);
  const auto all = responder.engine.status().child_sas;
  const auto made = std::ranges::find(all, ChildSaStatus::State::Installed, &ChildSaStatus::state);
  ASSERT_NE(made, all.end());
  EXPECT_TRUE(made->selectors_cut);
  EXPECT_EQ(made->remote_selectors, from_wire(*tsi));
  EXPECT_EQ(responder.receiving.at(made->inbound_spi), from_wire(*tsr));
  EXPECT_FALSE(responder.engine.status().peers.at(0).last_failure);
}

TEST_F(PeersSelectors, AsManyAsTheKernelTakesAreAllAgreedOn) {
  EXPECT_EQ(refused(ask(many_hosts(1, 16), many_hosts(2, 16))), std::nullopt);
  const auto all = responder.engine.status().child_sas;
  EXPECT_TRUE(std::ranges::none_of(all, &ChildSaStatus::selectors_cut));
}

// ---------------------------------------------------------------- the same request again

class Repeated : public Peer {
 protected:
  /// A request, its answer, and what is sent when datagrams come from `from`.
  Bytes answered(const wire::PayloadWriter& payloads) {
    const Bytes request = peer.request(wire::ExchangeType::CreateChildSa, payloads);
    answer = peer.answer_to(request);
    EXPECT_FALSE(answer.empty());
    return request;
  }
  std::size_t octets_for(const Endpoint& from, const Bytes& datagram) {
    std::size_t octets = 0;
    for (const Send& sent : responder.step(Datagram{responder.here, from, datagram})) {
      EXPECT_EQ(sent.remote, from);
      octets += sent.bytes.size();
    }
    return octets;
  }

  const Endpoint victim{*IpAddress::parse("203.0.113.9"), 500};
  Bytes answer;
};

TEST_F(Repeated, ARequestGetsItsAnswerAgainAsOftenAsAPeerAsks) {
  const Bytes request = answered(peer.child_rekey());
  for (int i = 0; i < 5; ++i) {
    responder.now += 500ms;
    EXPECT_EQ(peer.answer_to(request), answer) << i;
  }
  std::size_t repeated = 0;
  for (int i = 0; i < 1000; ++i) repeated += peer.answer_to(request).empty() ? 0U : 1U;
  EXPECT_GE(repeated, 3U);
  EXPECT_LE(repeated, 5U);
  EXPECT_EQ(child_sas(), 2U);
}

TEST_F(Repeated, AnotherRequestOfItsNumberGetsNone) {
  static_cast<void>(answered(peer.child_rekey()));
  responder.now += 1s;
  peer.reuse_message_id();
  EXPECT_TRUE(peer.answer_to(peer.request(wire::ExchangeType::Informational, {})).empty());
}

class RepeatedOfManyNetworks : public Repeated {
 protected:
  RepeatedOfManyNetworks() {
    responder.local_selectors.clear();
    for (int i = 0; i < 16; ++i)
      responder.local_selectors.push_back(
          TrafficSelector::of(*IpPrefix::parse("2001:db8:" + std::to_string(i) + "::/48")));
  }
};

TEST_F(RepeatedOfManyNetworks, ToAnAddressThatThePeerDoesNotHaveGoesNoMoreThanCameFromThere) {
  const Bytes request = answered(peer.child_rekey());
  ASSERT_GT(answer.size(), request.size());
  std::size_t in = 0;
  std::size_t out = 0;
  for (int i = 0; i < 1000; ++i) {
    in += request.size();
    out += octets_for(victim, request);
    EXPECT_LE(out, in + 512);
  }
  EXPECT_LE(out, in);
  EXPECT_GT(out, 0U) << "the peer may have moved";
  responder.now += 250ms;
  EXPECT_EQ(peer.answer_to(request), answer) << "nor does it take the peer's own turn";
}

TEST_F(Repeated, NorDoesASmallRequestOfTheSameNumberGetALargeAnswer) {
  static_cast<void>(answered(peer.child_rekey()));
  peer.reuse_message_id();
  const Bytes tiny = peer.request(wire::ExchangeType::Informational, {});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(octets_for(victim, tiny), 0U);
}

/// The same of a request in fragments.
class RepeatedFragments : public Repeated {
 protected:
  void SetUp() override {
    peer.know_fragments();
    Repeated::SetUp();
  }
  std::vector<Bytes> sent_in_parts(std::size_t limit) {
    wire::PayloadWriter payloads;
    payloads.vendor_id(Bytes(3000, 1));
    auto parts = peer.parts(wire::ExchangeType::Informational, payloads, limit);
    EXPECT_GT(parts.size(), 1U);
    return parts;
  }
  void deliver(const std::vector<Bytes>& parts) {
    for (const Bytes& part : parts) answer = peer.answer_to(part);
    ASSERT_FALSE(answer.empty());
  }
};

TEST_F(RepeatedFragments, TheFirstOneGetsTheAnswerAgain) {
  const auto parts = sent_in_parts(1280);
  deliver(parts);
  responder.now += 500ms;
  EXPECT_TRUE(peer.answer_to(parts[1]).empty());
  EXPECT_EQ(peer.answer_to(parts[0]), answer);
  EXPECT_TRUE(peer.answer_to(parts[0]).empty()) << "too soon";
}

// RFC 7383 2.5.2: a peer that has heard nothing may blame the size of its packets.
TEST_F(RepeatedFragments, SoDoesTheFirstOfSmallerOnes) {
  deliver(sent_in_parts(1280));
  responder.now += 500ms;
  peer.reuse_message_id();
  const auto smaller = sent_in_parts(600);
  EXPECT_EQ(peer.answer_to(smaller[0]), answer);
  responder.now += 500ms;
  peer.reuse_message_id();
  const auto larger = sent_in_parts(2000);
  EXPECT_TRUE(peer.answer_to(larger[0]).empty());
}

// ---------------------------------------------------------------- Diffie-Hellman by jobs

/// One step of the responder's engine, and nothing else.
class PeersJobs : public Peer {
 protected:
  Actions hand(const Bytes& request) {
    responder.now += 1ms;
    return responder.engine.step(responder.now, Datagram{responder.here, peer.address(), request});
  }
  Actions end(const StartJob& job) {
    return responder.engine.step(responder.now, JobDone{job.token, run(std::get<KeyExchangeJob>(job.job))});
  }
  template <class Wanted>
  static std::vector<Wanted> all(Actions& actions) {
    std::vector<Wanted> found;
    for (Action& action : actions)
      if (auto* one = std::get_if<Wanted>(&action)) found.push_back(std::move(*one));
    return found;
  }
  /// Those that somebody waits for.
  static std::vector<StartJob> jobs_in(Actions& actions) {
    auto jobs = all<StartJob>(actions);
    std::erase_if(jobs, [](const StartJob& job) { return job.owner.standing == JobOwner::Standing::Nobody; });
    return jobs;
  }
  /// The job for a request, which nothing answers yet.
  StartJob job_for(const Bytes& request) {
    Actions actions = hand(request);
    EXPECT_TRUE(all<Send>(actions).empty());
    auto jobs = jobs_in(actions);
    EXPECT_EQ(jobs.size(), 1U);
    return jobs.empty() ? StartJob{} : std::move(jobs[0]);
  }
  Bytes ike_rekey() {
    nonce = peer.fresh_nonce();
    return peer.request(wire::ExchangeType::CreateChildSa, peer.ike_rekey(0x9999, nonce));
  }
  /// The error in what was sent; nullopt: none.
  std::optional<wire::NotifyType> error_in(Actions actions) {
    const auto sent = all<Send>(actions);
    EXPECT_EQ(sent.size(), 1U);
    const Bytes answer = sent.empty() ? Bytes() : peer.open(sent[0].bytes);
    const auto inner = wire::parse_chain(peer.first(), answer);
    EXPECT_TRUE(inner);
    const auto error = find_error(*inner);
    return error ? std::optional(error->type) : std::nullopt;
  }

  Bytes nonce;
};

TEST_F(PeersJobs, AnIkeRekeyIsAnsweredWhenItsJobHasEnded) {
  const StartJob job = job_for(ike_rekey());
  EXPECT_EQ(job.owner, (JobOwner{JobOwner::Standing::Trusted, kTunnel}));
  EXPECT_TRUE(std::get<KeyExchangeJob>(job.job).peer);
  EXPECT_EQ(ike_sas(), 1U);
  Actions actions = end(job);
  const auto sent = all<Send>(actions);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(peer.finish_ike_rekey(0x9999, nonce, peer.open(sent[0].bytes)), std::nullopt);
  EXPECT_EQ(ike_sas(), 2U);
  EXPECT_EQ(peer.rekey_ike(), std::nullopt) << "under the new one";
}

TEST_F(PeersJobs, SoIsAChildRekeyWithPfs) {
  responder.ipsec.pfs_group = crypto::GroupId::X25519;
  responder.add_tunnel(kTunnel, peer.address().address);
  peer.use_pfs();
  const StartJob job = job_for(peer.request(wire::ExchangeType::CreateChildSa, peer.child_rekey()));
  EXPECT_EQ(child_sas(), 1U);
  EXPECT_EQ(error_in(end(job)), std::nullopt);
  EXPECT_EQ(child_sas(), 2U);
}

TEST_F(PeersJobs, RepetitionsAndTheNextRequestWaitForTheAnswer) {
  const Bytes request = ike_rekey();
  const StartJob job = job_for(request);
  const Bytes next = peer.request(wire::ExchangeType::Informational, {});
  for (const Bytes& other : {request, next, request}) EXPECT_TRUE(hand(other).empty());
  Actions answer = end(job);
  const auto first = all<Send>(answer);
  ASSERT_EQ(first.size(), 1U);
  Actions repeated = hand(request);
  const auto again = all<Send>(repeated);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].bytes, first[0].bytes);
  EXPECT_TRUE(all<StartJob>(repeated).empty());
  // The same result again belongs to nobody.
  EXPECT_TRUE(end(job).empty());
  EXPECT_EQ(error_in(hand(next)), std::nullopt);
}

TEST_F(PeersJobs, WhatIsAskedOfAnIkeSaThatGoesIsPutOffAtOnce) {
  const StartJob job = job_for(ike_rekey());
  Actions actions = responder.engine.step(responder.now, ClearSa{kTunnel});
  const auto cancelled = all<CancelJob>(actions);
  ASSERT_EQ(cancelled.size(), 1U);
  EXPECT_EQ(cancelled[0].token, job.token);
  auto sent = all<Send>(actions);
  ASSERT_GE(sent.size(), 2U) << "the answer, our Delete, and perhaps the next attempt";
  Actions answer;
  answer.emplace_back(sent[0]);
  EXPECT_EQ(error_in(std::move(answer)), wire::NotifyType::TemporaryFailure);
  EXPECT_TRUE(end(job).empty());
  EXPECT_EQ(responder.counters().jobs_cancelled, 1U);
}

TEST_F(PeersJobs, ADeleteThatStillWaitsIsSentAtTheShutdown) {
  Actions asked = responder.engine.step(responder.now, Rekey{kTunnel, Rekey::What::ChildSa});
  ASSERT_EQ(all<Send>(asked).size(), 1U);
  static_cast<void>(responder.engine.step(responder.now, ClearSa{kTunnel}));
  Actions last = responder.engine.step(responder.now, Shutdown{});
  const auto sent = all<Send>(last);
  ASSERT_EQ(sent.size(), 1U);
  static_cast<void>(peer.open(sent[0].bytes));
  EXPECT_EQ(peer.first(), wire::PayloadType::Delete);
}

TEST_F(PeersJobs, OneForWhichThereIsNoRoomPutsThePeerOff) {
  const StartJob job = job_for(ike_rekey());
  EXPECT_EQ(error_in(responder.engine.step(responder.now, JobDone{job.token, JobFailed{"full", "", true}})),
            wire::NotifyType::TemporaryFailure);
  EXPECT_EQ(responder.counters().jobs_refused, 1U);
  EXPECT_EQ(ike_sas(), 1U);
  EXPECT_EQ(peer.rekey_ike(), std::nullopt);
}

TEST_F(PeersJobs, OneThatNeverEndsPutsThePeerOff) {
  const StartJob job = job_for(ike_rekey());
  responder.now += 29999ms;
  static_cast<void>(responder.engine.step(responder.now, TimerDue{}));
  responder.now += 1ms;
  Actions actions = responder.engine.step(responder.now, TimerDue{});
  EXPECT_EQ(all<CancelJob>(actions).size(), 1U);
  EXPECT_TRUE(end(job).empty());
  EXPECT_EQ(ike_sas(), 1U);
  EXPECT_EQ(responder.counters().temporary_failures_sent, 1U);
}

TEST_F(PeersJobs, APublicValueThatIsNoneEndsTheIkeSa) {
  wire::PayloadWriter payloads;
  payloads.sa(ike_proposals(responder.profile, spi_bytes(std::uint64_t{0x9999})));
  payloads.nonce(peer.fresh_nonce());
  payloads.ke(wire::GroupId::X25519, Bytes(32, 0));
  const StartJob job = job_for(peer.request(wire::ExchangeType::CreateChildSa, payloads));
  EXPECT_EQ(error_in(end(job)), wire::NotifyType::InvalidSyntax);
  EXPECT_EQ(responder.counters().messages_malformed, 1U);
  Actions again = hand(peer.request(wire::ExchangeType::CreateChildSa, payloads));
  EXPECT_TRUE(jobs_in(again).empty()) << "each would cost as much";
}

TEST_F(PeersJobs, DeadHandshakesLeaveTheQueue) {
  Actions actions;
  for (std::uint64_t i = 0; i < 50; ++i) {
    RawInitiator another(peer.address(), 0x5000 + i);
    responder.now += 1ms;
    for (Action& action : responder.engine.step(
             responder.now, Datagram{responder.here, peer.address(), another.init_request()}))
      actions.push_back(std::move(action));
  }
  responder.now += 31s;
  for (Action& action : responder.engine.step(responder.now, TimerDue{}))
    actions.push_back(std::move(action));
  std::set<std::uint64_t> waiting;
  for (const Action& action : actions) {
    const auto* job = std::get_if<StartJob>(&action);
    if (job != nullptr && job->owner.standing != JobOwner::Standing::Nobody) {
      EXPECT_EQ(job->owner.standing, JobOwner::Standing::Expected);
      waiting.insert(job->token);
    }
    if (const auto* gone = std::get_if<CancelJob>(&action)) {
      EXPECT_EQ(waiting.erase(gone->token), 1U);
    }
  }
  EXPECT_TRUE(waiting.empty());
}

// ---------------------------------------------------------------- PFS that is not asked for, or not had

class PeersPfs : public PeersSelectors {
 protected:
  /// A rekey with proposals for each of `groups`, and a key of `sent`.
  Bytes ask(const std::vector<wire::GroupId>& groups, wire::GroupId sent) {
    std::vector<wire::Proposal> proposals;
    for (const wire::GroupId group : groups)
      for (wire::Proposal& one : esp_proposals(responder.ipsec, 0x77777, group)) {
        one.number = static_cast<std::uint8_t>(proposals.size() + 1);
        proposals.push_back(std::move(one));
      }
    wire::PayloadWriter payloads;
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, spi_bytes(peer.esp_spi()), {}});
    payloads.sa(proposals);
    payloads.nonce(peer.fresh_nonce());
    const std::vector<wire::Selector> all = to_wire(responder.local_selectors);
    payloads.ts(wire::PayloadType::TsI, all);
    payloads.ts(wire::PayloadType::TsR, all);
    if (sent != wire::GroupId::None) {
      const auto key = crypto::KeyExchange::generate(sent, seeded_octets(80));
      payloads.ke(sent, key->public_value());
    }
    return peer.exchange(wire::ExchangeType::CreateChildSa, payloads);
  }
  [[nodiscard]] wire::GroupId newest_pfs() const {
    for (const ChildSaStatus& one : responder.engine.status().child_sas)
      if (one.state == ChildSaStatus::State::Installed) return one.pfs;
    return wire::GroupId::Modp1024;
  }
  void demand(wire::GroupId group) {
    responder.ipsec.pfs_group = group;
    responder.add_tunnel(kTunnel, peer.address().address);
  }
};

TEST_F(PeersPfs, AKeyThatNobodyAskedForIsTaken) {
  using enum wire::GroupId;
  EXPECT_EQ(newest_pfs(), None);
  EXPECT_EQ(refused(ask({X25519}, X25519)), std::nullopt) << "that of the IKE SA";
  EXPECT_EQ(newest_pfs(), X25519);
}

TEST_F(PeersPfs, SoIsOneOfAnyGroupOfTheProfileAndOfTheDefaults) {
  using enum wire::GroupId;
  EXPECT_EQ(refused(ask({Modp2048}, Modp2048)), std::nullopt) << "of the profile";
  EXPECT_EQ(newest_pfs(), Modp2048);
}

TEST_F(PeersPfs, EvenIfTheTunnelsOwnProfileLacksIt) {
  using enum wire::GroupId;
  EXPECT_EQ(refused(ask({Modp4096}, Modp4096)), std::nullopt) << "of the defaults";
  EXPECT_EQ(newest_pfs(), Modp4096);
}

TEST_F(PeersPfs, OneOfAnotherGroupIsNot) {
  using enum wire::GroupId;
  EXPECT_EQ(refused(ask({Modp1024}, Modp1024)), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(child_sas(), 1U);
}

TEST_F(PeersPfs, WhereThePeerLeavesTheChoiceItsKeyDecides) {
  using enum wire::GroupId;
  EXPECT_EQ(refused(ask({None, Modp2048, X25519}, Modp2048)), std::nullopt);
  EXPECT_EQ(newest_pfs(), Modp2048);
}

TEST_F(PeersPfs, WithoutAKeyItIsDoneWithout) {
  using enum wire::GroupId;
  EXPECT_EQ(refused(ask({Modp2048, None}, None)), std::nullopt);
  EXPECT_EQ(newest_pfs(), None);
}

TEST_F(PeersPfs, AKeyOfNoGroupThatWillDoIsCorrected) {
  using enum wire::GroupId;
  const Bytes answer = ask({Modp1024, Modp4096}, Modp1024);
  EXPECT_EQ(refused(answer), wire::NotifyType::InvalidKePayload);
  const auto error = find_error(*wire::parse_chain(peer.first(), answer));
  EXPECT_EQ(Bytes(error->data.begin(), error->data.end()), (Bytes{0, 16}));
}

TEST_F(PeersPfs, WhereItIsDemandedAPeerWithoutIsRefusedAndPfsAloneIsNamed) {
  using enum wire::GroupId;
  demand(Modp2048);
  EXPECT_EQ(refused(ask({None}, None)), wire::NotifyType::NoProposalChosen);
  const auto failure = responder.engine.status().peers.at(0).last_failure;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->hint, "peer offers PFS group none; ours 14, 31");
  EXPECT_EQ(refused(ask({Modp4096}, Modp4096)), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(refused(ask({X25519}, X25519)), std::nullopt) << "that of the IKE SA";
  EXPECT_EQ(newest_pfs(), X25519);
}

TEST_F(PeersPfs, AfterARefusalWeAskOurselvesBeforeLong) {
  demand(wire::GroupId::Modp2048);
  EXPECT_EQ(refused(ask({wire::GroupId::None}, wire::GroupId::None)), wire::NotifyType::NoProposalChosen);
  const auto rekey_at = responder.engine.status().child_sas.at(0).rekey_at;
  ASSERT_TRUE(rekey_at);
  EXPECT_GE(*rekey_at, responder.now + 30s);
  EXPECT_LE(*rekey_at, responder.now + 60s);
  // And no sooner for being asked again.
  responder.now += 10s;
  EXPECT_EQ(refused(ask({wire::GroupId::None}, wire::GroupId::None)), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(responder.engine.status().child_sas.at(0).rekey_at, rekey_at);
}

// ---------------------------------------------------------------- our own rekeys

class OwnPfs : public Peer {
 protected:
  /// What we send when the peer answers our request with an error.
  Bytes refuse(const Bytes& request, wire::NotifyType error, ByteView data = {}) {
    wire::PayloadWriter payloads;
    payloads.notify(error, data);
    auto sent = responder.step(Datagram{responder.here, peer.address(), peer.response_to(request, payloads)});
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? Bytes() : std::move(sent[0].bytes);
  }
  Bytes rekey() {
    auto sent = responder.step(Rekey{kTunnel, Rekey::What::ChildSa});
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? Bytes() : std::move(sent[0].bytes);
  }
  /// Of the key in a request; None: there is no key.
  wire::GroupId group_of(const Bytes& request) {
    const Bytes octets = peer.open(request);
    const auto inner = wire::parse_chain(peer.first(), octets);
    EXPECT_TRUE(inner);
    const auto ke = inner ? read<wire::decode_ke>(*inner, wire::PayloadType::Ke) : std::nullopt;
    return ke ? ke->group : wire::GroupId::None;
  }
  static bool begins_an_ike_sa(const Bytes& request) {
    return wire::parse_header(request)->exchange == wire::ExchangeType::IkeSaInit;
  }
};

TEST_F(OwnPfs, ARefusedRekeyIsAskedForByTheGroupOfTheIkeSaAndThenCountsAsRefused) {
  const Bytes first = rekey();
  EXPECT_EQ(group_of(first), wire::GroupId::None);
  const Bytes second = refuse(first, wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(group_of(second), wire::GroupId::X25519);
  EXPECT_FALSE(responder.engine.status().peers.at(0).last_failure);
  EXPECT_TRUE(begins_an_ike_sa(refuse(second, wire::NotifyType::NoProposalChosen)));
  EXPECT_EQ(responder.counters().no_proposal_chosen, 1U);
  EXPECT_EQ(child_sas(), 1U);
}

TEST_F(OwnPfs, AGroupThatThePeerNamesIsTakenOnce) {
  const Bytes second = refuse(rekey(), wire::NotifyType::InvalidKePayload, Bytes{0, 16});
  EXPECT_EQ(group_of(second), wire::GroupId::Modp4096);
  EXPECT_TRUE(begins_an_ike_sa(refuse(second, wire::NotifyType::InvalidKePayload, Bytes{0, 14})));
}

TEST_F(OwnPfs, OneThatIsNotOursIsNot) {
  const Bytes second = refuse(rekey(), wire::NotifyType::InvalidKePayload, Bytes{0, 2});
  EXPECT_EQ(group_of(second), wire::GroupId::X25519);
}

TEST_F(OwnPfs, SelectorsAreNotAskedForAgain) {
  EXPECT_TRUE(begins_an_ike_sa(refuse(rekey(), wire::NotifyType::TsUnacceptable)));
}

/// The SPI that we expect an SA of before we send; 0: there is none.
std::uint32_t expected_before_sending(const Actions& actions) {
  std::uint32_t spi = 0;
  for (const Action& action : actions) {
    if (const auto* expected = std::get_if<ExpectSa>(&action)) spi = expected->spi;
    if (std::holds_alternative<Send>(action)) break;
  }
  return spi;
}

class Expected : public Peer {
 protected:
  Actions step(Input input) { return responder.engine.step(responder.now, std::move(input)); }
  Actions rekey() { return step(Rekey{kTunnel, Rekey::What::ChildSa}); }
  Actions reply(const Actions& request, const wire::PayloadWriter& payloads) {
    const auto sent =
        std::ranges::find_if(request, [](const Action& one) { return std::holds_alternative<Send>(one); });
    const Bytes response = peer.response_to(std::get<Send>(*sent).bytes, payloads);
    return step(Datagram{responder.here, peer.address(), response});
  }
  static bool deletes_inbound(const Actions& actions, std::uint32_t spi) {
    return std::ranges::any_of(actions, [&](const Action& action) {
      const auto* gone = std::get_if<DeleteSa>(&action);
      return gone != nullptr && gone->direction == Direction::In && gone->spi == spi;
    });
  }
};

TEST_F(Expected, TheSaThatWeAskForIsExpectedBeforeThePeerHasItsSpi) {
  const Actions asked = rekey();
  const std::uint32_t spi = expected_before_sending(asked);
  ASSERT_NE(spi, 0U);
  wire::PayloadWriter payloads;
  payloads.sa(answer(EspChoice{responder.ipsec.transforms.begin()->second}, 0x7777, wire::GroupId::None));
  payloads.nonce(peer.fresh_nonce());
  ask_selectors(payloads, peer.whole());
  const Actions done = reply(asked, payloads);
  EXPECT_TRUE(std::ranges::any_of(done, [&](const Action& action) {
    const auto* added = std::get_if<AddSa>(&action);
    return added != nullptr && added->direction == Direction::In && added->spi == spi;
  }));
  EXPECT_FALSE(deletes_inbound(done, spi));
}

TEST_F(Expected, OneThatThePeerRefusesIsNotExpectedAnyLonger) {
  const Actions asked = rekey();
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::TemporaryFailure);
  EXPECT_TRUE(deletes_inbound(reply(asked, payloads), expected_before_sending(asked)));
}

TEST_F(Expected, NorIsOneWhoseTunnelIsRemoved) {
  const std::uint32_t spi = expected_before_sending(rekey());
  EXPECT_TRUE(deletes_inbound(step(RemoveTunnel{kTunnel}), spi));
}

TEST_F(Expected, WhatThePeerAsksForIsAddedBeforeItHasItsSpi) {
  const Bytes request = peer.request(wire::ExchangeType::CreateChildSa, peer.child_rekey());
  EXPECT_EQ(expected_before_sending(step(Datagram{responder.here, peer.address(), request})), 0U);
}

class OwnJobs : public PeersJobs {
 protected:
  Actions step(Input input) { return responder.engine.step(responder.now, std::move(input)); }
  static StartJob only_job(Actions actions) {
    auto jobs = jobs_in(actions);
    EXPECT_EQ(jobs.size(), 1U);
    return jobs.empty() ? StartJob{} : std::move(jobs[0]);
  }
  static Bytes only_sent(Actions actions) {
    auto sent = all<Send>(actions);
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? Bytes() : std::move(sent[0].bytes);
  }
  /// For the key of a rekey that is asked for when it is there.
  StartJob preparing() {
    responder.ipsec.pfs_group = wire::GroupId::Ecp256;  // of which there is no key in the pool
    responder.add_tunnel(kTunnel, peer.address().address);
    Actions actions = step(Rekey{kTunnel, Rekey::What::ChildSa});
    EXPECT_TRUE(all<Send>(actions).empty());
    return only_job(std::move(actions));
  }
  /// For the keys of a rekey that the peer has answered.
  StartJob concluding() {
    const Bytes request = only_sent(end(preparing()));
    const auto key = crypto::KeyExchange::generate(wire::GroupId::Ecp256, seeded_octets(79));
    TunnelPolicy policy;
    policy.local = peer.address().address;
    policy.remote = responder.here.address;
    wire::PayloadWriter payloads;
    payloads.sa(esp_proposals(responder.ipsec, 0x7777, wire::GroupId::Ecp256));
    payloads.nonce(peer.fresh_nonce());
    payloads.ke(wire::GroupId::Ecp256, key->public_value());
    ask_selectors(payloads, whole_of(policy, {peer.address(), responder.here}).networks);
    return only_job(hand(peer.response_to(request, payloads)));
  }
  void expect_delete(const Bytes& sent) {
    static_cast<void>(peer.open(sent));
    EXPECT_EQ(peer.first(), wire::PayloadType::Delete);
  }
  /// The peer answers the Delete: then nothing is left.
  void expect_end(const Bytes& deletion) {
    expect_delete(deletion);
    static_cast<void>(hand(peer.response_to(deletion, {})));
    EXPECT_EQ(ike_sas(), 0U);
    EXPECT_EQ(child_sas(), 0U);
  }
};

TEST_F(OwnJobs, ARekeyWaitsForItsKeyAndIsThenAsked) {
  const StartJob job = preparing();
  EXPECT_FALSE(std::get<KeyExchangeJob>(job.job).peer);
  EXPECT_FALSE(only_sent(end(job)).empty());
}

TEST_F(OwnJobs, ATunnelThatIsShutDownIsDeletedBeforeTheKeyIsThere) {
  const StartJob job = preparing();
  Actions actions = step(RemoveTunnel{kTunnel});
  const auto cancelled = all<CancelJob>(actions);
  ASSERT_EQ(cancelled.size(), 1U);
  EXPECT_EQ(cancelled[0].token, job.token);
  const Bytes deletion = only_sent(std::move(actions));
  EXPECT_TRUE(end(job).empty());
  expect_end(deletion);
}

TEST_F(OwnJobs, AnAnsweredRekeyIsSeenThroughBeforeTheTunnelIsDeleted) {
  const StartJob job = concluding();
  Actions actions = step(RemoveTunnel{kTunnel});
  EXPECT_TRUE(all<Send>(actions).empty());
  Actions concluded = end(job);
  EXPECT_TRUE(all<AddSa>(concluded).empty());
  expect_end(only_sent(std::move(concluded)));
  EXPECT_TRUE(end(job).empty());
}

TEST_F(OwnJobs, AShutdownWaitsForNone) {
  const StartJob job = concluding();
  Actions actions = step(Shutdown{});
  EXPECT_EQ(all<CancelJob>(actions).size(), 1U);
  expect_delete(only_sent(std::move(actions)));
  EXPECT_TRUE(end(job).empty());
  EXPECT_FALSE(responder.engine.next_deadline());
}

}  // namespace
}  // namespace awtun::ike
