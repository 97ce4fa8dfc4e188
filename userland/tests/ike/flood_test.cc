// SPDX-License-Identifier: Apache-2.0
// Requests that nobody has authenticated: what they are refused, and what a flood of them costs.
#include <malloc.h>

#include <functional>

#include "userland/ike/rules/admission.h"
#include "userland/ike/rules/child_terms.h"
#include "userland/ike/rules/failure.h"
#include "userland/tests/ike/raw_initiator.h"

namespace awtun::ike {
namespace {

Endpoint peer(unsigned number) {
  return {*IpAddress::parse("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1)),
          500};
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
    for (unsigned i = 0; i < Load::kManyHalfOpen; ++i) {
      responder.add_tunnel(i, peer(i).address);
      RawInitiator initiator(peer(i), 1000 + i);
      ASSERT_FALSE(responder.deliver(initiator.from, initiator.init_request()).empty());
    }
    ASSERT_EQ(responder.half_open(), Load::kManyHalfOpen);
  }

  /// Forged requests: whoever sends them does not see what is answered.
  void flood(const Endpoint& from, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      static_cast<void>(responder.deliver(from, RawInitiator(from, ++forged).init_request()));
  }
  /// True when the request is answered in full, with a cookie if that is demanded.
  bool admitted(const Endpoint& from, std::uint64_t spi) {
    RawInitiator initiator(from, spi);
    Bytes reply = responder.deliver(from, initiator.init_request());
    if (const auto cookie = cookie_in(reply))
      reply = responder.deliver(from, initiator.init_request(*cookie));
    return initiator.take_init_response(reply);
  }
  static Endpoint in(const std::string& network, unsigned host) {
    return {*IpAddress::parse(network + std::to_string(host % 250 + 1)), 500};
  }
  /// So many half-open IKE SAs from one network that returns cookies.
  void hold(const std::string& network, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      RawInitiator initiator(in(network, i), ++forged);
      const auto cookie = cookie_in(responder.deliver(initiator.from, initiator.init_request()));
      if (cookie) static_cast<void>(responder.deliver(initiator.from, initiator.init_request(*cookie)));
    }
  }

  Responder responder;
  std::uint64_t forged = 1U << 20U;
};

// ---------------------------------------------------------------- cookies

TEST_F(Flood, UnderStrainACookieIsDemandedBeforeAnythingIsKept) {
  strain();
  RawInitiator initiator(peer(0), 77);
  const Bytes reply = responder.deliver(initiator.from, initiator.init_request());
  const auto cookie = cookie_in(reply);
  ASSERT_TRUE(cookie);
  EXPECT_EQ(responder.half_open(), Load::kManyHalfOpen);
  EXPECT_EQ(responder.counters().cookies_sent, 1U);
  // A wrong one is answered with another demand.
  Bytes wrong = *cookie;
  wrong.back() ^= 1;
  EXPECT_TRUE(cookie_in(responder.deliver(initiator.from, initiator.init_request(wrong))));
  // The right one from elsewhere as well.
  EXPECT_TRUE(cookie_in(responder.deliver(peer(1), initiator.init_request(*cookie))));
  EXPECT_EQ(responder.half_open(), Load::kManyHalfOpen);
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
  EXPECT_EQ(responder.counters().half_open_dropped, Load::kManyHalfOpen);
  EXPECT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
}

// ---------------------------------------------------------------- offers that come to nothing

class WrongOffers : public Flood {
 protected:
  /// From an address of its own: what is offered, and the group of KE.
  Bytes offer(unsigned number, std::uint16_t key_bits, wire::GroupId group, ByteView cookie = {}) {
    wire::PayloadWriter payloads;
    if (!cookie.empty()) payloads.notify(wire::NotifyType::Cookie, cookie);
    auto transforms =
        crypto::wire_transforms(*crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519));
    transforms[0].key_bits = key_bits;
    payloads.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, transforms});
    payloads.ke(group, Bytes(32, 9));
    payloads.nonce(Bytes(32, 3));
    wire::Header header;
    header.initiator_spi = 50000 + number;
    header.from_initiator = true;
    return responder.deliver(peer(number), *wire::write_message(header, payloads));
  }
};

