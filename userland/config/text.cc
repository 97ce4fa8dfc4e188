// SPDX-License-Identifier: Apache-2.0
// Lines for the operator: a caret under the error, and no secret in a log.
#include <algorithm>
#include <array>
#include <set>

#include "userland/base/ascii.h"
#include "userland/config/match.h"

namespace awtun::config {
namespace {

constexpr std::size_t kScreenWidth = 80;
constexpr std::size_t kMaxReported = 160;

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

// ---------------------------------------------------------------- secrets

bool is_keyword(std::string_view word) {
  static const auto keywords = [] {
    std::set<std::string_view> all;
    for (const Form& form : forms())
      for (const Token& token : form.pattern.tokens)
        if (token.keyword && !token.text.empty()) all.insert(token.text);
    return all;
  }();
  return keywords.contains(word);
}

/// Whether the words of the line, whatever they mean, speak of a secret.
bool speaks_of_secrets(std::string_view line) {
  constexpr std::array<std::string_view, 9> kSigns = {"key",       "secret", "pass", "psk",   "share",
                                                      "community", "token",  "cred", "enable"};
  const std::string lower = to_lower(line);
  return std::ranges::any_of(kSigns,
                             [&lower](std::string_view sign) { return lower.find(sign) != lower.npos; });
}

bool is_secret(const Token& token) { return !token.keyword && token.type == ParamType::Secret; }

bool has_secret(const Thread& thread) { return std::ranges::any_of(thread.form->pattern.tokens, is_secret); }

/// The mode whose commands take most of the words; a line may be of a section that was refused.
Matcher best_match(const std::vector<Word>& words, std::string_view line, std::size_t& taken) {
  Matcher best(Mode::Config, false);
  taken = follow(best, words, line);
  for (const Mode mode : kModes) {
    if (mode == Mode::Config || taken == words.size()) continue;
    Matcher other(mode, false);
    const std::size_t further = follow(other, words, line);
    if (further <= taken) continue;
    taken = further;
    best = std::move(other);
  }
  return best;
}

/// Whether words behind `crypto` may be `isakmp` or `key`.
bool may_be_of_keys(const std::vector<Word>& words) {
  return std::ranges::any_of(words.begin() + 1, words.end(), [](const Word& word) {
    return resembles(word.text, "isakmp") || (word.text.size() > 2 && resembles(word.text, "key"));
  });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// No command takes another line, though a value might.
bool is_text(std::string_view line) {
  return is_utf8(line) && std::ranges::none_of(line, [](char c) { return c != '\t' && is_control(c); });
}

/// What may be a secret: what a command takes for one and, in a line that errs where one may follow or that
/// speaks of one, all from there on that is no keyword. To others, so in any line that errs.
std::vector<Word> possible_secrets(std::string_view line, Audience audience) {
  const auto words = words_behind_do(line);
  std::size_t taken = 0;
  const Matcher matcher = best_match(words, line, taken);
  if (!is_text(line)) taken = 0;
  std::vector<Word> secrets;
  if (taken > 0) {
    for (const Thread& thread : matcher.threads())
      for (const Hit& hit : thread.hits)
        if (is_secret(*hit.token)) secrets.push_back(hit.word);
  }
  const bool may_follow =
      taken > 0 && std::ranges::any_of(matcher.threads(), has_secret) && (taken > 1 || may_be_of_keys(words));
  if (audience == Audience::Others || may_follow || speaks_of_secrets(line))
    for (std::size_t at = taken; at < words.size(); ++at)
      if (!is_keyword(words[at].text)) secrets.push_back(words[at]);
  std::ranges::sort(secrets, {}, &Word::column);
  const auto same = std::ranges::unique(secrets, {}, &Word::column);
  secrets.erase(same.begin(), same.end());
  return secrets;
}

std::string hide(std::string_view line, const std::vector<Word>& secrets) {
  std::string text(line);
  for (auto word = secrets.rbegin(); word != secrets.rend(); ++word)
    text.replace(word->column, word->text.size(), kHiddenKey);
  return text;
}

/// On one line, and in UTF-8.
std::string printable_line(std::string text) {
  for (char& c : text)
    if (is_control(c)) c = '?';
  if (is_utf8(text)) return text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

}  // namespace

std::string render_error(std::string_view line, std::optional<std::size_t> column, std::string_view message,
                         const std::vector<std::string>& expected) {
  std::string out;
  if (column) out += std::string(line) + "\n" + indent(line, *column) + "^\n";
  out += std::string(message) + "\n";
  if (!expected.empty()) out += list_expected(expected);
  return out;
}

std::optional<std::string> mask_secrets(std::string_view line) {
  const auto secrets = possible_secrets(line, Audience::Author);
  return secrets.empty() ? std::nullopt : std::optional(hide(line, secrets));
}

std::string without_secrets(std::string_view line, Audience audience) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const bool whole = line.size() <= kMaxReported;
  line = line.substr(0, kMaxReported);
  return printable_line(hide(line, possible_secrets(line, audience))) + (whole ? "" : "...");
}

}  // namespace awtun::config
