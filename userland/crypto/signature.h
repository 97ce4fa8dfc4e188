// SPDX-License-Identifier: Apache-2.0
// Signatures in AUTH payloads (RFC 7296 2.15): Digital Signature (RFC 7427) with RSA PKCS#1 v1.5,
// RSASSA-PSS and ECDSA over SHA2-256, -384, -512; and the older methods 1 (RSA with SHA-1) and 9, 10,
// 11 (ECDSA, RFC 4754), the only ones in which SHA-1 is signed or accepted.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/wire/constants.h"

namespace awtun::crypto {

enum class KeyType : std::uint8_t { Rsa, EcdsaP256, EcdsaP384, EcdsaP521 };

/// The IANA registry "IKEv2 Hash Algorithms" (RFC 7427 4, 7): what SIGNATURE_HASH_ALGORITHMS lists.
enum class SignatureHash : std::uint16_t { Sha1 = 1, Sha256 = 2, Sha384 = 3, Sha512 = 4 };
/// What we announce: all that Digital Signature is accepted with.
inline constexpr SignatureHash kSignatureHashes[] = {SignatureHash::Sha256, SignatureHash::Sha384,
                                                     SignatureHash::Sha512};

/// The sizes of RSA keys that are accepted and made: what a peer can make us compute is bounded.
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

/// A key that signatures may be verified with: RSA of those sizes whose exponent is at least 65537, or a
/// named curve P-256, P-384, P-521. Shares its handle when copied; any thread may use it.
class PublicKey {
 public:
  /// Shares `key`. Otherwise why it is none of those above: "RSA key of 1024 bits; at least 2048 are
  /// required".
  [[nodiscard]] static Result<PublicKey, std::string> of(EVP_PKEY* key);
  /// A DER SubjectPublicKeyInfo.
  [[nodiscard]] static Result<PublicKey, std::string> from_der(ByteView subject_public_key_info);

  [[nodiscard]] KeyType type() const { return type_; }
  /// "RSA 2048 bits", "ECDSA P-256".
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool equals(const PublicKey& other) const;

  /// Judges an AUTH payload's data. Unsupported: a method or algorithm that is not known, or not this
  /// key's, or with parameters that are neither those of RFC 7427 nor of RFC 4055; else BadSignature.
  [[nodiscard]] Result<void, CryptoError> verify(wire::AuthMethodId method, ByteView auth_data,
                                                 ByteView octets) const;

  /// For the certificate code alone.
  [[nodiscard]] EVP_PKEY* handle() const { return handle_.get(); }

 private:
  PublicKey(std::shared_ptr<EVP_PKEY> handle, KeyType type, int bits)
      : handle_(std::move(handle)), type_(type), bits_(bits) {}

  std::shared_ptr<EVP_PKEY> handle_;
  KeyType type_;
  int bits_;
};

/// What goes into an AUTH payload.
struct Signature {
  wire::AuthMethodId method;
  Bytes data;
};

/// A private key.
class Signer {
 public:
  /// PEM: PKCS#8, or the traditional forms of RSA and EC. Without a pass phrase.
  [[nodiscard]] static Result<Signer, std::string> from_pem(ByteView pem);
  /// A new key, of `rsa_bits` when it is an RSA one.
  [[nodiscard]] static Result<Signer, CryptoError> generate(KeyType type, unsigned rsa_bits = kMinRsaBits);

  [[nodiscard]] const PublicKey& public_key() const { return key_; }
  /// PKCS#8.
  [[nodiscard]] Result<Secret, CryptoError> to_pem() const;

  /// Signs with the best that a peer knows which sent these SIGNATURE_HASH_ALGORITHMS. RSA: PKCS#1 v1.5
  /// with the first of SHA2-256, -384, -512 in the list, since the list says nothing of PSS and every
  /// peer knows PKCS#1 v1.5; ECDSA: with the hash of the curve's strength, else likewise. A list without
  /// any of these, or none: the old methods.
  [[nodiscard]] Result<Signature, CryptoError> sign(std::span<const std::uint16_t> peer_hashes,
                                                    ByteView octets) const;

 private:
  explicit Signer(PublicKey key) : key_(std::move(key)) {}

  PublicKey key_;  // its handle has the private half too
};

}  // namespace awtun::crypto
