// SPDX-License-Identifier: Apache-2.0
// Runs lines against the daemon, prints what comes back, and says how it ended.
#pragma once

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "userland/cli/client.h"
#include "userland/cli/dialogue.h"
#include "userland/cli/options.h"

namespace awtun::cli {

/// Where answers go: views to `out`, errors to `err`, either as text or as JSON.
struct Output {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
};

/// Prints a reply; `place` ("setup.txt:12"), where not empty, stands before an error. The status is that
/// of the reply, unless its filter's pattern is none.
ExitStatus print_reply(const Output& output, std::string_view line, const control::Reply& reply,
                       std::string_view place = "");

/// Prints a line of the daemon's log, with the time.
void print_log(const Output& output, const control::LogLine& line);

/// The status that a reply stands for.
ExitStatus status_of(const control::Reply& reply);

/// Runs `lines` until one fails or ends the connection. What they ask back is read from `answers`. When the
/// last one turned the log on, prints it until the connection is lost.
ExitStatus run_lines(Client& client, const Output& output, const std::vector<std::string>& lines,
                     const Answers& answers);

/// Runs the lines of `script`, called `name`, until one fails or ends the connection. A block of
/// configuration, from exec mode to exec mode or the end, is applied as a whole or not at all. What a line
/// asks back is in the lines that follow it; `yes` accepts what was pasted.
ExitStatus run_script(Client& client, const Output& output, std::istream& script, const std::string& name,
                      bool yes);

/// A line of `stream` without its end, whatever the prompt.
std::optional<std::string> read_line(std::istream& stream);

/// Reads a startup file as the daemon would. Errors with their place, and what will not work though
/// every line is good, go to output.err.
ExitStatus check_file(const Output& output, std::istream& file, const std::string& name);

/// The words that may stand at the end of `line`, an exec command's beginning, one a line. Needs no daemon.
ExitStatus print_completion(const Output& output, std::string_view line);

}  // namespace awtun::cli
