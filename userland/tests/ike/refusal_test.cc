// SPDX-License-Identifier: Apache-2.0
// One engine against hand-made messages: what IKE_SA_INIT refuses, corrects and ignores.
#include <gtest/gtest.h>

#include <random>

#include "userland/ike/engine.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal.h"
#include "userland/wire/writer.h"

namespace awtun::ike {
namespace {

using namespace std::chrono_literals;

class Refusal : public testing::Test {
 protected:
  Refusal() {
    TunnelPolicy policy;
    policy.local = here.address;
    policy.remote = there.address;
    policy.local_id = Identity::of(policy.local);
    policy.remote_id = Identity::of(there.address);
    policy.preshared_key = Secret(ByteView(key));
    policy.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)},
                                {2, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Ecp256)}};
    request = only_sent(step(SetTunnel{std::move(policy)}));
  }

  /// One input, and the jobs that it leads to.
  Actions step(Input input) {
    Actions all = engine.step(now, std::move(input));
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto* job = std::get_if<StartJob>(&all[i]);
      const auto* exchange = job != nullptr ? std::get_if<KeyExchangeJob>(&job->job) : nullptr;
      if (exchange == nullptr) continue;
      for (Action& action : engine.step(now, JobDone{job->token, run(*exchange)}))
        all.push_back(std::move(action));
    }
    return all;
  }

  static Bytes only_sent(const Actions& actions) {
    std::vector<Bytes> sent;
    for (const Action& action : actions)
      if (const auto* send = std::get_if<Send>(&action)) sent.push_back(send->bytes);
    EXPECT_LE(sent.size(), 1U);
    return sent.empty() ? Bytes() : sent[0];
  }
  Bytes deliver(const wire::Header& header, const wire::PayloadWriter& payloads) {
    return deliver(*wire::write_message(header, payloads));
  }
  Bytes deliver(const Bytes& bytes) {
    now += 10ms;
    return only_sent(step(Datagram{here, there, bytes}));
  }
  /// The answer of a peer that accepts the first proposal, with this public value, and what may follow it.
  Actions accept(ByteView value, const std::vector<wire::NotifyView>& notifies = {}) {
    const crypto::IkeSuite first = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519);
    wire::PayloadWriter payloads;
    payloads.sa({1, wire::ProtocolId::Ike, {}, wire_transforms(first)});
    payloads.ke(wire::GroupId::X25519, value);
    payloads.nonce(Bytes(32, 7));
    for (const wire::NotifyView& notify : notifies) payloads.notify(notify);
    wire::Header header = answer();
    header.responder_spi = 99;
    now += 10ms;
    return step(Datagram{here, there, *wire::write_message(header, payloads)});
  }
  /// The header of an answer to what was sent last, from a peer without state.
  [[nodiscard]] wire::Header answer() const {
    wire::Header header = wire::parse_message(request)->header;
    header.from_initiator = false;
    header.response = true;
    return header;
  }
  static wire::Header peers_request() {
    wire::Header header;
    header.initiator_spi = 77;
    header.from_initiator = true;
    return header;
  }

  Bytes peer_value() {
    const auto made = crypto::KeyExchange::generate(wire::GroupId::X25519, [this](MutableByteView out) {
      for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(random() >> 8);
    });
    return Bytes(made->public_value().begin(), made->public_value().end());
  }

  const Endpoint here{*IpAddress::parse("10.0.0.1"), 500};
  const Endpoint there{*IpAddress::parse("10.0.0.2"), 500};
  const Bytes key{'k', 'e', 'y'};
  std::mt19937 random{5};
  Engine engine{[this](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(random() >> 8);
  }};
  Time now{};
  Bytes request;
};

TEST_F(Refusal, ACookieIsEchoedInFrontOfTheSameRequest) {
  const Bytes cookie(20, 0xcc);
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::Cookie, cookie);
  const Bytes again = deliver(answer(), payloads);
  const auto first = wire::parse_message(request);
  const auto second = wire::parse_message(again);
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*second->payloads.begin()).type, wire::PayloadType::Notify);
  const auto echoed = find_notify(second->payloads, wire::NotifyType::Cookie);
  ASSERT_TRUE(echoed);
  EXPECT_EQ(Bytes(echoed->data.begin(), echoed->data.end()), cookie);
  EXPECT_EQ(second->header.initiator_spi, first->header.initiator_spi);
  EXPECT_EQ(second->header.message_id, 0U);
  const auto body = [](const wire::MessageView& message, wire::PayloadType type) {
    const ByteView octets = message.payloads.find(type)->body;
    return Bytes(octets.begin(), octets.end());
  };
  for (const auto type : {wire::PayloadType::Sa, wire::PayloadType::Ke, wire::PayloadType::Nonce})
    EXPECT_EQ(body(*first, type), body(*second, type));
  // A peer that goes on asking for cookies is not served for ever.
  int answered = 0;
  for (int i = 0; i < 10; ++i) answered += deliver(answer(), payloads).empty() ? 0 : 1;
  EXPECT_LE(answered, 2);
}

