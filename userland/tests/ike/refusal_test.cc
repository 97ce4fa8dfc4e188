// SPDX-License-Identifier: Apache-2.0
// One engine against hand-made messages: what IKE_SA_INIT refuses, corrects and ignores.
#include <gtest/gtest.h>

#include <random>

#include "userland/ike/engine.h"
#include "userland/ike/payloads.h"
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
    policy.remote_id = Identity::of(policy.remote);
    policy.preshared_key = Secret(ByteView(key));
    policy.isakmp.transforms = {{1, {Encryption::Aes256, Integrity::Sha256, 31}},
                                {2, {Encryption::Aes256, Integrity::Sha256, 19}}};
    request = only_sent(engine.step(now, SetTunnel{std::move(policy)}));
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
    return only_sent(engine.step(now, Datagram{here, there, bytes}));
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
  EXPECT_EQ(engine.status().ike_sas.front().state, "Connecting");
}

TEST_F(Refusal, StrangersGetNoAnswer) {
  now += 1s;
  const Endpoint stranger{*IpAddress::parse("10.9.9.9"), 500};
  EXPECT_TRUE(only_sent(engine.step(now, Datagram{here, stranger, request})).empty());
  EXPECT_EQ(engine.status().counters.messages_unknown_sa, 1U);
}

}  // namespace
}  // namespace awtun::ike
