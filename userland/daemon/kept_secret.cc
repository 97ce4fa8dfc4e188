// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/kept_secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "userland/daemon/files.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t secret_size = 32;

}  // namespace

Result<Secret, std::string> kept_secret(const std::filesystem::path& path) {
  auto stored = read_file(path);
  if (!stored) return Error{stored.error()};
  if (*stored && (*stored)->size() == secret_size) {
    auto& text = **stored;
    Secret kept(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    OPENSSL_cleanse(text.data(), text.size());
    return kept;
  }
  Secret made(secret_size);
  if (RAND_bytes(made.bytes().data(), static_cast<int>(made.size())) != 1)
    return Error{std::string("the system has no random numbers")};
  const std::string_view text(reinterpret_cast<const char*>(made.view().data()), made.size());
  if (auto written = write_file(path, text); !written) return Error{written.error()};
  return made;
}

}  // namespace awtun::daemon
