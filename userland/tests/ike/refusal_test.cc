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
  EXPECT_EQ(status.peers[0].last_failure->refused_by, "peer");
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
