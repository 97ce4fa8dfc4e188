// SPDX-License-Identifier: Apache-2.0
// OpenSSL's handles as unique_ptr, and its algorithms fetched once. Internal to this folder and userland/pki.
#pragma once

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <initializer_list>
#include <memory>

#include "userland/base/bytes.h"
#include "userland/crypto/suites.h"

namespace awtun::crypto::openssl {

/// A deleter that calls one of OpenSSL's free functions.
template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

using Cipher = Handle<EVP_CIPHER, EVP_CIPHER_free>;
using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Mac = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
/// Zeroised when freed: any of these may be a private key.
using Number = Handle<BIGNUM, BN_clear_free>;
using NumberContext = Handle<BN_CTX, BN_CTX_free>;
using MontgomeryContext = Handle<BN_MONT_CTX, BN_MONT_CTX_free>;

/// Takes back the entries that a refusal of the peer's octets leaves in OpenSSL's error queue, where
/// later code would take them for its own.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

/// What `encode`, one of OpenSSL's i2d functions, makes of `value`; empty: it failed.
template <class T>
[[nodiscard]] Bytes der_of(int (*encode)(const T*, unsigned char**), const T* value) {
  const int size = encode(value, nullptr);
  if (size <= 0) return {};
  Bytes der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  encode(value, &at);
  return der;
}

/// HMAC(key, parts[0] | parts[1] | ...) into `mac`, which has hash.size octets. False when OpenSSL failed.
[[nodiscard]] bool hmac(const HashRow& hash, ByteView key, std::initializer_list<ByteView> parts,
                        MutableByteView mac);

/// null: this library has none, or it is not supported. Never to be freed.
[[nodiscard]] const EVP_CIPHER* cipher(const EncryptionRow& row);

}  // namespace awtun::crypto::openssl
