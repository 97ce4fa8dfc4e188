// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/filter.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <optional>

namespace awtun::cli {
namespace {

/// A compiled POSIX extended regular expression.
class Regex {
 public:
  explicit Regex(const std::string& pattern)
      : error_(::regcomp(&compiled_, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {}
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  ~Regex() {
    if (error_ == 0) ::regfree(&compiled_);
  }

  [[nodiscard]] std::optional<std::string> error() const {
    if (error_ == 0) return std::nullopt;
    std::array<char, 128> text{};
    ::regerror(error_, &compiled_, text.data(), text.size());
    return text.data();
  }
  [[nodiscard]] bool matches(const std::string& line) const {
    return ::regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
  int error_;
};

std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

Result<std::string, std::string> filtered(std::string_view text, const config::Filter& filter) {
  using What = config::Filter::What;
  const Regex regex(filter.pattern);
  if (auto error = regex.error()) return Error{"invalid regular expression: " + *error};
  std::string out;
  std::size_t count = 0;
  bool begun = false;
  while (!text.empty()) {
    const std::string line = take_line(text);
    const bool match = regex.matches(line);
    count += match ? 1 : 0;
    begun = begun || match;
    const bool kept = (filter.what == What::Include && match) || (filter.what == What::Exclude && !match) ||
                      (filter.what == What::Begin && begun);
    if (kept) out += line + "\n";
  }
  return filter.what == What::Count ? std::to_string(count) + "\n" : out;
}

}  // namespace awtun::cli
