// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <array>

#include "userland/crypto/openssl.h"
#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

using wire::AuthMethodId;

constexpr std::uint16_t kSha1 = 1, kSha256 = 2, kSha384 = 3, kSha512 = 4, kIdentity = 5;

/// Made once: an RSA key takes its time.
const Signer& signer(KeyType type) {
  static const Signer signers[] = {*Signer::generate(KeyType::Rsa), *Signer::generate(KeyType::EcdsaP256),
                                   *Signer::generate(KeyType::EcdsaP384),
                                   *Signer::generate(KeyType::EcdsaP521)};
  return signers[static_cast<std::size_t>(type)];
}

const Bytes kOctets{'m', 'e', 's', 's', 'a', 'g', 'e'};

Signature sign(KeyType type, std::vector<std::uint16_t> hashes) {
  auto made = signer(type).sign(hashes, kOctets);
  EXPECT_TRUE(made);
  return made ? *std::move(made) : Signature{};
}

/// The AlgorithmIdentifier of a Digital Signature.
std::string identifier(const Signature& signature) {
  return to_hex(ByteView(signature.data).subspan(1, signature.data[0]));
}

/// "" when the signature is good.
std::string judge(const PublicKey& key, const Signature& signature) {
  const auto verdict = key.verify(signature.method, signature.data, kOctets);
  return verdict ? "" : std::string(to_string(verdict.error()));
}

const std::string kBad(to_string(CryptoError::BadSignature));
const std::string kUnsupported(to_string(CryptoError::Unsupported));

// RFC 7427 A.1.2 to A.1.4, A.3.2 to A.3.4: what goes onto the wire.
TEST(Signature, AlgorithmIdentifiersAreThoseOfRfc7427) {
  const std::string rsa = "300d06092a864886f70d0101", ec = "300a06082a8648ce3d0403";
  EXPECT_EQ(identifier(sign(KeyType::Rsa, {kSha256})), rsa + "0b0500");
  EXPECT_EQ(identifier(sign(KeyType::Rsa, {kSha384})), rsa + "0c0500");
  EXPECT_EQ(identifier(sign(KeyType::Rsa, {kSha512})), rsa + "0d0500");
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP256, {kSha256})), ec + "02");
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP256, {kSha384})), ec + "03");
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP256, {kSha512})), ec + "04");
}

TEST(Signature, TheHashIsChosenFromThePeersList) {
  const std::vector<std::uint16_t> all{kSha1, kSha256, kSha384, kSha512, kIdentity};
  EXPECT_EQ(identifier(sign(KeyType::Rsa, all)).substr(24, 2), "0b");
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP256, all)).back(), '2');
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP384, all)).back(), '3');
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP521, all)).back(), '4');
  EXPECT_EQ(identifier(sign(KeyType::EcdsaP521, {kSha384, kSha256})).back(), '2');
}

TEST(Signature, WithoutAHashInCommonTheOldMethodsAreUsed) {
  const std::pair<KeyType, AuthMethodId> rows[] = {
      {KeyType::Rsa, AuthMethodId::RsaSignature},
      {KeyType::EcdsaP256, AuthMethodId::EcdsaSha256P256},
      {KeyType::EcdsaP384, AuthMethodId::EcdsaSha384P384},
      {KeyType::EcdsaP521, AuthMethodId::EcdsaSha512P521},
  };
  for (const auto& [type, method] : rows) {
    for (const auto& hashes : {std::vector<std::uint16_t>{}, std::vector<std::uint16_t>{kSha1, kIdentity}}) {
      const Signature made = sign(type, hashes);
      EXPECT_EQ(made.method, method);
      EXPECT_EQ(judge(signer(type).public_key(), made), "");
    }
  }
  // RFC 4754 3: r and s, each as long as the group's order.
  EXPECT_EQ(sign(KeyType::EcdsaP256, {}).data.size(), 64u);
  EXPECT_EQ(sign(KeyType::EcdsaP384, {}).data.size(), 96u);
  EXPECT_EQ(sign(KeyType::EcdsaP521, {}).data.size(), 132u);
}

