// SPDX-License-Identifier: Apache-2.0
// Messages too large for one packet (RFC 7383), on networks that lose, repeat, reorder and forge.
#include <gtest/gtest.h>

#include <algorithm>

#include "userland/crypto/ike_cipher.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/writer.h"

namespace awtun::sim {
namespace {

/// As long as a certificate chain.
ike::Identity long_name(std::uint8_t filler) { return {ike::Identity::Type::KeyId, Bytes(4000, filler)}; }

bool is_fragment(ByteView message) {
  return message[16] == static_cast<std::uint8_t>(wire::PayloadType::Skf);
}
bool is_response(ByteView message) { return (message[19] & 0x20) != 0; }

struct LongPair : Pair {
  explicit LongPair(std::uint64_t seed, Family family = Family::V4) : Pair(seed, family) {
    identities = {long_name(0), long_name(1)};
  }
  /// Node 0 is the only one to begin.
  void begin() {
    set(1);
    world.power(1, false);
    world.run_for(1s);
    world.power(1, true);
    set(0);
  }
};

TEST(Fragments, ALargeMessageTravelsInPacketsOf1280Octets) {
  for (const Family family : {Family::V4, Family::V6}) {
    LongPair pair(1, family);
    const std::size_t around = (family == Family::V4 ? 20U : 40U) + 8 + 4;
    std::size_t largest = 0;
    std::size_t fragments = 0;
    pair.world.on_send = [&](const ike::Send& sent) {
      largest = std::max(largest, sent.bytes.size() + around);
      if (is_fragment(sent.bytes)) ++fragments;
    };
    pair.begin();
    ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
    EXPECT_LE(largest, 1280U);
    EXPECT_GT(largest, 1280U - 16);
    // Two names in the request, one in the response.
    EXPECT_EQ(fragments, 8U + 4U);
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Fragments, WhatFitsIsSentWhole) {
  Pair pair(1);
  bool any = false;
  pair.world.on_send = [&](const ike::Send& sent) { any = any || is_fragment(sent.bytes); };
  pair.set_both();
  ASSERT_TRUE(pair.come_up());
  pair.world.run_for(60s);
  EXPECT_FALSE(any);
}

TEST(Fragments, APeerThatDoesNotAnnounceItGetsNone) {
  LongPair pair(1);
  bool busy = false;
  // The notification leaves the response; that this breaks the authentication comes later.
  pair.world.network().filter = [&](const ike::Send& sent) {
    const auto message = wire::parse_message(sent.bytes);
    if (busy || message->header.exchange != wire::ExchangeType::IkeSaInit || !message->header.response)
      return false;
    wire::PayloadWriter rest;
    for (const wire::PayloadView payload : message->payloads) {
      const auto notify = wire::decode_notify(payload);
      const bool announces = payload.type == wire::PayloadType::Notify && notify &&
                             notify->type == wire::NotifyType::IkeFragmentationSupported;
      if (!announces) rest.raw(payload.type, payload.body);
    }
    busy = true;
    pair.world.network().send(pair.world.now(),
                              {sent.local, sent.remote, *wire::write_message(message->header, rest)});
    busy = false;
    return true;
  };
  std::size_t auth_size = 0;
  bool fragment_from_0 = false;
  pair.world.on_send = [&](const ike::Send& sent) {
    if (sent.local.address != pair.world.node(0).address) return;
    if (sent.bytes[18] == static_cast<std::uint8_t>(wire::ExchangeType::IkeAuth))
      auth_size = std::max(auth_size, sent.bytes.size());
    fragment_from_0 = fragment_from_0 || is_fragment(sent.bytes);
  };
  pair.begin();
  pair.world.run_for(1s);
  EXPECT_GT(auth_size, 8000U);
  EXPECT_FALSE(fragment_from_0);
}

TEST(Fragments, LostRepeatedAndReorderedOnesGetThere) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    LongPair pair(seed, seed % 2 == 0 ? Family::V4 : Family::V6);
    pair.world.network().faults = {150, 200, 5ms, 500ms};
    pair.set_both();
    ASSERT_TRUE(pair.come_up(600s)) << pair.world.trace();
    pair.world.network().faults = {0, 200, 5ms, 500ms};
    pair.world.run_for(600s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "");
  }
}

TEST(Fragments, ForgedOnesChangeNothing) {
  LongPair pair(1);
  bool busy = false;
  pair.world.network().filter = [&](const ike::Send& sent) {
    if (busy || !is_fragment(sent.bytes)) return false;
    busy = true;
    // Before each one: a copy with other contents, one that claims more parts, one that claims fewer.
    const std::size_t numbers = wire::kHeaderSize + wire::kPayloadHeaderSize;
    ike::Send forged = sent;
    forged.bytes[forged.bytes.size() - 40] ^= 1;
    pair.world.network().send(pair.world.now(), forged);
    forged = sent;
    forged.bytes[numbers + 3] = 200;
    pair.world.network().send(pair.world.now(), forged);
    forged.bytes[numbers + 1] = 1;
    forged.bytes[numbers + 3] = 1;
    pair.world.network().send(pair.world.now(), forged);
    busy = false;
    return false;
  };
  pair.begin();
  ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
  EXPECT_GE(pair.status(0).counters.messages_bad_integrity, 4U);
  EXPECT_GE(pair.status(1).counters.messages_bad_integrity, 8U);
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
}

TEST(Fragments, ARetransmissionSendsAllOfThemAgain) {
  LongPair pair(1);
  std::vector<Bytes> sent_by_0;
  pair.world.on_send = [&](const ike::Send& sent) {
    if (sent.local.address == pair.world.node(0).address && is_fragment(sent.bytes))
      sent_by_0.push_back(sent.bytes);
  };
  pair.world.network().filter = [&](const ike::Send& sent) { return is_fragment(sent.bytes); };
  pair.begin();
  pair.world.run_for(3s);
  const std::vector<Bytes> first = std::exchange(sent_by_0, {});
  EXPECT_EQ(first.size(), 8U);
  pair.world.run_for(3s);
  EXPECT_EQ(sent_by_0, first);
}

TEST(Fragments, PartsOfTwoTransmissionsMakeOneMessage) {
  LongPair pair(1);
  std::size_t seen = 0;
  // Of the first transmission every other one arrives, of the second the others.
  pair.world.network().filter = [&](const ike::Send& sent) {
    // Node 1 is not to begin anything.
    if (is_response(sent.bytes)) return false;
    if (sent.local.address == pair.world.node(1).address) return true;
    if (!is_fragment(sent.bytes)) return false;
    const bool drop = (seen / 8 + seen) % 2 == 0;
    ++seen;
    return drop;
  };
  pair.begin();
  ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
  EXPECT_EQ(seen, 16U);
}

TEST(Fragments, ARepeatedRequestIsAnsweredOnce) {
  LongPair pair(1);
  std::vector<ike::Send> request;
  std::size_t answers = 0;
  pair.world.on_send = [&](const ike::Send& sent) {
    if (!is_fragment(sent.bytes)) return;
    if (is_response(sent.bytes))
      ++answers;
    else
      request.push_back(sent);
  };
  pair.begin();
  ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
  ASSERT_EQ(request.size(), 8U);
  answers = 0;
  for (const ike::Send& sent : request) pair.world.network().send(pair.world.now(), sent);
  pair.world.run_for(1s);
  EXPECT_EQ(answers, 4U);
  // Without the first part nothing at all is answered.
  answers = 0;
  for (const ike::Send& sent : std::span(request).subspan(1))
    pair.world.network().send(pair.world.now(), sent);
  pair.world.run_for(1s);
  EXPECT_EQ(answers, 0U);
}

/// Node 0's fragments, made by hand under its newest IKE SA.
class ForgedParts : public testing::Test {
 protected:
  void SetUp() override {
    pair.world.on_send = [this](const ike::Send& sent) {
      const auto header = wire::parse_header(sent.bytes);
      if (sent.local.address == pair.world.node(0).address && !header->response)
        next_id = header->message_id + 1;
      if (sent.local.address == pair.world.node(1).address && header->response) ++answers;
    };
    pair.isakmp.dpd_interval = 1000s;
    pair.begin();
    ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
    pair.world.run_for(20s);
    answers = 0;
  }
  void deliver(std::uint16_t number, std::uint16_t total, ByteView plaintext) {
    const ike::IkeKeys& keys = pair.world.node(0).keys.back();
    const auto cipher = crypto::IkeCipher::create(keys.suite, keys.sk_ei.view(), keys.sk_ai.view());
    wire::Header header;
    header.initiator_spi = keys.initiator_spi;
    header.responder_spi = keys.responder_spi;
    header.exchange = wire::ExchangeType::Informational;
    header.from_initiator = true;
    header.message_id = next_id;
    const Bytes iv(cipher->iv_size(), 0x44);
    auto bytes = wire::write_fragment(
        header, {first, plaintext, number, total},
        {cipher->sealed_size(plaintext.size()), [&](ByteView prefix, ByteView text, MutableByteView body) {
           return static_cast<bool>(cipher->seal(iv, prefix, text, body));
         }});
    pair.world.input(1, ike::Datagram{{pair.world.node(1).address, ike::kIkePort},
                                      {pair.world.node(0).address, ike::kIkePort},
                                      *std::move(bytes)});
  }