TEST_F(Refusal, AnotherGroupIsTriedOnceAndOnlyIfItIsOurs) {
  const auto want = [this](std::uint8_t group) {
    wire::PayloadWriter payloads;
    const Bytes data{0, group};
    payloads.notify(wire::NotifyType::InvalidKePayload, data);
    return deliver(answer(), payloads);
  };
  EXPECT_TRUE(want(2).empty());  // not in our profile
  const Bytes again = want(19);
  ASSERT_FALSE(again.empty());
  const auto ke = read<wire::decode_ke>(wire::parse_message(again)->payloads, wire::PayloadType::Ke);
  EXPECT_EQ(ke->group, wire::GroupId::Ecp256);
  EXPECT_TRUE(want(31).empty());  // tried before
}

TEST_F(Refusal, AForgedRefusalDoesNotEndTheAttempt) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::NoProposalChosen);
  EXPECT_TRUE(deliver(answer(), payloads).empty());
  const Status status = engine.status();
  ASSERT_TRUE(status.peers[0].last_failure);
  EXPECT_EQ(status.peers[0].last_failure->reason, "no proposal chosen");
  EXPECT_EQ(status.peers[0].last_failure->refused_by, Side::Peer);
  EXPECT_EQ(status.ike_sas.size(), 1U);
  EXPECT_EQ(only_sent(engine.step(Time{4s}, TimerDue{})), request);
}

TEST_F(Refusal, ABadPublicValueInAForgedAnswerEndsNothing) {
  EXPECT_TRUE(only_sent(accept(Bytes(32, 0))).empty());
  EXPECT_EQ(engine.status().ike_sas.at(0).state, IkeSaStatus::State::Connecting);
  EXPECT_FALSE(engine.status().peers[0].last_failure);
  const Bytes auth = only_sent(accept(peer_value()));
  const auto message = wire::parse_message(auth);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.exchange, wire::ExchangeType::IkeAuth);
  EXPECT_EQ(message->header.responder_spi, 99U);
}

TEST_F(Refusal, AnAnswerIsPassedOverWhileAnotherIsLookedInto) {
  const auto ask = [&](ByteView value) {
    const crypto::IkeSuite first = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519);
    wire::PayloadWriter payloads;
    payloads.sa({1, wire::ProtocolId::Ike, {}, wire_transforms(first)});
    payloads.ke(wire::GroupId::X25519, value);
    payloads.nonce(Bytes(32, 7));
    wire::Header header = answer();
    header.responder_spi = 99;
    return engine.step(now, Datagram{here, there, *wire::write_message(header, payloads)});
  };
  const Actions actions = ask(peer_value());
  ASSERT_EQ(actions.size(), 1U);
  const auto& job = std::get<StartJob>(actions[0]);
  EXPECT_TRUE(ask(peer_value()).empty());
  EXPECT_FALSE(
      only_sent(engine.step(now, JobDone{job.token, run(std::get<KeyExchangeJob>(job.job))})).empty());
  // The same result again belongs to nobody.
  EXPECT_TRUE(engine.step(now, JobDone{job.token, run(std::get<KeyExchangeJob>(job.job))}).empty());
}

