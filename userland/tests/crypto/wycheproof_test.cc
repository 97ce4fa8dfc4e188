// SPDX-License-Identifier: Apache-2.0
// Project Wycheproof (C2SP/wycheproof, testvectors_v1). The files are looked for in
// $AWTUN_VECTORS/wycheproof, by default beside the project; without them the tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "userland/crypto/ike_cipher.h"
#include "userland/crypto/key_exchange.h"
#include "userland/crypto/prf.h"
#include "userland/crypto/signature.h"
#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

using nlohmann::json;

std::optional<json> load(const std::string& name) {
  const char* given = std::getenv("AWTUN_VECTORS");
  std::ifstream file(std::string(given ? given : AWTUN_VECTORS_DEFAULT) + "/wycheproof/" + name);
  if (!file) return std::nullopt;
  return json::parse(file);
}

Bytes octets(const json& test, const char* field) { return hex(test.at(field).get<std::string>()); }

bool is_valid(const json& test) { return test.at("result") == "valid"; }

#define LOAD_OR_SKIP(variable, name) \
  const auto variable = load(name);  \
  if (!variable) GTEST_SKIP() << "no vectors"

void run_hmac(const json& file, wire::PrfId id) {
  const auto prf = Prf::create(id);
  ASSERT_TRUE(prf);
  for (const json& group : file.at("testGroups"))
    for (const json& test : group.at("tests")) {
      const auto mac = prf->compute(octets(test, "key"), {octets(test, "msg")});
      ASSERT_TRUE(mac);
      const auto size = group.at("tagSize").get<std::size_t>() / 8;
      EXPECT_EQ(to_hex(mac->view().first(size)) == test.at("tag"), is_valid(test)) << test.at("tcId");
    }
}

TEST(Wycheproof, HmacSha1) {
  LOAD_OR_SKIP(file, "hmac_sha1_test.json");
  run_hmac(*file, wire::PrfId::HmacSha1);
}

TEST(Wycheproof, HmacSha256) {
  LOAD_OR_SKIP(file, "hmac_sha256_test.json");
  run_hmac(*file, wire::PrfId::HmacSha256);
}

TEST(Wycheproof, HmacSha384) {
  LOAD_OR_SKIP(file, "hmac_sha384_test.json");
  run_hmac(*file, wire::PrfId::HmacSha384);
}

TEST(Wycheproof, HmacSha512) {
  LOAD_OR_SKIP(file, "hmac_sha512_test.json");
  run_hmac(*file, wire::PrfId::HmacSha512);
}

/// What open() must make of an authentic plaintext whose last octet is taken for a pad length.
std::string without_padding(const Bytes& message) {
  const std::size_t padding = std::size_t{message.back()} + 1;
  if (padding > message.size()) return std::string(to_string(CryptoError::BadPadding));
  return to_hex(ByteView(message).first(message.size() - padding));
}

// Those with a 96-bit IV, which is salt and IV here, and with a plaintext.
TEST(Wycheproof, AesGcm) {
  LOAD_OR_SKIP(file, "aes_gcm_test.json");
  int tried = 0;
  for (const json& group : file->at("testGroups")) {
    if (group.at("ivSize") != 96) continue;
    for (const json& test : group.at("tests")) {
      const Bytes message = octets(test, "msg");
      if (message.empty()) continue;
      Bytes key = octets(test, "key");
      const Bytes nonce = octets(test, "iv");
      key.insert(key.end(), nonce.begin(), nonce.begin() + 4);
      Bytes body(nonce.begin() + 4, nonce.end());
      for (const char* part : {"ct", "tag"}) {
        const Bytes more = octets(test, part);
        body.insert(body.end(), more.begin(), more.end());
      }
      const auto bits = group.at("keySize").get<std::uint16_t>();
      const auto cipher = IkeCipher::create(
          {EncrId::AesGcm16, bits, IntegId::None, PrfId::HmacSha256, GroupId::Modp2048}, key, {});
      ASSERT_TRUE(cipher);
      const auto opened = cipher->open(octets(test, "aad"), body);
      const std::string seen = opened ? to_hex(*opened) : std::string(to_string(opened.error()));
      const std::string expected =
          is_valid(test) ? without_padding(message) : std::string(to_string(CryptoError::BadIcv));
      EXPECT_EQ(seen, expected) << test.at("tcId");
      ++tried;
    }
  }
  EXPECT_GT(tried, 150);
}

/// Octets of a number, padded or trimmed on the left to `size`.
Bytes resized(Bytes number, std::size_t size) {
  while (number.size() > size && number.front() == 0) number.erase(number.begin());
  number.insert(number.begin(), number.size() < size ? size - number.size() : 0, 0);
  return number;
}

