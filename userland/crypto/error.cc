// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/error.h"

namespace awtun::crypto {

std::string_view to_string(CryptoError error) {
  switch (error) {
    case CryptoError::Unsupported:
      return "the algorithm is not implemented";
    case CryptoError::BadLength:
      return "a key or a value has the wrong size";
    case CryptoError::BadPublicValue:
      return "the peer's public value is not acceptable";
    case CryptoError::BadIcv:
      return "the integrity check failed";
    case CryptoError::BadSignature:
      return "the signature does not verify";
    case CryptoError::BadPadding:
      return "the padding is longer than the plaintext";
    case CryptoError::Library:
      return "the cryptographic library failed";
  }
  return "unknown error";
}

}  // namespace awtun::crypto
