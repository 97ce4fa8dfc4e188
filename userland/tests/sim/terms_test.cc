// SPDX-License-Identifier: Apache-2.0
// What the ends agree on for a Child SA besides the algorithms: 64-bit sequence numbers, transport mode.
#include <gtest/gtest.h>

#include "userland/ike/rules/selectors.h"
#include "userland/sim/rewriter.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/rules.h"

namespace awtun::sim {
namespace {

class Terms : public testing::Test {
 protected:
  /// Node 0 is the only one to begin, for the first 3 seconds.
  void begin() {
    pair.set(1);
    pair.world.power(1, false);
    pair.world.run_for(1s);
    pair.world.power(1, true);
    pair.set(0);
  }
  void come_up() {
    begin();
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(60s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
  void rekey_both_ways() {
    for (std::size_t i = 0; i < 2; ++i) {
      pair.world.input(i, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
      pair.world.run_for(20s);
      ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    }
    EXPECT_EQ(pair.status(0).counters.child_rekeys, 2U);
    EXPECT_EQ(pair.kernel_errors(), "");
  }
  void expect_esn(bool esn) {
    EXPECT_EQ(pair.status(0).child_sas.at(0).esn, esn);
    EXPECT_EQ(pair.status(1).child_sas.at(0).esn, esn);
    EXPECT_EQ(pair.world.node(0).kernel.peek(kTunnel)->esn, esn);
  }
  void expect_transport(bool transport) {
    EXPECT_EQ(pair.status(0).child_sas.at(0).transport, transport);
    EXPECT_EQ(pair.status(1).child_sas.at(0).transport, transport);
    EXPECT_EQ(pair.world.node(0).kernel.peek(kTunnel)->transport, transport);
  }

  Pair pair{3};
};

// ---------------------------------------------------------------- ESN

/// Takes the transforms of type ESN with this number out of every SA payload.
std::optional<wire::PayloadWriter> without(wire::EsnId unwanted, const wire::PayloadChain& chain) {
  return copy_payloads(chain, [unwanted](const wire::PayloadView& payload, wire::PayloadWriter& to) {
    const auto sa = wire::decode_sa(payload);
    if (payload.type != wire::PayloadType::Sa || !sa) return false;
    std::vector<wire::Proposal> proposals;
    for (const wire::ProposalView proposal : *sa) {
      proposals.push_back(proposal.copy());
      std::erase(proposals.back().transforms, wire::Transform::esn(unwanted));
    }
    to.sa(proposals);
    return true;
  });
}

TEST_F(Terms, EsnIsChosenAndStaysThroughRekeys) {
  come_up();
  expect_esn(true);
  rekey_both_ways();
  expect_esn(true);
}

TEST_F(Terms, APeerThatOffersNoEsnAloneGetsThat) {
  const Rewriter initiator(pair.world, 0, [](const wire::Header& header, const wire::PayloadChain& chain) {
    return header.response ? std::nullopt : without(wire::EsnId::Esn, chain);
  });
  come_up();
  expect_esn(false);
  rekey_both_ways();
}

TEST_F(Terms, APeerThatOffersEsnAloneGetsThat) {
  const Rewriter initiator(pair.world, 0, [](const wire::Header& header, const wire::PayloadChain& chain) {
    return header.response ? std::nullopt : without(wire::EsnId::None, chain);
  });
  come_up();
  expect_esn(true);
}

TEST_F(Terms, AnAnswerWithoutEsnIsTaken) {
  // The responder is one that does not know ESN: it sees none offered and answers so.
  const Rewriter blinded(pair.world, 0, [](const wire::Header& header, const wire::PayloadChain& chain) {
    return header.response || header.exchange != wire::ExchangeType::IkeAuth
               ? std::nullopt
               : without(wire::EsnId::Esn, chain);
  });
  come_up();
  expect_esn(false);
  // What is rekeyed may come out otherwise.
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(20s);
  ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  expect_esn(true);
}

TEST_F(Terms, AnAnswerWithBothIsRefused) {
  const Rewriter responder(pair.world, 1, [](const wire::Header& header, const wire::PayloadChain& chain) {
    if (!header.response) return std::optional<wire::PayloadWriter>();
    return std::optional(copy_payloads(chain, [](const wire::PayloadView& payload, wire::PayloadWriter& to) {
      const auto sa = wire::decode_sa(payload);
      if (payload.type != wire::PayloadType::Sa || !sa) return false;
      wire::Proposal proposal = (*sa->begin()).copy();
      proposal.transforms.push_back(wire::Transform::esn(wire::EsnId::None));
      to.sa(proposal);
      return true;
    }));
  });
  begin();
  EXPECT_FALSE(pair.come_up(2s));
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "no proposal chosen");
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Local);
}

// ---------------------------------------------------------------- transport mode

TEST_F(Terms, TransportModeIsAgreedAndStaysThroughRekeys) {
  pair.transport_mode = {true, true};
  come_up();
  expect_transport(true);
  rekey_both_ways();
  expect_transport(true);
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest());
}

TEST_F(Terms, TunnelModeIsTheDefault) {
  come_up();
  expect_transport(false);
}

TEST_F(Terms, AnInitiatorThatDoesNotGetTransportModeRefuses) {
  pair.transport_mode = {true, false};
  begin();
  EXPECT_FALSE(pair.come_up(60s));
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "ESP mode differs");
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Local);
  EXPECT_EQ(pair.failure(0)->ours, "transport mode");
  EXPECT_EQ(pair.failure(0)->theirs, "tunnel mode");
  EXPECT_FALSE(pair.failure(0)->hint.empty());
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  EXPECT_EQ(pair.kernel_errors(), "");
}