  LongPair pair{1};
  wire::PayloadType first = wire::PayloadType::Notify;
  std::uint32_t next_id = 0;
  std::size_t answers = 0;
};

/// A status notification that means nothing.
const Bytes kNotify{0, 0, 0, 8, 0, 0, 0xa0, 0x00};

TEST_F(ForgedParts, TogetherAreARequest) {
  deliver(2, 2, ByteView(kNotify).subspan(3));
  EXPECT_EQ(answers, 0U);
  deliver(1, 2, ByteView(kNotify).first(3));
  EXPECT_EQ(answers, 1U);
  EXPECT_EQ(pair.status(1).counters.messages_malformed, 0U);
}

TEST_F(ForgedParts, AreForgottenAfterAMinute) {
  deliver(1, 2, ByteView(kNotify).first(3));
  const auto deadline = pair.world.node(1).engine.next_deadline();
  ASSERT_TRUE(deadline);
  EXPECT_EQ(*deadline, pair.world.now() + 60s);
  pair.world.run_for(60s);
  EXPECT_NE(pair.world.node(1).engine.next_deadline(), deadline);
  deliver(2, 2, ByteView(kNotify).subspan(3));
  EXPECT_EQ(answers, 0U);
  deliver(1, 2, ByteView(kNotify).first(3));
  EXPECT_EQ(answers, 1U);
}

TEST_F(ForgedParts, AreJudgedLikeAnyMessage) {
  first = wire::PayloadType::Delete;
  deliver(1, 1, Bytes{0, 0, 0, 12, 3, 4, 0, 2, 10, 0, 0, 1});  // two SPIs, and there is one
  EXPECT_EQ(answers, 1U);
  EXPECT_EQ(pair.status(1).counters.messages_malformed, 1U);
  EXPECT_EQ(pair.failure(1)->reason, "invalid message");
}

TEST_F(ForgedParts, OfAMessageThatIsNotExpectedAreNotKept) {
  const auto deadline = pair.world.node(1).engine.next_deadline();
  next_id += 1;
  deliver(1, 2, ByteView(kNotify).first(3));
  EXPECT_EQ(pair.world.node(1).engine.next_deadline(), deadline);
}

}  // namespace
}  // namespace awtun::sim
