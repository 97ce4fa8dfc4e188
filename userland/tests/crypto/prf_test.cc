// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/prf.h"

#include <gtest/gtest.h>

#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

using wire::PrfId;

std::string compute(PrfId id, ByteView key, std::initializer_list<ByteView> parts) {
  const auto prf = Prf::create(id);
  if (!prf) return "no prf";
  const auto output = prf->compute(key, parts);
  return output ? to_hex(output->view()) : "failed";
}

// RFC 2202 3, cases 1, 2, 6.
TEST(Prf, Rfc2202HmacSha1) {
  EXPECT_EQ(compute(PrfId::HmacSha1, Bytes(20, 0x0b), {text("Hi There")}),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(compute(PrfId::HmacSha1, text("Jefe"), {text("what do ya want for nothing?")}),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(compute(PrfId::HmacSha1, Bytes(80, 0xaa),
                    {text("Test Using Larger Than Block-Size Key - Hash Key First")}),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

// RFC 4231 4.2, 4.3, 4.7.
TEST(Prf, Rfc4231HmacSha2) {
  const Bytes key(20, 0x0b);
  EXPECT_EQ(compute(PrfId::HmacSha256, key, {text("Hi There")}),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(
      compute(PrfId::HmacSha384, key, {text("Hi There")}),
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6");
  EXPECT_EQ(compute(PrfId::HmacSha512, key, {text("Hi There")}),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_EQ(compute(PrfId::HmacSha256, text("Jefe"), {text("what do ya want for nothing?")}),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Bytes long_key(131, 0xaa);
  const Bytes message = text("Test Using Larger Than Block-Size Key - Hash Key First");
  EXPECT_EQ(compute(PrfId::HmacSha256, long_key, {message}),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(
      compute(PrfId::HmacSha384, long_key, {message}),
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952");
  EXPECT_EQ(compute(PrfId::HmacSha512, long_key, {message}),
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

// RFC 4868 2.7.1 (PRF, keys of the block's size): test case PRF-1 with a key of 20 octets is RFC
// 4231's; 2.7.2.1 AUTH256-1, AUTH384-1, AUTH512-1 have keys of the output's size.
TEST(Prf, Rfc4868KeysOfTheOutputsSize) {
  EXPECT_EQ(compute(PrfId::HmacSha256, Bytes(32, 0x0b), {text("Hi There")}),
            "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
  EXPECT_EQ(
      compute(PrfId::HmacSha384, Bytes(48, 0x0b), {text("Hi There")}),
      "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee9737a959796489bddbc4c5df61d5b3297b4fb68dab9f1b582c2");
  EXPECT_EQ(compute(PrfId::HmacSha512, Bytes(64, 0x0b), {text("Hi There")}),
            "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8"
            "ac2878ebd5803f6f0b61dbce5e251ff8789a4722c1be65aea45fd464e89f8f5b");
}

TEST(Prf, PartsAreOneMessage) {
  EXPECT_EQ(compute(PrfId::HmacSha1, Bytes(20, 0x0b), {text("Hi"), Bytes(), text(" There")}),
            compute(PrfId::HmacSha1, Bytes(20, 0x0b), {text("Hi There")}));
}

TEST(Prf, TakesAnEmptyKey) {  // printf '' | openssl dgst -sha256 -hmac ''
  EXPECT_EQ(compute(PrfId::HmacSha256, {}, {}),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Prf, UnknownIsUnsupported) {
  const auto prf = Prf::create(static_cast<PrfId>(4));
  ASSERT_FALSE(prf);
  EXPECT_EQ(prf.error(), CryptoError::Unsupported);
}

TEST(Prf, PlusHasItsLimit) {
  const auto prf = Prf::create(PrfId::HmacSha1);
  ASSERT_TRUE(prf);
  EXPECT_TRUE(prf->plus(text("key"), {}, 255 * 20));
  const auto longer = prf->plus(text("key"), {}, 255 * 20 + 1);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error(), CryptoError::BadLength);
  EXPECT_EQ(prf->plus(text("key"), {}, 0)->size(), 0u);
}

}  // namespace
}  // namespace awtun::crypto
