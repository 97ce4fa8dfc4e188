// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/startup_file.h"

#include <openssl/crypto.h>

#include "userland/config/session.h"
#include "userland/daemon/files.h"

namespace awtun::daemon {
namespace {

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

std::string describe(const std::filesystem::path& path, const config::FileError& error) {
  const auto where = path.string() + ":" + std::to_string(error.line) + ": ";
  // In a line with a key the columns no longer fit once the key is masked.
  if (const auto masked = config::mask_secrets(error.text)) return where + error.message + "\n" + *masked;
  if (!error.syntax) return where + error.message + "\n" + error.text;
  return where + "\n" + error.text + "\n" +
         config::render_error(error.text, error.column, error.message, error.expected);
}

}  // namespace

Result<config::Config, std::string> load_text(std::string text, const std::filesystem::path& name) {
  auto loaded = config::load(text);
  wipe(text);
  if (!loaded) return Error{describe(name, loaded.error())};
  return std::move(*loaded);
}

Result<config::Config, std::string> load_startup(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return Error{text.error()};
  if (!*text) return config::Config{};
  return load_text(std::move(**text), path);
}

Result<void, std::string> save_startup(const std::filesystem::path& path, const config::Config& config) {
  auto text = config::emit(config, config::Secrets::Written);
  auto written = write_file(path, text);
  wipe(text);
  return written;
}

}  // namespace awtun::daemon
