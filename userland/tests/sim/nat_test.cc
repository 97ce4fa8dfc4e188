// SPDX-License-Identifier: Apache-2.0
// NAT traversal (RFC 7296 2.23): found, passed, kept alive, and followed when it changes its mind.
#include <gtest/gtest.h>

#include <algorithm>

#include "userland/ike/rules/selectors.h"
#include "userland/sim/rewriter.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

constexpr std::string_view kOuter[] = {"192.0.2.1", "192.0.2.2"};

/// Node 0 is the responder where only one end can begin: it can be reached, node 1 behind a NAT
/// without forwarded ports cannot.
class NatTest : public testing::Test {
 protected:
  void behind_nat(std::size_t index, bool reachable) {
    pair.world.put_behind_nat(index, kOuter[index], reachable);
  }
  /// Node 1 alone begins.
  void up() {
    pair.set(0);
    pair.set(1);
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(60s);
    expect_rest();
  }
  void expect_rest() {
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
  void expect_nat(std::size_t index, bool ours, bool theirs) {
    const ike::Status status = pair.status(index);
    ASSERT_EQ(status.ike_sas.size(), 1U);
    EXPECT_EQ(status.ike_sas[0].local_behind_nat, ours);
    EXPECT_EQ(status.ike_sas[0].remote_behind_nat, theirs);
    ASSERT_EQ(status.child_sas.size(), 1U);
    EXPECT_EQ(status.child_sas[0].udp, ours || theirs);
    EXPECT_EQ(status.ike_sas[0].local.port, ours || theirs ? ike::kNattPort : ike::kIkePort);
  }
  Endpoint remote_of(std::size_t index) { return pair.status(index).ike_sas.at(0).remote; }

  Pair pair{7};
};

TEST_F(NatTest, WithoutOneEverythingStaysOnPort500) {
  up();
  expect_nat(0, false, false);
  expect_nat(1, false, false);
  pair.world.run_for(300s);
  EXPECT_TRUE(pair.world.node(0).keepalives.empty());
  EXPECT_TRUE(pair.world.node(1).keepalives.empty());
}

TEST(Nat, IPv6WithoutOneStaysOnPort500) {
  Pair pair(7, Family::V6);
  bool other_port = false;
  pair.world.on_send = [&](const ike::Send& sent) {
    other_port = other_port || sent.local.port != ike::kIkePort || sent.remote.port != ike::kIkePort;
  };
  pair.set_both();
  ASSERT_TRUE(pair.come_up()) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_FALSE(other_port);
  EXPECT_FALSE(pair.status(0).child_sas.at(0).udp);
}

TEST_F(NatTest, ANatBeforeTheInitiatorIsFoundAndTraversed) {
  behind_nat(1, false);
  up();
  expect_nat(0, false, true);
  expect_nat(1, true, false);
  EXPECT_EQ(remote_of(0).address, *IpAddress::parse(kOuter[1]));
  EXPECT_EQ(remote_of(1), (Endpoint{pair.world.node(0).address, ike::kNattPort}));
}

TEST_F(NatTest, ANatBeforeTheResponderIsFoundAndTraversed) {
  behind_nat(0, true);
  up();
  // Node 1, which is not behind it, may have been the responder as well.
  expect_nat(0, true, false);
  expect_nat(1, false, true);
}

TEST_F(NatTest, NatsBeforeBothEndsAreFoundAndTraversed) {
  behind_nat(0, true);
  behind_nat(1, false);
  up();
  expect_nat(0, true, true);
  expect_nat(1, true, true);
}

TEST(Nat, EveryArrangementWorksOnABadNetworkWhoeverBegins) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Pair pair(seed);
    if (seed % 3 != 0) pair.world.put_behind_nat(0, kOuter[0], true);
    if (seed % 3 != 1) pair.world.put_behind_nat(1, kOuter[1], seed % 2 == 0);
    pair.world.network().faults = {200, 100, 5ms, 500ms};
    pair.set_both();
    ASSERT_TRUE(pair.come_up(300s)) << pair.world.trace();
    pair.world.network().faults = {};
    pair.world.run_for(600s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    for (const auto what : {ike::Rekey::What::ChildSa, ike::Rekey::What::IkeSa}) {
      pair.world.input(seed % 2, ike::Rekey{kTunnel, what});
      pair.world.run_for(20s);
      ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
      ASSERT_TRUE(pair.status(0).child_sas.at(0).udp);
    }
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
}

// ---------------------------------------------------------------- transport mode, RFC 7296 2.23.1

/// The TSi and TSr of every message that a node sends with both, as text.
class SelectorsSent {
 public:
  SelectorsSent(World& world, std::size_t node)
      : rewriter_(world, node, [this](const wire::Header&, const wire::PayloadChain& chain) {
          const auto tsi = chain.find(wire::PayloadType::TsI);
          const auto tsr = chain.find(wire::PayloadType::TsR);
          if (tsi && tsr) sent.push_back(text(*tsi) + " to " + text(*tsr));
          return std::optional<wire::PayloadWriter>();
        }) {}
  std::vector<std::string> sent;

