// SPDX-License-Identifier: Apache-2.0
// Configurations that the daemon's tests start from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "userland/config/model.h"
#include "userland/tests/addresses.h"

namespace awtun::daemon {

inline Secret secret(std::string_view text) { return Secret(as_octets(text)); }

inline void add_key(config::Config& config, const config::KeySelector& whom, std::string_view key) {
  config.isakmp_keys.push_back(config::IsakmpKey(whom, secret(key)));
}

/// Router A of the manual's first example.
inline config::Config first_example() {
  config::Config made;
  add_key(made, ip("10.2.2.2"), "ouR4ecret");
  auto& tunnel = made.tunnels[0];
  tunnel.mode = TunnelMode::IpsecIpv4;
  tunnel.source = ip("10.1.1.1");
  tunnel.destination = ip("10.2.2.2");
  tunnel.protection = config::Protection{};
  tunnel.ip_addresses = {prefix("192.168.254.1/30")};
  made.routes.push_back({prefix("192.168.20.0/24"), config::InterfaceName{"tunnel0"}});
  return made;
}

/// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "awtun-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace awtun::daemon
