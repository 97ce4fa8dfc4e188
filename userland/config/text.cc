// SPDX-License-Identifier: Apache-2.0
// Lines for people: a caret under the fault, and no secret in a log.
#include <algorithm>
#include <array>

#include "userland/config/match.h"

namespace awtun::config {
namespace {

constexpr std::size_t kScreenWidth = 80;

/// The blanks that bring a caret under the octet at `column`; tabs stay tabs.
std::string indent(std::string_view line, std::size_t column) {
  std::string blanks;
  for (const char c : line.substr(0, column)) {
    const bool continues_character = (static_cast<std::uint8_t>(c) & 0xc0) == 0x80;
    if (!continues_character) blanks += c == '\t' ? '\t' : ' ';
  }
  return blanks;
}

std::string list_expected(const std::vector<std::string>& expected) {
  constexpr std::string_view kLead = "% Expected: ";
  std::string out;
  std::string row(kLead);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string item = expected[i] + (i + 1 < expected.size() ? "," : "");
    if (row.size() + 1 + item.size() > kScreenWidth && row.size() > kLead.size()) {
      out += row + "\n";
      row = "%  ";
    }
    row += (row.ends_with(' ') ? "" : " ") + item;
  }
  return out + row + "\n";
}

/// The words of `line` that some command takes for a secret, were it complete or not.
std::vector<Word> secrets_of(Mode mode, std::string_view line) {
  std::vector<Word> secrets;
  Matcher matcher(mode, false);
  for (const Word& word : split(line)) {
    if (!matcher.advance(word, line)) break;
    const auto is_secret = [](const Thread& thread) {
      const Token& token = *thread.hits.back().token;
      return !token.keyword && token.type == ParamType::Secret;
    };
    if (std::ranges::any_of(matcher.threads(), is_secret)) secrets.push_back(word);
    if (matcher.took_rest()) break;
  }
  return secrets;
}

}  // namespace

std::string render_error(std::string_view line, std::optional<std::size_t> column, std::string_view message,
                         const std::vector<std::string>& expected) {
  std::string out;
  if (column) {
    out += std::string(line) + "\n" + indent(line, *column) + "^\n";
  }
  out += std::string(message) + "\n";
  if (!expected.empty()) out += list_expected(expected);
  return out;
}

std::optional<std::string> mask_secrets(std::string_view line) {
  const std::vector<Word> secrets = secrets_of(Mode::Config, line);
  if (secrets.empty()) return std::nullopt;
  std::string masked(line);
  for (auto word = secrets.rbegin(); word != secrets.rend(); ++word) {
    masked.replace(word->column, word->text.size(), kHiddenKey);
  }
  return masked;
}

}  // namespace awtun::config
