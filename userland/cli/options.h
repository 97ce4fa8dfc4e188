// SPDX-License-Identifier: Apache-2.0
// The options of the process; the words of the router's commands are not among them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace awtun::cli {

/// Exit statuses of awcli, part of its interface.
enum class ExitStatus : int { Done = 0, Refused = 1, Syntax = 2, Unreachable = 3 };

struct Options {
  std::string socket = "/run/awtun/awiked.sock";
  bool json = false;
  bool yes = false;                     ///< Answer every question with yes.
  std::vector<std::string> commands;    ///< -c, in their order.
  std::string script;                   ///< -f; "-": standard input. Empty: none.
  std::string check;                    ///< -C; "-": standard input. Empty: none.
  std::optional<std::string> complete;  ///< --complete: the beginning of an exec command, for a shell.
  std::vector<std::string> words;       ///< One exec command.
};

/// The options, or the status to exit with after --help, --version or an error, which it has printed.
std::variant<Options, ExitStatus> parse_options(int argc, const char* const* argv);

}  // namespace awtun::cli
