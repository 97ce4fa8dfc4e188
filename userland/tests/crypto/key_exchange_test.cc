// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/key_exchange.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include <array>
#include <memory>

#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

using wire::GroupId;

const GroupId kGroups[] = {GroupId::Modp1024, GroupId::Modp1536, GroupId::Modp2048, GroupId::Modp3072,
                           GroupId::Modp4096, GroupId::Modp8192, GroupId::Ecp256,   GroupId::Ecp384,
                           GroupId::Ecp521,   GroupId::X25519};

/// A generator whose octets follow from its seed.
RandomSource seeded(std::uint32_t seed) {
  return [state = seed](MutableByteView octets) mutable {
    for (std::uint8_t& octet : octets) {
      state = state * 1664525 + 1013904223;
      octet = static_cast<std::uint8_t>(state >> 24);
    }
  };
}

std::string public_hex(const KeyExchange& exchange) { return to_hex(exchange.public_value()); }

std::string shared_hex(const KeyExchange& exchange, ByteView peer) {
  const auto shared = exchange.derive(peer);
  return shared ? to_hex(shared->view()) : std::string(to_string(shared.error()));
}

std::string sha256(ByteView octets) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(octets.data(), octets.size(), digest.data());
  return to_hex(digest);
}

TEST(KeyExchange, BothEndsAgreeInEveryGroup) {
  for (const GroupId group : kGroups) {
    const auto a = KeyExchange::generate(group, seeded(1));
    const auto b = KeyExchange::generate(group, seeded(2));
    ASSERT_TRUE(a && b) << static_cast<unsigned>(group);
    EXPECT_EQ(a->public_value().size(), KeyExchange::public_size(group));
    EXPECT_NE(public_hex(*a), public_hex(*b));
    EXPECT_EQ(shared_hex(*a, b->public_value()), shared_hex(*b, a->public_value()));
  }
}

TEST(KeyExchange, EqualOctetsGiveEqualKeys) {
  for (const GroupId group : kGroups)
    EXPECT_EQ(public_hex(*KeyExchange::generate(group, seeded(7))),
              public_hex(*KeyExchange::generate(group, seeded(7))));
}

TEST(KeyExchange, EvenZeroOctetsGiveAKey) {
  for (const GroupId group : kGroups)
    EXPECT_TRUE(KeyExchange::generate(group, [](MutableByteView octets) {
      for (std::uint8_t& octet : octets) octet = 0;
    })) << static_cast<unsigned>(group);
}

TEST(KeyExchange, SharedSecretHasTheModulusSize) {
  EXPECT_EQ(KeyExchange::public_size(GroupId::Modp2048), 256u);
  EXPECT_EQ(KeyExchange::public_size(GroupId::Modp4096), 512u);
  EXPECT_EQ(KeyExchange::public_size(GroupId::Ecp521), 132u);
  const auto exchange = KeyExchange::from_private(GroupId::Modp2048, Bytes{2});
  ASSERT_TRUE(exchange);
  EXPECT_EQ(public_hex(*exchange), std::string(511, '0') + "4");  // 2^2, padded to the left
  Bytes three(256);
  three.back() = 3;
  EXPECT_EQ(shared_hex(*exchange, three), std::string(511, '0') + "9");
}

// ---------------------------------------------------------------- RFC 3526 and RFC 2409

