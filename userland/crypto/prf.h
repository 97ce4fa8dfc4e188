// SPDX-License-Identifier: Apache-2.0
// The pseudorandom functions of RFC 7296 2.13: HMAC with SHA-1, SHA-256, SHA-384, SHA-512.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/crypto/suites.h"

namespace awtun::crypto {

/// A PRF; holds no key, so it is a cheap value. All functions are safe from several threads.
class Prf {
 public:
  [[nodiscard]] static Result<Prf, CryptoError> create(wire::PrfId id);

  [[nodiscard]] wire::PrfId id() const { return hash_->prf; }
  /// Size of the output, which is also the preferred size of the key.
  [[nodiscard]] std::size_t size() const { return hash_->size; }

  /// prf(key, parts[0] | parts[1] | ...). The key may have any size, zero included.
  [[nodiscard]] Result<Secret, CryptoError> compute(ByteView key,
                                                    std::initializer_list<ByteView> parts) const;
  /// The first `length` octets of prf+(key, parts[0] | parts[1] | ...); at most 255 times size().
  [[nodiscard]] Result<Secret, CryptoError> plus(ByteView key, std::initializer_list<ByteView> parts,
                                                 std::size_t length) const;

 private:
  explicit Prf(const HashRow& hash) : hash_(&hash) {}
  const HashRow* hash_;
};

}  // namespace awtun::crypto
