// SPDX-License-Identifier: Apache-2.0
// OpenSSL with no more than the public keys of certificates. Internal to this folder and userland/pki.
#pragma once

#include <openssl/types.h>

namespace awtun::crypto::openssl {

/// The library context that certificates are read in, and their signatures verified: that of OpenSSL's
/// default provider, with RSA, RSA-PSS, EC, Ed25519 and Ed448 as the only kinds of keys. So a peer's octets
/// reach no code for others; and OpenSSL 3.0, which looks through all decoders and kinds of keys that there
/// are for every certificate, does it in a fifth of the time. Never to be freed. Null, which
/// OpenSSL takes for its default context, when it could not be made.
[[nodiscard]] OSSL_LIB_CTX* public_keys();

}  // namespace awtun::crypto::openssl