TEST(Signature, EveryFlippedBitIsSeen) {
  for (const KeyType type : {KeyType::Rsa, KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::EcdsaP521})
    for (const auto& hashes : {std::vector<std::uint16_t>{}, std::vector<std::uint16_t>{kSha256}}) {
      const Signature made = sign(type, hashes);
      ASSERT_EQ(judge(signer(type).public_key(), made), "");
      for (std::size_t i = 0; i < made.data.size(); ++i) {
        Signature damaged = made;
        damaged.data[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
        EXPECT_NE(judge(signer(type).public_key(), damaged), "") << i;
      }
      EXPECT_EQ(signer(type).public_key().verify(made.method, made.data, Bytes{'x'}).error(),
                CryptoError::BadSignature);
    }
}

TEST(Signature, EveryOtherLengthIsRefused) {
  for (const KeyType type : {KeyType::Rsa, KeyType::EcdsaP256})
    for (const auto& hashes : {std::vector<std::uint16_t>{}, std::vector<std::uint16_t>{kSha256}}) {
      const Signature made = sign(type, hashes);
      for (std::size_t size = 0; size < made.data.size(); ++size) {
        Signature cut = made;
        cut.data.resize(size);
        EXPECT_NE(judge(signer(type).public_key(), cut), "") << size;
      }
      Signature longer = made;
      longer.data.push_back(0);
      EXPECT_EQ(judge(signer(type).public_key(), longer), kBad);
    }
}

TEST(Signature, AKeyAnswersToItsOwnMethodsAlone) {
  const Signature rsa = sign(KeyType::Rsa, {kSha256}), ec = sign(KeyType::EcdsaP256, {kSha256});
  EXPECT_EQ(judge(signer(KeyType::EcdsaP256).public_key(), rsa), kUnsupported);
  EXPECT_EQ(judge(signer(KeyType::Rsa).public_key(), ec), kUnsupported);
  EXPECT_EQ(judge(signer(KeyType::EcdsaP384).public_key(), sign(KeyType::EcdsaP256, {})), kUnsupported);
  EXPECT_EQ(judge(signer(KeyType::EcdsaP384).public_key(), ec), kBad);
  EXPECT_EQ(judge(signer(KeyType::Rsa).public_key(), {AuthMethodId::SharedKey, rsa.data}), kUnsupported);
}

/// A Digital Signature with the identifier exchanged.
Signature with_identifier(const Signature& made, const std::string& identifier) {
  Bytes data = hex(identifier);
  data.insert(data.begin(), static_cast<std::uint8_t>(data.size()));
  data.insert(data.end(), made.data.begin() + 1 + made.data[0], made.data.end());
  return {made.method, data};
}

TEST(Signature, ParametersAreTakenStrictly) {
  const Signature rsa = sign(KeyType::Rsa, {kSha256}), ec = sign(KeyType::EcdsaP256, {kSha256});
  const PublicKey& rsa_key = signer(KeyType::Rsa).public_key();
  const PublicKey& ec_key = signer(KeyType::EcdsaP256).public_key();
  EXPECT_EQ(judge(rsa_key, with_identifier(rsa, "300d06092a864886f70d01010b0500")), "");
  EXPECT_EQ(judge(rsa_key, with_identifier(rsa, "300b06092a864886f70d01010b")), kUnsupported);
  EXPECT_EQ(judge(rsa_key, with_identifier(rsa, "300d06092a864886f70d0101050500")), kUnsupported) << "SHA-1";
  EXPECT_EQ(judge(rsa_key, with_identifier(rsa, "300d06092a864886f70d01010c0500")), kBad) << "SHA2-384";
  EXPECT_EQ(judge(ec_key, with_identifier(ec, "300c06082a8648ce3d0403020500")), kUnsupported);
  EXPECT_EQ(judge(ec_key, with_identifier(ec, "300906072a8648ce3d0401")), kUnsupported) << "SHA-1";
}

/// OpenSSL about to sign by PSS.
struct PssSigning {
  PssSigning(const EVP_MD* digest, int salt) {
    EXPECT_EQ(EVP_DigestSignInit(context.get(), &parameters, digest, nullptr,
                                 signer(KeyType::Rsa).public_key().handle()),
              1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt), 1);
  }

  openssl::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* parameters = nullptr;  // the context's own
};

/// PSS as OpenSSL makes it, under an identifier.
Signature pss(const std::string& identifier, const EVP_MD* digest, int salt) {
  const PssSigning signing(digest, salt);
  std::size_t size = 256;
  Bytes signature(size);
  EXPECT_EQ(EVP_DigestSign(signing.context.get(), signature.data(), &size, kOctets.data(), kOctets.size()),
            1);
  signature.insert(signature.begin(), 0);
  return with_identifier({AuthMethodId::DigitalSignature, signature}, identifier);
}

/// An identifier of RSASSA-PSS, its parameters given.
std::string pss_identifier(const std::string& outer, const std::string& inner, const std::string& hash,
                           const std::string& null, const std::string& salt, const std::string& trailer) {
  const std::string oid = "06096086480165030402" + hash + null;
  const bool has_null = !null.empty();
  return "30" + outer + "06092a864886f70d01010a30" + inner + (has_null ? "a00f300d" : "a00d300b") + oid +
         (has_null ? "a11c301a" : "a11a3018") + "06092a864886f70d010108" + (has_null ? "300d" : "300b") +
         oid + "a2030201" + salt + trailer;
}

/// The AlgorithmIdentifier that OpenSSL writes for PSS with a salt of the digest's length.
std::string openssl_pss_identifier(const EVP_MD* digest) {
  const PssSigning signing(digest, RSA_PSS_SALTLEN_DIGEST);
  std::array<std::uint8_t, 128> der{};
  std::array wanted{
      OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), der.size()),
      OSSL_PARAM_construct_end()};
  EXPECT_EQ(EVP_PKEY_CTX_get_params(signing.parameters, wanted.data()), 1);
  return to_hex(ByteView(der).first(wanted[0].return_size));
}

