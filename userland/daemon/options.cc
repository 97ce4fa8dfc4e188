// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/options.h"

#include <CLI/CLI.hpp>

namespace awtun::daemon {

std::variant<Options, ExitNow> parse_options(int argc, const char* const* argv) {
  Options options;
  std::filesystem::path keylog_dir;
  CLI::App app{
      "IKEv2 daemon of the awtun tunnel interfaces. Runs in the foreground; logs to standard error."};
  app.add_option("--config", options.config, "Startup configuration; a missing file is an empty one")
      ->capture_default_str();
  app.add_option("--state-dir", options.state_dir, "Directory for data kept across restarts")
      ->capture_default_str();
  app.add_option("--pki-dir", options.pki_dir, "Directory of the trustpoints; SIGHUP reloads it")
      ->capture_default_str();
  app.add_option("--socket", options.socket, "Control socket; each daemon needs its own")
      ->capture_default_str();
  app.add_option("--user", options.user, "Run as this user after the start; it must own the files above");
  app.add_option("--readers", options.readers,
                 "Group with read-only access: every `show` except `show isakmp key`");
  app.add_flag("--dump-core", options.dump_core,
               "Dump core on a crash; for developers only, as a core may contain keys");
  app.add_option("--log-level", options.log_level, "Log level")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--keylog-dir", keylog_dir,
                 "Write the keys of every SA to this directory, for a packet analyser. Defeats the "
                 "encryption: for tests only. "
                 "The directory must belong to root, mode 0700");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitNow{app.exit(error) == 0 ? 0 : 2};
  }
  if (!keylog_dir.empty()) options.keylog_dir = keylog_dir;
  return options;
}

}  // namespace awtun::daemon
