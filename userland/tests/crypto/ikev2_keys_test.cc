// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/ikev2_keys.h"

#include <gtest/gtest.h>

#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

/// NIST CAVP, SP 800-135 "IKEv2": the first vector of a hash. An empty string is not in the source.
struct Cavp {
  PrfId prf;
  std::string_view ni, nr, shared, new_shared;
  std::uint64_t spi_i, spi_r;
  std::string_view seed, dkm, child, child_pfs, rekeyed_seed;
};

// SHA-1: as printed by libreswan (programs/cavp/test.acvp.ikev2.*). SHA-256, -384, -512: as in NSS
// (gtests/common/testvectors/ike-sha*-vectors.h), which leaves the Child SA out.
const Cavp kCavp[] = {
    {PrfId::HmacSha1, "32b50d5f4a3763f3", "9206a04b26564cb1",
     "4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52",
     "863f3c9d06efd39d2b907b97f8699e5dd5251ef64a2a176f36ee40c87d4f9330", 0x34c9e7c188868785,
     0x3ff77d760d2b2199, "a9a7b222b59f8f48645f28a1db5b5f5d7479cba7",
     "a14293677cc80ff8f9cc0eee30d895da9d8f405666e30ef0dfcb63c634a46002a2a63080e514a062768b76606f9fa5e9"
     "92204fc5a670bde3f10d6b027113936a5c55b648a194ae587b0088d52204b702c979fa280870d2ed41efa9c549fd1119"
     "8af1670b143d384bd275c5f594cf266b05ebadca855e4249520a441a81157435a7a56cc4",
     "8059e3ee8810e6c3a91bc8bcd2a7a41151b8d0e6ae239c7b38093ad85ef4c5811a8e7b5d1cdabd9560b2d5e092d1f24e"
     "2d4b85eccdf0ad0dc9abd94b51ee71814ca6dbc8bb51b6309f5b9545c7eb35cf5580b1e521a8fe20754a2d883ba0c2cf"
     "285f524aea6545b33106bc03e614296d319d41d4b50b3f510b1c0a22f3e664994d234cb4",
     "bb43244c1860ad65ee1e211ffe8bb3661750c8f89cb9f547df7f4fa61d37301628190e38c66232eab4b3ab14c400a519"
     "7dd3730ed4820a8a10394d51e1c0400052f63ebd36b0e7ef53aaed31eba4a5080d7d4b5666023a8bbb5ffb7857240f9a"
     "05884d1b7d2f933708450b7b3288f1fc863ab49fa901227cffc06e27899c7054d56fd74c",
     "63e81194946ebd05df7df5ebf5d8750056bf1f1d"},
    {PrfId::HmacSha256, "3f302be1abcb28e1", "8c332ee006064c9b",
     "0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29",
     "25f3b12d6f282739256e39bf54eda53b60ffcf379bb7bcc90c27b4c4c578616c", 0x40dac39e1e1a8640,
     0x8619a1cf9a6e4c07, "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
     "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ece98aca531188d16041b3bb936d2dbb3b"
     "4993a6e768a809160de45d0283f273a6cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4"
     "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986d12d4aad",
     "", "", "2d63f6debc92048b4fef3889c4c99ca67d6496e0fac14a2bca9a2d6566ff2398"},
    {PrfId::HmacSha384, "fd1b572a8e735591", "6013b0ef88dacd3d",
     "d3288cd87565101e88fe3bad918f31939d8dd26ff1071f8b2d7f447524e58d7c",
     "3358f620539473aee8d07e779764c4c6a9aabddc79a28e136b3bac021dbde44a", 0x2116ad07ce61f749,
     0x24880e55f11a65b7,
     "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d7d0b596f51f7dfcf3330061888f6a94f",
     "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cacb04cd6deeda4f952191dd9bc1f7a9502"
     "471a648d74dc06d38112de48a42501f6b1a3ad55c2099cd9a648e5f17e5bf3e34bf9b5953decb768a34f875fe2b78dca"
     "0c2fcca81ec1a412006dfaed38fa06882e61f4c148105fb8e231fdb33c4d484c001721d4",
     "", "",
     "e0548c1682e13bce454026b3b1bdf42985b24e4e7408095a7c529de38c3d1fcb04c9fe6868042a34c9614c6c99e3fcea"},
    {PrfId::HmacSha512, "97c41a9b0a03e74c", "a659fd06e1746600",
     "276255c3eaace5c6db32b609aa86c0ef07bba4bf2dc4c262995efd95ca607c3f",
     "bb4015f7727b35532021336a9e4a6370ac8729b01fbb8f15d52236820fac4709", 0xff43c5c689b95481,
     0xe2ba607f30079bb7,
     "d6e74966b75fd2afab48be319d63d97c8a5d2ffe2e320763a462c664b36c3a944067d867c3a55fd8a7e5cca64b22e244"
     "15987e15549f09a81b455adaa5303df8",
     "22259105314717dc73c210919ee9cb3ded774dc087e866aa3960404c0ed7b8e78e79b993888388e2e5cb238d4bfcb4cd"
     "ee9da074a26e329d6c2f2f660cc9c711c941a2fb3d85a2e5d01e579c8f2c9d00fa6fabe76a137b00c7ff1b2918999065"
     "88c26f073d819063238c4c844f0f8d221b65b76dbc9ed6f6368e5dba86b3e81b60eb44a1",
     "", "",
     "ecdaf3ccb990abc898a453b03fd56f9975275f150e1e571b0560b3cb2ee67289e82b899cdc2129fd821fe8aebea796f1"
     "90765c25798f5883f923526551f16a4b"},
};