TEST_F(WrongOffers, AreLookedIntoAFewTimesASecondWithoutACookie) {
  for (const bool configured : {false, true}) {
    if (configured)
      for (unsigned i = 0; i < 400; ++i) responder.add_tunnel(10 + i, peer(i).address);
    else
      responder.add_dynamic_tunnel(0, "spoke.example.com");
    for (const std::uint16_t bits : {std::uint16_t{1}, std::uint16_t{256}}) {
      const auto reason = bits == 1 ? wire::NotifyType::NoProposalChosen : wire::NotifyType::InvalidKePayload;
      responder.now += 20s;
      unsigned refused = 0;
      for (unsigned i = 0; i < 400; ++i)
        refused += error_in(offer(i, bits, wire::GroupId::Ecp256)) == reason ? 1U : 0U;
      EXPECT_GE(refused, 10U);
      EXPECT_LE(refused, 20U + 2U);
      static_cast<void>(offer(398, bits, wire::GroupId::Ecp256));
      const auto cookie = cookie_in(offer(399, bits, wire::GroupId::Ecp256));
      ASSERT_TRUE(cookie);
      EXPECT_EQ(error_in(offer(399, bits, wire::GroupId::Ecp256, *cookie)), reason);
    }
  }
  EXPECT_GE(responder.counters().cookies_sent_to_refuse, 1500U);
}

// ---------------------------------------------------------------- bounded

TEST_F(Flood, OneAddressHoldsAHandfulOfHalfOpenSas) {
  responder.add_tunnel(0, peer(0).address);
  flood(peer(0), 2000);
  EXPECT_EQ(responder.half_open(), 5U);
  EXPECT_EQ(responder.counters().half_open_dropped, 0U);
  EXPECT_EQ(responder.counters().half_open_evicted, 0U);
  EXPECT_EQ(responder.counters().cookies_sent, 1995U);
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
  EXPECT_EQ(responder.deliver(initiator.from, request), first);
  EXPECT_EQ(responder.half_open(), 1U);
}

TEST_F(Flood, WhoHasReturnedACookieIsAnsweredAgainAsOftenAsAPeerAsks) {
  strain();
  RawInitiator initiator(peer(0), 77);
  const auto cookie = cookie_in(responder.deliver(initiator.from, initiator.init_request()));
  ASSERT_TRUE(cookie);
  const Bytes request = initiator.init_request(*cookie);
  const Bytes first = responder.deliver(initiator.from, request);
  int answered = 0;
  for (int i = 0; i < 1000; ++i) answered += responder.deliver(initiator.from, request) == first ? 1 : 0;
  EXPECT_GE(answered, 3);
  EXPECT_LE(answered, 5);
  EXPECT_EQ(responder.counters().init_requests_limited, 1000U - static_cast<unsigned>(answered));
  for (int i = 0; i < 5; ++i) {
    responder.now += 500ms;
    EXPECT_EQ(responder.deliver(initiator.from, request), first);
  }
}

// ---------------------------------------------------------------- in a peer's name

TEST_F(Flood, ForgedRequestsKeepNobodyOut) {
  responder.add_tunnel(0, peer(0).address);
  flood(peer(0), 200);
  RawInitiator initiator(peer(0), 77);
  const auto cookie = cookie_in(responder.deliver(initiator.from, initiator.init_request()));
  ASSERT_TRUE(cookie);
  flood(peer(0), 200);
  ASSERT_TRUE(
      initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request(*cookie))));
  flood(peer(0), 200);
  EXPECT_FALSE(
      responder
          .deliver(initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, initiator.identified()))
          .empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
  EXPECT_EQ(responder.counters().half_open_evicted, 0U);
}

TEST_F(Flood, APeerWithManyTunnelsComesUpWithAllOfThem) {
  for (TunnelId id = 0; id < 40; ++id) responder.add_tunnel(id, peer(0).address);
  std::vector<std::unique_ptr<RawInitiator>> attempts;
  for (std::uint64_t i = 0; i < 40; ++i) {
    attempts.push_back(std::make_unique<RawInitiator>(peer(0), 77 + i));
    Bytes reply = responder.deliver(peer(0), attempts.back()->init_request());
    if (const auto cookie = cookie_in(reply))
      reply = responder.deliver(peer(0), attempts.back()->init_request(*cookie));
    ASSERT_TRUE(attempts.back()->take_init_response(reply));
  }
  EXPECT_EQ(responder.half_open(), 40U);
}