 private:
  static std::string text(const wire::PayloadView& payload) {
    return ike::to_string(ike::from_wire(*wire::decode_ts(payload)));
  }
  Rewriter rewriter_;
};

/// GRE between the ends, wherever the NATs are.
class NatTransport : public NatTest {
 protected:
  void set_gre(std::size_t index) {
    pair.transport_mode = {true, true};
    ike::TunnelPolicy policy = pair.policy(index);
    for (auto* selectors : {&policy.local_selectors, &policy.remote_selectors})
      for (TrafficSelector& selector : *selectors) selector.protocol = 47;
    pair.world.input(index, ike::SetTunnel{std::move(policy)});
  }
  void gre_up() {
    set_gre(0);
    set_gre(1);
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(60s);
    expect_rest();
  }
  /// Each end's own address and the one that it knows its peer by.
  void expect_ends(std::size_t index) {
    const ike::ChildSaStatus child = pair.status(index).child_sas.at(0);
    const IpAddress local = pair.world.node(index).address;
    const IpAddress remote = remote_of(index).address;
    EXPECT_TRUE(child.transport);
    EXPECT_EQ(child.local_selectors, (std::vector<TrafficSelector>{{47, 0, 65535, local, local}}));
    EXPECT_EQ(child.remote_selectors, (std::vector<TrafficSelector>{{47, 0, 65535, remote, remote}}));
  }
  void rekey(std::size_t index) {
    const auto before = pair.status(index).counters.child_rekeys;
    pair.world.input(index, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    pair.world.run_for(20s);
    expect_rest();
    EXPECT_EQ(pair.status(index).counters.child_rekeys, before + 1);
  }
  void expect_rekeys_keep_the_ends() {
    for (const std::size_t by : {0U, 1U}) {
      expect_ends(0);
      expect_ends(1);
      rekey(by);
    }
    expect_ends(0);
    expect_ends(1);
  }
};

TEST_F(NatTransport, TransportModeIsAgreedWithoutANat) {
  gre_up();
  expect_rekeys_keep_the_ends();
}

TEST_F(NatTransport, TransportModeIsAgreedAcrossANatBeforeOneEnd) {
  behind_nat(1, false);
  gre_up();
  expect_rekeys_keep_the_ends();
}

TEST_F(NatTransport, TransportModeIsAgreedAcrossNatsBeforeBothEnds) {
  behind_nat(0, true);
  behind_nat(1, false);
  gre_up();
  expect_rekeys_keep_the_ends();
}

TEST_F(NatTransport, TheAnswerNamesTheEndsAsTheRequestDid) {
  behind_nat(0, true);
  behind_nat(1, false);
  // Node 1 calls itself by an address that node 0 can only know from the request.
  const SelectorsSent responder(pair.world, 0);
  gre_up();
  const std::string own = pair.world.node(1).address.to_string();
  const std::string peer(kOuter[0]);
  EXPECT_EQ(responder.sent,
            std::vector{own + "-" + own + " protocol 47 to " + peer + "-" + peer + " protocol 47"});
}

TEST_F(NatTransport, SelectorsOfMoreThanTheEndsAreRefused) {
  behind_nat(1, false);
  const Rewriter wide(pair.world, 1, [](const wire::Header&, const wire::PayloadChain& chain) {
    if (!chain.find(wire::PayloadType::TsI)) return std::optional<wire::PayloadWriter>();
    return std::optional(copy_payloads(chain, [](const wire::PayloadView& payload, wire::PayloadWriter& to) {
      if (payload.type != wire::PayloadType::TsI) return false;
      to.ts(payload.type, ike::to_wire({TrafficSelector::of(*IpPrefix::parse("10.0.9.0/24"))}));
      return true;
    }));
  });
  set_gre(0);
  set_gre(1);
  EXPECT_FALSE(pair.come_up(20s));
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "traffic selectors unacceptable");
  EXPECT_EQ(pair.kernel_errors(), "");
}

// ---------------------------------------------------------------- keepalives, RFC 3948 section 4

TEST_F(NatTest, KeepalivesFillTheSilenceOfTheEndBehindTheNat) {
  behind_nat(1, false);
  up();
  // No DPD from the other end for this time: node 1's own request every 30 s, then 10 s later it falls
  // silent for 20 s.
  Node& node = pair.world.node(1);
  const std::size_t before = node.keepalives.size();
  pair.world.run_for(600s);
  ASSERT_GT(node.keepalives.size(), before);
  for (const Time kept : node.keepalives) {
    Time last{};
    for (const Time sent : node.sends)
      if (sent <= kept) last = std::max(last, sent);
    for (const Time other : node.keepalives)
      if (other < kept) last = std::max(last, other);
    EXPECT_EQ(kept - last, ike::Duration{20000});
  }
  EXPECT_TRUE(pair.world.node(0).keepalives.empty());
}

TEST_F(NatTest, NoKeepaliveWhileMessagesFlow) {
  behind_nat(1, false);
  pair.isakmp.dpd_interval = 15s;
  up();
  pair.world.run_for(600s);
  EXPECT_TRUE(pair.world.node(1).keepalives.empty());
}

TEST_F(NatTest, KeepalivesKeepAForgetfulNatOpen) {
  behind_nat(1, false);
  pair.world.node(1).nat->idle_limit = 25s;
  pair.isakmp.dpd_interval = 100s;
  up();
  const Endpoint peer = remote_of(0);
  bool always = true;
  pair.world.after_event = [&] { always = always && pair.connected(); };
  pair.world.run_for(3600s);
  EXPECT_TRUE(always);
  EXPECT_EQ(remote_of(0), peer);
}

// ---------------------------------------------------------------- a new mapping

TEST_F(NatTest, TrafficMovesThePeerAfterItsMappingIsFlushed) {
  behind_nat(1, false);
  up();
  pair.world.run_for(5s);  // no request of before is on its way
  const Endpoint before = remote_of(0);
  pair.world.node(1).nat->flush();
  EXPECT_FALSE(pair.connected());
  pair.world.send_traffic(0, 1, kTunnel);
  pair.world.run_for(1s);
  EXPECT_TRUE(pair.connected()) << pair.world.trace();
  EXPECT_NE(remote_of(0), before);
  pair.world.run_for(300s);
  expect_rest();
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_responder, 1U);
  EXPECT_EQ(pair.status(0).counters.dead_peers, 0U);
}