TEST_F(Refusal, WhatThePeerKnowsOfSignaturesReachesTheSigner) {
  TunnelPolicy policy;
  policy.local = here.address;
  policy.remote = there.address;
  policy.local_id = Identity::fqdn("r1");
  policy.remote_id = Identity::fqdn("r2");
  policy.certificate = CertificatePolicy{"trust", {}};
  policy.isakmp.local_authentication = AuthMethod::Certificate;
  policy.isakmp.remote_authentication = AuthMethod::Certificate;
  policy.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)}};
  const auto signer_told = [&](const std::vector<wire::NotifyView>& notifies) {
    std::optional<std::vector<std::uint16_t>> told;
    policy.certificate->trustpoint += "x";
    TunnelPolicy copy;
    copy.local = policy.local;
    copy.remote = policy.remote;
    copy.local_id = policy.local_id;
    copy.remote_id = policy.remote_id;
    copy.certificate = policy.certificate;
    copy.isakmp = policy.isakmp;
    request = only_sent(step(SetTunnel{std::move(copy)}));
    for (const Action& action : accept(peer_value(), notifies)) {
      const auto* job = std::get_if<StartJob>(&action);
      const auto* sign = job != nullptr ? std::get_if<SignJob>(&job->job) : nullptr;
      if (sign != nullptr) told = sign->peer_hashes;
    }
    return told;
  };
  EXPECT_EQ(signer_told({}), std::vector<std::uint16_t>());
  const Bytes hashes{0, 2, 0, 4, 0};  // and an octet too many
  EXPECT_EQ(signer_told({{wire::NotifyType::SignatureHashAlgorithms, wire::ProtocolId::None, {}, hashes}}),
            (std::vector<std::uint16_t>{2, 4}));
  const auto ours =
      find_notify(wire::parse_message(request)->payloads, wire::NotifyType::SignatureHashAlgorithms);
  ASSERT_TRUE(ours);
  EXPECT_EQ(Bytes(ours->data.begin(), ours->data.end()), (Bytes{0, 2, 0, 3, 0, 4}));
}

TEST_F(Refusal, UnknownCriticalPayloadIsNamed) {
  wire::PayloadWriter payloads;
  payloads.raw(static_cast<wire::PayloadType>(200), {}, true);
  wire::Proposal proposal{1, wire::ProtocolId::Ike, {}, {wire::Transform::encr(wire::EncrId::AesCbc, 256)}};
  payloads.sa(proposal);
  payloads.ke(wire::GroupId::X25519, Bytes(32, 9));
  payloads.nonce(Bytes(32, 1));
  const Bytes reply = deliver(peers_request(), payloads);
  const auto message = wire::parse_message(reply);
  ASSERT_TRUE(message);
  const auto notify = find_notify(message->payloads, wire::NotifyType::UnsupportedCriticalPayload);
  ASSERT_TRUE(notify);
  EXPECT_EQ(Bytes(notify->data.begin(), notify->data.end()), Bytes{200});
}

TEST_F(Refusal, AnotherMajorVersionIsAnsweredSo) {
  Bytes bytes = request;
  bytes[17] = 0x30;
  const Bytes reply = deliver(bytes);
  const auto message = wire::parse_message(reply);
  ASSERT_TRUE(message);
  EXPECT_TRUE(find_notify(message->payloads, wire::NotifyType::InvalidMajorVersion));
  bytes[19] |= 0x20;  // a response is not answered
  EXPECT_TRUE(deliver(bytes).empty());
}

// ---------------------------------------------------------------- IKEv1

/// An ISAKMP header: Main Mode, Aggressive Mode or an Informational exchange, which a peer that is set to
/// IKEv1 begins, or answers with.
class Version1 : public Refusal {
 protected:
  static constexpr std::uint8_t kMainMode = 2;
  static constexpr std::uint8_t kInformational = 5;

  static Bytes isakmp(std::uint8_t exchange) {
    Bytes bytes(28, 0);
    bytes[0] = 0x77;
    bytes[17] = 0x10;
    bytes[18] = exchange;
    bytes[27] = 28;
    return bytes;
  }
  /// With our SPI as its initiator cookie.
  [[nodiscard]] Bytes isakmp_answer() const {
    Bytes bytes = isakmp(kInformational);
    std::copy_n(request.begin(), 8, bytes.begin());
    return bytes;
  }
  /// An empty one: there is none.
  [[nodiscard]] Failure failure() const {
    return engine.status().peers.at(0).last_failure.value_or(Failure{});
  }
  /// All that falls due until then.
  void run_until(Time end) {
    for (auto due = engine.next_deadline(); due && *due <= end; due = engine.next_deadline()) {
      now = std::max(now, *due);
      for (const Action& action : step(TimerDue{}))
        if (const auto* send = std::get_if<Send>(&action)) request = send->bytes;
    }
    now = std::max(now, end);
  }
  void expect_told() const {
    EXPECT_EQ(failure().reason, "the peer speaks IKEv1");
    EXPECT_NE(failure().hint.find("set IKEv2 at the peer"), std::string::npos) << failure().hint;
  }
};

