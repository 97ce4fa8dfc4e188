// SPDX-License-Identifier: Apache-2.0
#include "userland/base/secret.h"

#include <openssl/crypto.h>

namespace awtun {

Secret::Secret(std::size_t size) : octets_(size, &secret_memory()) {}

Secret::Secret(ByteView octets) : octets_(octets.begin(), octets.end(), &secret_memory()) {}

// A moved-from vector keeps no storage, so nothing stays behind to wipe.
Secret::Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    octets_ = std::move(other.octets_);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  OPENSSL_cleanse(octets_.data(), octets_.size());
  octets_.clear();
}

bool Secret::operator==(const Secret& other) const { return constant_time_equal(octets_, other.octets_); }

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace awtun
