// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/link_local.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "userland/daemon/files.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t secret_size = 32;

}  // namespace

Result<Secret, std::string> link_local_secret(const std::filesystem::path& state_dir) {
  const auto path = state_dir / "link-local-secret";
  const auto stored = read_file(path);
  if (!stored) return Error{stored.error()};
  const auto octets = [](const std::string& text) {
    return ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  if (*stored && (*stored)->size() == secret_size) return Secret(octets(**stored));
  Secret made(secret_size);
  if (RAND_bytes(made.bytes().data(), static_cast<int>(made.size())) != 1)
    return Error{std::string("the system has no random numbers")};
  const std::string_view text(reinterpret_cast<const char*>(made.view().data()), made.size());
  if (auto written = write_file(path, text); !written) return Error{written.error()};
  return made;
}

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
