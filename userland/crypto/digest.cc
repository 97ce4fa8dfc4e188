// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/digest.h"

#include "userland/crypto/openssl.h"

namespace awtun::crypto {

std::optional<Sha1Digest> sha1(std::initializer_list<ByteView> parts) {
  using Digest = openssl::Handle<EVP_MD, EVP_MD_free>;
  using Context = openssl::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
  // Looked up once; immutable, so all threads share it.
  static const Digest digest(EVP_MD_fetch(nullptr, "SHA1", nullptr));
  const Context context(EVP_MD_CTX_new());
  if (!digest || !context || EVP_DigestInit_ex2(context.get(), digest.get(), nullptr) != 1)
    return std::nullopt;
  for (const ByteView part : parts)
    if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) return std::nullopt;
  Sha1Digest result{};
  if (EVP_DigestFinal_ex(context.get(), result.data(), nullptr) != 1) return std::nullopt;
  return result;
}

}  // namespace awtun::crypto
