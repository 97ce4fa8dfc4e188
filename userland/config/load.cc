// SPDX-License-Identifier: Apache-2.0
// Startup file to configuration.
#include "userland/config/apply.h"
#include "userland/config/session.h"

namespace awtun::config {
namespace {

/// What keeps the outcome of one line from being good in a file; nullopt when nothing does.
std::optional<FileError> check(const Applied& applied) {
  if (const auto* error = std::get_if<SyntaxError>(&applied)) {
    return FileError{0, error->column, {}, error->message, error->expected, true};
  }
  if (const auto* refused = std::get_if<Refused>(&applied)) {
    return FileError{0, 0, {}, "% " + refused->reason, {}, false};
  }
  if (!std::holds_alternative<Done>(applied)) {
    return FileError{0, 0, {}, "% This command has no place in a configuration file", {}, false};
  }
  return std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// A blank line or a comment is Done in every mode; after `end` nothing else may come.
std::optional<FileError> load_line(Config& config, Session& session, std::string_view line) {
  const bool ended = session.mode == Mode::Exec;
  const std::size_t first = line.find_first_not_of(" \t");
  if (ended && first != line.npos && line[first] != '!') {
    return FileError{0, first, {}, "% Nothing may follow the end of the configuration", {}, false};
  }
  return check(apply(config, session, line));
}

}  // namespace

Result<Config, FileError> load(std::string_view text) {
  Config config;
  Session session{Mode::Config, std::nullopt};
  std::size_t last = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    last = number;
    const std::string_view line = take_line(text);
    if (auto error = load_line(config, session, line)) {
      error->line = number;
      error->text = line;
      return Error{*std::move(error)};
    }
  }
  if (auto reason = dangling_reference(config))
    return Error{FileError{last, 0, {}, "% " + *reason, {}, false}};
  return config;
}

}  // namespace awtun::config
