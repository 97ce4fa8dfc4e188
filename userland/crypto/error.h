// SPDX-License-Identifier: Apache-2.0
// Why a cryptographic operation gave no result.
#pragma once

#include <cstdint>
#include <string_view>

namespace awtun::crypto {

enum class CryptoError : std::uint8_t {
  Unsupported,     ///< an algorithm, key length or group that is not implemented
  BadLength,       ///< a key, IV, public value or body of the wrong size
  BadPublicValue,  ///< the peer's public value is out of range or not on the curve (RFC 6989)
  BadIcv,          ///< integrity check failed: not from the peer, or damaged
  BadSignature,    ///< a signature that the key did not make
  BadPadding,      ///< the pad length of an authentic SK payload is larger than its plaintext
  Library,         ///< OpenSSL failed: out of memory, or a provider is missing
};

/// "the integrity check failed".
std::string_view to_string(CryptoError error);

}  // namespace awtun::crypto
