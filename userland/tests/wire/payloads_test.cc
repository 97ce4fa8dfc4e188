// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iterator>

#include "userland/tests/wire/samples.h"

namespace awtun::wire {
namespace {

PayloadView view(PayloadType type, ByteView body) { return {.type = type, .body = body}; }

/// The rule that decoding breaks; empty when it succeeds.
template <class Decoded>
std::string rule(const Result<Decoded, ParseError>& result) {
  return result ? std::string() : std::string(result.error().rule);
}

// One proposal of ESP: AES-GCM-16 with a key of 256 bits, no ESN; its octets as RFC 7296 3.3 lays out.
const Bytes kEspSa{0x00, 0x00, 0x00, 0x20, 0x01, 0x03, 0x04, 0x02, 0xc0, 0xff, 0xee,
                   0x01, 0x03, 0x00, 0x00, 0x0c, 0x01, 0x00, 0x00, 0x14, 0x80, 0x0e,
                   0x01, 0x00, 0x00, 0x00, 0x00, 0x08, 0x05, 0x00, 0x00, 0x00};

Bytes with(Bytes octets, std::size_t at, std::uint8_t value) {
  octets.at(at) = value;
  return octets;
}

std::string sa_rule(const Bytes& body) { return rule(decode_sa(view(PayloadType::Sa, body))); }

TEST(SaPayload, IsReadAndWrittenOctetForOctet) {
  const auto sa = decode_sa(view(PayloadType::Sa, kEspSa));
  ASSERT_TRUE(sa);
  ASSERT_EQ(std::distance(sa->begin(), sa->end()), 1);
  EXPECT_EQ((*sa->begin()).copy(), esp_proposal(1, 0xc0ffee01));
  PayloadWriter writer;
  writer.sa(esp_proposal(1, 0xc0ffee01));
  EXPECT_EQ(Bytes(writer.octets().begin() + kPayloadHeaderSize, writer.octets().end()), kEspSa);
}

TEST(SaPayload, KeepsTheOrderOfProposals) {
  PayloadWriter writer;
  std::vector<Proposal> proposals;
  for (std::uint8_t n = 1; n != 0; ++n) proposals.push_back(ike_proposal(n, n, GroupId::Modp2048));
  writer.sa(proposals);
  const auto chain = parse_chain(writer.first(), writer.octets());
  ASSERT_TRUE(chain);
  const auto sa = decode_sa(*chain->begin());
  ASSERT_TRUE(sa);
  std::vector<Proposal> read;
  for (const ProposalView proposal : *sa) read.push_back(proposal.copy());
  EXPECT_EQ(read, proposals);
}

TEST(SaPayload, AResponseMayRepeatAnyNumber) {
  EXPECT_EQ(sa_rule(with(kEspSa, 4, 7)), "");
  EXPECT_EQ(sa_rule(with(kEspSa, 4, 0)), "has proposals that are not numbered 1, 2, 3 ...");
}

TEST(SaPayload, NumbersOfSeveralProposalsRiseByOne) {
  for (const std::uint8_t second : {std::uint8_t{1}, std::uint8_t{3}}) {
    PayloadWriter writer;
    writer.sa(
        std::vector{ike_proposal(1, 256, GroupId::Modp2048), ike_proposal(second, 128, GroupId::Modp2048)});
    const auto chain = parse_chain(writer.first(), writer.octets());
    ASSERT_TRUE(chain);
    EXPECT_EQ(rule(decode_sa(*chain->begin())), "has proposals that are not numbered 1, 2, 3 ...");
  }
}

TEST(SaPayload, NamesTheRuleThatIsBroken) {
  EXPECT_EQ(sa_rule({}), "has no proposal");
  EXPECT_EQ(sa_rule(with(kEspSa, 0, 2)), "has a proposal that marks the last one wrongly");
  EXPECT_EQ(sa_rule(with(kEspSa, 3, 0x21)), "has a proposal that does not fit");
  EXPECT_EQ(sa_rule(with(kEspSa, 3, 0x07)), "has a proposal that does not fit");
  EXPECT_EQ(sa_rule(with(kEspSa, 5, 1)), "has an SPI size that does not fit the protocol");
  EXPECT_EQ(sa_rule(with(kEspSa, 6, 8)), "has an SPI size that does not fit the protocol");
  EXPECT_EQ(sa_rule(with(with(kEspSa, 5, 9), 6, 200)), "has an SPI that does not fit its proposal");
  EXPECT_EQ(sa_rule(with(kEspSa, 7, 1)), "has more transforms than a proposal announces");
  EXPECT_EQ(sa_rule(with(kEspSa, 7, 3)), "has fewer transforms than a proposal announces");
  EXPECT_EQ(sa_rule(with(kEspSa, 12, 0)), "has a transform that marks the last one wrongly");
  EXPECT_EQ(sa_rule(with(kEspSa, 15, 0x0b)), "has an attribute that does not fit its transform");
  EXPECT_EQ(sa_rule(with(kEspSa, 15, 0xff)), "has a transform that does not fit its proposal");
  EXPECT_EQ(sa_rule(with(kEspSa, 20, 0x00)), "has an attribute that does not fit its transform");
}

TEST(SaPayload, UnknownAttributesMarkTheTransform) {
  const Bytes other = with(kEspSa, 21, 0x0f);
  const auto sa = decode_sa(view(PayloadType::Sa, other));
  ASSERT_TRUE(sa);
  const Transform transform = *(*sa->begin()).transforms.begin();
  EXPECT_TRUE(transform.unknown_attribute);
  EXPECT_EQ(transform.key_bits, std::nullopt);
}

TEST(SaPayload, TwoKeyLengthsAreRefused) {
  const Bytes body{0, 0, 0, 0x18, 1, 1, 0, 1, 0, 0, 0, 0x10, 1, 0, 0, 12, 0x80, 14, 1, 0, 0x80, 14, 0, 128};
  EXPECT_EQ(sa_rule(body), "has two key lengths in one transform");
}

TEST(SimplePayloads, ShortBodiesAreRefused) {
  const Bytes three = counted(3);
  const std::string expected = "is shorter than its fixed fields";
  EXPECT_EQ(rule(decode_ke(view(PayloadType::Ke, three))), expected);
  EXPECT_EQ(rule(decode_id(view(PayloadType::IdI, three))), expected);
  EXPECT_EQ(rule(decode_cert(view(PayloadType::Cert, {}))), expected);
  EXPECT_EQ(rule(decode_auth(view(PayloadType::Auth, three))), expected);
  EXPECT_EQ(rule(decode_notify(view(PayloadType::Notify, three))), expected);
  EXPECT_EQ(rule(decode_delete(view(PayloadType::Delete, three))), expected);
  EXPECT_EQ(rule(decode_ts(view(PayloadType::TsI, three))), expected);
}

TEST(SimplePayloads, AreDecodedOnlyAsWhatTheyAre) {
  const PayloadView wrong = view(PayloadType::Cp, kEspSa);
  const std::string expected = "is not of the type that is decoded";
  EXPECT_EQ(rule(decode_sa(wrong)), expected);
  EXPECT_EQ(rule(decode_ke(wrong)), expected);
  EXPECT_EQ(rule(decode_id(wrong)), expected);
  EXPECT_EQ(rule(decode_cert(wrong)), expected);
  EXPECT_EQ(rule(decode_auth(wrong)), expected);
  EXPECT_EQ(rule(decode_nonce(wrong)), expected);
  EXPECT_EQ(rule(decode_notify(wrong)), expected);
  EXPECT_EQ(rule(decode_delete(wrong)), expected);
  EXPECT_EQ(rule(decode_vendor_id(wrong)), expected);
  EXPECT_EQ(rule(decode_ts(wrong)), expected);
}

TEST(NoncePayload, Has16To256Octets) {
  EXPECT_EQ(rule(decode_nonce(view(PayloadType::Nonce, counted(15)))), "is shorter than 16 octets");
  const Bytes shortest = counted(16);
  EXPECT_TRUE(decode_nonce(view(PayloadType::Nonce, shortest)));
  const Bytes longest = counted(256);
  EXPECT_TRUE(decode_nonce(view(PayloadType::Nonce, longest)));
  EXPECT_EQ(rule(decode_nonce(view(PayloadType::Nonce, counted(257)))), "is longer than 256 octets");
}

TEST(IdPayload, AddressesHaveTheirLength) {
  EXPECT_EQ(rule(decode_id(view(PayloadType::IdI, Bytes{1, 0, 0, 0, 10, 0, 0}))),
            "has an IPv4 address that is not 4 octets long");
  EXPECT_EQ(rule(decode_id(view(PayloadType::IdR, Bytes{5, 0, 0, 0, 10, 0, 0, 1}))),
            "has an IPv6 address that is not 16 octets long");
  const Bytes body{1, 0, 0, 0, 10, 0, 0, 1};
  const auto id = decode_id(view(PayloadType::IdI, body));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->type, IdType::Ipv4Address);
  EXPECT_EQ(Bytes(id->rest_of_payload.begin(), id->rest_of_payload.end()), body);
}

TEST(NotifyPayload, SpiMustFit) {
  const Bytes body{3, 4, 0x40, 0x09, 1, 2, 3, 4, 5};
  const auto notify = decode_notify(view(PayloadType::Notify, body));
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->type, NotifyType::RekeySa);
  EXPECT_EQ(notify->protocol, ProtocolId::Esp);
  EXPECT_EQ(notify->spi.size(), 4u);
  EXPECT_EQ(notify->data.size(), 1u);
  EXPECT_EQ(rule(decode_notify(view(PayloadType::Notify, with(body, 1, 6)))), "has an SPI that does not fit");
}

