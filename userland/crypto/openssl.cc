// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>

namespace awtun::crypto::openssl {

namespace {

constexpr std::array kHashNames{"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"};

/// A context that knows its digest and has no key yet. Duplicating it costs an allocation, setting
/// the digest on a new one would cost a lookup by name each time.
MacContext make_hmac(EVP_MAC* mac, const char* digest) {
  MacContext context(mac ? EVP_MAC_CTX_new(mac) : nullptr);
  // OpenSSL takes the name through a pointer that is not const, and leaves it alone.
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1) return nullptr;
  return context;
}

/// What is looked up by name. Immutable once made, so all threads and daemons of a process share it.
struct Library {
  Mac mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::array<MacContext, kHashNames.size()> hmacs;
  std::array<Cipher, 3> cbc{Cipher(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr)),
                            Cipher(EVP_CIPHER_fetch(nullptr, "AES-192-CBC", nullptr)),
                            Cipher(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr))};
  std::array<Cipher, 3> gcm{Cipher(EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)),
                            Cipher(EVP_CIPHER_fetch(nullptr, "AES-192-GCM", nullptr)),
                            Cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr))};

  Library() {
    for (std::size_t i = 0; i < hmacs.size(); ++i) hmacs[i] = make_hmac(mac.get(), kHashNames[i]);
  }
};

const Library& library() {
  static const Library instance;
  return instance;
}

}  // namespace

std::size_t hash_size(Hash hash) {
  switch (hash) {
    case Hash::Sha1:
      return 20;
    case Hash::Sha256:
      return 32;
    case Hash::Sha384:
      return 48;
    case Hash::Sha512:
      return 64;
  }
  return 0;
}

bool hmac(Hash hash, ByteView key, std::initializer_list<ByteView> parts, MutableByteView mac) {
  const MacContext& prototype = library().hmacs[static_cast<std::size_t>(hash)];
  if (!prototype || mac.size() != hash_size(hash)) return false;
  const MacContext context(EVP_MAC_CTX_dup(prototype.get()));
  // A null key would mean "the one set before", so an empty one needs an address too.
  static constexpr std::uint8_t kNoKey = 0;
  if (!context || EVP_MAC_init(context.get(), key.empty() ? &kNoKey : key.data(), key.size(), nullptr) != 1)
    return false;
  for (const ByteView part : parts)
    if (EVP_MAC_update(context.get(), part.data(), part.size()) != 1) return false;
  std::size_t size = 0;
  return EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) == 1 && size == mac.size();
}

const EVP_CIPHER* cipher(wire::EncrId id, std::size_t key_size) {
  if (key_size != 16 && key_size != 24 && key_size != 32) return nullptr;
  const std::size_t index = key_size / 8 - 2;
  switch (id) {
    case wire::EncrId::AesCbc:
      return library().cbc[index].get();
    case wire::EncrId::AesGcm8:
    case wire::EncrId::AesGcm12:
    case wire::EncrId::AesGcm16:
      return library().gcm[index].get();
  }
  return nullptr;
}

}  // namespace awtun::crypto::openssl
