// SPDX-License-Identifier: Apache-2.0
// Cookies as the responder gives them (RFC 7296 2.6): proof that a peer receives where it says that it
// sends from, for which this end keeps no state but a secret.
#pragma once

#include <optional>

#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/ike/rules/dice.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// What a cookie is bound to. Not to the port: a NAT may choose another one.
struct CookieClaim {
  ByteView nonce;
  IpAddress remote;
  std::uint64_t initiator_spi = 0;
};

class CookieJar {
 public:
  /// How long a secret makes cookies; for as long again those are taken.
  static constexpr Duration kSecretAge{60000};

  /// A version octet, which says by which secret, and a keyed hash. Empty when the crypto library fails.
  [[nodiscard]] Bytes make(Time now, Dice& dice, const CookieClaim& claim);
  [[nodiscard]] bool accepts(Time now, ByteView cookie, const CookieClaim& claim) const;

 private:
  struct Generation {
    std::uint8_t version;
    Time born;
    Secret secret;
  };
  std::optional<Generation> current_;
  std::optional<Generation> previous_;
};

}  // namespace awtun::ike