TEST(DeletePayload, CountsItsSpis) {
  const Bytes body{3, 4, 0, 2, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0};
  const auto deleted = decode_delete(view(PayloadType::Delete, body));
  ASSERT_TRUE(deleted);
  ASSERT_EQ(deleted->count(), 2u);
  EXPECT_EQ(deleted->spi(0), 0x01020304u);
  EXPECT_EQ(deleted->spi(1), 0xa0b0c0d0u);
  EXPECT_EQ(deleted->spi(2), 0u);
  const auto broken = [&](std::size_t at, std::uint8_t value) {
    return rule(decode_delete(view(PayloadType::Delete, with(body, at, value))));
  };
  EXPECT_EQ(broken(3, 3), "does not have the number of SPIs that it announces");
  EXPECT_EQ(broken(1, 8), "has an SPI size other than 4");
  EXPECT_EQ(broken(0, 1), "names SPIs for the IKE SA");
  EXPECT_EQ(broken(0, 9), "deletes SAs of an unknown protocol");
  EXPECT_EQ(broken(2, 0x20), "deletes too many SAs");
}

// TS_IPV4_ADDR_RANGE 10.0.0.0 to 10.0.0.255, any protocol and port.
const Bytes kTs{1, 0, 0, 0, 7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 0, 10, 0, 0, 255};

