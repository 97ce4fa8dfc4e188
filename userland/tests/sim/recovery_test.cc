// SPDX-License-Identifier: Apache-2.0
// A peer, or a kernel, that has lost its SAs: how soon that is noticed, and what cannot be done with the
// messages that say so.
#include <gtest/gtest.h>

#include <random>

#include "userland/tests/sim/pair.h"
#include "userland/wire/writer.h"

namespace awtun::sim {
namespace {

class Recovery : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(pair.settle());
    ASSERT_TRUE(pair.at_rest());
  }
  [[nodiscard]] ike::IkeSaStatus ike_sa() { return pair.status(0).ike_sas.at(0); }
  [[nodiscard]] wire::Header header(std::uint64_t initiator_spi, std::uint64_t responder_spi) {
    wire::Header result;
    result.initiator_spi = initiator_spi;
    result.responder_spi = responder_spi;
    result.exchange = wire::ExchangeType::Informational;
    result.message_id = 7;
    return result;
  }
  void deliver(const wire::Header& about, const wire::PayloadWriter& payloads) {
    pair.world.input(0, ike::Datagram{{pair.world.node(0).address, 500},
                                      {pair.world.node(1).address, 500},
                                      *wire::write_message(about, payloads)});
  }
  [[nodiscard]] std::size_t sent() { return pair.world.node(0).sends.size(); }

  Pair pair{21};
};

// ---------------------------------------------------------------- quick crash detection, RFC 6290

TEST_F(Recovery, ARestartedPeerIsNoticedInOneRoundTrip) {
  pair.world.restart(1);
  // It cannot begin by itself, so nothing but the token tells node 0.
  pair.world.network().filter = [&](const ike::Send& datagram) {
    const auto about = wire::parse_header(datagram.bytes);
    return datagram.local.address == pair.world.node(1).address && !about->response;
  };
  pair.set(1);
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.status(0).counters.crashes_detected == 1; }, 31s))
      << pair.world.trace();
  EXPECT_EQ(pair.status(1).counters.invalid_ike_spi_sent, 1U);
  EXPECT_EQ(pair.failure(0)->reason, "the peer has lost the IKE SA");
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
  EXPECT_EQ(pair.status(0).counters.dead_peers, 0U);
}

TEST_F(Recovery, TheTokenFollowsARekey) {
  for (std::size_t i = 0; i < 2; ++i) {
    pair.world.input(i, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
    pair.world.run_for(10s);
  }
  ASSERT_EQ(pair.status(0).counters.ike_rekeys, 2U);
  pair.world.restart(1);
  pair.world.network().filter = [&](const ike::Send& datagram) {
    return datagram.local.address == pair.world.node(1).address &&
           !wire::parse_header(datagram.bytes)->response;
  };
  pair.set(1);
  EXPECT_TRUE(pair.world.run_while_not([&] { return pair.status(0).counters.crashes_detected == 1; }, 31s))
      << pair.world.trace();
}

TEST_F(Recovery, AWrongTokenIsAHintThatStartsDpdOnceInAWhile) {
  const auto sa = ike_sa();
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::InvalidIkeSpi);
  payloads.notify({wire::NotifyType::QuickCrashDetection, wire::ProtocolId::Ike, {}, Bytes(32, 1)});
  wire::Header about = header(sa.initiator_spi, sa.responder_spi);
  about.response = true;
  const std::size_t before = sent();
  deliver(about, payloads);
  EXPECT_EQ(sent(), before + 1);  // DPD
  pair.world.run_for(1s);
  for (int i = 0; i < 50; ++i) deliver(about, payloads);
  EXPECT_EQ(sent(), before + 1);
  EXPECT_EQ(ike_sa().initiator_spi, sa.initiator_spi);
  EXPECT_EQ(pair.status(0).counters.crashes_detected, 0U);
  EXPECT_EQ(pair.status(0).counters.invalid_ike_spi_received, 51U);
  EXPECT_TRUE(pair.connected());
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest());
}

TEST_F(Recovery, NoTokenIsGivenAwayForAnIkeSaThatIsThere) {
  const auto sa = ike_sa();
  wire::PayloadWriter payloads;
  payloads.raw(wire::PayloadType::Sk, Bytes(64, 0));
  const std::uint64_t ours = sa.initiator ? sa.initiator_spi : sa.responder_spi;
  for (const auto& [i, r] :
       {std::pair(sa.initiator_spi, sa.responder_spi), std::pair(sa.responder_spi, sa.initiator_spi),
        std::pair(ours, std::uint64_t{77}), std::pair(std::uint64_t{77}, ours)})
    for (const bool from_initiator : {false, true}) {
      wire::Header about = header(i, r);
      about.from_initiator = from_initiator;
      deliver(about, payloads);
    }
  EXPECT_EQ(pair.status(0).counters.invalid_ike_spi_sent, 0U);
}