// Whoever shares a peer's address, behind a NAT, returns cookies as well.
TEST_F(Flood, OneAddressThatReturnsCookiesIsBoundedAndServedInTurn) {
  responder.add_tunnel(0, peer(0).address);
  flood(peer(0), 5);
  for (std::uint64_t i = 0; i < 64; ++i) ASSERT_TRUE(admitted(peer(0), 77 + i));
  EXPECT_FALSE(admitted(peer(0), 1000)) << "who came first has its time";
  EXPECT_TRUE(admitted({peer(0).address, 1024}, 1001)) << "another port has its share";
  EXPECT_EQ(responder.counters().half_open_evicted, 1U);
  EXPECT_EQ(responder.half_open(), 5U + 64U);
  responder.now += 2s;
  for (std::uint64_t i = 0; i < 63; ++i) EXPECT_TRUE(admitted(peer(0), 2000 + i));
  EXPECT_EQ(responder.half_open(), 5U + 64U);
}

TEST_F(Flood, OneAddressHasRoomForAllItsTunnels) {
  for (TunnelId id = 0; id < 100; ++id) responder.add_tunnel(id, peer(0).address);
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(admitted(peer(0), 77 + i));
  EXPECT_EQ(responder.counters().half_open_evicted, 0U);
}

TEST_F(Flood, AHugeRequestIsNotKept) {
  responder.add_tunnel(0, peer(0).address);
  RawInitiator initiator(peer(0), 77);
  EXPECT_TRUE(responder.deliver(initiator.from, initiator.init_request({}, 8100)).empty());
  EXPECT_EQ(responder.half_open(), 0U);
  EXPECT_FALSE(responder.deliver(initiator.from, initiator.init_request({}, 4000)).empty());
}

// ---------------------------------------------------------------- strangers

TEST_F(Flood, ANetworkOfStrangersIsAskedForCookiesOnceItHoldsAHandful) {
  responder.add_dynamic_tunnel(0, "spoke.example.com");
  for (unsigned i = 0; i < 5; ++i)
    ASSERT_FALSE(
        cookie_in(responder.deliver(in("10.9.9.", i), RawInitiator(in("10.9.9.", i), 5 + i).init_request())));
  EXPECT_TRUE(
      cookie_in(responder.deliver(in("10.9.9.", 77), RawInitiator(in("10.9.9.", 77), 77).init_request())));
  EXPECT_FALSE(
      cookie_in(responder.deliver(in("10.9.8.", 7), RawInitiator(in("10.9.8.", 7), 78).init_request())));
}

TEST_F(Flood, TwoNetworksThatHoldWhatTheyCanKeepNobodyOut) {
  responder.add_dynamic_tunnel(0, "spoke.example.com");
  hold("10.9.1.", 700);
  EXPECT_EQ(responder.half_open(), 5U + 512U);  // those of before cookies were demanded, too
  hold("10.9.2.", 700);
  EXPECT_EQ(responder.half_open(), 5U + 1024U);
  const auto evicted = responder.counters().half_open_evicted;
  std::vector<std::unique_ptr<RawInitiator>> newcomers;
  for (unsigned i = 0; i < 55; ++i) {
    const Endpoint from = in("10.8." + std::to_string(i) + ".", 1);
    newcomers.push_back(std::make_unique<RawInitiator>(from, 100000 + i));
    const auto cookie = cookie_in(responder.deliver(from, newcomers.back()->init_request()));
    ASSERT_TRUE(cookie);
    ASSERT_TRUE(newcomers.back()->take_init_response(
        responder.deliver(from, newcomers.back()->init_request(*cookie))));
  }
  EXPECT_EQ(responder.counters().half_open_evicted, evicted + 55);
  hold("10.9.1.", 200);
  hold("10.9.2.", 200);
  EXPECT_EQ(responder.half_open(), 5U + 1024U);
  for (const auto& newcomer : newcomers) EXPECT_TRUE(responder.has(newcomer->peer_spi()));
}

TEST_F(Flood, AmongManyStrangersPatienceIsShort) {
  responder.add_dynamic_tunnel(0, "spoke.example.com");
  hold("10.9.1.", 400);
  ASSERT_EQ(responder.half_open(), 400U);
  for (int i = 0; i < 120; ++i) {
    responder.now += 100ms;
    static_cast<void>(responder.step(TimerDue{}));
  }
  EXPECT_EQ(responder.half_open(), 5U + 256U);  // who came first, and before cookies were demanded
}

// ---------------------------------------------------------------- failures on record

