// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/key_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "userland/daemon/io/directories.h"
#include "userland/daemon/io/system_error.h"

namespace awtun::daemon {
namespace {

void append_hex(std::string& text, ByteView octets) {
  for (const auto octet : octets) fmt::format_to(std::back_inserter(text), "{:02x}", octet);
}

/// What Wireshark calls the algorithms of an SA; empty for what no SA is made of.
struct Names {
  std::string_view encryption;
  std::string_view integrity;
};

Names esp_names(const crypto::EspSuite& suite) {
  const auto* encryption = crypto::find_encryption(suite.encr, suite.key_bits);
  const auto* hash = crypto::find_hash(suite.integ);
  return {encryption != nullptr ? encryption->wireshark_esp : "",
          hash != nullptr ? hash->wireshark_esp : "NULL"};
}

Names ike_names(const crypto::IkeSuite& suite) {
  const auto* encryption = crypto::find_encryption(suite.encr, suite.key_bits);
  const auto* hash = crypto::find_hash(suite.integ);
  return {encryption != nullptr ? encryption->wireshark_ike : "",
          hash != nullptr ? hash->wireshark_ike : "NONE [RFC4306]"};
}

Result<UniqueFd, std::string> open_log(const Directory& directory, const std::filesystem::path& path) {
  constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const std::string name = path.filename();
  UniqueFd fd(::openat(directory.fd.get(), name.c_str(), flags | O_CREAT | O_EXCL, 0600));
  if (!fd && errno == EEXIST) fd = UniqueFd(::openat(directory.fd.get(), name.c_str(), flags));
  if (!fd) return Error{system_error("open " + path.string())};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
      (status.st_mode & 07777) != 0600 || status.st_nlink != 1)
    return Error{path.string() + " must be a file of root with mode 0600"};
  return fd;
}

// A line goes out in one write, so that daemons that share the directory do not mix theirs.
void append_and_wipe(const UniqueFd& fd, std::string line) {
  line += '\n';
  if (::write(fd.get(), line.data(), line.size()) < 0) spdlog::warn("key log: {}", std::strerror(errno));
  OPENSSL_cleanse(line.data(), line.size());
}

/// Room for the longest line: a string that grows leaves its old contents behind.
std::string roomy() {
  std::string text;
  text.reserve(2048);
  return text;
}

}  // namespace

std::string esp_sa_line(const ike::AddSa& sa) {
  const bool in = sa.direction == Direction::In;
  const auto& source = in ? sa.remote.address : sa.local.address;
  const auto& destination = in ? sa.local.address : sa.remote.address;
  const auto names = esp_names(sa.suite);
  auto line = roomy();
  fmt::format_to(std::back_inserter(line), R"("{}","{}","{}","0x{:08x}","{}","0x)",
                 source.is_v4() ? "IPv4" : "IPv6", source.to_string(), destination.to_string(), sa.spi,
                 names.encryption);
  append_hex(line, sa.encryption_key.view());
  append_hex(line, sa.salt.view());
  fmt::format_to(std::back_inserter(line), R"(","{}",")", names.integrity);
  if (!sa.integrity_key.empty()) line += "0x";
  append_hex(line, sa.integrity_key.view());
  line += '"';
  return line;
}

std::string ikev2_line(const ike::IkeKeys& keys) {
  const auto names = ike_names(keys.suite);
  auto line = roomy();
  fmt::format_to(std::back_inserter(line), "{:016x},{:016x},", keys.initiator_spi, keys.responder_spi);
  append_hex(line, keys.sk_ei.view());
  line += ',';
  append_hex(line, keys.sk_er.view());
  fmt::format_to(std::back_inserter(line), R"(,"{}",)", names.encryption);
  append_hex(line, keys.sk_ai.view());
  line += ',';
  append_hex(line, keys.sk_ar.view());
  fmt::format_to(std::back_inserter(line), R"(,"{}")", names.integrity);
  return line;
}

Result<KeyLog, std::string> KeyLog::open(const std::filesystem::path& directory) {
  if (::geteuid() != 0) return Error{std::string("key logging requires root")};
  struct stat status {};
  const auto opened = open_directory(directory, Missing::Refused);
  if (!opened || ::fstat(opened->fd.get(), &status) != 0)
    return Error{system_error("key log directory " + directory.string())};
  if (status.st_uid != 0 || (status.st_mode & 07777) != 0700)
    return Error{"key log directory " + directory.string() + " must be a directory of root with mode 0700"};
  auto esp = open_log(*opened, directory / "esp_sa");
  if (!esp) return Error{esp.error()};
  auto ike = open_log(*opened, directory / "ikev2_decryption_table");
  if (!ike) return Error{ike.error()};
  return KeyLog(std::move(*esp), std::move(*ike));
}

// A line with an algorithm that Wireshark does not know would cost it the whole table.
void KeyLog::record(const ike::AddSa& sa) {
  if (!esp_names(sa.suite).encryption.empty()) append_and_wipe(esp_, esp_sa_line(sa));
}

void KeyLog::record(const ike::IkeKeys& keys) {
  if (!ike_names(keys.suite).encryption.empty()) append_and_wipe(ike_, ikev2_line(keys));
}

}  // namespace awtun::daemon
