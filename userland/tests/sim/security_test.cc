// SPDX-License-Identifier: Apache-2.0
// The kinds of packets that have brought other IKE daemons down, one test for each kind, sent by a peer
// that holds the keys.
#include <gtest/gtest.h>

#include "userland/sim/forger.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/writer.h"

namespace awtun::sim {
namespace {

class Security : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(pair.settle());
    ASSERT_TRUE(pair.at_rest());
  }
  bool forge(wire::ExchangeType exchange, const wire::PayloadWriter& payloads) {
    return forger.request(exchange, payloads.first(), payloads.octets());
  }
  /// The victim goes on, or begins anew with a peer that does as well.
  void expect_recovery() {
    EXPECT_EQ(pair.world.node(0).kernel.errors(), std::vector<std::string>()) << pair.world.trace();
    pair.world.restart(1);
    pair.set(1);
    EXPECT_TRUE(pair.come_up(300s)) << pair.world.trace();
    pair.world.run_for(400s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  }
  [[nodiscard]] std::uint32_t victims_outbound() { return pair.status(0).child_sas.at(0).outbound_spi; }
  static wire::Proposal esp(wire::ProtocolId protocol = wire::ProtocolId::Esp) {
    return {1,
            protocol,
            {1, 2, 3, 4},
            {wire::Transform::encr(wire::EncrId::AesCbc, 256),
             wire::Transform::integ(wire::IntegId::HmacSha256_128), wire::Transform::esn(wire::EsnId::None)}};
  }
  static std::vector<wire::Selector> any() {
    return {{0, 0, 65535, *IpAddress::parse("0.0.0.0"), *IpAddress::parse("255.255.255.255")}};
  }

  Pair pair{11};
  Forger forger{pair.world, 1, 0};
};

// CVE-2023-38710: a REKEY_SA with a protocol that does not exist was echoed into an assertion.
TEST_F(Security, RekeyOfAnUnknownProtocolIsAnswered) {
  for (const std::uint8_t protocol : Bytes{0, 1, 2, 3, 4, 77, 255})
    for (const std::size_t size : {0U, 1U, 4U, 8U, 200U}) {
      wire::PayloadWriter payloads;
      const Bytes spi(size, 0xab);
      payloads.notify({wire::NotifyType::RekeySa, static_cast<wire::ProtocolId>(protocol), spi, {}});
      payloads.sa(esp());
      payloads.nonce(Bytes(32, 1));
      payloads.ts(wire::PayloadType::TsI, any());
      payloads.ts(wire::PayloadType::TsR, any());
      const std::size_t before = pair.world.node(0).sends.size();
      ASSERT_TRUE(forge(wire::ExchangeType::CreateChildSa, payloads));
      EXPECT_EQ(pair.world.node(0).sends.size(), before + 1) << unsigned{protocol} << " " << size;
    }
  EXPECT_EQ(pair.status(0).child_sas.size(), 1U);
  expect_recovery();
}

// CVE-2023-38712, CVE-2023-30570: the second delete of one SA met a freed state.
TEST_F(Security, ASaThatIsDeletedTwiceInOneMessageIsDeletedOnce) {
  const std::uint32_t spi = victims_outbound();
  const std::uint32_t twice[] = {spi, spi, spi};
  wire::PayloadWriter payloads;
  payloads.delete_child_sas(wire::ProtocolId::Esp, twice);
  payloads.delete_child_sas(wire::ProtocolId::Esp, twice);
  payloads.delete_child_sas(wire::ProtocolId::Ah, twice);
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  EXPECT_EQ(pair.world.node(0).kernel.outbound_count(kTunnel), 0U);
  wire::PayloadWriter again;
  again.delete_child_sas(wire::ProtocolId::Esp, twice);
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, again));
  expect_recovery();
}

TEST_F(Security, TheIkeSaAndItsChildDeletedTogetherAndTwice) {
  const std::uint32_t spi = victims_outbound();
  wire::PayloadWriter payloads;
  payloads.delete_ike_sa();
  payloads.delete_child_sas(wire::ProtocolId::Esp, std::span(&spi, 1));
  payloads.delete_ike_sa();
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  forge(wire::ExchangeType::Informational, payloads);
  expect_recovery();
}

TEST_F(Security, ADeleteStormTouchesNothingElse) {
  std::vector<std::uint32_t> spis(4096);
  for (std::size_t i = 0; i < spis.size(); ++i) spis[i] = static_cast<std::uint32_t>(0xc0000000U + i);
  for (int i = 0; i < 20; ++i) {
    wire::PayloadWriter payloads;
    payloads.delete_child_sas(wire::ProtocolId::Esp, spis);
    ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  }
  EXPECT_EQ(pair.status(0).child_sas.size(), 1U);
  EXPECT_TRUE(pair.connected());
  expect_recovery();
}

// CVE-2026-12413 and others: more payloads, or selectors, or transforms than somebody counted on.
TEST_F(Security, FloodsOfPayloads) {
  for (const std::size_t count : {63U, 64U, 65U, 200U, 2000U}) {
    wire::PayloadWriter payloads;
    for (std::size_t i = 0; i < count; ++i) payloads.notify(wire::NotifyType::SetWindowSize, Bytes(4, 1));
    forge(wire::ExchangeType::Informational, payloads);
    pair.world.run_for(100ms);
  }
  expect_recovery();
}

