// SPDX-License-Identifier: Apache-2.0
// Diffie-Hellman (RFC 7296 3.4): MODP groups 2, 5, 14, 15, 16, 18 (RFC 2409, RFC 3526), ECP groups
// 19, 20, 21 (RFC 5903) and X25519 (RFC 8031).
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/wire/constants.h"

namespace awtun::crypto {

/// Fills a span with unpredictable octets; the same type as ike::RandomSource.
using RandomSource = std::function<void(MutableByteView)>;

/// Our half of one exchange: a fresh private key and its public value. Use one object for one
/// exchange; derive() may be called again only because a forged answer may come before the true one.
class KeyExchange {
 public:
  /// True when the group is implemented.
  [[nodiscard]] static bool supported(wire::GroupId group);
  /// The exact size of a public value of the group; 0 when it is not implemented.
  [[nodiscard]] static std::size_t public_size(wire::GroupId group);
  /// How many octets generate() takes from its source; 0 when the group is not implemented.
  [[nodiscard]] static std::size_t random_size(wire::GroupId group);

  /// The private key comes from `random` alone, so equal octets give equal keys.
  [[nodiscard]] static Result<KeyExchange, CryptoError> generate(wire::GroupId group,
                                                                 const RandomSource& random);
  /// A given private key: MODP an exponent (big endian, 1 < x < p-1), ECP a scalar of the field's size,
  /// X25519 32 octets. For known-answer tests.
  [[nodiscard]] static Result<KeyExchange, CryptoError> from_private(wire::GroupId group,
                                                                     ByteView private_key);

  [[nodiscard]] wire::GroupId group() const { return group_; }
  /// public_size() octets, as they go into a KE payload: MODP padded to the left with zeros, ECP x | y.
  [[nodiscard]] ByteView public_value() const { return public_value_; }

  /// The shared secret g^ir, padded to the left to the size of the modulus (RFC 7296 2.14); ECP: x.
  /// BadLength or BadPublicValue when `peer` is no acceptable public value (RFC 6989 2.1 to 2.3:
  /// MODP 1 < r < p-1; ECP on the curve; X25519 not of small order).
  [[nodiscard]] Result<Secret, CryptoError> derive(ByteView peer) const;

 private:
  KeyExchange(wire::GroupId group, Secret private_key, Bytes public_value)
      : group_(group), private_key_(std::move(private_key)), public_value_(std::move(public_value)) {}

  wire::GroupId group_;
  Secret private_key_;
  Bytes public_value_;
};

}  // namespace awtun::crypto