/// Its key stream is longer than the 132 octets of the vectors, its first key a PRF key.
IkeSuite long_suite(PrfId prf) {
  return {EncrId::AesCbc, 256, IntegId::HmacSha512_256, prf, GroupId::Modp2048};
}

Prf make(PrfId id) { return *Prf::create(id); }

std::string joined(std::initializer_list<const Secret*> keys) {
  std::string all;
  for (const Secret* key : keys) all += to_hex(key->view());
  return all;
}

std::string joined(const IkeKeyMaterial& k) {
  return joined({&k.sk_d, &k.sk_ai, &k.sk_ar, &k.sk_ei, &k.sk_er, &k.sk_pi, &k.sk_pr});
}

std::string joined(const ChildKeys& keys) {
  const auto& [there, back] = keys;
  return joined(
      {&there.encryption, &there.salt, &there.integrity, &back.encryption, &back.salt, &back.integrity});
}

TEST(KeySchedule, CavpSkeyseed) {
  for (const Cavp& v : kCavp) {
    const auto seed = skeyseed(make(v.prf), hex(v.ni), hex(v.nr), Secret(hex(v.shared)));
    ASSERT_TRUE(seed);
    EXPECT_EQ(to_hex(seed->view()), v.seed);
  }
}

TEST(KeySchedule, CavpIkeKeys) {
  for (const Cavp& v : kCavp) {
    const auto keys =
        derive_ike_keys(long_suite(v.prf), Secret(hex(v.seed)), hex(v.ni), hex(v.nr), v.spi_i, v.spi_r);
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->sk_d.size(), make(v.prf).size());
    EXPECT_EQ(joined(*keys).substr(0, v.dkm.size()), v.dkm);
  }
}

// AES-128-CBC with SHA-1 uses up the 132 octets exactly, so that every cut is seen.
TEST(KeySchedule, CavpIkeKeysAreCutInOrder) {
  const Cavp& v = kCavp[0];
  const IkeSuite suite{EncrId::AesCbc, 128, IntegId::HmacSha1_96, PrfId::HmacSha1, GroupId::Modp2048};
  const auto keys = derive_ike_keys(suite, Secret(hex(v.seed)), hex(v.ni), hex(v.nr), v.spi_i, v.spi_r);
  ASSERT_TRUE(keys);
  EXPECT_EQ(joined(*keys), v.dkm);
  EXPECT_EQ(keys->sk_ai.size(), 20u);
  EXPECT_EQ(keys->sk_ei.size(), 16u);
  EXPECT_EQ(keys->sk_er.size(), 16u);
  EXPECT_EQ(keys->sk_pr.size(), 20u);
}

TEST(KeySchedule, CavpRekeyedSkeyseed) {
  for (const Cavp& v : kCavp) {
    const Secret sk_d(ByteView(hex(v.dkm)).first(make(v.prf).size()));
    const auto seed = skeyseed_for_rekey(make(v.prf), sk_d, Secret(hex(v.new_shared)), hex(v.ni), hex(v.nr));
    ASSERT_TRUE(seed);
    EXPECT_EQ(to_hex(seed->view()), v.rekeyed_seed);
  }
}