std::string ts_rule(const Bytes& body) { return rule(decode_ts(view(PayloadType::TsR, body))); }

TEST(TsPayload, IsReadAndWrittenOctetForOctet) {
  const auto ts = decode_ts(view(PayloadType::TsI, kTs));
  ASSERT_TRUE(ts);
  const std::vector<Selector> selectors(ts->begin(), ts->end());
  EXPECT_EQ(selectors, std::vector{selector("10.0.0.0", "10.0.0.255")});
  PayloadWriter writer;
  writer.ts(PayloadType::TsI, selectors);
  EXPECT_EQ(Bytes(writer.octets().begin() + kPayloadHeaderSize, writer.octets().end()), kTs);
}

TEST(TsPayload, UnknownTypesAreLeftOut) {
  Bytes body = kTs;
  body[0] = 3;
  const Bytes unknown{10, 0, 0, 8, 1, 2, 3, 4};
  body.insert(body.begin() + 4, unknown.begin(), unknown.end());
  body.insert(body.end(), unknown.begin(), unknown.end());
  const auto ts = decode_ts(view(PayloadType::TsI, body));
  ASSERT_TRUE(ts);
  EXPECT_EQ(std::distance(ts->begin(), ts->end()), 1);
}

TEST(TsPayload, NamesTheRuleThatIsBroken) {
  EXPECT_EQ(ts_rule(with(kTs, 0, 0)), "has no selector");
  EXPECT_EQ(ts_rule(with(kTs, 0, 2)), "does not have the number of selectors that it announces");
  EXPECT_EQ(ts_rule(with(kTs, 4, 8)), "has a selector of the wrong size");
  EXPECT_EQ(ts_rule(with(kTs, 7, 15)), "has a selector of the wrong size");
  EXPECT_EQ(ts_rule(with(kTs, 7, 17)), "has a selector that does not fit");
  EXPECT_EQ(ts_rule(with(kTs, 7, 3)), "has a selector that does not fit");
  EXPECT_EQ(ts_rule(with(kTs, 12, 11)), "has an address range that ends before it starts");
}

}  // namespace
}  // namespace awtun::wire