TEST(Signature, PssAsOpenSslAndRfc7427WriteItIsAccepted) {
  const PublicKey& key = signer(KeyType::Rsa).public_key();
  EXPECT_EQ(judge(key, pss(openssl_pss_identifier(EVP_sha256()), EVP_sha256(), 32)), "");
  EXPECT_EQ(judge(key, pss(openssl_pss_identifier(EVP_sha384()), EVP_sha384(), 48)), "");
  EXPECT_EQ(judge(key, pss(openssl_pss_identifier(EVP_sha512()), EVP_sha512(), 64)), "");
  // RFC 7427 A.4.3, letter for letter.
  EXPECT_EQ(
      judge(key, pss("304606092a864886f70d01010a3039a00f300d06096086480165030402010500a11c301a06092a864886"
                     "f70d010108300d06096086480165030402010500a203020120a303020101",
                     EVP_sha256(), 32)),
      "");
}

TEST(Signature, PssIsAcceptedInItsThreeForms) {
  struct Row {
    const EVP_MD* digest;
    int salt;
    const char *hash, *salt_hex;
  };
  const PublicKey& key = signer(KeyType::Rsa).public_key();
  for (const Row& row : {Row{EVP_sha256(), 32, "01", "20"}, Row{EVP_sha384(), 48, "02", "30"},
                         Row{EVP_sha512(), 64, "03", "40"}}) {
    const auto judged = [&](const std::string& identifier, int salt) {
      return judge(key, pss(identifier, row.digest, salt));
    };
    const std::string plain = pss_identifier("41", "34", row.hash, "0500", row.salt_hex, "");
    EXPECT_EQ(judged(plain, row.salt), "");
    EXPECT_EQ(judged(pss_identifier("46", "39", row.hash, "0500", row.salt_hex, "a303020101"), row.salt), "");
    EXPECT_EQ(judged(pss_identifier("3d", "30", row.hash, "", row.salt_hex, ""), row.salt), "");
    EXPECT_EQ(judged(plain, row.salt - 1), kBad) << "another salt than announced";
    EXPECT_EQ(judged(pss_identifier("41", "34", row.hash, "0500", "00", ""), 0), kUnsupported);
  }
  EXPECT_EQ(judge(key, pss("300d06092a864886f70d01010a3000", EVP_sha1(), 20)), kUnsupported)
      << "the default parameters mean SHA-1";
}

TEST(Signature, Rsa7427AndPssAreNotMistakenForOneAnother) {
  const PublicKey& key = signer(KeyType::Rsa).public_key();
  const std::string identifier = pss_identifier("41", "34", "01", "0500", "20", "");
  EXPECT_EQ(judge(key, with_identifier(sign(KeyType::Rsa, {kSha256}), identifier)), kBad);
  EXPECT_EQ(judge(key, with_identifier(pss(identifier, EVP_sha256(), 32), "300d06092a864886f70d01010b0500")),
            kBad);
}

TEST(Signer, PemGoesThereAndBack) {
  for (const KeyType type : {KeyType::Rsa, KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::EcdsaP521}) {
    const auto pem = signer(type).to_pem();
    ASSERT_TRUE(pem);
    const auto read = Signer::from_pem(pem->view());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->public_key().type(), type);
    EXPECT_TRUE(read->public_key().equals(signer(type).public_key()));
  }
  EXPECT_EQ(signer(KeyType::Rsa).public_key().to_string(), "RSA 2048 bits");
  EXPECT_EQ(signer(KeyType::EcdsaP384).public_key().to_string(), "ECDSA P-384");
}

TEST(Signer, WhatIsNoKeyIsRefused) {
  EXPECT_FALSE(Signer::from_pem({}));
  EXPECT_FALSE(Signer::from_pem(kOctets));
  EXPECT_FALSE(PublicKey::from_der(kOctets));
}

/// Why a key that OpenSSL made is not taken.
std::string objection(EVP_PKEY* made) {
  const openssl::Key key(made);
  const auto taken = PublicKey::of(key.get());
  return taken ? "" : taken.error();
}

EVP_PKEY* rsa_key(unsigned bits, unsigned exponent) {
  const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const openssl::Number e(BN_new());
  EVP_PKEY* key = nullptr;
  BN_set_word(e.get(), exponent);
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits));
  EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get());
  EVP_PKEY_generate(context.get(), &key);
  return key;
}

TEST(PublicKey, WeakAndForeignKeysAreRefused) {
  EXPECT_EQ(objection(rsa_key(1024, 65537)), "RSA key of 1024 bits; at least 2048 are required");
  EXPECT_EQ(objection(rsa_key(2048, 3)), "RSA key with exponent 3; at least 65537 is required");
  const std::string neither = "neither an RSA key nor one of ECDSA P-256, P-384, P-521";
  EXPECT_EQ(objection(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), neither);
  EXPECT_EQ(objection(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp224r1")), neither);
  EXPECT_EQ(objection(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp256k1")), neither);
  EXPECT_EQ(objection(nullptr), "the public key is damaged or of an unknown type");
}

TEST(PublicKey, ACurveOfItsOwnParametersIsRefused) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1");
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT),
            1);
  EXPECT_NE(objection(key), "");
}

}  // namespace
}  // namespace awtun::crypto
