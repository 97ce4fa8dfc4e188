// SPDX-License-Identifier: Apache-2.0
// The AUTH payload (RFC 7296 2.15): what is signed, and the proof by pre-shared key.
#pragma once

#include <optional>

#include "userland/ike/policy.h"
#include "userland/ike/rules/protection.h"

namespace awtun::ike {

/// What one end authenticates with.
struct AuthInput {
  ByteView own_first_message;  ///< that end's IKE_SA_INIT message
  ByteView others_nonce;       ///< the nonce of the opposite end
  const Secret& sk_p;          ///< SK_pi when that end is the initiator, else SK_pr
  ByteView id_body;            ///< of that end's ID payload, from the ID type on
};

/// The body of an ID payload (RFC 7296 3.5).
[[nodiscard]] Bytes id_body(const Identity& identity);

/// What that end signs; nullopt only when the crypto library fails.
[[nodiscard]] std::optional<Bytes> auth_octets(const crypto::Prf& prf, const AuthInput& input);

/// Whether AUTH of this method is a proof of the kind that a profile demands. DSS is none.
[[nodiscard]] bool proves(wire::AuthMethodId method, AuthMethod demanded);

/// AUTH of one end; nullopt only when the crypto library fails.
[[nodiscard]] std::optional<Secret> preshared_auth(const crypto::Prf& prf, const Secret& preshared_key,
                                                   const AuthInput& input);

/// Whether `received` is that end's AUTH. Without a key a dummy is tried, so that an unknown identity
/// takes the same path and time as a wrong key.
[[nodiscard]] bool verify_preshared_auth(const crypto::Prf& prf, const Secret* preshared_key,
                                         const AuthInput& input, ByteView received);

}  // namespace awtun::ike
