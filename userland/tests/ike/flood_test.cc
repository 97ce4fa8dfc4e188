// SPDX-License-Identifier: Apache-2.0
// Requests that nobody has authenticated: what they are refused, and what a flood of them costs.
#include "userland/ike/admission.h"
#include "userland/tests/ike/raw_initiator.h"

namespace awtun::ike {
namespace {

Endpoint peer(unsigned number) {
  return {*IpAddress::parse("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1)),
          500};
}

std::optional<Bytes> cookie_in(const Bytes& reply) {
  const auto message = wire::parse_message(reply);
  if (!message) return std::nullopt;
  const auto cookie = find_notify(message->payloads, wire::NotifyType::Cookie);
  if (!cookie) return std::nullopt;
  return Bytes(cookie->data.begin(), cookie->data.end());
}

std::optional<wire::NotifyType> error_in(const Bytes& reply) {
  const auto message = wire::parse_message(reply);
  const auto error = message ? find_error(message->payloads) : std::nullopt;
  if (!error) return std::nullopt;
  return error->type;
}

class Flood : public testing::Test {
 protected:
  /// As many peers as make the responder demand cookies, each with an attempt under way.
  void strain() {
    for (unsigned i = 0; i < Strain::kManyHalfOpen; ++i) {
      responder.add_tunnel(i, peer(i).address);
      RawInitiator initiator(peer(i), 1000 + i);
      ASSERT_FALSE(responder.deliver(initiator.from, initiator.init_request()).empty());
    }
    ASSERT_EQ(responder.half_open(), Strain::kManyHalfOpen);
  }

  Responder responder;
};

// ---------------------------------------------------------------- cookies

TEST_F(Flood, UnderStrainACookieIsDemandedBeforeAnythingIsKept) {
  strain();
  RawInitiator initiator(peer(0), 77);
  const Bytes reply = responder.deliver(initiator.from, initiator.init_request());
  const auto cookie = cookie_in(reply);
  ASSERT_TRUE(cookie);
  EXPECT_EQ(responder.half_open(), Strain::kManyHalfOpen);
  EXPECT_EQ(responder.counters().cookies_sent, 1U);
  // A wrong one is answered with another demand.
  Bytes wrong = *cookie;
  wrong.back() ^= 1;
  EXPECT_TRUE(cookie_in(responder.deliver(initiator.from, initiator.init_request(wrong))));
  // The right one from elsewhere as well.
  EXPECT_TRUE(cookie_in(responder.deliver(peer(1), initiator.init_request(*cookie))));
  EXPECT_EQ(responder.half_open(), Strain::kManyHalfOpen);
  // The right one gets in, and on to IKE_AUTH.
  ASSERT_TRUE(
      initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request(*cookie))));
  EXPECT_EQ(responder.counters().cookies_accepted, 1U);
  EXPECT_FALSE(
      responder
          .deliver(initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, initiator.identified()))
          .empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
}

TEST_F(Flood, WithoutStrainThereAreNoCookies) {
  responder.add_tunnel(0, peer(0).address);
  RawInitiator initiator(peer(0), 77);
  EXPECT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
  EXPECT_EQ(responder.counters().cookies_sent, 0U);
}

TEST_F(Flood, TheDemandEndsWhenTheAttemptsHaveGone) {
  strain();
  RawInitiator initiator(peer(0), 77);
  ASSERT_TRUE(cookie_in(responder.deliver(initiator.from, initiator.init_request())));
  for (int i = 0; i < 600; ++i) {
    responder.now += 100ms;
    static_cast<void>(responder.step(TimerDue{}));
  }
  EXPECT_EQ(responder.half_open(), 0U);
  EXPECT_EQ(responder.counters().half_open_dropped, Strain::kManyHalfOpen);
  EXPECT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
}

// ---------------------------------------------------------------- bounded

TEST_F(Flood, OneAddressHoldsAHandfulOfHalfOpenSas) {
  responder.add_tunnel(0, peer(0).address);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    RawInitiator initiator(peer(0), 5000 + i);
    static_cast<void>(responder.deliver(initiator.from, initiator.init_request()));
    ASSERT_LE(responder.half_open(), 5U);
  }
  EXPECT_GE(responder.counters().half_open_dropped, 1990U);
}

