// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/signature.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>

#include "userland/crypto/openssl.h"
#include "userland/crypto/public_keys.h"

namespace awtun::crypto {

namespace {

using wire::AuthMethodId;

constexpr BN_ULONG kMinRsaExponent = 65537;

enum class Scheme : std::uint8_t { RsaPkcs1, RsaPss, Ecdsa };

// ---------------------------------------------------------------- AlgorithmIdentifiers, RFC 7427 appendix A
// They are compared octet by octet. What differs between two hashes is one octet of an object identifier
// and the length of PSS's salt.

/// PKCS#1 v1.5 has NULL parameters (RFC 4055 5).
constexpr auto rsa_pkcs1(std::uint8_t hash) {
  return std::array<std::uint8_t, 15>{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                      0xf7, 0x0d, 0x01, 0x01, hash, 0x05, 0x00};
}

/// ECDSA has none (RFC 5758 3.2).
constexpr auto ecdsa(std::uint8_t hash) {
  return std::array<std::uint8_t, 12>{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, hash};
}

/// PSS, MGF1 with the same hash, as DER has it.
constexpr auto rsa_pss(std::uint8_t hash, std::uint8_t salt) {
  return std::array<std::uint8_t, 67>{
      0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f,
      0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00, 0xa1, 0x1c,
      0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09,
      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt};
}

/// With the trailer field spelled out, as in RFC 7427 A.4.3.
constexpr auto rsa_pss_with_trailer(std::uint8_t hash, std::uint8_t salt) {
  return std::array<std::uint8_t, 72>{0x30, 0x46, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
                                      0x0a, 0x30, 0x39, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
                                      0x01, 0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
                                      0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,
                                      0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash,
                                      0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt, 0xa3, 0x03, 0x02, 0x01, 0x01};
}

/// With the hashes' parameters absent instead of NULL: RFC 4055 2.1 and RFC 5754 2 have both accepted.
constexpr auto rsa_pss_without_null(std::uint8_t hash, std::uint8_t salt) {
  return std::array<std::uint8_t, 63>{
      0x30, 0x3d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x30, 0xa0,
      0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0xa1, 0x1a,
      0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0b, 0x06,
      0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0xa2, 0x03, 0x02, 0x01, salt};
}

constexpr auto kRsaSha256 = rsa_pkcs1(0x0b);
constexpr auto kRsaSha384 = rsa_pkcs1(0x0c);
constexpr auto kRsaSha512 = rsa_pkcs1(0x0d);
constexpr auto kEcdsaSha256 = ecdsa(0x02);
constexpr auto kEcdsaSha384 = ecdsa(0x03);
constexpr auto kEcdsaSha512 = ecdsa(0x04);
constexpr auto kPssSha256 = rsa_pss(0x01, 32);
constexpr auto kPssSha384 = rsa_pss(0x02, 48);
constexpr auto kPssSha512 = rsa_pss(0x03, 64);
constexpr auto kPssSha256Trailer = rsa_pss_with_trailer(0x01, 32);
constexpr auto kPssSha384Trailer = rsa_pss_with_trailer(0x02, 48);
constexpr auto kPssSha512Trailer = rsa_pss_with_trailer(0x03, 64);
constexpr auto kPssSha256NoNull = rsa_pss_without_null(0x01, 32);
constexpr auto kPssSha384NoNull = rsa_pss_without_null(0x02, 48);
constexpr auto kPssSha512NoNull = rsa_pss_without_null(0x03, 64);

struct Algorithm {
  Scheme scheme;
  SignatureHash hash;
};

/// The first row of a scheme and hash is the one that is sent.
struct AlgorithmRow {
  ByteView identifier;
  Scheme scheme;
  SignatureHash hash;
};
constexpr AlgorithmRow kAlgorithms[] = {
    {kRsaSha256, Scheme::RsaPkcs1, SignatureHash::Sha256},
    {kRsaSha384, Scheme::RsaPkcs1, SignatureHash::Sha384},
    {kRsaSha512, Scheme::RsaPkcs1, SignatureHash::Sha512},
    {kEcdsaSha256, Scheme::Ecdsa, SignatureHash::Sha256},
    {kEcdsaSha384, Scheme::Ecdsa, SignatureHash::Sha384},
    {kEcdsaSha512, Scheme::Ecdsa, SignatureHash::Sha512},
    {kPssSha256, Scheme::RsaPss, SignatureHash::Sha256},
    {kPssSha384, Scheme::RsaPss, SignatureHash::Sha384},
    {kPssSha512, Scheme::RsaPss, SignatureHash::Sha512},
    {kPssSha256Trailer, Scheme::RsaPss, SignatureHash::Sha256},
    {kPssSha384Trailer, Scheme::RsaPss, SignatureHash::Sha384},
    {kPssSha512Trailer, Scheme::RsaPss, SignatureHash::Sha512},
    {kPssSha256NoNull, Scheme::RsaPss, SignatureHash::Sha256},
    {kPssSha384NoNull, Scheme::RsaPss, SignatureHash::Sha384},
    {kPssSha512NoNull, Scheme::RsaPss, SignatureHash::Sha512},
};

// ---------------------------------------------------------------- keys and methods

struct KeyRow {
  KeyType type;
  const char* curve;    // OpenSSL's name; null for RSA
  const char* name;     // the operator's
  AuthMethodId method;  // without RFC 7427
  SignatureHash hash;   // that method's, and the strength of the curve
};
constexpr KeyRow kKeys[] = {
    {KeyType::Rsa, nullptr, "RSA", AuthMethodId::RsaSignature, SignatureHash::Sha1},
    {KeyType::EcdsaP256, "prime256v1", "ECDSA P-256", AuthMethodId::EcdsaSha256P256, SignatureHash::Sha256},
    {KeyType::EcdsaP384, "secp384r1", "ECDSA P-384", AuthMethodId::EcdsaSha384P384, SignatureHash::Sha384},
    {KeyType::EcdsaP521, "secp521r1", "ECDSA P-521", AuthMethodId::EcdsaSha512P521, SignatureHash::Sha512},
};

const KeyRow& row_of(KeyType type) { return kKeys[static_cast<std::size_t>(type)]; }

const char* digest_name(SignatureHash hash) {
  switch (hash) {
    case SignatureHash::Sha1:
      return "SHA1";
    case SignatureHash::Sha256:
      return "SHA2-256";
    case SignatureHash::Sha384:
      return "SHA2-384";
    case SignatureHash::Sha512:
      return "SHA2-512";
  }
  return "";
}

using SignatureContext = openssl::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaPair = openssl::Handle<ECDSA_SIG, ECDSA_SIG_free>;
using Input = openssl::Handle<BIO, BIO_free_all>;

/// PSS with MGF1 over the same hash, which is OpenSSL's default, and a salt of exactly its length.
bool set_padding(EVP_PKEY_CTX* context, Scheme scheme) {
  switch (scheme) {
    case Scheme::RsaPkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case Scheme::RsaPss:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    case Scheme::Ecdsa:
      return true;
  }
  return false;
}

/// An RSA signature, or ECDSA's as DER.
Result<Bytes, CryptoError> raw_sign(EVP_PKEY* key, const Algorithm& algorithm, ByteView octets) {
  const openssl::ErrorScope errors;
  const SignatureContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // the context's own
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), &parameters, digest_name(algorithm.hash), nullptr, nullptr, key,
                            nullptr) != 1 ||
      !set_padding(parameters, algorithm.scheme) ||
      EVP_DigestSign(context.get(), nullptr, &size, octets.data(), octets.size()) != 1)
    return Error{CryptoError::Library};
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, octets.data(), octets.size()) != 1)
    return Error{CryptoError::Library};
  signature.resize(size);
  return signature;
}