TEST_F(NatTest, AFreshRequestMovesThePeerAtRest) {
  behind_nat(1, false);
  up();
  const Endpoint before = remote_of(0);
  pair.world.node(1).nat->renumber(*IpAddress::parse("198.51.100.9"));
  // The next DPD request of node 1 comes from elsewhere; the Child SAs must follow at once.
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.connected(); }, 31s)) << pair.world.trace();
  EXPECT_EQ(remote_of(0).address, *IpAddress::parse("198.51.100.9"));
  EXPECT_NE(remote_of(0), before);
  pair.world.run_for(300s);
  expect_rest();
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_responder, 1U);
}

TEST_F(NatTest, ARequestThatIsRepeatedByANewMappingIsAnswered) {
  behind_nat(1, false);
  up();
  bool lost = false;
  pair.world.network().filter = [&](const ike::Send& sent) {
    const auto header = wire::parse_header(sent.bytes);
    if (lost || !header || !header->response || header->exchange != wire::ExchangeType::CreateChildSa)
      return false;
    pair.world.node(1).nat->flush();
    return lost = true;
  };
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(60s);
  EXPECT_TRUE(lost);
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 1U);
  EXPECT_EQ(pair.status(1).counters.child_rekeys, 1U);
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_responder, 1U);
  expect_rest();
}

