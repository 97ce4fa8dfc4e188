// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>

namespace awtun::crypto::openssl {

namespace {

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
  std::array<MacContext, kHashes.size()> hmacs;  // by row
  std::array<Cipher, kEncryptions.size()> ciphers;

  Library() {
    for (std::size_t i = 0; i < hmacs.size(); ++i) hmacs[i] = make_hmac(mac.get(), kHashes[i].openssl);
    for (std::size_t i = 0; i < ciphers.size(); ++i)
      if (kEncryptions[i].supported())
        ciphers[i].reset(EVP_CIPHER_fetch(nullptr, kEncryptions[i].openssl, nullptr));
  }
};

const Library& library() {
  static const Library instance;
  return instance;
}

}  // namespace

bool hmac(const HashRow& hash, ByteView key, std::initializer_list<ByteView> parts, MutableByteView mac) {
  const MacContext& prototype = library().hmacs[static_cast<std::size_t>(&hash - kHashes.data())];
  if (!prototype || mac.size() != hash.size) return false;
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

const EVP_CIPHER* cipher(const EncryptionRow& row) {
  return library().ciphers[static_cast<std::size_t>(&row - kEncryptions.data())].get();
}

}  // namespace awtun::crypto::openssl
