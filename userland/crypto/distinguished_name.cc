// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/distinguished_name.h"

#include <openssl/x509.h>

#include <memory>

#include "userland/crypto/openssl.h"

namespace awtun::crypto {

std::optional<std::string> distinguished_name(ByteView der) {
  const openssl::ErrorScope errors;
  const unsigned char* at = der.data();
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> name(
      d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())), &X509_NAME_free);
  if (!name || at != der.data() + der.size()) return std::nullopt;
  const std::unique_ptr<char, void (*)(char*)> text(X509_NAME_oneline(name.get(), nullptr, 0),
                                                    [](char* owned) { OPENSSL_free(owned); });
  if (!text || *text == '\0') return std::nullopt;
  return std::string(text.get());
}

}  // namespace awtun::crypto
