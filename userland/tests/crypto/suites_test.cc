// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/suites.h"

#include <gtest/gtest.h>

#include <string>

#include "userland/crypto/profile.h"

namespace awtun::crypto {
namespace {

using wire::Transform;
using wire::TransformType;

TEST(Suites, DefaultProfilesAreThoseOfTheManual) {
  std::string isakmp;
  for (const auto& [number, suite] : default_isakmp_profile().transforms)
    isakmp += describe(suite) + (supported(suite) ? " " : "! ");
  EXPECT_EQ(
      isakmp,
      "AES256/SHA256/14 AES256/SHA256/16 AES256/SHA1/14 AES256/SHA1/16 AES128/SHA256/14 AES128/SHA256/16 "
      "AES128/SHA1/14 AES128/SHA1/16 3DES/SHA256/14! 3DES/SHA256/16! 3DES/SHA1/14! 3DES/SHA1/16! ");
  std::string ipsec;
  for (const auto& [number, suite] : default_ipsec_profile().transforms)
    ipsec += describe(suite) + (supported(suite) ? " " : "! ");
  EXPECT_EQ(
      ipsec,
      "AES256/SHA256 AES256/GCM16 AES256/GCM8 AES256/SHA1 AES128/SHA256 AES128/GCM16 AES128/GCM8 AES128/SHA1 "
      "3DES/SHA256! 3DES/SHA1! ");
}

TEST(Suites, WordsNameWhatTheyLookLike) {
  EXPECT_EQ(ike_suite("aes256", "sha256", GroupId::Modp2048),
            (IkeSuite{EncrId::AesCbc, 256, IntegId::HmacSha256_128, PrfId::HmacSha256, GroupId::Modp2048}));
  EXPECT_EQ(esp_suite("aes192", "gcm12"), (EspSuite{EncrId::AesGcm12, 192, IntegId::None}));
}

TEST(Suites, EveryPairOfWordsMapsThereAndBack) {
  int ike = 0;
  int esp = 0;
  for (const auto& encryption : kEncryptions) {
    for (const auto& hash : kHashes)
      for (const auto& group : kGroups)
        if (const auto suite = ike_suite(encryption.isakmp.text, hash.word.text, group.id)) {
          EXPECT_EQ(words_of(*suite).encryption, encryption.isakmp.text);
          EXPECT_EQ(words_of(*suite).integrity, hash.word.text);
          EXPECT_EQ(supported(*suite), encryption.supported());
          if (supported(*suite)) ++ike;
        }
    for (const auto& hash : kHashes)
      if (const auto suite = esp_suite(encryption.ipsec.text, hash.word.text); suite && !encryption.aead()) {
        EXPECT_EQ(words_of(*suite).encryption, encryption.ipsec.text);
        EXPECT_EQ(words_of(*suite).integrity, hash.word.text);
        if (supported(*suite)) ++esp;
      }
    if (encryption.aead()) {
      const auto suite = esp_suite(encryption.ipsec.text, encryption.ipsec_integrity.text);
      ASSERT_TRUE(suite) << encryption.ipsec.text;
      EXPECT_EQ(suite->encr, encryption.id);
      EXPECT_EQ(words_of(*suite).integrity, encryption.ipsec_integrity.text);
      EXPECT_TRUE(supported(*suite));
      ++esp;
    }
  }
  EXPECT_EQ(ike, 7 * 4 * 10);
  EXPECT_EQ(esp, 3 * 3 + 3 * 3 + 1);
}

TEST(Suites, BesideAnAeadTheIntegrityWordNamesThePrf) {
  const IkeSuite suite{EncrId::AesGcm16, 192, IntegId::None, PrfId::HmacSha384, GroupId::X25519};
  EXPECT_EQ(ike_suite("aes192gcm16", "sha384", GroupId::X25519), suite);
  EXPECT_EQ(wire_transforms(suite),
            (std::vector<Transform>{Transform::encr(EncrId::AesGcm16, 192), Transform::prf(PrfId::HmacSha384),
                                    Transform::group(GroupId::X25519)}));
}

// RFC 7634 4: no Key Length attribute, and no other integrity algorithm.
TEST(Suites, ChaCha20Poly1305HasOneSizeOfKeyWhichIsNotSent) {
  const Transform encr{TransformType::Encr, 28, std::nullopt, false};
  EXPECT_EQ(wire_transforms(*esp_suite("chacha20", "poly1305")),
            (std::vector<Transform>{encr, Transform::esn(wire::EsnId::None)}));
  EXPECT_EQ(
      wire_transforms(*ike_suite("chacha20poly1305", "sha256", GroupId::X25519)),
      (std::vector<Transform>{encr, Transform::prf(PrfId::HmacSha256), Transform::group(GroupId::X25519)}));
}

TEST(Suites, WhatIsNotImplementedIsNotSupported) {
  EXPECT_FALSE(supported(*ike_suite("3des", "sha256", GroupId::Modp2048)));
  EXPECT_FALSE(supported(*ike_suite("aes256", "sha256", static_cast<GroupId>(22))));
  EXPECT_FALSE(supported(*esp_suite("3des", "sha1")));
  EXPECT_FALSE(supported(EspSuite{EncrId::AesCbc, 256, IntegId::HmacSha384_192}));
  EXPECT_FALSE(supported(EspSuite{EncrId::AesCbc, 256, IntegId::None}));
  EXPECT_FALSE(supported(EspSuite{EncrId::AesGcm16, 256, IntegId::HmacSha256_128}));
  EXPECT_FALSE(supported(EspSuite{EncrId::AesCbc, 100, IntegId::HmacSha256_128}));
}

TEST(Suites, WordsThatDoNotGoTogetherNameNone) {
  EXPECT_FALSE(ike_suite("aes256", "gcm16", GroupId::Modp2048));
  EXPECT_FALSE(ike_suite("aes256gcm16", "gcm16", GroupId::Modp2048));
  EXPECT_FALSE(ike_suite("", "sha256", GroupId::Modp2048));
  EXPECT_FALSE(esp_suite("aes256gcm16", "sha256"));
  EXPECT_FALSE(esp_suite("aes256gcm16", "gcm16"));
  EXPECT_FALSE(esp_suite("aes256", "sha384"));
  EXPECT_FALSE(esp_suite("aes256", ""));
  EXPECT_FALSE(esp_suite("3des", "gcm16"));
  EXPECT_FALSE(esp_suite("aes256", "poly1305"));
  EXPECT_FALSE(esp_suite("chacha20", "sha256"));
  EXPECT_FALSE(esp_suite("chacha20", "gcm16"));
}

TEST(Suites, KeysHaveTheSizesOfTheRfcs) {
  const auto sizes = [](EncrId encr, std::uint16_t bits, IntegId integ) {
    const auto found = key_sizes(encr, bits, integ);
    return found ? std::vector<std::size_t>{found->encryption, found->salt, found->integrity}
                 : std::vector<std::size_t>{};
  };
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes(EncrId::AesCbc, 192, IntegId::HmacSha384_192), (Sizes{24, 0, 48}));
  EXPECT_EQ(sizes(EncrId::AesGcm16, 256, IntegId::None), (Sizes{32, 4, 0}));
  EXPECT_EQ(sizes(EncrId::AesGcm8, 128, IntegId::None), (Sizes{16, 4, 0}));
  EXPECT_EQ(sizes(EncrId::ChaCha20Poly1305, 256, IntegId::None), (Sizes{32, 4, 0}));
  EXPECT_EQ(sizes(EncrId::ChaCha20Poly1305, 128, IntegId::None), Sizes{});
  EXPECT_EQ(sizes(EncrId::AesCbc, 100, IntegId::HmacSha1_96), Sizes{});
  EXPECT_EQ(sizes(EncrId::AesCbc, 256, IntegId::None), Sizes{});
  EXPECT_EQ(sizes(static_cast<EncrId>(99), 256, IntegId::None), Sizes{});
  EXPECT_EQ(find_hash(IntegId::HmacSha1_96)->icv, 12u);
  EXPECT_EQ(find_hash(IntegId::HmacSha512_256)->icv, 32u);
  EXPECT_EQ(find_hash(PrfId::HmacSha512)->size, 64u);
  EXPECT_EQ(find_encryption(EncrId::AesGcm12, 256)->icv, 12u);
}

TEST(Suites, WhatAPeerOffersIsSaidInTheSameWords) {
  EXPECT_EQ(describe(Transform::encr(EncrId::AesCbc, 256)), "AES256");
  EXPECT_EQ(describe(Transform::encr(EncrId::AesGcm12, 128)), "AES128/GCM12");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 3, std::nullopt, false}), "3DES");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 12, std::nullopt, false}), "ENCR_AES_CBC");
  EXPECT_EQ(describe(Transform::encr(EncrId::AesCbc, 512)), "ENCR_AES_CBC 512");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 28, std::nullopt, false}), "CHACHA20/POLY1305");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 28, 256, false}), "ENCR_CHACHA20_POLY1305 256");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 23, 256, false}), "23 256");
  EXPECT_EQ(describe(Transform::integ(IntegId::None)), "none");
  EXPECT_EQ(describe(Transform::integ(IntegId::HmacSha384_192)), "SHA384");
  EXPECT_EQ(describe(Transform::prf(static_cast<PrfId>(4))), "4");
  EXPECT_EQ(describe(Transform::group(GroupId::X25519)), "31");
  EXPECT_EQ(describe(Transform::group(static_cast<GroupId>(35))), "ML-KEM-512");
  EXPECT_EQ(describe(Transform::group(static_cast<GroupId>(37))), "ML-KEM-1024");
  EXPECT_EQ(describe(Transform{TransformType::Prf, 5, 256, false}), "SHA256 of 256 bits");
  EXPECT_EQ(describe(Transform{TransformType::Encr, 12, 256, true}), "AES256 with an unknown attribute");
  EXPECT_EQ(describe(Transform{TransformType::Esn, 2, std::nullopt, false}), "2");
}

}  // namespace
}  // namespace awtun::crypto