Result<void, CryptoError> raw_verify(EVP_PKEY* key, const Algorithm& algorithm, ByteView signature,
                                     ByteView octets) {
  const openssl::ErrorScope errors;
  const SignatureContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // the context's own
  if (!context ||
      EVP_DigestVerifyInit_ex(context.get(), &parameters, digest_name(algorithm.hash), openssl::public_keys(),
                              nullptr, key, nullptr) != 1 ||
      !set_padding(parameters, algorithm.scheme))
    return Error{CryptoError::Library};
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), octets.data(), octets.size()) != 1)
    return Error{CryptoError::BadSignature};
  return {};
}

// ---------------------------------------------------------------- RFC 4754: r | s, each as long as the order

std::size_t order_size(KeyType type) {
  switch (type) {
    case KeyType::Rsa:
      return 0;
    case KeyType::EcdsaP256:
      return 32;
    case KeyType::EcdsaP384:
      return 48;
    case KeyType::EcdsaP521:
      return 66;
  }
  return 0;
}

Result<Bytes, CryptoError> der_from_pair(ByteView pair, std::size_t half) {
  if (half == 0 || pair.size() != 2 * half) return Error{CryptoError::BadSignature};
  const int size = static_cast<int>(half);
  openssl::Number r(BN_bin2bn(pair.data(), size, nullptr));
  openssl::Number s(BN_bin2bn(pair.data() + half, size, nullptr));
  const EcdsaPair numbers(ECDSA_SIG_new());
  if (!r || !s || !numbers || ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1)
    return Error{CryptoError::Library};
  static_cast<void>(r.release());  // the pair's now
  static_cast<void>(s.release());
  Bytes der = openssl::der_of<ECDSA_SIG>(i2d_ECDSA_SIG, numbers.get());
  if (der.empty()) return Error{CryptoError::Library};
  return der;
}

