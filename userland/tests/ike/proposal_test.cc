// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/proposal.h"

#include <gtest/gtest.h>

#include "userland/ike/payloads.h"
#include "userland/wire/writer.h"

namespace awtun::ike {
namespace {

/// Proposals as a peer would receive them.
class Received {
 public:
  explicit Received(const std::vector<wire::Proposal>& proposals) {
    writer_.sa(proposals);
    chain_ = *wire::parse_chain(writer_.first(), writer_.octets());
  }
  [[nodiscard]] wire::SaView sa() const { return *read<wire::decode_sa>(chain_, wire::PayloadType::Sa); }

 private:
  wire::PayloadWriter writer_;
  wire::PayloadChain chain_;
};

const Bytes kNoSpi;

TEST(Proposal, EachTransformIsItsOwnProposalInOrderWithout3Des) {
  const auto ike = ike_proposals(default_isakmp_profile(), kNoSpi);
  ASSERT_EQ(ike.size(), 8U);
  EXPECT_EQ(ike.front().number, 1);
  EXPECT_EQ(ike.back().number, 8);
  EXPECT_EQ(describe(default_isakmp_profile()),
            "AES256/SHA256/14, AES256/SHA256/16, AES256/SHA1/14, AES256/SHA1/16, AES128/SHA256/14, "
            "AES128/SHA256/16, AES128/SHA1/14, AES128/SHA1/16");
  const auto esp = esp_proposals(default_ipsec_profile(), 0x01020304, wire::GroupId::None);
  ASSERT_EQ(esp.size(), 8U);
  EXPECT_EQ(esp.front().spi, (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(
      describe(default_ipsec_profile(), wire::GroupId::None),
      "AES256/SHA256, AES256/GCM16, AES256/GCM8, AES256/SHA1, AES128/SHA256, AES128/GCM16, AES128/GCM8, "
      "AES128/SHA1");
}

TEST(Proposal, ChoosesOursInOurOrder) {
  IsakmpProfile theirs;
  theirs.transforms = {{1, {Encryption::Aes128, Integrity::Sha1, 16}},
                       {2, {Encryption::Aes256, Integrity::Sha1, 16}}};
  const Received offered(ike_proposals(theirs, kNoSpi));
  const auto choice = choose_ike(default_isakmp_profile(), offered.sa());
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->transform, (IsakmpTransform{Encryption::Aes256, Integrity::Sha1, 16}));
  EXPECT_EQ(choice->number, 2);
}

TEST(Proposal, AMergedProposalOfAnotherImplementationIsUnderstood) {
  wire::Proposal merged{1, wire::ProtocolId::Ike, kNoSpi, {}};
  for (const auto bits : {std::uint16_t{128}, std::uint16_t{256}})
    merged.transforms.push_back(wire::Transform::encr(wire::EncrId::AesCbc, bits));
  merged.transforms.push_back(wire::Transform::integ(wire::IntegId::HmacSha256_128));
  merged.transforms.push_back(wire::Transform::integ(wire::IntegId::HmacSha1_96));
  merged.transforms.push_back(wire::Transform::prf(wire::PrfId::HmacSha256));
  merged.transforms.push_back(wire::Transform::group(wire::GroupId::X25519));
  merged.transforms.push_back(wire::Transform::group(wire::GroupId::Modp2048));
  const Received offered({merged});
  const auto choice = choose_ike(default_isakmp_profile(), offered.sa());
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->transform, (IsakmpTransform{Encryption::Aes256, Integrity::Sha256, 14}));
}

TEST(Proposal, NothingInCommon) {
  IpsecProfile theirs;
  theirs.transforms = {{1, {Encryption::Aes192, Integrity::Sha512}}};
  const Received offered(esp_proposals(theirs, 1000, wire::GroupId::None));
  EXPECT_FALSE(choose_esp(default_ipsec_profile(), offered.sa(), wire::GroupId::None));
}

TEST(Proposal, PfsMustBeAgreed) {
  const Received plain(esp_proposals(default_ipsec_profile(), 1000, wire::GroupId::None));
  const Received pfs(esp_proposals(default_ipsec_profile(), 1000, wire::GroupId::Modp2048));
  EXPECT_TRUE(choose_esp(default_ipsec_profile(), pfs.sa(), wire::GroupId::Modp2048));
  EXPECT_FALSE(choose_esp(default_ipsec_profile(), plain.sa(), wire::GroupId::Modp2048));
  EXPECT_FALSE(choose_esp(default_ipsec_profile(), pfs.sa(), wire::GroupId::None));
}

/// Our proposals, with these transforms of type ESN alone.
std::vector<wire::Proposal> with_esn(const std::vector<wire::EsnId>& ids) {
  auto proposals = esp_proposals(default_ipsec_profile(), 1000, wire::GroupId::None);
  for (wire::Proposal& proposal : proposals) {
    std::erase_if(proposal.transforms,
                  [](const wire::Transform& one) { return one.type == wire::TransformType::Esn; });
    for (const wire::EsnId id : ids) proposal.transforms.push_back(wire::Transform::esn(id));
  }
  return proposals;
}

TEST(Proposal, ExtendedSequenceNumbersAreOfferedFirstAndChosenIfOffered) {
  using enum wire::EsnId;
  EXPECT_EQ(esp_proposals(default_ipsec_profile(), 1000, wire::GroupId::None), with_esn({Esn, None}));
  const auto chosen = [](const std::vector<wire::EsnId>& offered) {
    const auto choice =
        choose_esp(default_ipsec_profile(), Received(with_esn(offered)).sa(), wire::GroupId::None);
    return choice ? std::optional(choice->esn) : std::nullopt;
  };
  EXPECT_EQ(chosen({Esn, None}), Esn);
  EXPECT_EQ(chosen({None, Esn}), Esn);
  EXPECT_EQ(chosen({Esn}), Esn);
  EXPECT_EQ(chosen({None}), None);
  EXPECT_EQ(chosen({}), std::nullopt);
  EXPECT_EQ(chosen({static_cast<wire::EsnId>(2)}), std::nullopt);
}

TEST(Proposal, AnAnswerSaysWhetherSequenceNumbersAreExtended) {
  using enum wire::EsnId;
  const IpsecProfile& profile = default_ipsec_profile();
  const auto taken = [&](const std::vector<wire::EsnId>& answered) {
    const auto choice =
        accepted_esp(profile, Received({with_esn(answered).front()}).sa(), wire::GroupId::None);
    return choice ? std::optional(choice->esn) : std::nullopt;
  };
  EXPECT_EQ(taken({Esn}), Esn);
  EXPECT_EQ(taken({None}), None);
  EXPECT_EQ(taken({Esn, None}), std::nullopt);
  EXPECT_EQ(taken({}), std::nullopt);
  const auto choice = choose_esp(profile, Received(with_esn({Esn, None})).sa(), wire::GroupId::None);
  ASSERT_TRUE(choice);
  const wire::Proposal answered = answer(*choice, 2000, wire::GroupId::None);
  EXPECT_EQ(answered.transforms.back(), wire::Transform::esn(Esn));
}

TEST(Proposal, ReservedSpisAreRefused) {
  const Received reserved(esp_proposals(default_ipsec_profile(), 255, wire::GroupId::None));
  EXPECT_FALSE(choose_esp(default_ipsec_profile(), reserved.sa(), wire::GroupId::None));
}

TEST(Proposal, AnAnswerMustBeOneOfOurs) {
  const IsakmpProfile& profile = default_isakmp_profile();
  const Received offered(ike_proposals(profile, kNoSpi));
  const auto choice = choose_ike(profile, offered.sa());
  ASSERT_TRUE(choice);
  const wire::Proposal good = answer(*choice, kNoSpi);
  EXPECT_TRUE(accepted_ike(profile, Received({good}).sa()));
  wire::Proposal other = good;
  other.number = 2;  // the transforms are those of proposal 1
  EXPECT_FALSE(accepted_ike(profile, Received({other}).sa()));
  other.number = 9;
  EXPECT_FALSE(accepted_ike(profile, Received({other}).sa()));
  wire::Proposal fewer = good;
  fewer.transforms.pop_back();
  EXPECT_FALSE(accepted_ike(profile, Received({fewer}).sa()));
  EXPECT_FALSE(accepted_ike(profile, offered.sa()));  // more than one
}

}  // namespace
}  // namespace awtun::ike
