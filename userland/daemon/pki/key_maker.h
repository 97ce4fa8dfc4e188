// SPDX-License-Identifier: Apache-2.0
// Makes key pairs beside the loop: an RSA key takes a slow router seconds, in which no packet is to wait.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/crypto/signature.h"

namespace awtun::daemon {

/// What key is made, and for which label.
struct WantedKey {
  std::string label;
  crypto::KeyType type;
  std::uint16_t rsa_bits;  ///< of an RSA key

  friend auto operator<=>(const WantedKey&, const WantedKey&) = default;
};

class KeyMaker {
 public:
  using Made = Result<crypto::Signer, crypto::CryptoError>;

  /// nullopt while it is being made, which the first call begins; the key once, when it is there. A key under
  /// way is waited for when the maker goes.
  std::optional<Made> take(const WantedKey& wanted);

 private:
  std::map<WantedKey, std::future<Made>> under_way_;
};

}  // namespace awtun::daemon
