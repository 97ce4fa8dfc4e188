// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/proposal_mismatch.h"

#include <gtest/gtest.h>

#include "userland/ike/rules/proposal.h"
#include "userland/wire/writer.h"

namespace awtun::ike {
namespace {

/// What is said when `offered` meets `ours`.
std::string between(const std::vector<wire::Proposal>& ours, const std::vector<wire::Proposal>& offered) {
  wire::PayloadWriter payloads;
  payloads.sa(offered);
  const auto chain = wire::parse_chain(payloads.first(), payloads.octets());
  const auto sa = wire::decode_sa(*chain->begin());
  return proposal_mismatch(ours, *sa);
}

std::vector<wire::Proposal> isakmp(std::vector<crypto::IkeSuite> transforms) {
  IsakmpProfile profile;
  std::uint8_t number = 0;
  for (const crypto::IkeSuite& one : transforms) profile.transforms[++number] = one;
  return ike_proposals(profile, {});
}

TEST(Difference, NamesTheKindsThatHaveNothingInCommon) {
  EXPECT_EQ(between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048),
                            *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp4096)}),
                    isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp1536)})),
            "peer offers group 5; ours 14, 16");
  EXPECT_EQ(between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}),
                    isakmp({*crypto::ike_suite("aes128", "sha1", crypto::GroupId::Modp2048)})),
            "peer offers encryption AES128; ours AES256; peer offers integrity SHA1; ours SHA256; "
            "peer offers PRF SHA1; ours SHA256");
}

TEST(Difference, SaysThatOnlyTheCombinationIsMissing) {
  EXPECT_EQ(between(isakmp({*crypto::ike_suite("aes256", "sha1", crypto::GroupId::Modp2048),
                            *crypto::ike_suite("aes128", "sha256", crypto::GroupId::Modp2048)}),
                    isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)})),
            "both ends support each algorithm, but no local transform has the peer's combination");
}

TEST(Difference, SaysThatThePeerKnowsOnlyTripleDes) {
  const wire::Proposal triple{
      1,
      wire::ProtocolId::Ike,
      {},
      {wire::Transform{wire::TransformType::Encr, 3, {}}, wire::Transform::prf(wire::PrfId::HmacSha1),
       wire::Transform::integ(wire::IntegId::HmacSha1_96), wire::Transform::group(wire::GroupId::Modp1024)}};
  EXPECT_EQ(between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}), {triple}),
            "the peer offers only 3DES, which is not supported");
}

TEST(Difference, NamesPfs) {
  IpsecProfile profile;
  profile.transforms[1] = *crypto::esp_suite("aes256", "sha256");
  const auto without = esp_proposals(profile, 1000, wire::GroupId::None);
  const auto with = esp_proposals(profile, 1000, wire::GroupId::Modp2048);
  EXPECT_EQ(between(without, with), "peer offers PFS group 14; ours none");
  EXPECT_EQ(between(with, without), "peer offers PFS group none; ours 14");
}

TEST(Difference, NamesPfsAloneWhereTheRestIsInCommon) {
  const auto ours = esp_proposals(default_ipsec_profile(), 1000, wire::GroupId::Modp2048);
  IpsecProfile aead;
  aead.transforms[1] = *crypto::esp_suite("aes256", "gcm16");
  EXPECT_EQ(between(ours, esp_proposals(aead, 1000, wire::GroupId::None)),
            "peer offers PFS group none; ours 14");
  EXPECT_EQ(between(ours, esp_proposals(aead, 1000, wire::GroupId::Modp4096)),
            "peer offers PFS group 16; ours 14");
  // Beside it, what the two do not share.
  aead.transforms[2] = *crypto::esp_suite("aes192", "sha512");
  EXPECT_EQ(between(ours, esp_proposals(aead, 1000, wire::GroupId::None)),
            "peer offers PFS group none; ours 14");
}

