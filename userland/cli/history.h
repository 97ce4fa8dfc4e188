// SPDX-License-Identifier: Apache-2.0
// The file of lines typed before, kept for the next shell: 0600, and without a line that holds a key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace awtun::cli {

class HistoryFile {
 public:
  /// ~/.awcli_history; without a home, a file that stores nothing.
  static HistoryFile of_user();
  explicit HistoryFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// The newest lines, oldest first, at most kMaxLines.
  [[nodiscard]] std::vector<std::string> read() const;
  /// Stores a line that was a command, unless it holds a secret. That it cannot is no error.
  void append(std::string_view line) const;

  static constexpr std::size_t kMaxLines = 1000;

 private:
  std::filesystem::path path_;
};

}  // namespace awtun::cli