TEST(KeySchedule, CavpChildKeysWithAndWithoutPfs) {
  const EspSuite suite{EncrId::AesCbc, 256, IntegId::HmacSha512_256};
  for (const Cavp& v : kCavp) {
    const Secret sk_d(ByteView(hex(v.dkm)).first(make(v.prf).size()));
    const Secret shared(hex(v.new_shared));
    const auto plain = derive_child_keys(make(v.prf), suite, sk_d, nullptr, hex(v.ni), hex(v.nr));
    const auto pfs = derive_child_keys(make(v.prf), suite, sk_d, &shared, hex(v.ni), hex(v.nr));
    ASSERT_TRUE(plain && pfs);
    EXPECT_EQ(joined(*plain).substr(0, v.child.size()), v.child);
    EXPECT_EQ(joined(*pfs).substr(0, v.child_pfs.size()), v.child_pfs);
  }
}

TEST(KeySchedule, GcmKeysEndInTheirSalt) {
  const Cavp& v = kCavp[0];
  const Secret sk_d(ByteView(hex(v.dkm)).first(20));
  const auto child = derive_child_keys(make(v.prf), {EncrId::AesGcm16, 128, IntegId::None}, sk_d, nullptr,
                                       hex(v.ni), hex(v.nr));
  ASSERT_TRUE(child);
  EXPECT_EQ(child->initiator_to_responder.encryption.size(), 16u);
  EXPECT_EQ(child->initiator_to_responder.salt.size(), 4u);
  EXPECT_TRUE(child->initiator_to_responder.integrity.empty());
  EXPECT_EQ(joined(*child), v.child.substr(0, 80));

  const auto ike = derive_ike_keys({EncrId::AesGcm16, 256, IntegId::None, PrfId::HmacSha1, GroupId::Modp2048},
                                   Secret(hex(v.seed)), hex(v.ni), hex(v.nr), v.spi_i, v.spi_r);
  ASSERT_TRUE(ike);
  EXPECT_EQ(ike->sk_ei.size(), 36u);
  EXPECT_TRUE(ike->sk_ai.empty());
  EXPECT_EQ(joined(*ike), v.dkm.substr(0, 2 * (3 * 20 + 2 * 36)));
}

TEST(KeySchedule, AnIncompleteSuiteGivesNoKeys) {
  const Secret sk_d(Bytes(20));
  EXPECT_FALSE(derive_child_keys(make(PrfId::HmacSha1), {EncrId::AesCbc, 100, IntegId::HmacSha1_96}, sk_d,
                                 nullptr, {}, {}));
  EXPECT_FALSE(
      derive_child_keys(make(PrfId::HmacSha1), {EncrId::AesCbc, 128, IntegId::None}, sk_d, nullptr, {}, {}));
  EXPECT_FALSE(derive_child_keys(make(PrfId::HmacSha1), {EncrId::AesGcm16, 128, IntegId::HmacSha1_96}, sk_d,
                                 nullptr, {}, {}));
  IkeSuite suite;
  suite.prf = static_cast<PrfId>(4);
  EXPECT_FALSE(derive_ike_keys(suite, sk_d, {}, {}, 1, 2));
}

// The formula of RFC 7296 2.15, computed with Python's hmac module.
TEST(KeySchedule, SharedKeyAuth) {
  const Prf prf = make(PrfId::HmacSha256);
  const auto octets = signed_octets(prf, text("message"), text("nonce"), Secret(Bytes(32, 7)), text("id"));
  ASSERT_TRUE(octets);
  EXPECT_EQ(to_hex(*octets),
            "6d6573736167656e6f6e6365ee3532246f33f6a2f35c19fa5df08146faf800890306d3846df93d3c33678954");
  const auto auth = shared_key_auth(prf, Secret(text("secret")), *octets);
  ASSERT_TRUE(auth);
  EXPECT_EQ(to_hex(auth->view()), "3c3c470bab46bd1a7ac5d90cf8c5193a0516bfc24781d5fa4b16b88569ce3b67");
}

}  // namespace
}  // namespace awtun::crypto
