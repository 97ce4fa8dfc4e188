// SPDX-License-Identifier: Apache-2.0
// A peer that holds the keys and sends what it should not: nothing behind the integrity check may
// trust it.
#include <gtest/gtest.h>

#include <random>

#include "userland/sim/forger.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/writer.h"

namespace awtun::sim {
namespace {

constexpr wire::ExchangeType kExchanges[] = {wire::ExchangeType::IkeAuth, wire::ExchangeType::CreateChildSa,
                                             wire::ExchangeType::Informational};

/// A request that a peer might send, as a plaintext: the starting points of the mutations.
wire::PayloadWriter plausible(std::mt19937_64& random, std::uint32_t spi) {
  wire::PayloadWriter payloads;
  const auto maybe = [&random] { return random() % 3 != 0; };
  const Bytes raw_spi{static_cast<std::uint8_t>(spi >> 24), static_cast<std::uint8_t>(spi >> 16),
                      static_cast<std::uint8_t>(spi >> 8), static_cast<std::uint8_t>(spi)};
  if (maybe()) payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, raw_spi, {}});
  if (maybe()) {
    wire::Proposal proposal{1, wire::ProtocolId::Esp, {1, 2, 3, 4}, {}};
    proposal.transforms = {wire::Transform::encr(wire::EncrId::AesCbc, 256),
                           wire::Transform::integ(wire::IntegId::HmacSha256_128),
                           wire::Transform::esn(wire::EsnId::None)};
    if (!maybe()) proposal = {1, wire::ProtocolId::Ike, Bytes(8, 7), {}};
    payloads.sa(proposal);
  }
  if (maybe()) payloads.nonce(Bytes(32, static_cast<std::uint8_t>(random())));
  if (!maybe()) payloads.ke(wire::GroupId::X25519, Bytes(32, static_cast<std::uint8_t>(random())));
  const std::vector<wire::Selector> any{
      {0, 0, 65535, *IpAddress::parse("0.0.0.0"), *IpAddress::parse("255.255.255.255")}};
  if (maybe()) payloads.ts(wire::PayloadType::TsI, any);
  if (maybe()) payloads.ts(wire::PayloadType::TsR, any);
  const std::uint32_t deleted[] = {spi, static_cast<std::uint32_t>(random())};
  if (!maybe()) payloads.delete_child_sas(wire::ProtocolId::Esp, deleted);
  if (random() % 20 == 0) payloads.delete_ike_sa();
  if (random() % 20 == 0) payloads.notify(wire::NotifyType::AuthenticationFailed);
  if (random() % 10 == 0) payloads.raw(static_cast<wire::PayloadType>(200), Bytes(3), random() % 2 == 0);
  return payloads;
}

TEST(Authentic, NothingThatAPeerSendsBreaksTheEngine) {
  std::uint64_t delivered = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Pair pair(seed);
    Forger forger(pair.world, 1, 0);
    std::mt19937_64 random(seed);
    pair.set_both();
    ASSERT_TRUE(pair.come_up());
    for (int i = 0; i < 60; ++i) {
      const auto children = pair.status(0).child_sas;
      const auto payloads = plausible(random, children.empty() ? 0 : children[0].outbound_spi);
      Bytes plaintext(payloads.octets().begin(), payloads.octets().end());
      if (!plaintext.empty() && random() % 2 == 0)
        for (std::uint64_t flips = random() % 4; flips > 0; --flips)
          plaintext[random() % plaintext.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
      if (random() % 8 == 0) plaintext.resize(random() % (plaintext.size() + 1));
      delivered += forger.request(kExchanges[random() % 3], payloads.first(), plaintext) ? 1 : 0;
      pair.world.run_for(Duration(static_cast<Duration::rep>(random() % 3000)));
    }
    // The real peer knows nothing of all that: it starts anew, and the tunnel must come back.
    pair.world.restart(1);
    pair.set(1);
    ASSERT_TRUE(pair.come_up(300s)) << pair.world.trace();
    pair.world.run_for(400s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.world.node(0).kernel.errors(), std::vector<std::string>()) << pair.world.trace();
  }
  EXPECT_GT(delivered, 3000U);
}

TEST(Authentic, MalformedRequestIsAnsweredAndEndsTheIkeSa) {
  Pair pair(1);
  Forger forger(pair.world, 1, 0);
  ASSERT_TRUE(pair.settle());
  const auto before = pair.status(0).ike_sas.at(0).initiator_spi;
  const Bytes garbage{0, 0, 0, 200, 1, 2, 3};
  ASSERT_TRUE(forger.request(wire::ExchangeType::Informational, wire::PayloadType::Notify, garbage));
  EXPECT_EQ(pair.status(0).counters.messages_malformed, 1U);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "invalid message");
  ASSERT_TRUE(pair.come_up(10s)) << pair.world.trace();
  EXPECT_NE(pair.status(0).ike_sas.at(0).initiator_spi, before);
}

TEST(Authentic, MalformedAnswerIsRecordedUnderWhatWasAsked) {
  Pair pair(1);
  Forger forger(pair.world, 1, 0);
  ASSERT_TRUE(pair.settle());
  pair.world.power(1, false);
  const auto sent = pair.status(0).counters.messages_sent;
  ASSERT_TRUE(pair.world.run_while_not([&] { return pair.status(0).counters.messages_sent > sent; }, 60s));
  const Bytes garbage{0, 0, 0, 200, 1, 2, 3};
  ASSERT_TRUE(forger.answer(wire::PayloadType::Notify, garbage));
  EXPECT_EQ(pair.status(0).counters.messages_malformed, 1U);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->exchange, "DPD");
  EXPECT_EQ(pair.failure(0)->reason, "invalid message");
}

}  // namespace
}  // namespace awtun::sim