TEST_F(Terms, AResponderThatWantsTransportModeRefusesTunnelMode) {
  pair.transport_mode = {false, true};
  begin();
  EXPECT_FALSE(pair.come_up(60s));
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "ESP mode differs");
  EXPECT_EQ(pair.failure(1)->ours, "transport mode");
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Peer);
}

TEST_F(Terms, TransportModeThatNobodyAskedForIsRefused) {
  const Rewriter responder(pair.world, 1, [](const wire::Header& header, const wire::PayloadChain& chain) {
    if (!header.response) return std::optional<wire::PayloadWriter>();
    wire::PayloadWriter more = copy_payloads(chain, [](const auto&, auto&) { return false; });
    more.notify(wire::NotifyType::UseTransportMode);
    return std::optional(std::move(more));
  });
  begin();
  EXPECT_FALSE(pair.come_up(2s));
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "ESP mode differs");
}

// ---------------------------------------------------------------- payloads of no use

/// A CP payload, and every other one that says nothing in its exchange, before and after the others.
std::optional<wire::PayloadWriter> with_ignored(const wire::Header& header, const wire::PayloadChain& chain) {
  const auto add = [&](wire::PayloadWriter& to, ByteView body) {
    for (int number = 33; number <= 48; ++number) {
      const auto type = static_cast<wire::PayloadType>(number);
      if (type != wire::PayloadType::Sk && wire::is_ignored(header, type)) to.raw(type, body);
    }
  };
  wire::PayloadWriter more;
  add(more, Bytes{2, 0, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1});  // as CP: CFG_REPLY, INTERNAL_IP4_ADDRESS
  for (const wire::PayloadView payload : chain) more.raw(payload.type, payload.body, payload.critical);
  add(more, Bytes{});
  return more;
}

class Ignored : public Terms, public testing::WithParamInterface<std::size_t> {};

TEST_P(Ignored, PayloadsEndNothingInAnyExchange) {
  const Rewriter talkative(pair.world, GetParam(), with_ignored);
  come_up();
  rekey_both_ways();
  for (std::size_t i = 0; i < 2; ++i) {
    pair.world.input(i, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
    pair.world.run_for(20s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_EQ(pair.status(i).counters.messages_malformed, 0U);
    EXPECT_FALSE(pair.failure(i));
  }
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_initiator, 1U);
  EXPECT_EQ(pair.status(0).counters.ike_rekeys, 2U);
}

INSTANTIATE_TEST_SUITE_P(OfEitherEnd, Ignored, testing::Values(0, 1));

// ---------------------------------------------------------------- selectors

TEST_F(Terms, OtherSelectorsAreAgreedAtOnceAndHitless) {
  come_up();
  const TrafficSelector lans[] = {TrafficSelector::of(*IpPrefix::parse("192.168.10.0/24")),
                                  TrafficSelector::of(*IpPrefix::parse("192.168.20.0/24"))};
  for (std::size_t i = 0; i < 2; ++i) {
    ike::TunnelPolicy policy = pair.policy(i);
    policy.local_selectors = {lans[i]};
    policy.remote_selectors = {lans[1 - i]};
    pair.world.input(i, ike::SetTunnel{std::move(policy)});
  }
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.status(0).counters.child_rekeys > 0; }, 5s));
  pair.world.run_for(30s);
  ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(pair.status(i).child_sas.at(0).local_selectors, std::vector{lans[i]});
    EXPECT_EQ(pair.status(i).child_sas.at(0).remote_selectors, std::vector{lans[1 - i]});
    EXPECT_EQ(pair.status(i).counters.ike_sa_established_as_initiator +
                  pair.status(i).counters.ike_sa_established_as_responder,
              1U);
  }
  EXPECT_EQ(pair.kernel_errors(), "");
}