struct FreeNumber {
  void operator()(BIGNUM* n) const { BN_free(n); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

/// floor(2^bits * arctan(1/x)), a few units off at most.
Number arctan_of_inverse(BN_ULONG x, int bits) {
  Number sum(BN_new());
  Number term(BN_new());
  BN_one(term.get());
  BN_lshift(term.get(), term.get(), bits);
  BN_div_word(term.get(), x);
  for (BN_ULONG n = 1; !BN_is_zero(term.get()); n += 2) {
    const Number part(BN_dup(term.get()));
    BN_div_word(part.get(), n);
    (n % 4 == 1 ? BN_add : BN_sub)(sum.get(), sum.get(), part.get());
    BN_div_word(term.get(), x * x);
  }
  return sum;
}

/// floor(2^bits * pi), by Machin's formula: pi / 4 = 4 arctan(1/5) - arctan(1/239).
Number pi(int bits) {
  constexpr int kGuard = 64;
  Number result = arctan_of_inverse(5, bits + kGuard);
  BN_mul_word(result.get(), 4);
  const Number other = arctan_of_inverse(239, bits + kGuard);
  BN_sub(result.get(), result.get(), other.get());
  BN_mul_word(result.get(), 4);
  BN_rshift(result.get(), result.get(), kGuard);
  return result;
}

/// 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) pi) + addend), as the RFCs define the primes.
Bytes prime(int n, BN_ULONG addend) {
  Number p = pi(n - 130);
  BN_add_word(p.get(), addend);
  BN_lshift(p.get(), p.get(), 64);
  Number power(BN_new());
  BN_set_bit(power.get(), n);
  BN_add(p.get(), p.get(), power.get());
  Number other(BN_new());
  BN_set_bit(other.get(), n - 64);
  BN_sub(p.get(), p.get(), other.get());
  BN_sub_word(p.get(), 1);
  Bytes octets(static_cast<std::size_t>(n) / 8);
  BN_bn2binpad(p.get(), octets.data(), static_cast<int>(octets.size()));
  return octets;
}

Bytes minus(Bytes number, std::uint8_t small) {  // the primes end in ff
  number.back() = static_cast<std::uint8_t>(number.back() - small);
  return number;
}

// p-2 is -2, so that with an even exponent it gives what the generator 2 gives: our own public value.
// It is also the largest value that is accepted. So the modulus is the RFC's.
TEST(Modp, PrimesAreThoseOfRfc3526AndRfc2409) {
  const struct {
    GroupId group;
    int bits;
    BN_ULONG addend;
  } groups[] = {{GroupId::Modp1024, 1024, 129093}, {GroupId::Modp1536, 1536, 741804},
                {GroupId::Modp2048, 2048, 124476}, {GroupId::Modp3072, 3072, 1690314},
                {GroupId::Modp4096, 4096, 240904}, {GroupId::Modp8192, 8192, 4743158}};
  for (const auto& [group, bits, addend] : groups) {
    const Bytes p = prime(bits, addend);
    const auto exchange = KeyExchange::from_private(group, hex("8123456789abcdef0123456789abcdf0"));
    ASSERT_TRUE(exchange) << bits;
    EXPECT_EQ(shared_hex(*exchange, minus(p, 2)), public_hex(*exchange)) << bits;
    EXPECT_EQ(shared_hex(*exchange, minus(p, 1)), to_string(CryptoError::BadPublicValue)) << bits;
    EXPECT_EQ(shared_hex(*exchange, p), to_string(CryptoError::BadPublicValue)) << bits;
  }
}

// RFC 6989 2.1.
TEST(Modp, DegeneratePublicValuesAreRefused) {
  const auto exchange = KeyExchange::generate(GroupId::Modp2048, seeded(1));
  ASSERT_TRUE(exchange);
  Bytes small(256);
  EXPECT_EQ(shared_hex(*exchange, small), to_string(CryptoError::BadPublicValue));
  small.back() = 1;
  EXPECT_EQ(shared_hex(*exchange, small), to_string(CryptoError::BadPublicValue));
  small.back() = 2;
  EXPECT_EQ(shared_hex(*exchange, small), public_hex(*exchange));
  EXPECT_EQ(shared_hex(*exchange, Bytes(256, 0xff)), to_string(CryptoError::BadPublicValue));
}

TEST(KeyExchange, PublicValuesOfAnotherSizeAreRefused) {
  for (const GroupId group : kGroups) {
    const auto exchange = KeyExchange::generate(group, seeded(1));
    ASSERT_TRUE(exchange);
    const std::size_t size = KeyExchange::public_size(group);
    for (const std::size_t wrong : {std::size_t{0}, size - 1, size + 1})
      EXPECT_EQ(shared_hex(*exchange, Bytes(wrong, 5)), to_string(CryptoError::BadLength))
          << static_cast<unsigned>(group);
  }
}

TEST(KeyExchange, UnknownGroupsAreUnsupported) {
  for (const int number : {0, 1, 17, 22, 23, 24, 99}) {
    const auto group = static_cast<GroupId>(number);
    EXPECT_FALSE(KeyExchange::supported(group));
    EXPECT_EQ(KeyExchange::public_size(group), 0u);
    EXPECT_FALSE(KeyExchange::generate(group, seeded(1)));
  }
}

TEST(KeyExchange, DegeneratePrivateKeysAreRefused) {
  for (const GroupId group : kGroups) {
    if (group == GroupId::X25519) continue;
    EXPECT_FALSE(KeyExchange::from_private(group, Bytes(32))) << static_cast<unsigned>(group);
    EXPECT_FALSE(KeyExchange::from_private(group, Bytes(1100, 0xff))) << static_cast<unsigned>(group);
  }
}

// Exponents and results of strongSwan's known-answer vectors (test_vectors/modp.c); the results here
// by their digests, computed with Python from the exponents and found equal to the vectors' ends.
TEST(Modp, KnownAnswers) {
  const struct {
    GroupId group;
    std::string_view private_i, private_r, public_i, public_r, shared, shared_head;
  } vectors[] = {
      {GroupId::Modp2048,
       "af3bfd3862caa11774ce2b74840807c1de5cd6a7619bb3a0c7af39eedaa6eb89e2e9c144b3625b2731879cb58fa3766d",
       "77a48e4772e23e284ce4af81399dcd589beb7cefbcc9d196f06dcfdfc3a88e3b4c1c82befec0e64ba495ccde329936ce",
       "b243f24c7feb0a382d7a596481dff904f6f4cf469e3285dd5407f7aba421cb1d",
       "f6989c4cc9d1775045631633225479366b1e5ce747bf673f980d50bd536066b8",
       "dce39a9f51cb46a6b59996d62c2a4c59dc6ee79aa47958d830df0fc8d61e2352",
       "26f9e8457cf2d7d56dd819c2a867d7c3"},
      {GroupId::Modp4096,
       "ab69bce961f98aa9d591e3fd9abc46c80dde390284f19142e8815ab08054722b"
       "bd2e141e279ec7fd30aafaca664093731ecc75a2bd07e4a5883f560893c83350",
       "ef3ecb88f4f988f72acd5aa22ebebf190fde7e8e4d0d50ccde80f941b3bbd6a2"
       "f9a12aee9bb3e5c5803f67affe27c80d05469b5254eb1f326c18731fd34ac2cd",
       "e89223af80ea1e95066ae13bccca96e4a0dc6b0fd527dcb9fbe14d43abdc8ca4",
       "a89a18ebb8099b7dbeba39e48d933939aef3ec1a1b82fe9e1403351e94d583f8",
       "0afc2b81c9c319fa8cb861fa9a77d7213e7fe29d5fb7bef0e9562a7e776bacfe",
       "23b06f4939609b0f6708852d4f87b356"},
  };
  for (const auto& v : vectors) {
    const auto i = KeyExchange::from_private(v.group, hex(v.private_i));
    const auto r = KeyExchange::from_private(v.group, hex(v.private_r));
    ASSERT_TRUE(i && r);
    EXPECT_EQ(sha256(i->public_value()), v.public_i);
    EXPECT_EQ(sha256(r->public_value()), v.public_r);
    const auto shared = i->derive(r->public_value());
    ASSERT_TRUE(shared);
    EXPECT_EQ(sha256(shared->view()), v.shared);
    EXPECT_EQ(to_hex(shared->view().first(16)), v.shared_head);
  }
}

// ---------------------------------------------------------------- RFC 5903 8

TEST(Ecp, Rfc5903) {
  const struct {
    GroupId group;
    std::string_view private_i, public_i, private_r, public_r, shared;
  } vectors[] = {
      {GroupId::Ecp256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
       "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
       "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
       "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
       "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
       "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
       "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
      {GroupId::Ecp384,
       "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194",
       "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa"
       "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
       "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
       "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
       "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
       "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746"},
      {GroupId::Ecp521,
       "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a0"
       "95aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
       "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
       "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176ced3e"
       "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10a"
       "d8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
       "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e"
       "9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
       "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
       "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f"
       "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87"
       "220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
       "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
       "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea"},
  };
  for (const auto& v : vectors) {
    const auto i = KeyExchange::from_private(v.group, hex(v.private_i));
    const auto r = KeyExchange::from_private(v.group, hex(v.private_r));
    ASSERT_TRUE(i && r) << static_cast<unsigned>(v.group);
    EXPECT_EQ(public_hex(*i), v.public_i);
    EXPECT_EQ(public_hex(*r), v.public_r);
    EXPECT_EQ(shared_hex(*i, hex(v.public_r)), v.shared);
    EXPECT_EQ(shared_hex(*r, hex(v.public_i)), v.shared);
  }
}

// RFC 6989 2.3.
TEST(Ecp, PointsBesideTheCurveAreRefused) {
  const auto exchange = KeyExchange::generate(GroupId::Ecp256, seeded(1));
  ASSERT_TRUE(exchange);
  Bytes point(exchange->public_value().begin(), exchange->public_value().end());
  point.back() ^= 1;
  EXPECT_EQ(shared_hex(*exchange, point), to_string(CryptoError::BadPublicValue));
  EXPECT_EQ(shared_hex(*exchange, Bytes(64)), to_string(CryptoError::BadPublicValue));
  EXPECT_EQ(ERR_peek_error(), 0u) << "a refusal must not be left for others to find";
  EXPECT_EQ(shared_hex(*exchange, Bytes(64, 0xff)), to_string(CryptoError::BadPublicValue));
}

// ---------------------------------------------------------------- RFC 7748 6.1

TEST(X25519, Rfc7748) {
  const auto alice = KeyExchange::from_private(
      GroupId::X25519, hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const auto bob = KeyExchange::from_private(
      GroupId::X25519, hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  ASSERT_TRUE(alice && bob);
  EXPECT_EQ(public_hex(*alice), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(public_hex(*bob), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const std::string shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  EXPECT_EQ(shared_hex(*alice, bob->public_value()), shared);
  EXPECT_EQ(shared_hex(*bob, alice->public_value()), shared);
}

TEST(X25519, PointsOfSmallOrderAreRefused) {
  const auto exchange = KeyExchange::generate(GroupId::X25519, seeded(1));
  ASSERT_TRUE(exchange);
  EXPECT_EQ(shared_hex(*exchange, Bytes(32)), to_string(CryptoError::BadPublicValue));
  Bytes one(32);
  one[0] = 1;
  EXPECT_EQ(shared_hex(*exchange, one), to_string(CryptoError::BadPublicValue));
}

}  // namespace
}  // namespace awtun::crypto
