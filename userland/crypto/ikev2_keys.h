// SPDX-License-Identifier: Apache-2.0
// The key schedule of IKEv2: RFC 7296 2.14 (IKE SA), 2.15 (AUTH), 2.17 (Child SA), 2.18 (rekey).
// Nonces are the payloads' contents, without headers; SPIs are numbers in host byte order.
#pragma once

#include <cstdint>
#include <optional>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/crypto/prf.h"
#include "userland/crypto/suites.h"

namespace awtun::crypto {

/// The seven keys of an IKE SA. With an AEAD sk_ei and sk_er end in the salt, sk_ai and sk_ar are
/// empty (RFC 5282 7.2).
struct IkeKeyMaterial {
  Secret sk_d, sk_ai, sk_ar, sk_ei, sk_er, sk_pi, sk_pr;
};

/// SKEYSEED = prf(Ni | Nr, g^ir), of a first IKE SA.
[[nodiscard]] Result<Secret, CryptoError> skeyseed(const Prf& prf, ByteView ni, ByteView nr,
                                                   const Secret& shared_secret);

/// SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), of an IKE SA that replaces another. The PRF is the
/// old IKE SA's (2.18).
[[nodiscard]] Result<Secret, CryptoError> skeyseed_for_rekey(const Prf& old_prf, const Secret& old_sk_d,
                                                             const Secret& shared_secret, ByteView ni,
                                                             ByteView nr);

/// prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), cut into the keys that `suite` takes.
[[nodiscard]] Result<IkeKeyMaterial, CryptoError> derive_ike_keys(const IkeSuite& suite, const Secret& seed,
                                                                  ByteView ni, ByteView nr,
                                                                  std::uint64_t initiator_spi,
                                                                  std::uint64_t responder_spi);

/// The keys of one ESP SA. `salt` is empty for CBC, `integrity` for an AEAD.
struct EspKeys {
  Secret encryption;
  Secret salt;
  Secret integrity;
};

/// Initiator and responder of the exchange that made the Child SA, not of the IKE SA.
struct ChildKeys {
  EspKeys initiator_to_responder;
  EspKeys responder_to_initiator;
};

/// KEYMAT = prf+(SK_d, [g^ir (new) |] Ni | Nr), cut for `suite`. `shared_secret` is null without PFS.
[[nodiscard]] Result<ChildKeys, CryptoError> derive_child_keys(const Prf& prf, const EspSuite& suite,
                                                               const Secret& sk_d,
                                                               const Secret* shared_secret, ByteView ni,
                                                               ByteView nr);

/// What an end signs (2.15): its own first message | the other's nonce | prf(SK_p, RestOfIDPayload).
/// `sk_p` is SK_pi for the initiator, SK_pr for the responder; `id_body` is IdView::rest_of_payload.
[[nodiscard]] Result<Bytes, CryptoError> signed_octets(const Prf& prf, ByteView own_first_message,
                                                       ByteView others_nonce, const Secret& sk_p,
                                                       ByteView id_body);

/// AUTH by pre-shared key: prf(prf(secret, "Key Pad for IKEv2"), signed octets). Compare in
/// constant time.
[[nodiscard]] Result<Secret, CryptoError> shared_key_auth(const Prf& prf, const Secret& preshared_key,
                                                          ByteView octets);

}  // namespace awtun::crypto
