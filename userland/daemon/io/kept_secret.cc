// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/kept_secret.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <string>

#include "userland/daemon/io/files.h"
#include "userland/daemon/io/random.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t kSecretSize = 32;

void warn_of_this_run(const std::string& error) {
  spdlog::warn("{}: using a temporary secret until the next start", error);
}

}  // namespace

Secret kept_secret(const std::filesystem::path& path) {
  auto stored = read_file(path);
  if (stored && *stored && (*stored)->size() == kSecretSize) {
    auto& text = **stored;
    Secret kept(as_octets(text));
    OPENSSL_cleanse(text.data(), text.size());
    return kept;
  }
  Secret made(kSecretSize);
  fill_random(made.bytes());
  const std::string_view text(reinterpret_cast<const char*>(made.view().data()), made.size());
  if (!stored)
    warn_of_this_run(stored.error());
  else if (const auto written = write_file(path, text); !written)
    warn_of_this_run(written.error());
  return made;
}

}  // namespace awtun::daemon