class Record : public Flood {
 protected:
  void SetUp() override { responder.add_tunnel(0, peer(0).address); }
  [[nodiscard]] std::string reason() {
    const auto failure = responder.engine.status().peers.at(0).last_failure;
    return failure ? failure->reason : "";
  }
  Bytes offer(std::uint64_t spi, ByteView cookie = {}) {
    wire::PayloadWriter payloads;
    if (!cookie.empty()) payloads.notify(wire::NotifyType::Cookie, cookie);
    payloads.sa(
        wire::Proposal{1, wire::ProtocolId::Ike, {}, {wire::Transform::group(wire::GroupId::Modp1024)}});
    payloads.ke(wire::GroupId::Modp1024, Bytes(128, 9));
    payloads.nonce(Bytes(32, 3));
    wire::Header header;
    header.initiator_spi = spi;
    header.from_initiator = true;
    return responder.deliver(peer(0), *wire::write_message(header, payloads));
  }
  /// What a peer with another key leaves behind.
  void fail_truly() {
    RawInitiator initiator(peer(0), 77);
    ASSERT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
    wire::PayloadWriter payloads;
    payloads.id(wire::PayloadType::IdI, wire::IdType::Fqdn, Bytes{'x'});
    payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
    responder.deliver(initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, payloads));
    ASSERT_EQ(reason(), "authentication failed");
  }
};

TEST_F(Record, ForgedRequestsDoNotReplaceWhatATrueFailureSaid) {
  fail_truly();
  for (int i = 0; i < 150; ++i) {
    responder.now += 1s;
    static_cast<void>(responder.step(TimerDue{}));
    static_cast<void>(offer(1000 + static_cast<std::uint64_t>(i)));
    flood(peer(0), 3);
    ASSERT_EQ(reason(), "authentication failed") << i;
  }
  EXPECT_GT(responder.counters().half_open_dropped, 0U);
  EXPECT_GT(responder.counters().cookies_sent_to_refuse, 0U);
}

