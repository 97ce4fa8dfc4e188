// SPDX-License-Identifier: Apache-2.0
// Protection of SK payloads: AES-CBC with HMAC (RFC 7296 3.14), AEADs (RFC 5282).
#pragma once

#include <cstddef>
#include <cstdint>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/crypto/suites.h"

namespace awtun::crypto {

/// The cipher of one direction of an IKE SA. `prefix` is always the message from the IKE header
/// through the SK payload's generic header, `body` what follows: IV, ciphertext, ICV.
class IkeCipher {
 public:
  /// `encryption_key` is SK_e, for an AEAD with the salt at its end; `integrity_key` is SK_a, empty for an
  /// AEAD. BadLength unless their sizes are key_sizes().
  [[nodiscard]] static Result<IkeCipher, CryptoError> create(const IkeSuite& suite, ByteView encryption_key,
                                                             ByteView integrity_key);

  [[nodiscard]] std::size_t iv_size() const { return encryption_->iv; }  ///< CBC 16, AEAD 8
  [[nodiscard]] std::size_t icv_size() const { return encryption_->aead() ? encryption_->icv : hash_->icv; }
  [[nodiscard]] std::size_t block_size() const { return encryption_->block; }
  /// The IV is a number that must never repeat under the key; else it is unpredictable.
  [[nodiscard]] bool aead() const { return encryption_->aead(); }
  /// The exact size of the body for a plaintext: IV, plaintext, padding, pad length octet, ICV.
  [[nodiscard]] std::size_t sealed_size(std::size_t plaintext_size) const;

  /// Pads, encrypts and authenticates. `iv` has iv_size() octets: for CBC unpredictable, for an
  /// AEAD never used before under this key. `body` has sealed_size(plaintext.size()) octets.
  [[nodiscard]] Result<void, CryptoError> seal(ByteView iv, ByteView prefix, ByteView plaintext,
                                               MutableByteView body) const;

  /// The plaintext without padding. The ICV is compared in constant time, for CBC before anything
  /// is decrypted; BadLength and BadIcv must not be answered.
  [[nodiscard]] Result<Bytes, CryptoError> open(ByteView prefix, ByteView body) const;

 private:
  IkeCipher(const EncryptionRow& encryption, const HashRow* hash, ByteView encryption_key,
            ByteView integrity_key);

  [[nodiscard]] bool integrity(ByteView prefix, ByteView covered, MutableByteView icv) const;
  [[nodiscard]] bool seal_cbc(ByteView prefix, MutableByteView body) const;
  [[nodiscard]] bool seal_aead(ByteView prefix, MutableByteView body) const;
  [[nodiscard]] Result<Bytes, CryptoError> open_cbc(ByteView prefix, ByteView body) const;
  [[nodiscard]] Result<Bytes, CryptoError> open_aead(ByteView prefix, ByteView body) const;

  const EncryptionRow* encryption_;
  const HashRow* hash_;  ///< nullptr with an AEAD
  Secret key_;
  Secret salt_;
  Secret integrity_key_;
};

}  // namespace awtun::crypto