TEST_F(Security, FloodsOfSelectorsAndTransforms) {
  wire::Proposal proposal = esp();
  proposal.transforms.resize(250, proposal.transforms[0]);
  const std::vector<wire::Selector> many(255, any()[0]);
  wire::PayloadWriter payloads;
  payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, Bytes(4, 9), {}});
  payloads.sa(std::vector<wire::Proposal>(40, proposal));
  payloads.nonce(Bytes(32, 1));
  payloads.ts(wire::PayloadType::TsI, many);
  payloads.ts(wire::PayloadType::TsR, many);
  forge(wire::ExchangeType::CreateChildSa, payloads);
  expect_recovery();
}

// CVE-2023-23009: selectors that nobody chose were freed twice.
TEST_F(Security, OddSelectors) {
  const Bytes bodies[] = {
      {0, 0, 0, 0},                                                           // none
      {1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 9, 10, 0, 0, 1},    // ends before it starts
      {1, 0, 0, 0, 99, 0, 0, 8, 1, 2, 3, 4},                                  // of an unknown type
      {255, 0, 0, 0, 7, 0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 1, 10, 0, 0, 9},  // fewer than it says
      {1, 0, 0, 0, 7, 0, 0, 16, 255, 255, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9},    // OPAQUE ports
      {1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1, 10, 0, 0, 9},     // of no length
  };
  for (const Bytes& body : bodies) {
    wire::PayloadWriter payloads;
    const auto children = pair.status(0).child_sas;
    const std::uint32_t spi = children.empty() ? 0 : children[0].outbound_spi;
    const Bytes raw{static_cast<std::uint8_t>(spi >> 24), static_cast<std::uint8_t>(spi >> 16),
                    static_cast<std::uint8_t>(spi >> 8), static_cast<std::uint8_t>(spi)};
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, raw, {}});
    payloads.sa(esp());
    payloads.nonce(Bytes(32, 1));
    payloads.raw(wire::PayloadType::TsI, body);
    payloads.raw(wire::PayloadType::TsR, body);
    forge(wire::ExchangeType::CreateChildSa, payloads);
    pair.world.restart(1);
    pair.set(1);
    ASSERT_TRUE(pair.come_up(300s)) << pair.world.trace();
    pair.world.run_for(20s);
  }
  expect_recovery();
}

// Early acceptance, as in CVE-2021-45079: IKE_AUTH does not come twice, nor does anything come of it.
TEST_F(Security, IkeAuthAfterTheHandshakeIsIgnored) {
  wire::PayloadWriter payloads;
  payloads.id(wire::PayloadType::IdI, wire::IdType::Fqdn, Bytes{'x'});
  payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
  const std::size_t before = pair.world.node(0).sends.size();
  ASSERT_TRUE(forge(wire::ExchangeType::IkeAuth, payloads));
  EXPECT_EQ(pair.world.node(0).sends.size(), before);
  EXPECT_TRUE(pair.connected());
}

// ---------------------------------------------------------------- exchanges that are not for us

TEST_F(Security, SetWindowSizeChangesNothing) {
  wire::PayloadWriter payloads;
  payloads.notify({wire::NotifyType::SetWindowSize, wire::ProtocolId::None, {}, Bytes{0, 0, 0, 32}});
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  EXPECT_TRUE(pair.connected());
  EXPECT_EQ(pair.status(0).ike_sas.size(), 1U);
}

TEST_F(Security, AnUnknownCriticalPayloadIsNamedAndTheIkeSaLives) {
  wire::PayloadWriter payloads;
  payloads.raw(static_cast<wire::PayloadType>(200), Bytes(3), true);
  const std::size_t before = pair.world.node(0).sends.size();
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  EXPECT_EQ(pair.world.node(0).sends.size(), before + 1);
  EXPECT_TRUE(pair.connected());
}

TEST_F(Security, AnUnknownExchangeIsCountedAndNotAnswered) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::InitialContact);
  const auto malformed = pair.status(0).counters.messages_malformed;
  const std::size_t before = pair.world.node(0).sends.size();
  ASSERT_TRUE(forge(static_cast<wire::ExchangeType>(200), payloads));
  EXPECT_EQ(pair.world.node(0).sends.size(), before);
  EXPECT_EQ(pair.status(0).counters.messages_malformed, malformed + 1);
  EXPECT_TRUE(pair.connected());
}

TEST_F(Security, RequestsBeyondTheWindowAreIgnored) {
  wire::PayloadWriter payloads;
  payloads.delete_ike_sa();
  const std::size_t before = pair.world.node(0).sends.size();
  for (const std::uint32_t beyond : {1U, 2U, 31U, 0x7fffffffU}) {
    forger.skip_ids(beyond);
    ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  }
  EXPECT_EQ(pair.world.node(0).sends.size(), before);
  EXPECT_TRUE(pair.connected());
  forger.skip_ids(0);
  ASSERT_TRUE(forge(wire::ExchangeType::Informational, payloads));
  EXPECT_EQ(pair.world.node(0).sends.size(), before + 1);
}

}  // namespace
}  // namespace awtun::sim
