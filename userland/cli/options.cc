// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/options.h"

#include <CLI/CLI.hpp>

#include "userland/control/protocol.h"

namespace awtun::cli {

std::variant<Options, ExitStatus> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app(
      "Command line of the awtun IPsec router. Without a command: a shell on a terminal,\n"
      "else a script on standard input.",
      "awcli");
  app.set_version_flag("-V,--version", "awcli " + std::string(control::kVersion));
  app.add_option("-s,--socket", options.socket, "awiked's control socket")->capture_default_str();
  app.add_flag("-j,--json", options.json, "Show JSON instead of text");
  app.add_flag("-y,--yes", options.yes, "Answer every question with yes");
  auto* const commands =
      app.add_option("-c,--command", options.commands, "Run this command line (repeatable)")
          ->allow_extra_args(false)
          ->type_name("LINE");
  auto* const script =
      app.add_option("-f,--file", options.script, "Run the command lines of a file (-: standard input)")
          ->type_name("FILE");
  auto* const check =
      app.add_option("-C,--check", options.check, "Check a startup file; needs no daemon")->type_name("FILE");
  app.add_option("--complete", options.complete)->group("");  // for shells, not for people
  auto* const words = app.add_option("words", options.words, "One exec command: show isakmp sa");
  script->excludes(commands);
  check->excludes(commands)->excludes(script);
  words->excludes(commands)->excludes(script)->excludes(check);
  app.footer("Exit status: 0 done, 1 refused, 2 no such command or option, 3 awiked cannot be reached.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitStatus::Done : ExitStatus::Syntax;
  }
  return options;
}

}  // namespace awtun::cli