Result<Bytes, CryptoError> pair_from_der(ByteView der, std::size_t half) {
  const std::uint8_t* at = der.data();
  const EcdsaPair numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!numbers) return Error{CryptoError::Library};
  Bytes pair(2 * half);
  const int size = static_cast<int>(half);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), pair.data(), size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), pair.data() + half, size) != size)
    return Error{CryptoError::Library};
  return pair;
}

// ---------------------------------------------------------------- what keys are good

std::optional<KeyType> curve_of(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  // Explicit parameters could describe a curve of the peer's making (CVE-2020-0601).
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, name.data(), name.size(), &size) !=
          1 ||
      std::string_view(name.data(), size) != OSSL_PKEY_EC_ENCODING_GROUP)
    return std::nullopt;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return std::nullopt;
  for (const KeyRow& row : kKeys)
    if (row.curve && std::string_view(name.data(), size) == row.curve) return row.type;
  return std::nullopt;
}

/// Empty when the key may be used.
std::string rsa_objection(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits)
    return "RSA key of " + std::to_string(bits) + " bits; at least " + std::to_string(kMinRsaBits) +
           " are required";
  if (bits > kMaxRsaBits)
    return "RSA key of " + std::to_string(bits) + " bits; at most " + std::to_string(kMaxRsaBits) +
           " are supported";
  BIGNUM* number = nullptr;
  const bool read = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) == 1;
  const openssl::Number exponent(number);
  if (!read) return "RSA key without an exponent";
  if (BN_num_bits(exponent.get()) > 64) return "RSA key whose exponent is longer than 64 bits";
  if (BN_get_word(exponent.get()) < kMinRsaExponent || BN_is_odd(exponent.get()) == 0)
    return "RSA key with exponent " + std::to_string(BN_get_word(exponent.get())) + "; at least " +
           std::to_string(kMinRsaExponent) + " is required";
  return {};
}

/// No pass phrase is asked for: a daemon has no terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

const AlgorithmRow* row_of(Scheme scheme, SignatureHash hash) {
  const auto* row = std::find_if(
      std::begin(kAlgorithms), std::end(kAlgorithms),
      [&](const AlgorithmRow& candidate) { return candidate.scheme == scheme && candidate.hash == hash; });
  return row == std::end(kAlgorithms) ? nullptr : row;
}

/// The data of Digital Signature: the identifier's length in one octet, the identifier, the signature.
Result<Bytes, CryptoError> sign_rfc7427(EVP_PKEY* key, const AlgorithmRow& row, ByteView octets) {
  auto signature = raw_sign(key, {row.scheme, row.hash}, octets);
  if (!signature) return signature;
  Bytes data{static_cast<std::uint8_t>(row.identifier.size())};
  data.insert(data.end(), row.identifier.begin(), row.identifier.end());
  data.insert(data.end(), signature->begin(), signature->end());
  return data;
}

Result<Bytes, CryptoError> sign_rfc7296(EVP_PKEY* key, const KeyRow& row, ByteView octets) {
  if (row.type == KeyType::Rsa) return raw_sign(key, {Scheme::RsaPkcs1, row.hash}, octets);
  const auto der = raw_sign(key, {Scheme::Ecdsa, row.hash}, octets);
  return der ? pair_from_der(*der, order_size(row.type)) : der;
}

Result<void, CryptoError> verify_rfc7427(EVP_PKEY* key, KeyType type, ByteView data, ByteView octets) {
  if (data.empty() || data.size() - 1 < data[0]) return Error{CryptoError::BadSignature};
  const ByteView identifier = data.subspan(1, data[0]);
  for (const AlgorithmRow& row : kAlgorithms)
    if (std::equal(row.identifier.begin(), row.identifier.end(), identifier.begin(), identifier.end()) &&
        (row.scheme == Scheme::Ecdsa) == (type != KeyType::Rsa))
      return raw_verify(key, {row.scheme, row.hash}, data.subspan(1 + identifier.size()), octets);
  return Error{CryptoError::Unsupported};
}

Result<void, CryptoError> verify_rfc7296(EVP_PKEY* key, const KeyRow& row, ByteView data, ByteView octets) {
  if (row.type == KeyType::Rsa) return raw_verify(key, {Scheme::RsaPkcs1, row.hash}, data, octets);
  const auto der = der_from_pair(data, order_size(row.type));
  if (!der) return Error{der.error()};
  return raw_verify(key, {Scheme::Ecdsa, row.hash}, *der, octets);
}

