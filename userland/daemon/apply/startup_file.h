// SPDX-License-Identifier: Apache-2.0
// The startup configuration on the disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"
#include "userland/daemon/io/files.h"

namespace awtun::daemon {

/// Reads a configuration from `text`, which is wiped; `name` is for the error, which is ready to print: file,
/// line, what is wrong there; never a key.
Result<config::Config, std::string> load_text(std::string text, const std::filesystem::path& name);

/// A line of the startup configuration that is not in force.
struct StartupError {
  std::size_t line = 0;  ///< From 1; 0: the file as a whole.
  std::string text;      ///< Without secrets.
  std::string reason;    ///< One line.

  bool operator==(const StartupError&) const = default;
};

/// The configuration that the daemon starts with, as far as it is good. A missing file is an empty one.
struct Startup {
  config::Config config;
  std::vector<StartupError> errors;
  bool readable = true;  ///< Else the only error says why.
};

/// A Startup as it is shown: without keys.
struct StartupShown {
  std::string text;  ///< What of it is good, as config::emit() writes it.
  std::vector<StartupError> errors;
  bool readable = true;  ///< Else the only error says why.
};

/// The file. Whatever is in it, it is read, and nothing of it is lost without a question.
class StartupFile {
 public:
  explicit StartupFile(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Startup load() const;
  /// What is shown of it. Read again only when the file has changed.
  [[nodiscard]] const StartupShown& shown();
  /// {"schema", "file", "errors": [{"line", "text", "reason"}]}.
  [[nodiscard]] control::Json errors_view();
  /// Writes `config`, keys included, in one step; mode 0600. Asks first when lines would be lost; refuses
  /// what could not be loaded again.
  Result<control::Turn, std::string> save(const config::Config& config, const control::Enclosed& enclosed);

 private:
  std::filesystem::path path_;
  std::optional<FileVersion> version_;  ///< Of shown_.
  StartupShown shown_;
};

/// How many there are, in a line for an operator; empty: none.
std::string left_out(const std::vector<StartupError>& errors);
/// Each of them in the log, up to a bound.
void log_errors(const std::filesystem::path& path, const std::vector<StartupError>& errors);

}  // namespace awtun::daemon
