// SPDX-License-Identifier: Apache-2.0
// Payloads that an exchange has no use for, from a peer that is authenticated: RFC 7296 appendix C lets it
// send some of them.
#include "userland/tests/ike/raw_peer.h"
#include "userland/wire/rules.h"

namespace awtun::ike {
namespace {

constexpr TunnelId kTalkative = 3;

/// CFG_REQUEST for INTERNAL_IP4_ADDRESS (RFC 7296 3.15).
const Bytes kAddressRequest{1, 0, 0, 0, 0, 1, 0, 0};

/// Every type that says nothing in a request of this exchange, with a body that fits none of them.
void add_ignored(wire::PayloadWriter& payloads, wire::ExchangeType exchange) {
  wire::Header header;
  header.exchange = exchange;
  for (int number = 33; number <= 48; ++number) {
    const auto type = static_cast<wire::PayloadType>(number);
    if (type == wire::PayloadType::Sk || !wire::is_ignored(header, type)) continue;
    payloads.raw(type, Bytes{7});
    payloads.raw(type, {}, true);
  }
  payloads.raw(wire::PayloadType::Cp, kAddressRequest);
}

class Unexpected : public testing::Test {
 protected:
  Unexpected() { responder.add_tunnel(kTalkative, peer.address().address); }
  std::optional<wire::NotifyType> error_in(const Bytes& answer) {
    const auto inner = wire::parse_chain(peer.first(), answer);
    EXPECT_TRUE(inner);
    const auto error = inner ? find_error(*inner) : std::nullopt;
    return error ? std::optional(error->type) : std::nullopt;
  }
  [[nodiscard]] std::size_t child_sas() const { return responder.engine.status().child_sas.size(); }

  Responder responder;
  RawPeer peer{responder, {*IpAddress::parse("10.0.0.2"), 500}};
};

TEST_F(Unexpected, AConfigurationRequestInAChildRekeyIsIgnored) {
  ASSERT_TRUE(peer.connect());
  wire::PayloadWriter payloads = peer.child_rekey();
  payloads.raw(wire::PayloadType::Cp, kAddressRequest);
  EXPECT_EQ(error_in(peer.exchange(wire::ExchangeType::CreateChildSa, payloads)), std::nullopt);
  EXPECT_EQ(child_sas(), 2U);
}

TEST_F(Unexpected, AllThatACreateChildSaHasNoUseForIsIgnored) {
  ASSERT_TRUE(peer.connect());
  wire::PayloadWriter child = peer.child_rekey();
  add_ignored(child, wire::ExchangeType::CreateChildSa);
  EXPECT_EQ(error_in(peer.exchange(wire::ExchangeType::CreateChildSa, child)), std::nullopt);
  const Bytes nonce = peer.fresh_nonce();
  wire::PayloadWriter whole = peer.ike_rekey(0x4444, nonce);
  add_ignored(whole, wire::ExchangeType::CreateChildSa);
  EXPECT_EQ(peer.finish_ike_rekey(0x4444, nonce, peer.exchange(wire::ExchangeType::CreateChildSa, whole)),
            std::nullopt);
  EXPECT_EQ(responder.counters().messages_malformed, 0U);
}

TEST_F(Unexpected, AllThatAnInformationalHasNoUseForIsIgnored) {
  ASSERT_TRUE(peer.connect());
  wire::PayloadWriter payloads;
  add_ignored(payloads, wire::ExchangeType::Informational);
  EXPECT_TRUE(peer.exchange(wire::ExchangeType::Informational, payloads).empty()) << "an empty answer";
  EXPECT_EQ(child_sas(), 1U);
  EXPECT_EQ(peer.rekey_child(), std::nullopt) << "the IKE SA goes on";
}

TEST_F(Unexpected, AllThatIkeAuthHasNoUseForIsIgnored) {
  RawInitiator raw({*IpAddress::parse("10.0.0.2"), 500}, 9);
  ASSERT_TRUE(raw.take_init_response(responder.deliver(raw.from, raw.init_request())));
  wire::PayloadWriter payloads = raw.identified();
  payloads.sa(esp_proposals(responder.ipsec, 0x5555, wire::GroupId::None));
  const std::vector<wire::Selector> all = to_wire(responder.local_selectors);
  payloads.ts(wire::PayloadType::TsI, all);
  payloads.ts(wire::PayloadType::TsR, all);
  add_ignored(payloads, wire::ExchangeType::IkeAuth);
  EXPECT_FALSE(responder.deliver(raw.from, raw.seal(wire::ExchangeType::IkeAuth, 1, payloads)).empty());
  EXPECT_EQ(child_sas(), 1U);
}

TEST_F(Unexpected, ACriticalPayloadThatNobodyKnowsIsNamedAndEndsNothing) {
  ASSERT_TRUE(peer.connect());
  wire::PayloadWriter payloads = peer.child_rekey();
  payloads.raw(static_cast<wire::PayloadType>(77), {}, true);
  EXPECT_EQ(error_in(peer.exchange(wire::ExchangeType::CreateChildSa, payloads)),
            wire::NotifyType::UnsupportedCriticalPayload);
  EXPECT_EQ(child_sas(), 1U);
  EXPECT_EQ(peer.rekey_child(), std::nullopt);
}

TEST_F(Unexpected, InTheClearNothingOfItIsTaken) {
  RawInitiator raw({*IpAddress::parse("10.0.0.2"), 500}, 9);
  wire::PayloadWriter payloads;
  payloads.raw(wire::PayloadType::Cp, kAddressRequest);
  const auto message = wire::write_message(raw.header(wire::ExchangeType::IkeSaInit, 0), payloads);
  EXPECT_TRUE(responder.deliver(raw.from, *message).empty());
  EXPECT_EQ(responder.counters().messages_malformed, 1U);
}

}  // namespace
}  // namespace awtun::ike
