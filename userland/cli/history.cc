// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "userland/config/session.h"

namespace awtun::cli {

HistoryFile HistoryFile::of_user() {
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return HistoryFile("");
  return HistoryFile(std::filesystem::path(home) / ".awcli_history");
}

std::vector<std::string> HistoryFile::read() const {
  std::vector<std::string> lines;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  if (lines.size() > kMaxLines) lines.erase(lines.begin(), lines.end() - kMaxLines);
  return lines;
}

void HistoryFile::append(std::string_view line) const {
  const bool blank = line.find_first_not_of(" \t") == line.npos;
  if (path_.empty() || blank || config::mask_secrets(line)) return;
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return;
  const std::string text = std::string(line) + "\n";
  // One write a line keeps the lines of two shells whole; a history that cannot be kept is let go.
  if (::fchmod(file, 0600) == 0) [[maybe_unused]]
    const ssize_t written = ::write(file, text.data(), text.size());
  ::close(file);
}

}  // namespace awtun::cli
