// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/proposal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <tuple>

#include "userland/ike/rules/payloads.h"
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
  theirs.transforms = {{1, *crypto::ike_suite("aes128", "sha1", crypto::GroupId::Modp4096)},
                       {2, *crypto::ike_suite("aes256", "sha1", crypto::GroupId::Modp4096)}};
  const Received offered(ike_proposals(theirs, kNoSpi));
  const auto choice = choose_ike(default_isakmp_profile(), offered.sa());
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->suite, (*crypto::ike_suite("aes256", "sha1", crypto::GroupId::Modp4096)));
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
  EXPECT_EQ(choice->suite, (*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)));
}

TEST(Proposal, NothingInCommon) {
  IpsecProfile theirs;
  theirs.transforms = {{1, *crypto::esp_suite("aes192", "sha512")}};
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

// ---------------------------------------------------------------- offers

/// A proposal that nobody takes.
wire::Proposal useless(std::uint8_t number, std::size_t transforms) {
  wire::Proposal proposal{number, wire::ProtocolId::Ike, kNoSpi, {}};
  for (std::size_t i = 0; i < transforms; ++i)
    proposal.transforms.push_back(
        {wire::TransformType::Encr, static_cast<std::uint16_t>(1000 + i), {}, false});
  return proposal;
}

std::vector<wire::Proposal> with_ours_at(std::uint8_t number, std::uint8_t count, std::size_t transforms) {
  std::vector<wire::Proposal> offered;
  for (unsigned i = 1; i <= count; ++i) offered.push_back(useless(static_cast<std::uint8_t>(i), transforms));
  offered[number - 1U].transforms = ike_proposals(default_isakmp_profile(), kNoSpi).front().transforms;
  return offered;
}

/// Whether a proposal of these transforms is found.
bool offered(const std::vector<wire::Transform>& transforms, const std::vector<wire::Transform>& wanted) {
  const Received received({{1, wire::ProtocolId::Ike, {}, transforms}});
  return Offer(received.sa()).find(wire::ProtocolId::Ike, wanted).has_value();
}

TEST(Offer, FindsASuiteAmongMany) {
  const auto wanted = wire_transforms(*crypto::ike_suite("aes256", "sha256", wire::GroupId::Modp2048));
  std::vector<wire::Transform> offer = wanted;
  std::reverse(offer.begin(), offer.end());
  offer.push_back(wire::Transform::encr(wire::EncrId::AesCbc, 128));
  offer.push_back(wire::Transform::group(wire::GroupId::Ecp256));
  EXPECT_TRUE(offered(offer, wanted));
}

TEST(Offer, EveryTransformIsNeeded) {
  const auto wanted = wire_transforms(*crypto::ike_suite("aes256", "sha256", wire::GroupId::Modp2048));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::vector<wire::Transform> offer = wanted;
    offer.erase(offer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(offered(offer, wanted)) << i;
  }
}

TEST(Offer, KeyLengthCounts) {
  const auto wanted = wire_transforms(*crypto::ike_suite("aes256", "sha256", wire::GroupId::Modp2048));
  std::vector<wire::Transform> offer = wanted;
  offer[0].key_bits = 128;
  EXPECT_FALSE(offered(offer, wanted));
  offer[0].key_bits.reset();
  EXPECT_FALSE(offered(offer, wanted));
}

TEST(Offer, TypesLeftOutMustAllowNone) {
  const auto wanted = wire_transforms(*crypto::esp_suite("aes256", "gcm16"));
  std::vector<wire::Transform> offer = wanted;
  offer.push_back(wire::Transform::group(wire::GroupId::Modp2048));
  EXPECT_FALSE(offered(offer, wanted));  // the peer insists on PFS
  offer.push_back(wire::Transform::group(wire::GroupId::None));
  EXPECT_TRUE(offered(offer, wanted));
  offer.push_back(wire::Transform::integ(wire::IntegId::None));
  EXPECT_TRUE(offered(offer, wanted));
  offer.push_back(wire::Transform{static_cast<wire::TransformType>(6), 0, std::nullopt, false});
  EXPECT_FALSE(offered(offer, wanted));
}

TEST(Offer, PfsIsPartOfAnEspOffer) {
  const crypto::EspSuite suite{wire::EncrId::AesCbc, 128, wire::IntegId::HmacSha1_96};
  const auto with_pfs = wire_transforms(suite, wire::GroupId::Modp2048);
  EXPECT_TRUE(offered(with_pfs, with_pfs));
  EXPECT_FALSE(offered(wire_transforms(suite), with_pfs));
}

TEST(Offer, NoMoreThanABoundIsLookedAt) {
  for (const auto& [at, count, transforms, taken] :
       {std::tuple<std::uint8_t, std::uint8_t, std::size_t, bool>{64, 64, 1, true},
        {64, 255, 4, true},
        {65, 255, 1, false},
        {3, 30, 200, true},
        {5, 30, 200, false}}) {
    const Received received(with_ours_at(at, count, transforms));
    const Offer offer(received.sa());
    EXPECT_LE(offer.transforms().size(), Offer::kMaxTransforms);
    EXPECT_EQ(offer.cut(), count > 64 || transforms == 200);
    const auto choice = choose_ike(default_isakmp_profile(), offer);
    ASSERT_EQ(choice.has_value(), taken) << int{at};
    EXPECT_EQ(choice ? choice->number : 0, taken ? at : 0);
  }
}

/// The same, looked for in one proposal after the other.
bool offers(const wire::TransformRange& offered, std::span<const wire::Transform> wanted) {
  const auto is_offered = [&](const wire::Transform& transform) {
    return std::find(offered.begin(), offered.end(), transform) != offered.end();
  };
  // A type that we leave out may be offered when one of its choices is "none", which all are: 0.
  const auto is_answered = [&](const wire::Transform& transform) {
    const bool optional =
        transform.type == wire::TransformType::Integ || transform.type == wire::TransformType::Group;
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const wire::Transform& w) { return w.type == transform.type; }) ||
           (optional && is_offered(wire::Transform{transform.type, 0, std::nullopt, false}));
  };
  return std::all_of(wanted.begin(), wanted.end(), is_offered) &&
         std::all_of(offered.begin(), offered.end(), is_answered);
}