TEST_F(Recovery, UnknownIkeSasAreAnsweredSeldomAndOnlyWhenAskedAndOnlyToPeers) {
  wire::PayloadWriter payloads;
  payloads.raw(wire::PayloadType::Sk, Bytes(64, 0));
  for (int i = 0; i < 100; ++i) deliver(header(71, 72), payloads);
  EXPECT_EQ(pair.status(0).counters.invalid_ike_spi_sent, 1U);
  pair.world.run_for(2s);
  wire::Header response = header(71, 72);
  response.response = true;
  deliver(response, payloads);
  pair.world.input(0, ike::Datagram{{pair.world.node(0).address, 500},
                                    {*IpAddress::parse("10.9.9.9"), 500},
                                    *wire::write_message(header(71, 72), payloads)});
  EXPECT_EQ(pair.status(0).counters.invalid_ike_spi_sent, 1U);
  deliver(header(71, 72), payloads);
  EXPECT_EQ(pair.status(0).counters.invalid_ike_spi_sent, 2U);
}

// ---------------------------------------------------------------- INVALID_SPI

TEST_F(Recovery, EspThatCannotBeReceivedIsReportedSeldom) {
  const std::size_t before = sent();
  for (std::uint32_t i = 0; i < 20; ++i) pair.world.input(0, ike::UnknownSpi{kTunnel, 0xdeadbee0 + i});
  EXPECT_EQ(sent(), before + 1);
  pair.world.run_for(1s);
  EXPECT_EQ(pair.status(1).counters.invalid_spi_received, 1U);
  EXPECT_EQ(pair.status(0).counters.unknown_spi, 20U);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST_F(Recovery, AKernelThatHasLostItsSasGetsNewOnes) {
  const auto lost = pair.world.node(1).kernel.transmit(kTunnel);
  ASSERT_TRUE(lost);
  pair.world.node(0).kernel.flush();
  EXPECT_FALSE(pair.connected());
  pair.world.input(0, ike::UnknownSpi{kTunnel, lost->spi});
  EXPECT_TRUE(pair.come_up(2s)) << pair.world.trace();
}

TEST_F(Recovery, AnUnprotectedInvalidSpiStartsDpdAndNoMore) {
  const auto packet = pair.world.node(0).kernel.transmit(kTunnel);
  wire::PayloadWriter payloads;
  const Bytes spi{static_cast<std::uint8_t>(packet->spi >> 24), static_cast<std::uint8_t>(packet->spi >> 16),
                  static_cast<std::uint8_t>(packet->spi >> 8), static_cast<std::uint8_t>(packet->spi)};
  payloads.notify(wire::NotifyType::InvalidSpi, spi);
  const std::size_t before = sent();
  for (int i = 0; i < 20; ++i) deliver(header(0, 0), payloads);
  EXPECT_EQ(sent(), before + 1);
  pair.world.run_for(1s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.status(0).counters.child_rekeys, 0U);
}

// ---------------------------------------------------------------- put off

TEST_F(Recovery, APeerThatPutsUsOffForMinutesIsStartedOver) {
  // Its own rekey of the Child SA is never heard here, so it is busy for as long as it repeats that.
  pair.world.network().filter = [&](const ike::Send& datagram) {
    return datagram.local.address == pair.world.node(1).address &&
           !wire::parse_header(datagram.bytes)->response;
  };
  pair.world.input(1, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
  const auto before = ike_sa().initiator_spi;
  pair.world.input(0, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
  pair.world.run_for(115s);
  EXPECT_EQ(ike_sa().initiator_spi, before);
  const auto refusals = pair.status(1).counters.temporary_failures_sent;
  EXPECT_GE(refusals, 19U);
  EXPECT_LE(refusals, 60U);
  EXPECT_EQ(pair.status(0).counters.temporary_failures_received, refusals);
  EXPECT_FALSE(pair.failure(0));
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.failure(0).has_value(); }, 15s));
  EXPECT_EQ(pair.failure(0)->reason, "the peer kept refusing to rekey");
  pair.world.network().filter = nullptr;
  EXPECT_TRUE(pair.come_up(10s)) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_NE(ike_sa().initiator_spi, before);
}

// ---------------------------------------------------------------- anything at any time

