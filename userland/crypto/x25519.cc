// SPDX-License-Identifier: Apache-2.0
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>

#include "userland/crypto/groups.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto::x25519 {

namespace {

constexpr std::size_t kSize = 32;

openssl::Key to_key(const Secret& private_key) {
  return openssl::Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, private_key.view().data(),
                                                      private_key.size()));
}

openssl::Key to_key(const Secret& private_key, ByteView public_value) {
  // OpenSSL takes the octets through pointers that are not const, and leaves them alone.
  const auto parameter = [](const char* name, ByteView octets) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(octets.data()), octets.size());
  };
  std::array parameters{parameter(OSSL_PKEY_PARAM_PRIV_KEY, private_key.view()),
                        parameter(OSSL_PKEY_PARAM_PUB_KEY, public_value), OSSL_PARAM_construct_end()};
  const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "X25519", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.data()) != 1)
    return nullptr;
  return openssl::Key(key);
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

Result<Secret, CryptoError> shared_secret(const Secret& private_key, ByteView own_public, ByteView peer) {
  if (peer.size() != kSize || private_key.size() != kSize) return Error{CryptoError::BadLength};
  const openssl::Key key = to_key(private_key, own_public);
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