TEST_F(Version1, APeerThatBeginsIsKnownByItsHeader) {
  EXPECT_TRUE(deliver(isakmp(kMainMode)).empty());
  expect_told();
  EXPECT_EQ(failure().exchange, "IKE_SA_INIT");
  EXPECT_EQ(failure().ours, "IKEv2");
  EXPECT_EQ(failure().theirs, "IKEv1, from 10.0.0.2:500");
  EXPECT_EQ(only_sent(engine.step(Time{4s}, TimerDue{})), request) << "the attempt goes on";
}

TEST_F(Version1, SoIsOneThatAnswers) {
  EXPECT_TRUE(deliver(isakmp_answer()).empty());
  expect_told();
  EXPECT_EQ(engine.status().ike_sas.at(0).state, IkeSaStatus::State::Connecting);
}

TEST_F(Version1, TheEndOfAnAttemptSaysSoWhateverElseWasSaid) {
  EXPECT_TRUE(deliver(isakmp(kMainMode)).empty());
  run_until(now + 60s);
  ASSERT_TRUE(engine.status().peers[0].unanswered);
  EXPECT_NE(engine.status().peers[0].unanswered->hint.find("IKEv1"), std::string::npos);
  run_until(now + 120s);
  expect_told();
  EXPECT_EQ(engine.status().counters.no_response, 1U);
}

TEST_F(Version1, ARefusalOfTheNextAttemptDoesTheSame) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::NoProposalChosen);
  EXPECT_TRUE(deliver(answer(), payloads).empty());
  EXPECT_TRUE(deliver(isakmp(kMainMode)).empty());
  EXPECT_EQ(failure().reason, "no proposal chosen") << "what anybody says does not take its place";
  run_until(now + 20s);
  EXPECT_TRUE(deliver(answer(), payloads).empty());
  expect_told();
  EXPECT_EQ(failure().ours, "IKEv2");
  EXPECT_EQ(failure().theirs, "NO_PROPOSAL_CHOSEN");
}

TEST_F(Version1, OneThatSaysSoInVersion2) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::InvalidMajorVersion);
  EXPECT_TRUE(deliver(answer(), payloads).empty());
  expect_told();
  EXPECT_EQ(failure().theirs, "INVALID_MAJOR_VERSION");
}

TEST_F(Version1, AFloodOfItIsWrittenDownNowAndThen) {
  std::size_t notices = 0;
  for (int i = 0; i < 2000; ++i) {
    now += 10ms;
    for (const Action& action : step(Datagram{here, there, isakmp(kMainMode)})) {
      EXPECT_FALSE(std::holds_alternative<Send>(action));
      notices += std::holds_alternative<Notice>(action) ? 1U : 0U;
    }
  }
  EXPECT_LE(notices, 3U);
  EXPECT_EQ(engine.status().ike_sas.size(), 1U);
}

TEST_F(Version1, OfAStrangerItSaysNothing) {
  static_cast<void>(step(Datagram{here, {*IpAddress::parse("10.9.9.9"), 500}, isakmp(kMainMode)}));
  EXPECT_EQ(failure().reason, "");
}

TEST_F(Version1, AnAnswerThatChoosesWhatWasNotOfferedIsNoSilence) {
  wire::PayloadWriter payloads;
  payloads.sa({1,
               wire::ProtocolId::Ike,
               {},
               wire_transforms(*crypto::ike_suite("aes128", "sha1", crypto::GroupId::X25519))});
  payloads.ke(wire::GroupId::X25519, peer_value());
  payloads.nonce(Bytes(32, 7));
  wire::Header header = answer();
  header.responder_spi = 99;
  EXPECT_TRUE(deliver(header, payloads).empty());
  run_until(now + 170s);
  EXPECT_EQ(failure().reason, "no valid response");
  EXPECT_EQ(failure().ours, "AES256/SHA256/31, AES256/SHA256/19");
  EXPECT_EQ(failure().theirs, "AES128/SHA1/31, a key of group 31");
}

// ---------------------------------------------------------------- in the clear

/// Our IKE_AUTH is out. What comes back has no protection.
class InTheClear : public Version1 {
 protected:
  InTheClear() { request = only_sent(accept(peer_value())); }