TEST_F(Flood, StrangersGetNeitherStateNorAnswer) {
  responder.add_tunnel(0, peer(0).address);
  for (unsigned i = 1; i < 3000; ++i) {
    RawInitiator initiator(peer(i), 5000 + i);
    ASSERT_TRUE(responder.deliver(initiator.from, initiator.init_request()).empty());
  }
  EXPECT_EQ(responder.half_open(), 0U);
  EXPECT_EQ(responder.engine.status().ike_sas.size(), 1U);  // its own attempt
}

TEST_F(Flood, ARepeatedRequestIsAnsweredAsBeforeAndMakesNothing) {
  responder.add_tunnel(0, peer(0).address);
  RawInitiator initiator(peer(0), 77);
  const Bytes request = initiator.init_request();
  const Bytes first = responder.deliver(initiator.from, request);
  ASSERT_FALSE(first.empty());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(responder.deliver(initiator.from, request), first);
  EXPECT_EQ(responder.half_open(), 1U);
}

// ---------------------------------------------------------------- corner values of IKE_SA_INIT

class Corner : public Flood {
 protected:
  void SetUp() override { responder.add_tunnel(0, peer(0).address); }
  Bytes ask(const std::vector<wire::Transform>& transforms, wire::GroupId group, ByteView value) {
    wire::PayloadWriter payloads;
    payloads.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, transforms});
    payloads.ke(group, value);
    payloads.nonce(Bytes(32, 3));
    wire::Header header;
    header.initiator_spi = ++spi;
    header.from_initiator = true;
    return responder.deliver(peer(0), *wire::write_message(header, payloads));
  }
  static std::vector<wire::Transform> transforms(wire::GroupId group) {
    return {wire::Transform::encr(wire::EncrId::AesCbc, 256), wire::Transform::prf(wire::PrfId::HmacSha256),
            wire::Transform::integ(wire::IntegId::HmacSha256_128), wire::Transform::group(group)};
  }

  std::uint64_t spi = 100;
};