/// RFC 7296 3.3.6, said in another way.
TEST(Offer, FindsWhatLookingThroughAllProposalsFinds) {
  std::mt19937 random(7);
  const auto any_of = [&random](std::initializer_list<std::uint16_t> ids) {
    return *(ids.begin() + random() % ids.size());
  };
  const auto wanted = ike_proposals(default_isakmp_profile(), kNoSpi);
  int found = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<wire::Proposal> offered;
    for (std::uint8_t number = 1; number <= 3; ++number) {
      wire::Proposal one{number, wire::ProtocolId::Ike, kNoSpi, {}};
      for (int i = 0; i < 6; ++i) {
        const std::uint16_t bits = any_of({128, 256});
        one.transforms.push_back({wire::TransformType::Encr, any_of({12, 20}), bits, random() % 8 == 0});
        one.transforms.push_back({wire::TransformType::Prf, any_of({2, 5}), {}, false});
        if (random() % 2 == 0)
          one.transforms.push_back({wire::TransformType::Integ, any_of({0, 2, 12}), {}, false});
        one.transforms.push_back({wire::TransformType::Group, any_of({0, 14, 16}), {}, false});
        if (random() % 40 == 0)
          one.transforms.push_back(
              {static_cast<wire::TransformType>(any_of({5, 9})), any_of({0, 1}), {}, false});
      }
      offered.push_back(std::move(one));
    }
    const Received received(offered);
    for (const wire::Proposal& suite : wanted) {
      std::optional<std::uint8_t> expected;
      for (const wire::ProposalView proposal : received.sa())
        if (!expected && offers(proposal.transforms, suite.transforms)) expected = proposal.number;
      const auto chosen = Offer(received.sa()).find(wire::ProtocolId::Ike, suite.transforms);
      ASSERT_EQ(chosen ? std::optional(chosen->number) : std::nullopt, expected);
      found += expected ? 1 : 0;
    }
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace awtun::ike
