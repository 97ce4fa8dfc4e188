// SPDX-License-Identifier: Apache-2.0
// NAT detection, RFC 7296 section 2.23.
#include "userland/ike/rules/nat.h"

#include <gtest/gtest.h>

#include <array>

#include "userland/ike/engine.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {
namespace {

constexpr IkeSpis kSpis{0x0102030405060708, 0x1112131415161718};

Endpoint at(std::string_view address, std::uint16_t port = kIkePort) {
  return {*IpAddress::parse(address), port};
}

/// What the receiver makes of notifications that were written for `sent` and arrive by `received`.
NatView seen(const Path& sent, const Path& received, const IkeSpis& spis = kSpis) {
  wire::PayloadWriter payloads;
  write_nat_detection(payloads, kSpis, sent);
  return detect_nat(*wire::parse_chain(payloads.first(), payloads.octets()), spis, received);
}

TEST(NatDetection, TheHashIsThatOfTheRfc) {
  // SHA-1 of both SPIs, 10.0.0.1 and port 500, as any other tool computes it.
  const Bytes expected{0xa4, 0x4b, 0x64, 0x62, 0xd5, 0xa1, 0x36, 0x1b, 0xfb, 0xe8,
                       0x45, 0xcb, 0x7e, 0xc1, 0xe3, 0x37, 0xd5, 0x58, 0xf0, 0xda};
  wire::PayloadWriter payloads;
  write_nat_detection(payloads, kSpis, {at("10.0.0.1"), at("10.0.0.2")});
  const auto chain = *wire::parse_chain(payloads.first(), payloads.octets());
  const auto first = wire::decode_notify(*chain.begin());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, wire::NotifyType::NatDetectionSourceIp);
  EXPECT_EQ(Bytes(first->data.begin(), first->data.end()), expected);
}

TEST(NatDetection, EachEndByItself) {
  for (const auto& [a, b, c] : {std::array{"10.0.0.1", "10.0.0.2", "192.0.2.1"},
                                std::array{"2001:db8::1", "2001:db8::2", "2001:db8:1::1"}}) {
    const Path sent{at(a), at(b)};
    EXPECT_FALSE(seen(sent, {at(b), at(a)}).found());
    const NatView theirs = seen(sent, {at(b), at(c)});
    EXPECT_TRUE(theirs.theirs);
    EXPECT_FALSE(theirs.ours);
    EXPECT_TRUE(theirs.peer_may_move());
    const NatView ours = seen(sent, {at(c), at(a)});
    EXPECT_TRUE(ours.ours);
    EXPECT_FALSE(ours.theirs);
    EXPECT_FALSE(ours.peer_may_move());
    const NatView both = seen(sent, {at(c), at(c)});
    EXPECT_TRUE(both.ours && both.theirs);
    EXPECT_FALSE(both.peer_may_move());
    // A port is enough.
    EXPECT_TRUE(seen(sent, {at(b), at(a, 20000)}).theirs);
  }
}

TEST(NatDetection, OtherSpisAreOtherHashes) {
  const NatView view =
      seen({at("10.0.0.1"), at("10.0.0.2")}, {at("10.0.0.2"), at("10.0.0.1")}, {kSpis.initiator, 0});
  EXPECT_TRUE(view.ours && view.theirs);
}

TEST(NatDetection, OneOfSeveralSourceAddressesIsEnough) {
  wire::PayloadWriter payloads;
  for (const char* own : {"10.0.0.1", "10.1.0.1", "10.2.0.1"})
    write_nat_detection(payloads, kSpis, {at(own), at("10.0.0.2")});
  const auto chain = *wire::parse_chain(payloads.first(), payloads.octets());
  EXPECT_FALSE(detect_nat(chain, kSpis, {at("10.0.0.2"), at("10.1.0.1")}).found());
  EXPECT_TRUE(detect_nat(chain, kSpis, {at("10.0.0.2"), at("10.3.0.1")}).theirs);
}

TEST(NatDetection, APeerThatSaysNothingHasNone) {
  wire::PayloadWriter payloads;
  payloads.notify(wire::NotifyType::NatDetectionSourceIp, Bytes(20));
  const auto half = *wire::parse_chain(payloads.first(), payloads.octets());
  EXPECT_FALSE(detect_nat(half, kSpis, {at("10.0.0.2"), at("10.0.0.1")}).found());
  // Of the wrong length it is simply another one.
  payloads.notify(wire::NotifyType::NatDetectionDestinationIp, Bytes(3));
  const auto odd = *wire::parse_chain(payloads.first(), payloads.octets());
  EXPECT_TRUE(detect_nat(odd, kSpis, {at("10.0.0.2"), at("10.0.0.1")}).ours);
}

}  // namespace
}  // namespace awtun::ike