// CVE-2016-5391: a proposal without a Diffie-Hellman group.
TEST_F(Corner, NoGroup) {
  auto without = transforms(wire::GroupId::X25519);
  without.pop_back();
  EXPECT_EQ(error_in(ask(without, wire::GroupId::X25519, Bytes(32, 9))), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(responder.half_open(), 0U);
}

// CVE-2014-9221: a private group id, in the proposal, in KE, in both.
TEST_F(Corner, PrivateGroup) {
  const auto odd = static_cast<wire::GroupId>(1031);
  EXPECT_EQ(error_in(ask(transforms(odd), odd, Bytes(32, 9))), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(error_in(ask(transforms(wire::GroupId::X25519), odd, Bytes(32, 9))),
            wire::NotifyType::InvalidKePayload);
  EXPECT_EQ(responder.half_open(), 0U);
}

// CVE-2015-3240: g^x = 0; 1 and p - 1 have their own subgroups.
TEST_F(Corner, ValuesOfTinySubgroups) {
  const std::size_t size = crypto::KeyExchange::public_size(wire::GroupId::Modp2048);
  Bytes zero(size, 0), one(size, 0), largest(size, 0xff);
  one.back() = 1;
  for (const Bytes& value : {zero, one, largest}) {
    EXPECT_TRUE(ask(transforms(wire::GroupId::Modp2048), wire::GroupId::Modp2048, value).empty());
    EXPECT_EQ(responder.half_open(), 0U);
  }
  EXPECT_TRUE(ask(transforms(wire::GroupId::X25519), wire::GroupId::X25519, Bytes(32, 0)).empty());
  EXPECT_EQ(responder.half_open(), 0U);
}

// CVE-2023-41913: a value of another length than the group's.
TEST_F(Corner, ValuesOfAnotherLength) {
  for (const std::size_t size : {0U, 1U, 31U, 33U, 4096U})
    EXPECT_TRUE(ask(transforms(wire::GroupId::X25519), wire::GroupId::X25519, Bytes(size, 9)).empty());
  EXPECT_EQ(responder.half_open(), 0U);
}

TEST_F(Corner, TripleDesAloneIsExplained) {
  auto triple = transforms(wire::GroupId::X25519);
  triple[0] = wire::Transform{wire::TransformType::Encr, 3, {}};
  EXPECT_EQ(error_in(ask(triple, wire::GroupId::X25519, Bytes(32, 9))), wire::NotifyType::NoProposalChosen);
  const auto failure = responder.engine.status().peers.at(0).last_failure;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->refused_by, "local");
  EXPECT_EQ(failure->hint, "the peer offers only 3DES, which is not supported");
}

// CVE-2019-12312: a protected message for an IKE SA that has no keys yet was answered.
TEST_F(Corner, AProtectedMessageBeforeThereAreKeys) {
  const auto own = responder.engine.status().ike_sas.at(0);
  wire::PayloadWriter payloads;
  payloads.raw(wire::PayloadType::Sk, Bytes(64, 0));
  for (const auto exchange :
       {wire::ExchangeType::IkeAuth, wire::ExchangeType::CreateChildSa, wire::ExchangeType::Informational})
    for (const bool response : {false, true})
      for (const std::uint32_t id : {0U, 1U}) {
        wire::Header header;
        header.initiator_spi = own.initiator_spi;
        header.responder_spi = 5;
        header.exchange = exchange;
        header.response = response;
        header.message_id = id;
        EXPECT_TRUE(responder.deliver(peer(0), *wire::write_message(header, payloads)).empty());
      }
  EXPECT_EQ(responder.engine.status().ike_sas.size(), 1U);
}

// As CVE-2021-45079: nothing but IKE_AUTH is heard before the peer has shown who it is.
TEST_F(Corner, NothingBeforeIkeAuth) {
  RawInitiator initiator(peer(0), 77);
  ASSERT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
  wire::PayloadWriter deletion;
  deletion.delete_ike_sa();
  for (const auto exchange : {wire::ExchangeType::CreateChildSa, wire::ExchangeType::Informational})
    EXPECT_TRUE(responder.deliver(initiator.from, initiator.seal(exchange, 1, deletion)).empty());
  EXPECT_EQ(responder.half_open(), 1U);
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 0U);
}

// CVE-2024-2357: a missing key left a state behind that nobody could remove.
TEST_F(Corner, AMissingKeyLeavesNothingBehind) {
  TunnelPolicy policy;
  policy.tunnel = 9;
  policy.local = responder.here.address;
  policy.remote = peer(9).address;
  policy.local_id = Identity::of(policy.local);
  policy.remote_id = Identity::of(peer(9).address);
  policy.isakmp = responder.profile;
  static_cast<void>(responder.step(SetTunnel{std::move(policy)}));
  RawInitiator initiator(peer(9), 77);
  ASSERT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
  EXPECT_FALSE(
      responder
          .deliver(initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, initiator.identified()))
          .empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 0U);
  for (int i = 0; i < 100; ++i) {
    responder.now += 1s;
    static_cast<void>(responder.step(TimerDue{}));
  }
  EXPECT_EQ(responder.half_open(), 0U);
}

// ---------------------------------------------------------------- childless, RFC 6023

TEST_F(Corner, AnIkeSaWithoutAChildSaIsTakenAndTheChildSaIsAskedFor) {
  RawInitiator initiator(peer(0), 77);
  ASSERT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
  EXPECT_TRUE(initiator.childless_supported());
  const Bytes answer = responder.deliver(
      initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, initiator.identified()));
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
  EXPECT_FALSE(responder.engine.status().peers.at(0).last_failure);
  bool asked = false;
  for (int i = 0; i < 20 && !asked; ++i) {
    responder.now += 100ms;
    for (const Send& sent : responder.step(TimerDue{})) {
      const auto header = wire::parse_header(sent.bytes);
      asked = asked || (header->exchange == wire::ExchangeType::CreateChildSa && !header->response &&
                        header->initiator_spi == 77);
    }
  }
  EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace awtun::ike