TEST_F(NatTest, RekeysGoOnWhereThePeerIs) {
  behind_nat(1, false);
  up();
  for (int i = 0; i < 20; ++i) {
    pair.world.node(1).nat->flush();
    pair.world.input(1,
                     ike::Rekey{kTunnel, i % 2 == 0 ? ike::Rekey::What::ChildSa : ike::Rekey::What::IkeSa});
    pair.world.run_for(1s);
    pair.world.input(0, ike::Rekey{kTunnel, i % 4 < 2 ? ike::Rekey::What::ChildSa : ike::Rekey::What::IkeSa});
    pair.world.run_for(10s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_responder, 1U);
  expect_rest();
}

TEST_F(NatTest, BehindNatsOfTheirOwnBothNobodyMovesAndTheTunnelComesBack) {
  behind_nat(0, true);
  behind_nat(1, false);
  up();
  const Endpoint before = remote_of(0);
  pair.world.node(1).nat->flush();
  pair.world.send_traffic(0, 1, kTunnel);
  pair.world.run_for(20s);
  EXPECT_EQ(remote_of(0), before);
  // Either end must find the other dead, one after the other.
  ASSERT_TRUE(pair.come_up(500s)) << pair.world.trace();
  pair.world.run_for(300s);
  expect_rest();
}

/// Watches what node 1 sends, as it appears outside, so that it can be sent again from elsewhere.
class Replay : public NatTest {
 protected:
  void record() {
    pair.world.network().filter = [this](const ike::Send& sent) {
      if (sent.remote.address == pair.world.node(0).address) recorded.push_back(sent);
      return false;
    };
  }
  void from_elsewhere(ike::Send sent) {
    sent.local = {*IpAddress::parse("203.0.113.66"), 666};
    pair.world.network().send(pair.world.now(), sent);
    pair.world.run_for(1s);
  }
  std::vector<ike::Send> recorded;
};

TEST_F(Replay, WhatIsSentAgainMovesNobodyAndIsAnsweredThere) {
  behind_nat(1, false);
  record();
  up();
  const Endpoint peer = remote_of(0);
  pair.world.network().filter = nullptr;
  std::vector<Endpoint> answered;
  pair.world.on_send = [&](const ike::Send& sent) { answered.push_back(sent.remote); };
  for (const ike::Send& sent : recorded) {
    from_elsewhere(sent);
    ASSERT_EQ(remote_of(0), peer);
  }
  // Of all these node 0 repeats one answer, the last, to where it is asked.
  const Endpoint elsewhere{*IpAddress::parse("203.0.113.66"), 666};
  EXPECT_GE(std::count(answered.begin(), answered.end(), elsewhere), 1);
  EXPECT_TRUE(pair.connected());
}

TEST_F(Replay, WhatIsForgedMovesNobody) {
  behind_nat(1, false);
  record();
  up();
  const Endpoint peer = remote_of(0);
  ASSERT_FALSE(recorded.empty());
  ike::Send forged = recorded.back();
  const auto header = wire::parse_header(forged.bytes);
  ASSERT_TRUE(header);
  for (std::uint32_t id = header->message_id; id < header->message_id + 4; ++id) {
    forged.bytes[23] = static_cast<std::uint8_t>(id);
    forged.bytes[19] &= static_cast<std::uint8_t>(~0x20);
    forged.bytes.back() ^= 1;
    from_elsewhere(forged);
    EXPECT_EQ(remote_of(0), peer);
  }
  EXPECT_TRUE(pair.connected());
}

TEST_F(Replay, ARequestThatOvertakesTheOriginalMovesForAMoment) {
  // Whoever can hold back a datagram and send it from elsewhere first moves the peer, as RFC 7296 2.23
  // says: the next genuine one moves it back.
  behind_nat(1, false);
  up();
  const Endpoint peer = remote_of(0);
  bool taken = false;
  pair.world.network().filter = [&](const ike::Send& sent) {
    if (taken || sent.remote.address != pair.world.node(0).address || (sent.bytes[19] & 0x20) != 0)
      return false;
    taken = true;
    recorded.push_back(sent);
    return true;
  };
  ASSERT_TRUE(pair.world.run_while_not([&] { return taken; }, 60s));
  from_elsewhere(recorded[0]);
  EXPECT_NE(remote_of(0), peer);
  pair.world.run_for(100s);
  EXPECT_EQ(remote_of(0), peer);
  EXPECT_TRUE(pair.connected());
}

TEST_F(NatTest, TheKernelMovesThePeerOfAnSaThatThereIsAndNoOther) {
  behind_nat(1, false);
  up();
  const Endpoint before = remote_of(0);
  const Endpoint other{before.address, 30000};
  const std::uint32_t spi = pair.status(0).child_sas.at(0).inbound_spi;
  pair.world.input(0, ike::PeerMoved{kTunnel, spi + 1, other});
  pair.world.input(0, ike::PeerMoved{kTunnel + 1, spi, other});
  EXPECT_EQ(remote_of(0), before);
  // The end behind the NAT believes nothing of the kind.
  const Endpoint beyond = remote_of(1);
  pair.world.input(1, ike::PeerMoved{kTunnel, pair.status(1).child_sas.at(0).inbound_spi, other});
  EXPECT_EQ(remote_of(1), beyond);
  pair.world.input(0, ike::PeerMoved{kTunnel, spi, other});
  EXPECT_EQ(remote_of(0), other);
}

TEST_F(NatTest, ALatePacketOfAnSaThatIsGoneMovesNobody) {
  behind_nat(1, false);
  up();
  auto late = pair.world.node(1).kernel.transmit(kTunnel);
  ASSERT_TRUE(late);
  late->source = {*IpAddress::parse(kOuter[1]), 12345};  // before its mapping was flushed
  pair.world.node(1).nat->flush();
  pair.world.restart(1);
  pair.set(1);
  ASSERT_TRUE(pair.come_up()) << pair.world.trace();
  const Endpoint there = remote_of(0);
  ASSERT_TRUE(pair.world.node(0).kernel.takes(*late));
  const auto moved = pair.world.node(0).kernel.receive(*late, pair.world.now());
  ASSERT_TRUE(moved);
  EXPECT_FALSE(pair.connected());
  pair.world.input(0, *moved);
  EXPECT_TRUE(pair.connected()) << pair.world.trace();
  EXPECT_EQ(remote_of(0), there);
}

TEST_F(NatTest, WithoutANatAnotherAddressMovesNobody) {
  up();
  const Endpoint peer = remote_of(0);
  pair.world.network().filter = [&](const ike::Send& sent) {
    if (sent.local.address != pair.world.node(1).address || sent.local.port != ike::kIkePort) return false;
    pair.world.network().send(pair.world.now(), {{sent.local.address, 501}, sent.remote, sent.bytes});
    return true;
  };
  pair.world.run_for(100s);
  EXPECT_EQ(remote_of(0), peer);
}

}  // namespace
}  // namespace awtun::sim