TEST_F(Record, ThePeerItselfDoes) {
  fail_truly();
  const auto cookie = cookie_in(offer(1000));
  ASSERT_TRUE(cookie);
  EXPECT_EQ(error_in(offer(1000, *cookie)), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(reason(), "no proposal chosen");
}

TEST_F(Record, AnEmptyOneTellsWhatAnybodyHasCaused) {
  EXPECT_EQ(error_in(offer(1000)), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(reason(), "no proposal chosen");
  fail_truly();
}

/// Of a tunnel whose peer may be anywhere.
class DynamicRecord : public Flood {
 protected:
  void SetUp() override { responder.add_dynamic_tunnel(0, "spoke.example.com"); }
  [[nodiscard]] std::optional<Failure> failure() const {
    return responder.engine.status().peers.at(0).last_failure;
  }
  /// A handshake with what `fill` puts into IKE_AUTH; it is answered.
  template <class Fill>
  void authenticate(unsigned number, Fill fill) {
    RawInitiator initiator(peer(number), 7000 + number);
    ASSERT_TRUE(initiator.take_init_response(responder.deliver(initiator.from, initiator.init_request())));
    const wire::PayloadWriter payloads = fill(initiator);
    EXPECT_FALSE(
        responder.deliver(initiator.from, initiator.seal(wire::ExchangeType::IkeAuth, 1, payloads)).empty());
  }
  /// The true peer, with the right key and a Child SA that nobody wants.
  void fail_truly() {
    authenticate(1, [this](const RawInitiator& initiator) {
      wire::PayloadWriter payloads = initiator.identified(Identity::fqdn("spoke.example.com"));
      IpsecProfile other;
      other.transforms = {{1, *crypto::esp_suite("aes192", "sha512")}};
      payloads.sa(esp_proposals(other, 0x1234, wire::GroupId::None));
      TunnelPolicy policy;
      policy.local = initiator.from.address;
      policy.remote = responder.here.address;
      ask_selectors(payloads, whole_of(policy, {initiator.from, responder.here}).networks);
      return payloads;
    });
    ASSERT_TRUE(failure());
    ASSERT_EQ(failure()->reason, "no proposal chosen");
  }
  void be_refused(unsigned number) {
    authenticate(number, [](const RawInitiator&) {
      wire::PayloadWriter payloads;
      payloads.id(wire::PayloadType::IdI, wire::IdType::Fqdn, Bytes{'x'});
      payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
      return payloads;
    });
  }
  /// An IKE_AUTH without what it must have.
  void be_malformed(unsigned number) {
    authenticate(number, [](const RawInitiator&) {
      wire::PayloadWriter payloads;
      payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
      return payloads;
    });
  }
  void want_eap(unsigned number) {
    authenticate(number, [](const RawInitiator&) {
      wire::PayloadWriter payloads;
      payloads.id(wire::PayloadType::IdI, wire::IdType::Fqdn, Bytes{'x'});
      return payloads;
    });
  }
};

TEST_F(DynamicRecord, AStrangersRefusedIkeAuthReplacesNoTrueFailure) {
  fail_truly();
  const auto before = failure()->when;
  be_refused(9);
  EXPECT_EQ(responder.counters().authentication_failures, 1U);
  EXPECT_EQ(failure()->reason, "no proposal chosen");
  EXPECT_EQ(failure()->when, before);
}

TEST_F(DynamicRecord, AStrangersMalformedIkeAuthReplacesNoTrueFailure) {
  fail_truly();
  const auto before = failure()->when;
  be_malformed(9);
  EXPECT_EQ(responder.counters().protocol_errors, 1U);
  EXPECT_EQ(responder.counters().messages_malformed, 1U);
  EXPECT_EQ(failure()->reason, "no proposal chosen");
  EXPECT_EQ(failure()->when, before);
}

TEST_F(DynamicRecord, NorDoesOneThatAsksForEap) {
  fail_truly();
  want_eap(9);
  EXPECT_EQ(responder.counters().authentication_failures, 1U);
  EXPECT_EQ(failure()->reason, "no proposal chosen");
}

TEST_F(DynamicRecord, WhereNothingIsOnRecordAStrangerWhoAsksForEapIsKnown) {
  want_eap(8);
  ASSERT_TRUE(failure());
  EXPECT_EQ(failure()->reason, "the peer wants EAP");
}

TEST_F(DynamicRecord, SoIsOneWhoSpeaksIkev1ButNotInPlaceOfATrueFailure) {
  Bytes main_mode(wire::kHeaderSize, 0);
  main_mode[0] = 7;      // of the initiator's cookie
  main_mode[17] = 0x10;  // version 1.0
  main_mode[18] = 2;
  main_mode[27] = wire::kHeaderSize;
  EXPECT_TRUE(responder.deliver({*IpAddress::parse("198.51.100.7"), 500}, main_mode).empty());
  ASSERT_TRUE(failure());
  EXPECT_EQ(failure()->theirs, "IKEv1, from 198.51.100.7:500");
  fail_truly();
  EXPECT_TRUE(responder.deliver({*IpAddress::parse("198.51.100.7"), 500}, main_mode).empty());
  EXPECT_EQ(failure()->reason, "no proposal chosen");
}

TEST_F(DynamicRecord, WhereNothingIsOnRecordEitherTells) {
  be_refused(8);
  ASSERT_TRUE(failure());
  EXPECT_EQ(failure()->reason, "authentication failed");
  fail_truly();
}

TEST_F(DynamicRecord, AStrangersMalformedIkeAuthIsRecordedWhereNothingElseIs) {
  be_malformed(8);
  ASSERT_TRUE(failure());
  EXPECT_EQ(failure()->reason, "invalid message");
  fail_truly();
}

// ---------------------------------------------------------------- what a peer can make us write

TEST_F(DynamicRecord, AnIdentityWithoutEndIsRefusedInAFewWords) {
  for (const auto type : {wire::IdType::Fqdn, wire::IdType::DerAsn1Dn, wire::IdType::KeyId}) {
    Responder fresh;
    fresh.add_dynamic_tunnel(0, "spoke.example.com");
    RawInitiator initiator(peer(9), 7000);
    ASSERT_TRUE(initiator.take_init_response(fresh.deliver(initiator.from, initiator.init_request())));
    wire::PayloadWriter payloads;
    payloads.id(wire::PayloadType::IdI, type, Bytes(60000, 'A'));
    payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
    std::size_t longest = 0;
    const Bytes request = initiator.seal(wire::ExchangeType::IkeAuth, 1, payloads);
    for (const Action& action : fresh.engine.step(fresh.now, Datagram{fresh.here, initiator.from, request}))
      if (const auto* said = std::get_if<Notice>(&action)) longest = std::max(longest, said->text.size());
    EXPECT_LT(longest, 500U);
    const auto found = fresh.engine.status().peers.at(0).last_failure;
    ASSERT_TRUE(found);
    EXPECT_EQ(found->theirs, "an identity of 60000 octets; at most 4096 are accepted");
  }
}

TEST_F(DynamicRecord, ALongIdentityIsNotWrittenOut) {
  authenticate(9, [](const RawInitiator&) {
    wire::PayloadWriter payloads;
    payloads.id(wire::PayloadType::IdI, wire::IdType::DerAsn1Dn, Bytes(4000, 'A'));
    payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
    return payloads;
  });
  ASSERT_TRUE(failure());
  EXPECT_EQ(failure()->theirs.substr(0, 20), "identity dn 0x414141");
  EXPECT_EQ(failure()->theirs.substr(failure()->theirs.size() - 3), "...");
  EXPECT_LT(failure()->theirs.size(), 250U);
}

TEST(Words, OfACertificateThatNobodyVouchesForAreFew) {
  const std::string name(60000, 'x');
  const Failure failure = certificate_refused({}, {}, {"expired", "subject " + name}, name);
  EXPECT_LT(failure.theirs.size(), 500U);
}

// ---------------------------------------------------------------- from another address

/// A configured peer beside one that may be anywhere.
class OtherAddress : public Flood {
 protected:
  void SetUp() override {
    responder.add_tunnel(0, peer(0).address);
    responder.add_dynamic_tunnel(1, "spoke.example.com");
  }
  [[nodiscard]] std::string reason() const {
    const auto failure = responder.engine.status().peers.at(0).last_failure;
    return failure ? failure->reason : "";
  }
  const Endpoint stranger{*IpAddress::parse("198.51.100.7"), 500};
};

TEST_F(OtherAddress, WhoeverForgesAPeersInIkeAuthReplacesNoTrueFailure) {
  // The peer itself has the wrong group on offer.
  wire::PayloadWriter offer;
  offer.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, {wire::Transform::group(wire::GroupId::Modp1024)}});
  offer.ke(wire::GroupId::Modp1024, Bytes(128, 9));
  offer.nonce(Bytes(32, 3));
  wire::Header header;
  header.initiator_spi = 5;
  header.from_initiator = true;
  responder.deliver(peer(0), *wire::write_message(header, offer));
  ASSERT_EQ(reason(), "no proposal chosen");

  RawInitiator raw(stranger, 70);
  ASSERT_TRUE(raw.take_init_response(responder.deliver(stranger, raw.init_request())));
  wire::PayloadWriter payloads;
  const Identity id = Identity::of(peer(0).address);
  payloads.id(wire::PayloadType::IdI, wire::IdType::Ipv4Address, id.data);
  payloads.auth(wire::AuthMethodId::SharedKey, Bytes(32, 0));
  responder.deliver(peer(0), raw.seal(wire::ExchangeType::IkeAuth, 1, payloads));
  EXPECT_EQ(responder.counters().authentication_failures, 1U);
  EXPECT_EQ(reason(), "no proposal chosen");
}