/// nullopt: the peer knows none that we sign with.
std::optional<SignatureHash> hash_for(KeyType type, std::span<const std::uint16_t> peer_hashes) {
  const auto known = [&](SignatureHash hash) {
    return hash != SignatureHash::Sha1 && std::find(peer_hashes.begin(), peer_hashes.end(),
                                                    static_cast<std::uint16_t>(hash)) != peer_hashes.end();
  };
  if (known(row_of(type).hash)) return row_of(type).hash;
  const auto* found = std::find_if(std::begin(kSignatureHashes), std::end(kSignatureHashes), known);
  if (found == std::end(kSignatureHashes)) return std::nullopt;
  return *found;
}

}  // namespace

Result<PublicKey, std::string> PublicKey::of(EVP_PKEY* key) {
  const openssl::ErrorScope errors;
  if (!key) return Error{std::string("the public key is damaged or of an unknown type")};
  std::optional<KeyType> type;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    if (std::string objection = rsa_objection(key); !objection.empty()) return Error{std::move(objection)};
    type = KeyType::Rsa;
  } else if (EVP_PKEY_is_a(key, "EC") == 1) {
    type = curve_of(key);
  }
  if (!type) return Error{std::string("neither an RSA key nor one of ECDSA P-256, P-384, P-521")};
  if (EVP_PKEY_up_ref(key) != 1) return Error{std::string("the cryptographic library failed")};
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), *type, EVP_PKEY_get_bits(key));
}

Result<PublicKey, std::string> PublicKey::from_der(ByteView subject_public_key_info) {
  const openssl::ErrorScope errors;
  const std::uint8_t* at = subject_public_key_info.data();
  const openssl::Key key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(subject_public_key_info.size()),
                                       openssl::public_keys(), nullptr));
  if (key && at != subject_public_key_info.data() + subject_public_key_info.size())
    return Error{std::string("octets behind the public key")};
  return of(key.get());
}

std::string PublicKey::to_string() const {
  const std::string name = row_of(type_).name;
  return type_ == KeyType::Rsa ? name + " " + std::to_string(bits_) + " bits" : name;
}

bool PublicKey::equals(const PublicKey& other) const {
  const openssl::ErrorScope errors;
  return EVP_PKEY_eq(handle_.get(), other.handle_.get()) == 1;
}

Result<void, CryptoError> PublicKey::verify(AuthMethodId method, ByteView auth_data, ByteView octets) const {
  const KeyRow& row = row_of(type_);
  if (method == AuthMethodId::DigitalSignature)
    return verify_rfc7427(handle_.get(), type_, auth_data, octets);
  if (method == row.method) return verify_rfc7296(handle_.get(), row, auth_data, octets);
  return Error{CryptoError::Unsupported};
}

Result<Signer, std::string> Signer::from_pem(ByteView pem) {
  const openssl::ErrorScope errors;
  const Input input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const openssl::Key key(input ? PEM_read_bio_PrivateKey(input.get(), nullptr, no_pass_phrase, nullptr)
                               : nullptr);
  if (!key) return Error{std::string("not a private key in PEM form, or one with a pass phrase")};
  auto shared = PublicKey::of(key.get());
  if (!shared) return Error{std::move(shared.error())};
  return Signer(*std::move(shared));
}

Result<Signer, CryptoError> Signer::generate(KeyType type, unsigned rsa_bits) {
  const openssl::ErrorScope errors;
  const openssl::Key key(type == KeyType::Rsa
                             ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits})
                             : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", row_of(type).curve));
  if (!key) return Error{CryptoError::Library};
  auto shared = PublicKey::of(key.get());
  if (!shared) return Error{CryptoError::Unsupported};
  return Signer(*std::move(shared));
}

Result<Secret, CryptoError> Signer::to_pem() const {
  const openssl::ErrorScope errors;
  // Memory that is wiped when freed.
  const Input output(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!output ||
      PEM_write_bio_PKCS8PrivateKey(output.get(), key_.handle(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Error{CryptoError::Library};
  const long size = BIO_get_mem_data(output.get(), &text);
  if (size <= 0) return Error{CryptoError::Library};
  return Secret(ByteView(reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(size)));
}

Result<Signature, CryptoError> Signer::sign(std::span<const std::uint16_t> peer_hashes,
                                            ByteView octets) const {
  const KeyRow& row = row_of(key_.type());
  const Scheme scheme = key_.type() == KeyType::Rsa ? Scheme::RsaPkcs1 : Scheme::Ecdsa;
  const auto hash = hash_for(key_.type(), peer_hashes);
  const AlgorithmRow* algorithm = hash ? row_of(scheme, *hash) : nullptr;
  auto data =
      algorithm ? sign_rfc7427(key_.handle(), *algorithm, octets) : sign_rfc7296(key_.handle(), row, octets);
  if (!data) return Error{data.error()};
  return Signature{algorithm ? AuthMethodId::DigitalSignature : row.method, *std::move(data)};
}

}  // namespace awtun::crypto
