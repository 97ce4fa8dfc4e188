// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/algorithms.h"

#include <gtest/gtest.h>

namespace awtun::crypto {
namespace {

using wire::Transform;

TEST(Algorithms, DefaultProfilesMapThereAndBack) {
  int supported = 0;
  for (const auto& [number, transform] : default_isakmp_profile().transforms) {
    const auto suite = ike_suite(transform);
    ASSERT_EQ(suite.has_value(), transform.supported()) << int{number};
    if (!suite) continue;
    ++supported;
    EXPECT_EQ(isakmp_transform(*suite), transform);
  }
  EXPECT_EQ(supported, 8);
  supported = 0;
  for (const auto& [number, transform] : default_ipsec_profile().transforms) {
    const auto suite = esp_suite(transform);
    ASSERT_EQ(suite.has_value(), transform.supported()) << int{number};
    if (!suite) continue;
    ++supported;
    EXPECT_EQ(ipsec_transform(*suite), transform);
  }
  EXPECT_EQ(supported, 8);
}

TEST(Algorithms, FirstDefaultsAreWhatTheyLookLike) {
  EXPECT_EQ(ike_suite({Encryption::Aes256, Integrity::Sha256, 14}),
            (IkeSuite{EncrId::AesCbc, 256, IntegId::HmacSha256_128, PrfId::HmacSha256, GroupId::Modp2048}));
  EXPECT_EQ(esp_suite({Encryption::Aes192, Integrity::Gcm12}),
            (EspSuite{EncrId::AesGcm12, 192, IntegId::None}));
}

TEST(Algorithms, EveryIsakmpTransformMapsThereAndBack) {
  int tried = 0;
  for (const auto encryption : {Encryption::Aes256, Encryption::Aes192, Encryption::Aes128,
                                Encryption::Aes256Gcm16, Encryption::Aes192Gcm16, Encryption::Aes128Gcm16})
    for (const auto integrity : {Integrity::Sha512, Integrity::Sha384, Integrity::Sha256, Integrity::Sha1})
      for (const int group : {2, 5, 14, 15, 16, 18, 19, 20, 21, 31}) {
        const IsakmpTransform transform{encryption, integrity, static_cast<std::uint16_t>(group)};
        const auto suite = ike_suite(transform);
        ASSERT_TRUE(suite) << to_string(encryption) << to_string(integrity) << group;
        EXPECT_EQ(isakmp_transform(*suite), transform);
        ++tried;
      }
  EXPECT_EQ(tried, 6 * 4 * 10);
}

TEST(Algorithms, AnIsakmpTransformOfAesGcmHasAPrfAndNoIntegrity) {
  const IkeSuite suite{EncrId::AesGcm16, 192, IntegId::None, PrfId::HmacSha384, GroupId::X25519};
  EXPECT_EQ(ike_suite({Encryption::Aes192Gcm16, Integrity::Sha384, 31}), suite);
  EXPECT_EQ(wire_transforms(suite),
            (std::vector<Transform>{Transform::encr(EncrId::AesGcm16, 192), Transform::prf(PrfId::HmacSha384),
                                    Transform::group(GroupId::X25519)}));
}

TEST(Algorithms, WhatIsNotImplementedHasNoSuite) {
  EXPECT_FALSE(ike_suite({Encryption::Des3, Integrity::Sha256, 14}));
  EXPECT_FALSE(ike_suite({Encryption::Aes256, Integrity::Gcm16, 14}));
  EXPECT_FALSE(ike_suite({Encryption::Aes256, Integrity::Sha256, 22}));
  EXPECT_FALSE(esp_suite({Encryption::Des3, Integrity::Sha1}));
  EXPECT_FALSE(ike_suite({Encryption::Aes256Gcm16, Integrity::Gcm16, 14}));
  EXPECT_FALSE(esp_suite({Encryption::Aes256Gcm16, Integrity::Sha256}));
  EXPECT_FALSE(esp_suite({Encryption::Aes256Gcm16, Integrity::Gcm16}));
  EXPECT_FALSE(esp_suite({Encryption::Aes256, Integrity::Sha384}));
  EXPECT_FALSE(isakmp_transform({EncrId::AesGcm8, 256, IntegId::None, PrfId::HmacSha256, GroupId::Modp2048}));
  EXPECT_FALSE(isakmp_transform(
      {EncrId::AesGcm16, 256, IntegId::HmacSha256_128, PrfId::HmacSha256, GroupId::Modp2048}));
  EXPECT_FALSE(
      isakmp_transform({EncrId::AesCbc, 256, IntegId::HmacSha1_96, PrfId::HmacSha256, GroupId::Modp2048}));
  EXPECT_FALSE(ipsec_transform({EncrId::AesCbc, 256, IntegId::HmacSha384_192}));
}

TEST(Algorithms, KeysHaveTheSizesOfTheRfcs) {
  EXPECT_EQ(encryption_key_size(EncrId::AesCbc, 192), 24u);
  EXPECT_EQ(encryption_key_size(EncrId::AesGcm16, 256), 32u);
  EXPECT_EQ(encryption_key_size(EncrId::AesCbc, 100), 0u);
  EXPECT_EQ(encryption_key_size(static_cast<EncrId>(28), 256), 0u);
  EXPECT_EQ(salt_size(EncrId::AesGcm8), 4u);
  EXPECT_EQ(salt_size(EncrId::AesCbc), 0u);
  EXPECT_EQ(icv_size(EncrId::AesCbc, IntegId::HmacSha1_96), 12u);
  EXPECT_EQ(icv_size(EncrId::AesCbc, IntegId::HmacSha512_256), 32u);
  EXPECT_EQ(icv_size(EncrId::AesGcm12, IntegId::None), 12u);
  EXPECT_EQ(integrity_key_size(IntegId::HmacSha384_192), 48u);
  EXPECT_EQ(prf_size(PrfId::HmacSha512), 64u);
}

}  // namespace
}  // namespace awtun::crypto
