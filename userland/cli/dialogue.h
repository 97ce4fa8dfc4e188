// SPDX-License-Identifier: Apache-2.0
// Commands that ask the user: for a text to be pasted, and for acceptance.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include "userland/cli/client.h"

namespace awtun::cli {

/// Where the operator's answers come from.
struct Answers {
  /// The next line, asked for by a prompt that may be empty; nullopt at the end of input.
  std::function<std::optional<std::string>(const std::string& prompt)> read;
  bool only_paste = false;  ///< All that comes is pasted text: it goes on behind its first END line.
  bool yes = false;         ///< What was pasted is accepted unasked.
  bool patient = true;      ///< Asks again after what is neither yes nor no; else that is no.
};

/// A whole configuration; nullopt: it is longer than one can be.
std::optional<std::string> read_configuration(std::istream& file);

/// Executes `line` and answers what it asks back. What is asked and found is written to `screen`. The reply
/// is the last one; a paste that is given up, incomplete or not accepted makes it a refusal.
Result<control::Reply, std::string> converse(Client& client, std::string_view line, const Answers& answers,
                                             std::ostream& screen);

}  // namespace awtun::cli