/// TSi and TSr of every message that is, or is not, an answer name `selector` alone, or also.
Rewriter::ChangePayloads ts_of(bool responses, wire::Selector selector, bool alone) {
  return [=](const wire::Header& header, const wire::PayloadChain& chain) {
    if (header.response != responses) return std::optional<wire::PayloadWriter>();
    return std::optional(copy_payloads(chain, [&](const wire::PayloadView& payload, wire::PayloadWriter& to) {
      const auto asked = wire::decode_ts(payload);
      if (!asked) return false;
      std::vector<wire::Selector> selectors{selector};
      if (!alone) selectors.insert(selectors.end(), asked->begin(), asked->end());
      to.ts(payload.type, selectors);
      return true;
    }));
  };
}

/// RFC 7296 3.13.1: UDP of which nobody sees the ports, of the whole of IPv4.
const wire::Selector kOpaque{17, 65535, 0, *IpAddress::parse("0.0.0.0"),
                             *IpAddress::parse("255.255.255.255")};

TEST_F(Terms, WhatNoKernelCanHoldPacketsToIsNotAgreed) {
  const Rewriter initiator(pair.world, 0, ts_of(false, kOpaque, true));
  begin();
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.failure(0).has_value(); }, 2s));
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Peer);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "traffic selectors unacceptable");
  EXPECT_EQ(pair.failure(1)->refused_by, ike::Side::Local);
  EXPECT_EQ(pair.world.node(1).kernel.inbound_count(kTunnel), 0U);
}

TEST_F(Terms, WhatNoKernelCanHoldPacketsToIsNarrowedAway) {
  const Rewriter initiator(pair.world, 0, ts_of(false, kOpaque, false));
  come_up();
  const ike::Selectors everything{TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)};
  EXPECT_EQ(pair.status(1).child_sas.at(0).local_selectors, everything);
  EXPECT_EQ(pair.status(1).child_sas.at(0).remote_selectors, everything);
}

class OpaqueAnswer : public Terms, public testing::WithParamInterface<bool> {};

TEST_P(OpaqueAnswer, IsRefused) {
  const Rewriter responder(pair.world, 1, ts_of(true, kOpaque, GetParam()));
  begin();
  EXPECT_FALSE(pair.come_up(2s));
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "traffic selectors unacceptable");
  EXPECT_EQ(pair.failure(0)->refused_by, ike::Side::Local);
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
}

INSTANTIATE_TEST_SUITE_P(AloneOrBesideOthers, OpaqueAnswer, testing::Bool());

TEST_F(Terms, ARekeyDoesNotLeaveTheSelectors) {
  come_up();
  const ike::ChildSaStatus before = pair.status(1).child_sas.at(0);
  const Rewriter initiator(pair.world, 0, ts_of(false, kOpaque, true));
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  pair.world.run_for(5s);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "traffic selectors unacceptable");
  EXPECT_EQ(pair.status(1).child_sas.at(0).inbound_spi, before.inbound_spi);
  EXPECT_EQ(pair.world.node(1).kernel.inbound_count(kTunnel), 1U);
}

/// Networks that do not touch one another.
std::vector<TrafficSelector> networks(unsigned first_octet, unsigned count) {
  std::vector<TrafficSelector> result;
  for (unsigned i = 0; i < count; ++i)
    result.push_back(TrafficSelector::of(
        *IpPrefix::parse(std::to_string(first_octet) + "." + std::to_string(2 * i) + ".0.0/16")));
  return result;
}

class ManyNetworks : public Terms, public testing::WithParamInterface<std::size_t> {
 protected:
  void expect_sixteen(bool first_is_cut, bool second_is_cut) {
    const ike::ChildSaStatus one = pair.status(0).child_sas.at(0);
    const ike::ChildSaStatus other = pair.status(1).child_sas.at(0);
    EXPECT_EQ(one.local_selectors, networks(10, 16));
    EXPECT_EQ(one.remote_selectors, networks(20, 16));
    EXPECT_EQ(other.remote_selectors, one.local_selectors);
    EXPECT_EQ(other.local_selectors, one.remote_selectors);
    EXPECT_EQ(one.selectors_cut, first_is_cut);
    EXPECT_EQ(other.selectors_cut, second_is_cut);
    EXPECT_FALSE(pair.failure(0));
    EXPECT_FALSE(pair.failure(1));
  }
};

