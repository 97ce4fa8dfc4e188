// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/groups.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto::x25519 {

namespace {

constexpr std::size_t kSize = 32;

openssl::Key to_key(const Secret& private_key) {
  return openssl::Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, private_key.view().data(),
                                                      private_key.size()));
}

}  // namespace

Result<Bytes, CryptoError> public_value(const Secret& private_key) {
  if (private_key.size() != kSize) return Error{CryptoError::BadLength};
  const openssl::Key key = to_key(private_key);
  Bytes value(kSize);
  std::size_t size = value.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), value.data(), &size) != 1 || size != value.size())
    return Error{CryptoError::Library};
  return value;
}

Result<Secret, CryptoError> shared_secret(const Secret& private_key, ByteView peer) {
  if (peer.size() != kSize || private_key.size() != kSize) return Error{CryptoError::BadLength};
  const openssl::Key key = to_key(private_key);
  const openssl::Key other(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, peer.data(), peer.size()));
  const openssl::KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!other || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), other.get(), 0) != 1)
    return Error{CryptoError::Library};
  Secret shared(kSize);
  std::size_t size = shared.size();
  // Fails when the result is all zero, that is for a point of small order (RFC 7748 6.1).
  if (EVP_PKEY_derive(context.get(), shared.bytes().data(), &size) != 1 || size != shared.size())
    return Error{CryptoError::BadPublicValue};
  return shared;
}

}  // namespace awtun::crypto::x25519