  void say(wire::NotifyType error, const Endpoint& from) {
    wire::PayloadWriter payloads;
    payloads.notify(error);
    wire::Header header = *wire::parse_header(request);
    header.first_payload = wire::PayloadType::None;
    header.from_initiator = false;
    header.response = true;
    now += 10ms;
    EXPECT_TRUE(only_sent(step(Datagram{here, from, *wire::write_message(header, payloads)})).empty());
  }
};

TEST_F(InTheClear, ARefusalOfIkeAuthEndsNothingAndIsToldInTheEnd) {
  const Bytes auth = request;
  say(wire::NotifyType::AuthenticationFailed, there);
  EXPECT_EQ(failure().reason, "");
  run_until(now + 60s);
  EXPECT_EQ(request, auth) << "sent again";
  ASSERT_TRUE(engine.status().peers[0].unanswered);
  const std::string hint = engine.status().peers[0].unanswered->hint;
  EXPECT_NE(hint.find("AUTHENTICATION_FAILED"), std::string::npos) << hint;
  run_until(now + 120s);
  EXPECT_EQ(failure().exchange, "IKE_AUTH");
  EXPECT_EQ(failure().refused_by, Side::Peer);
  EXPECT_EQ(failure().reason, "refused in the clear");
  EXPECT_EQ(failure().theirs, "AUTHENTICATION_FAILED");
  EXPECT_EQ(failure().hint, hint);
  EXPECT_NE(hint.find("pre-shared keys"), std::string::npos) << hint;
  EXPECT_EQ(hint.find("UDP port"), std::string::npos) << hint;
  EXPECT_EQ(engine.status().counters.authentication_failures, 1U);
}

TEST_F(InTheClear, EveryOtherErrorIsNamed) {
  for (const auto error : {wire::NotifyType::NoProposalChosen, wire::NotifyType::InvalidSyntax,
                           wire::NotifyType::InvalidIkeSpi, static_cast<wire::NotifyType>(99)}) {
    say(error, there);
    run_until(now + 1s);
  }
  run_until(now + 170s);
  EXPECT_EQ(failure().reason, "refused in the clear");
  EXPECT_EQ(failure().theirs, "99") << "the latest";
}

TEST_F(InTheClear, ThatThePeerHasNoSuchIkeSaIsOneOfThem) {
  say(wire::NotifyType::InvalidIkeSpi, there);
  run_until(now + 170s);
  EXPECT_EQ(failure().theirs, "INVALID_IKE_SPI");
}

TEST_F(InTheClear, FromElsewhereItIsNothing) {
  say(wire::NotifyType::AuthenticationFailed, {*IpAddress::parse("10.9.9.9"), 500});
  run_until(now + 170s);
  EXPECT_EQ(failure().reason, "no response");
}

TEST_F(Refusal, AuthenticationFailedToTheFirstMessageSaysWhatToLookAt) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::AuthenticationFailed);
  EXPECT_TRUE(deliver(answer(), payloads).empty());
  const auto failure = engine.status().peers[0].last_failure;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exchange, "IKE_SA_INIT");
  EXPECT_EQ(failure->theirs, "AUTHENTICATION_FAILED");
  EXPECT_EQ(failure->cause, Cause::AuthenticationFailed);
  EXPECT_NE(failure->hint.find("know this router as 10.0.0.1"), std::string::npos) << failure->hint;
  EXPECT_EQ(engine.status().ike_sas.size(), 1U);
  EXPECT_FALSE(only_sent(engine.step(Time{4s}, TimerDue{})).empty());
  ASSERT_TRUE(engine.status().peers[0].unanswered);
  EXPECT_EQ(engine.status().peers[0].unanswered->hint, failure->hint) << "it has not been silent";
}

TEST_F(Refusal, OurOwnMessageSentBackIsIgnored) {
  Bytes reflected = request;
  EXPECT_NO_FATAL_FAILURE(deliver(reflected));
  reflected[19] ^= 0x20;
  EXPECT_TRUE(deliver(reflected).empty());
  EXPECT_EQ(engine.status().ike_sas.front().state, IkeSaStatus::State::Connecting);
}

TEST_F(Refusal, StrangersGetNoAnswer) {
  now += 1s;
  const Endpoint stranger{*IpAddress::parse("10.9.9.9"), 500};
  EXPECT_TRUE(only_sent(step(Datagram{here, stranger, request})).empty());
  EXPECT_EQ(engine.status().counters.messages_unknown_sa, 1U);
}

}  // namespace
}  // namespace awtun::ike