TEST_F(OtherAddress, IkeAuthIsOfTheTunnelThatIkeSaInitCameFor) {
  RawInitiator raw(stranger, 70);
  ASSERT_TRUE(raw.take_init_response(responder.deliver(stranger, raw.init_request())));
  const auto payloads = raw.identified(Identity::of(peer(0).address));
  EXPECT_FALSE(responder.deliver(peer(0), raw.seal(wire::ExchangeType::IkeAuth, 1, payloads)).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 0U);
}

TEST_F(OtherAddress, WithoutANatTheRightProofFromElsewhereMovesNobody) {
  RawInitiator raw(peer(0), 70);
  ASSERT_TRUE(raw.take_init_response(responder.deliver(peer(0), raw.init_request())));
  const Bytes request = raw.seal(wire::ExchangeType::IkeAuth, 1, raw.identified());
  EXPECT_FALSE(responder.deliver(stranger, request).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
  for (const IkeSaStatus& sa : responder.engine.status().ike_sas) EXPECT_EQ(sa.remote, peer(0));
}

TEST_F(OtherAddress, BehindANatItMoves) {
  RawInitiator raw(peer(0), 70);
  raw.nat = Path{{*IpAddress::parse("192.168.1.7"), kIkePort}, responder.here};
  ASSERT_TRUE(raw.take_init_response(responder.deliver(peer(0), raw.init_request())));
  const Endpoint other{stranger.address, kNattPort};
  EXPECT_FALSE(responder.deliver(other, raw.seal(wire::ExchangeType::IkeAuth, 1, raw.identified())).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
  const auto all = responder.engine.status().ike_sas;
  const auto made = std::find_if(all.begin(), all.end(), [](const auto& sa) { return !sa.initiator; });
  ASSERT_NE(made, all.end());
  EXPECT_EQ(made->remote, other);
  EXPECT_EQ(made->local.port, kNattPort);
}

// ---------------------------------------------------------------- fragments of strangers

class StrangersParts : public Flood {
 protected:
  void SetUp() override { responder.add_dynamic_tunnel(0, "spoke.example.com"); }
  /// Half a handshake, whose other half may come in fragments; nullptr: there was no room.
  std::unique_ptr<RawInitiator> half_open_from(const Endpoint& from) {
    auto initiator = std::make_unique<RawInitiator>(from, ++forged);
    initiator->fragmentation = true;
    Bytes reply = responder.deliver(from, initiator->init_request());
    if (const auto cookie = cookie_in(reply))
      reply = responder.deliver(from, initiator->init_request(*cookie));
    return initiator->take_init_response(reply) ? std::move(initiator) : nullptr;
  }
  /// IKE_AUTH by the name of the peer, with so much beside it; the last part is left out unless `all`.
  Bytes authenticate(const RawInitiator& initiator, std::size_t padding, bool all) {
    wire::PayloadWriter payloads = initiator.identified(Identity::fqdn("spoke.example.com"));
    payloads.vendor_id(Bytes(padding, 7));
    auto parts = initiator.parts(wire::ExchangeType::IkeAuth, 1, payloads);
    if (!all) parts.pop_back();
    Bytes answer;
    for (const Bytes& part : parts) answer = responder.deliver(initiator.from, part);
    return answer;
  }
};

TEST_F(StrangersParts, AreTakenUpToALongChainOfCertificates) {
  const auto one = half_open_from(in("10.9.9.", 1));
  const auto other = half_open_from(in("10.9.9.", 2));
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(authenticate(*one, 17000, true).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 0U);
  EXPECT_FALSE(authenticate(*other, 15000, true).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
}

TEST_F(StrangersParts, TogetherTakeABoundedSumAndTheLargestNetworkGivesWay) {
  std::vector<std::unique_ptr<RawInitiator>> all;
  for (unsigned i = 0; i < 1000; ++i)
    if (auto one = half_open_from(in("10.9." + std::to_string(i / 250) + ".", i)))
      all.push_back(std::move(one));
  ASSERT_GT(all.size(), 500U);
  const auto held = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  const std::size_t before = held();
  for (const auto& one : all) static_cast<void>(authenticate(*one, 15000, false));
  EXPECT_LT(held(), before + (6U << 20U));
  const auto honest = half_open_from(in("10.8.8.", 1));
  ASSERT_TRUE(honest);
  EXPECT_FALSE(authenticate(*honest, 6000, true).empty());
  EXPECT_EQ(responder.counters().ike_sa_established_as_responder, 1U);
}

// ---------------------------------------------------------------- what strangers are answered

class Answers : public Flood {
 protected:
  void SetUp() override { responder.add_tunnel(0, peer(0).address); }
  /// A request, and what it is answered with weighs no more in the end.
  void expect_no_gain(const std::function<Bytes(std::uint64_t)>& request) {
    std::size_t in = 0;
    std::size_t out = 0;
    for (std::uint64_t i = 1; i <= 200; ++i) {
      const Bytes bytes = request(i);
      in += bytes.size();
      out += responder.deliver(peer(0), bytes).size();
      EXPECT_LE(out, in + 512);
    }
    EXPECT_LE(out, in);
    EXPECT_GT(out, 0U);
  }
  static wire::Header header(wire::ExchangeType exchange, std::uint64_t spi) {
    wire::Header result;
    result.initiator_spi = spi;
    result.exchange = exchange;
    result.from_initiator = true;
    return result;
  }
  static Bytes of_version_3(std::size_t padding) {
    wire::PayloadWriter payloads;
    payloads.vendor_id(Bytes(padding, 1));
    Bytes bytes = *wire::write_message(header(wire::ExchangeType::IkeSaInit, 5), payloads);
    bytes[17] = 0x30;
    return bytes;
  }
  static Bytes under_unknown_ike_sa(std::uint64_t spi, std::size_t size) {
    wire::PayloadWriter payloads;
    payloads.raw(wire::PayloadType::Sk, Bytes(size, 0));
    wire::Header about = header(wire::ExchangeType::Informational, spi);
    about.responder_spi = spi + 1;
    return *wire::write_message(about, payloads);
  }
};

TEST_F(Answers, ToAnotherVersionAreFew) {
  expect_no_gain([](std::uint64_t) { return of_version_3(0); });
  unsigned answered = 0;
  for (int i = 0; i < 10000; ++i) answered += responder.deliver(peer(0), of_version_3(100)).empty() ? 0U : 1U;
  EXPECT_GE(answered, 10U);
  EXPECT_LE(answered, 5U * 10 + 20);
  EXPECT_TRUE(responder.deliver(peer(9), of_version_3(100)).empty()) << "a stranger gets none";
  responder.now += 10s;
  EXPECT_FALSE(responder.deliver(peer(0), of_version_3(100)).empty());
}

TEST_F(Answers, AboutAnUnknownIkeSaWeighNoMoreThanTheRequests) {
  expect_no_gain([](std::uint64_t i) { return under_unknown_ike_sa(i * 2, 8); });
}

// Whoever forges the peer's address does not use up what tells it that we have lost its IKE SA.
TEST_F(Answers, AboutAnUnknownIkeSaAreNotUsedUpByForgedRequests) {
  for (std::uint64_t i = 1; i <= 500; ++i)
    static_cast<void>(responder.deliver(peer(0), under_unknown_ike_sa(i * 2, 8)));
  EXPECT_FALSE(responder.deliver(peer(0), under_unknown_ike_sa(5000, 52)).empty());
}

TEST_F(Answers, ToRepeatedRequestsWeighNoMoreThanThose) {
  const RawInitiator form(peer(0), 77);
  RawInitiator initiator(peer(0), 77);
  const Bytes request = initiator.init_request();
  expect_no_gain([&](std::uint64_t) { return request; });
  EXPECT_GT(responder.counters().init_requests_limited, 50U);
}

TEST_F(Answers, WithManyAuthoritiesComeAfterACookie) {
  responder.profile.remote_authentication = AuthMethod::Certificate;
  std::vector<Bytes> authorities;
  for (std::uint8_t i = 0; i < 32; ++i) authorities.emplace_back(20, i);
  responder.add_tunnel(1, peer(1).address, authorities);
  RawInitiator initiator(peer(1), 77);
  const auto cookie = cookie_in(responder.deliver(peer(1), initiator.init_request()));
  ASSERT_TRUE(cookie);
  EXPECT_EQ(responder.counters().cookies_sent_for_size, 1U);
  const Bytes answer = responder.deliver(peer(1), initiator.init_request(*cookie));
  EXPECT_GT(answer.size(), 640U);
  EXPECT_TRUE(initiator.take_init_response(answer));
}

TEST_F(Answers, ToOtherRequestsEachTimeAreCookies) {
  expect_no_gain([](std::uint64_t i) { return RawInitiator(peer(0), 1000 + i).init_request(); });
}

class Payments : public testing::Test {
 protected:
  const IpPrefix network = network_of(*IpAddress::parse("192.0.2.1"), 24);
  const Time now{1h};
  AnswerBudget budget;
};

TEST_F(Payments, WhatIsGivenBackCanBeSpentAgain) {
  budget.received(now, network, 150);
  ASSERT_TRUE(budget.affords(now, network, {150, 600}));
  const auto payment = budget.charge(now, network, {150, 600});
  budget.received(now, network, 150);
  EXPECT_FALSE(budget.affords(now, network, {150, 600}));
  budget.give_back(now, payment);
  EXPECT_TRUE(budget.affords(now, network, {150, 600}));
}

TEST_F(Payments, AForgottenLoanIsNotGivenBack) {
  budget.received(now, network, 150);
  const auto payment = budget.charge(now, network, {150, 600});
  budget.give_back(now + 60s, payment);
  budget.received(now + 60s, network, 150);
  EXPECT_TRUE(budget.affords(now + 60s, network, {150, 150 + 512}));
  EXPECT_FALSE(budget.affords(now + 60s, network, {150, 150 + 513}));
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
TEST_F(Corner, AProposalWithoutAGroupIsRefused) {
  auto without = transforms(wire::GroupId::X25519);
  without.pop_back();
  EXPECT_EQ(error_in(ask(without, wire::GroupId::X25519, Bytes(32, 9))), wire::NotifyType::NoProposalChosen);
  EXPECT_EQ(responder.half_open(), 0U);
}

// CVE-2014-9221: a private group id, in the proposal, in KE, in both.
TEST_F(Corner, AGroupOfThePrivateRangeIsRefused) {
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
  EXPECT_EQ(failure->refused_by, Side::Local);
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