/// Hints that anybody can send, true or not, at a bad moment: while both ends rekey and packets get lost.
TEST(Hints, NeverTakeDownATunnelWhatsoeverTheTiming) {
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Pair pair(seed);
    ASSERT_TRUE(pair.settle());
    ASSERT_TRUE(pair.at_rest());
    std::mt19937_64 random(seed);
    // An attacker repeats whatever it has seen, as it was and as an answer that says INVALID_IKE_SPI.
    std::vector<ike::Send> seen;
    pair.world.on_send = [&](const ike::Send& datagram) { seen.push_back(datagram); };
    pair.world.network().faults = {seed % 2 == 0 ? 150U : 0U, 100, 5ms, 200ms};
    bool always = true;
    pair.world.after_event = [&] { always = always && pair.connected(); };
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = random() % 2;
      switch (random() % 6) {
        case 0:
          pair.world.input(at, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
          break;
        case 1:
          pair.world.input(at, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
          break;
        case 2:
          pair.world.input(at, ike::UnknownSpi{kTunnel, static_cast<std::uint32_t>(random())});
          break;
        case 3:
          pair.world.input(at, ike::Acquire{kTunnel});
          break;
        default:
          if (!seen.empty()) {
            const ike::Send old = seen[random() % seen.size()];
            const std::size_t to = old.remote.address == pair.world.node(0).address ? 0 : 1;
            wire::Header about = *wire::parse_header(old.bytes);
            wire::PayloadWriter payloads;
            payloads.notify(wire::NotifyType::InvalidIkeSpi);
            about.response = true;
            about.exchange = wire::ExchangeType::Informational;
            pair.world.input(to, ike::Datagram{old.remote, old.local, *wire::write_message(about, payloads)});
            pair.world.input(to, ike::Datagram{old.remote, old.local, old.bytes});
            ++checked;
          }
      }
      pair.world.run_for(Duration(static_cast<Duration::rep>(random() % 4000)));
    }
    pair.world.network().faults = {};
    pair.world.run_for(300s);
    pair.world.after_event = nullptr;
    EXPECT_TRUE(always) << pair.world.trace();
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
  EXPECT_GT(checked, 500U);
}

// ---------------------------------------------------------------- a packet waits

TEST(Acquire, MakesTheNextAttemptNowButNotEveryTime) {
  Pair pair(22);
  pair.set(0, "one key");
  pair.set(1, "another");
  ASSERT_TRUE(pair.world.run_while_not(
      [&] {
        const auto next = pair.status(0).peers[0].next_attempt;
        return next && *next - pair.world.now() > 10s;
      },
      300s));
  // Neither an attempt of its own nor of the peer's shall disturb the count.
  pair.world.power(1, false);
  const std::size_t before = pair.world.node(0).sends.size();
  pair.world.input(0, ike::Acquire{kTunnel});
  pair.world.run_for(1ms);
  EXPECT_EQ(pair.world.node(0).sends.size(), before + 1);
  for (int i = 0; i < 100; ++i) pair.world.input(0, ike::Acquire{kTunnel});
  pair.world.run_for(1ms);
  EXPECT_EQ(pair.world.node(0).sends.size(), before + 1);
}

// ---------------------------------------------------------------- a virtual machine that is cloned

TEST_F(Recovery, AClonedMachineSaysNothingByItsOldSas) {
  const auto before = ike_sa();
  const auto old_spi = pair.status(0).child_sas.at(0).outbound_spi;
  bool said = false;
  pair.world.on_send = [&](const ike::Send& datagram) {
    said |= datagram.local.address == pair.world.node(0).address &&
            wire::parse_header(datagram.bytes)->initiator_spi == before.initiator_spi;
  };
  pair.world.node(0).kernel.flush_outbound();
  pair.world.input(0, ike::VmForked{});
  EXPECT_TRUE(pair.status(0).ike_sas.empty());
  EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
  EXPECT_FALSE(said);
  EXPECT_NE(pair.status(0).child_sas.at(0).outbound_spi, old_spi);
  pair.world.run_for(20s);
  EXPECT_TRUE(pair.at_rest());
  EXPECT_EQ(pair.kernel_errors(), "");
}

// Between the kernel and its word events go on: what they make is made by the twin too, and goes as well.
TEST_F(Recovery, AMachineIsClonedInTheMiddleOfAnything) {
  for (int step = 0; step < 60; ++step) {
    const auto what = step % 4 < 2 ? ike::Rekey::What::IkeSa : ike::Rekey::What::ChildSa;
    pair.world.input(step % 2, ike::Rekey{kTunnel, what});
    for (int event = 0; event < step % 12; ++event) pair.world.step_once(pair.world.now() + 1s);
    pair.world.node(0).kernel.flush_outbound();
    for (int event = 0; event < step % 7; ++event) pair.world.step_once(pair.world.now() + 1s);
    pair.world.input(0, ike::VmForked{});
    ASSERT_EQ(pair.world.node(0).kernel.outbound_count(kTunnel), 0U) << step;
    ASSERT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U) << step;
    ASSERT_TRUE(pair.come_up(30s)) << step << pair.world.trace();
    pair.world.run_for(30s);
    ASSERT_TRUE(pair.at_rest()) << step << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << step;
  }
}

}  // namespace
}  // namespace awtun::sim
