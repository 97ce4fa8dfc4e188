// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/link_local.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <string>

namespace awtun::daemon {

IpPrefix link_local_address(const Secret& secret, std::string_view interface, std::string_view instance) {
  std::array<std::uint8_t, 16> address{0xfe, 0x80};
  // The zero octet cannot stand in either text, so no two pairs give the same input.
  const auto input = std::string(interface) + '\0' + std::string(instance);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.view().data(), static_cast<int>(secret.size()),
       reinterpret_cast<const std::uint8_t*>(input.data()), input.size(), digest.data(), &size);
  std::copy_n(digest.begin(), 8, address.begin() + 8);
  return {*IpAddress::from_bytes(address), 64};
}

}  // namespace awtun::daemon
