// SPDX-License-Identifier: Apache-2.0
// The command line of awiked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace awtun::daemon {

struct Options {
  std::filesystem::path config = "/etc/awtun/startup-config";
  std::filesystem::path state_dir = "/var/lib/awtun";
  std::filesystem::path pki_dir = "/etc/awtun/pki";
  std::filesystem::path socket = "/run/awtun/awiked.sock";
  std::string log_level = "info";
  std::optional<std::filesystem::path> keylog_dir;
  std::string user;  ///< to become; empty: stay
  bool dump_core = false;
  std::string readers;  ///< the group whose members may look; empty: none
};

/// The process ends at once with this status: help was asked for, or an option is wrong (2). What
/// there is to say has been said.
struct ExitNow {
  int status;
};

std::variant<Options, ExitNow> parse_options(int argc, const char* const* argv);

}  // namespace awtun::daemon
