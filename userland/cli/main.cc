// SPDX-License-Identifier: Apache-2.0
// awcli: the router's command line.
#include <sys/prctl.h>
#include <unistd.h>

#include <clocale>
#include <fstream>
#include <iostream>

#include "userland/cli/client.h"
#include "userland/cli/options.h"
#include "userland/cli/runner.h"
#include "userland/cli/shell.h"

namespace awtun::cli {
namespace {

/// Calls `use` with the file called `path` ("-": standard input) and the name to show for it.
template <class Use>
ExitStatus with_file(const std::string& path, Use use) {
  if (path == "-") return use(std::cin, "stdin");
  std::ifstream file(path);
  if (file) return use(file, path);
  std::cerr << "awcli: cannot read " << path << "\n";
  return ExitStatus::Syntax;
}

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

ExitStatus run(const Options& options) {
  const Output output{std::cout, std::cerr, options.json};
  if (options.complete) return print_completion(output, *options.complete);
  if (!options.check.empty()) {
    return with_file(options.check, [&](std::istream& file, const std::string& name) {
      return check_file(output, file, name);
    });
  }
  auto client = Client::connect(options.socket);
  if (!client) {
    std::cerr << "awcli: " << client.error() << "\n";
    return ExitStatus::Unreachable;
  }
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  const auto ask = [](const std::string& prompt) {
    std::cout << prompt << std::flush;
    return read_line(std::cin);
  };
  const Answers answers{ask, !terminal, options.yes, terminal};
  if (!options.words.empty()) return run_lines(*client, output, {join(options.words)}, answers);
  if (!options.commands.empty()) return run_lines(*client, output, options.commands, answers);
  const bool shell = options.script.empty() && terminal;
  if (shell && !client->same_grammar())
    std::cerr << "awcli: awiked is a different build; help and completion may not match it\n";
  if (shell) return run_shell(*client, output);
  return with_file(options.script.empty() ? "-" : options.script,
                   [&](std::istream& file, const std::string& name) {
                     return run_script(*client, output, file, name, options.yes);
                   });
}

}  // namespace
}  // namespace awtun::cli

int main(int argc, char** argv) {
  // What is typed may be a key: no core of it, not even through a program (core(5)).
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  std::setlocale(LC_CTYPE, "");
  const auto options = awtun::cli::parse_options(argc, argv);
  if (const auto* status = std::get_if<awtun::cli::ExitStatus>(&options)) return static_cast<int>(*status);
  return static_cast<int>(awtun::cli::run(std::get<awtun::cli::Options>(options)));
}