// Points come in SEC 1 form; IKE has the uncompressed one, without its first octet.
void run_ecdh(const json& file, wire::GroupId group_id) {
  const std::size_t size = KeyExchange::public_size(group_id);
  int tried = 0;
  for (const json& group : file.at("testGroups"))
    for (const json& test : group.at("tests")) {
      Bytes point = octets(test, "public");
      if (point.size() != size + 1 || point[0] != 4) continue;
      point.erase(point.begin());
      const auto exchange = KeyExchange::from_private(group_id, resized(octets(test, "private"), size / 2));
      ASSERT_TRUE(exchange) << test.at("tcId");
      const auto shared = exchange->derive(point);
      EXPECT_EQ(static_cast<bool>(shared), is_valid(test)) << test.at("tcId");
      if (shared && is_valid(test)) {
        EXPECT_EQ(to_hex(shared->view()), test.at("shared")) << test.at("tcId");
      }
      ++tried;
    }
  EXPECT_GT(tried, 200);
}

TEST(Wycheproof, EcdhP256) {
  LOAD_OR_SKIP(file, "ecdh_secp256r1_ecpoint_test.json");
  run_ecdh(*file, wire::GroupId::Ecp256);
}

TEST(Wycheproof, EcdhP384) {
  LOAD_OR_SKIP(file, "ecdh_secp384r1_ecpoint_test.json");
  run_ecdh(*file, wire::GroupId::Ecp384);
}

TEST(Wycheproof, EcdhP521) {
  LOAD_OR_SKIP(file, "ecdh_secp521r1_ecpoint_test.json");
  run_ecdh(*file, wire::GroupId::Ecp521);
}

// "acceptable" are, among others, points of small order, whose shared secret is zero: refused here.
TEST(Wycheproof, X25519) {
  LOAD_OR_SKIP(file, "x25519_test.json");
  for (const json& group : file->at("testGroups"))
    for (const json& test : group.at("tests")) {
      const auto exchange = KeyExchange::from_private(wire::GroupId::X25519, octets(test, "private"));
      ASSERT_TRUE(exchange);
      const Bytes expected = octets(test, "shared");
      const bool zero = std::all_of(expected.begin(), expected.end(), [](std::uint8_t o) { return o == 0; });
      const auto shared = exchange->derive(octets(test, "public"));
      ASSERT_EQ(static_cast<bool>(shared), !zero) << test.at("tcId");
      if (shared) {
        EXPECT_EQ(to_hex(shared->view()), to_hex(expected)) << test.at("tcId");
      }
    }
}

/// As Digital Signature, under an AlgorithmIdentifier. Keys with a low exponent are refused as such.
void run_signatures(const json& file, const std::string& identifier, std::size_t least) {
  std::size_t tried = 0;
  for (const json& group : file.at("testGroups")) {
    const auto key = PublicKey::from_der(octets(group, "publicKeyDer"));
    const json& parts = group.at("publicKey");
    const bool low_exponent = parts.contains("publicExponent") && parts.at("publicExponent") == "03";
    ASSERT_EQ(static_cast<bool>(key), !low_exponent);
    if (!key) continue;
    for (const json& test : group.at("tests")) {
      Bytes data = hex(identifier);
      data.insert(data.begin(), static_cast<std::uint8_t>(data.size()));
      const Bytes signature = octets(test, "sig");
      data.insert(data.end(), signature.begin(), signature.end());
      const bool good{key->verify(wire::AuthMethodId::DigitalSignature, data, octets(test, "msg"))};
      EXPECT_EQ(good, is_valid(test)) << test.at("tcId");
      ++tried;
    }
  }
  EXPECT_GT(tried, least);
}

TEST(Wycheproof, RsaPkcs1) {
  LOAD_OR_SKIP(file, "rsa_signature_2048_sha256_test.json");
  run_signatures(*file, "300d06092a864886f70d01010b0500", 200);
}

TEST(Wycheproof, RsaPss) {
  LOAD_OR_SKIP(file, "rsa_pss_2048_sha256_mgf1_32_test.json");
  run_signatures(
      *file,
      "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
      "300d06096086480165030402010500a203020120",
      100);
}

TEST(Wycheproof, EcdsaP256) {
  LOAD_OR_SKIP(file, "ecdsa_secp256r1_sha256_test.json");
  run_signatures(*file, "300a06082a8648ce3d040302", 400);
}

TEST(Wycheproof, EcdsaP384) {
  LOAD_OR_SKIP(file, "ecdsa_secp384r1_sha384_test.json");
  run_signatures(*file, "300a06082a8648ce3d040303", 400);
}

}  // namespace
}  // namespace awtun::crypto