TEST(Difference, NamesNoIntegrityOfAnAead) {
  IpsecProfile cbc, aead;
  cbc.transforms[1] = *crypto::esp_suite("aes256", "sha256");
  aead.transforms[1] = *crypto::esp_suite("aes256", "gcm16");
  const auto of_cbc = esp_proposals(cbc, 1000, wire::GroupId::None);
  const auto of_aead = esp_proposals(aead, 1000, wire::GroupId::None);
  EXPECT_EQ(between(of_cbc, of_aead), "peer offers encryption AES256/GCM16; ours AES256");
  EXPECT_EQ(between(of_aead, of_cbc), "peer offers encryption AES256; ours AES256/GCM16");
}

wire::Transform additional(std::uint8_t number, std::uint16_t id) {
  return {static_cast<wire::TransformType>(5 + number), id, {}, false};
}

TEST(Difference, NamesAnAdditionalKeyExchange) {
  const auto ours = isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)});
  auto theirs = ours;
  theirs[0].transforms.push_back(additional(1, 36));
  theirs[0].transforms.push_back(additional(2, 37));
  const std::string text =
      "peer asks for an additional key exchange (RFC 9370), which is not supported: ADDKE1 ML-KEM-768, "
      "ADDKE2 "
      "ML-KEM-1024";
  EXPECT_EQ(between(ours, theirs), text);
  EXPECT_EQ(between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}), theirs),
            "peer offers group 31; ours 14; " + text);
  // One without it that differs, too: the other one would do but for it.
  auto both = isakmp({*crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519)});
  theirs[0].number = 2;
  both.push_back(theirs[0]);
  EXPECT_EQ(between(ours, both), text);
}

TEST(Difference, NamesWhatItDoesNotKnowByItsNumber) {
  const auto ours = isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)});
  auto theirs = ours;
  theirs[0].transforms.push_back({static_cast<wire::TransformType>(13), 2, {}, false});
  EXPECT_EQ(between(ours, theirs), "peer asks for transforms of unknown types: 13 2");
  theirs = ours;
  theirs[0].transforms.back().id = 36;
  EXPECT_EQ(between(ours, theirs), "peer offers group ML-KEM-768; ours 31");
}

TEST(Difference, NamesAnotherProtocol) {
  IpsecProfile profile;
  profile.transforms[1] = *crypto::esp_suite("aes256", "sha256");
  const auto ours = esp_proposals(profile, 1000, wire::GroupId::None);
  auto theirs = ours;
  theirs[0].protocol = wire::ProtocolId::Ah;
  EXPECT_EQ(between(ours, theirs), "peer offers protocol AH; ours ESP");
  theirs = ours;
  theirs[0].spi = {0, 0, 0, 7};
  EXPECT_EQ(between(ours, theirs), "the peer's SPI is one of those that are reserved, 0 to 255");
}

TEST(Difference, NamesAttributesThatDoNotBelongThere) {
  const auto ours = isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)});
  auto theirs = ours;
  theirs[0].transforms[1].key_bits = 256;
  EXPECT_EQ(between(ours, theirs), "peer offers integrity SHA256 of 256 bits; ours SHA256");
}

TEST(Difference, SaysThatNotAllWasLookedAt) {
  wire::Proposal one{1, wire::ProtocolId::Ike, {}, {wire::Transform::prf(wire::PrfId::HmacSha1)}};
  std::vector<wire::Proposal> many;
  for (one.number = 1; one.number <= 65; ++one.number) many.push_back(one);
  EXPECT_EQ(
      between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}), many),
      "the peer offers too much: only its first 64 proposals with at most 512 transforms are considered");
}

TEST(Difference, IsBoundedWhateverThePeerOffers) {
  wire::Proposal huge{1, wire::ProtocolId::Ike, {}, {}};
  for (std::uint16_t id = 1000; id < 1250; ++id)
    huge.transforms.push_back({wire::TransformType::Encr, id, std::uint16_t{128}});
  EXPECT_LT(
      between(isakmp({*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}), {huge}).size(),
      1000U);
}

}  // namespace
}  // namespace awtun::ike