TEST_P(ManyNetworks, AreAskedForAsFarAsTheyFit) {
  const std::size_t many = GetParam();
  pair.set(1 - many);
  pair.world.power(1 - many, false);
  pair.world.run_for(1s);
  pair.world.power(1 - many, true);
  ike::TunnelPolicy policy = pair.policy(many);
  policy.local_selectors = networks(many == 0 ? 10 : 20, 20);
  policy.remote_selectors = networks(many == 0 ? 20 : 10, 20);
  pair.world.input(many, ike::SetTunnel{std::move(policy)});
  ASSERT_TRUE(pair.come_up()) << pair.world.trace();
  pair.world.run_for(60s);
  ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  expect_sixteen(many == 0, many == 1);
  // Asked by the other end, they are narrowed to the same.
  rekey_both_ways();
  expect_sixteen(many == 0, many == 1);
}

INSTANTIATE_TEST_SUITE_P(OfEitherEnd, ManyNetworks, testing::Values(0, 1));

/// A peer whose data plane holds more.
TEST_F(Terms, OfAnAnswerWithMoreNetworksThanFitTheFirstAreUsed) {
  const Rewriter responder(pair.world, 1, [](const wire::Header& header, const wire::PayloadChain& chain) {
    if (!header.response || header.exchange != wire::ExchangeType::IkeAuth)
      return std::optional<wire::PayloadWriter>();
    return std::optional(copy_payloads(chain, [](const wire::PayloadView& payload, wire::PayloadWriter& to) {
      if (payload.type != wire::PayloadType::TsI && payload.type != wire::PayloadType::TsR) return false;
      to.ts(payload.type, ike::to_wire(networks(payload.type == wire::PayloadType::TsI ? 10 : 20, 20)));
      return true;
    }));
  });
  pair.child_sas = 2;  // the other one is for IPv6
  come_up();
  const auto made = pair.status(0).child_sas;
  const auto first = std::ranges::find(made, true, &ike::ChildSaStatus::selectors_cut);
  ASSERT_NE(first, made.end());
  EXPECT_EQ(first->local_selectors, networks(10, 16));
  EXPECT_EQ(first->remote_selectors, networks(20, 16));
  EXPECT_FALSE(pair.failure(0));
}

// ---------------------------------------------------------------- lifetimes

TEST_F(Terms, TheKernelIsGivenTheLifetimeOfBothDirections) {
  std::vector<Duration> lifetimes;
  pair.world.node(0).refuse = [&](const ike::AddSa& added) {
    lifetimes.push_back(added.lifetime);
    return false;
  };
  come_up();
  EXPECT_EQ(lifetimes, (std::vector<Duration>{8h, 8h}));
}

TEST_F(Terms, ASoftLimitOfEitherDirectionRekeys) {
  come_up();
  for (const auto direction : {Direction::In, Direction::Out}) {
    const ike::ChildSaStatus before = pair.status(0).child_sas.at(0);
    const std::uint32_t spi = direction == Direction::In ? before.inbound_spi : before.outbound_spi;
    bool always = true;
    pair.world.after_event = [&] { always = always && pair.connected(); };
    pair.world.input(0, ike::SaExpired{kTunnel, direction, spi, false});
    pair.world.run_for(20s);
    pair.world.after_event = nullptr;
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_TRUE(always);
    EXPECT_NE(pair.status(0).child_sas.at(0).inbound_spi, before.inbound_spi);
  }
  EXPECT_EQ(pair.status(0).counters.ike_sa_established_as_initiator, 1U);
}

TEST_F(Terms, AHardLimitOfEitherDirectionStartsOver) {
  come_up();
  for (const auto direction : {Direction::In, Direction::Out}) {
    const ike::ChildSaStatus before = pair.status(0).child_sas.at(0);
    const std::uint32_t spi = direction == Direction::In ? before.inbound_spi : before.outbound_spi;
    pair.world.input(0, ike::SaExpired{kTunnel, direction, spi, true});
    EXPECT_FALSE(pair.connected());
    ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
    pair.world.run_for(60s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_NE(pair.status(0).child_sas.at(0).inbound_spi, before.inbound_spi);
  }
}

TEST_F(Terms, ALimitOfAnotherDirectionOrTunnelIsNobodys) {
  come_up();
  const ike::ChildSaStatus before = pair.status(0).child_sas.at(0);
  pair.world.input(0, ike::SaExpired{kTunnel, Direction::Out, before.inbound_spi, true});
  pair.world.input(0, ike::SaExpired{kTunnel, Direction::In, before.outbound_spi, true});
  pair.world.input(0, ike::SaExpired{kTunnel + 1, Direction::In, before.inbound_spi, true});
  EXPECT_TRUE(pair.connected());
  pair.world.run_for(20s);
  EXPECT_EQ(pair.status(0).child_sas.at(0).inbound_spi, before.inbound_spi);
}

}  // namespace
}  // namespace awtun::sim
