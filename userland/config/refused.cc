// SPDX-License-Identifier: Apache-2.0
#include "userland/config/refused.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace awtun::config {
namespace {

constexpr std::size_t kMaxReported = 160;

bool is_indented(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

/// `exit` and `end`.
bool leads_out(const Row& row) {
  return row.mode == Mode::Config && (row.pattern == "exit" || row.pattern == "end");
}

/// What answers `line` while the session is in no section.
std::optional<Applied> answer_outside(Session& session, std::string_view line,
                                      const Result<Thread, SyntaxError>& command) {
  if (!command) {
    if (was_to_open_section(session.mode, line)) return std::nullopt;
    return Refused{session.refused->why()};
  }
  const Row& row = *command->form->row;
  if (row.mode == Mode::Exec) return std::nullopt;  // behind `do`
  if (is_indented(line) && !opens_section(*command) && !leads_out(row))
    return Refused{session.refused->why()};
  session.refused.reset();
  // It leaves the section that there is not, as it would leave one that there is.
  return row.pattern == "exit" ? std::optional<Applied>(Done{}) : std::nullopt;
}

/// Whether nothing that may be said in this section begins as the line does; Exec commands open no other.
bool is_of_another_section(Mode mode, std::string_view line) {
  const auto words = split(line.substr(0, kMaxLine));
  if (!is_section(mode) || words.empty()) return false;
  const auto begins_command = [&](Mode of) { return Matcher(of, false).advance(words.front(), line); };
  return !begins_command(mode) && !begins_command(Mode::Config) && !find_command(Mode::Exec, line);
}

// ---------------------------------------------------------------- lines in reports

bool is_keyword(std::string_view word) {
  return std::ranges::any_of(forms(), [word](const Form& form) {
    return std::ranges::any_of(form.pattern.tokens, [word](const Token& token) {
      return token.keyword && !token.text.empty() && token.text == word;
    });
  });
}

/// Whether the words of the line, whatever they mean, speak of a secret.
bool speaks_of_secrets(std::string_view line) {
  constexpr std::array<std::string_view, 9> kSigns = {"key",       "secret", "pass", "psk",   "share",
                                                      "community", "token",  "cred", "enable"};
  std::string lower(line);
  std::ranges::transform(lower, lower.begin(), [](unsigned char octet) { return std::tolower(octet); });
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
    if (!is_section(mode) || taken == words.size()) continue;
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

/// What may be a secret: what a command takes for one and, in a line that errs where one may follow or that
/// speaks of one, all from there on that is no keyword. To others, also what follows the first word of no
/// command.
std::vector<Word> possible_secrets(std::string_view line, Audience audience) {
  const auto words = split(line);
  std::size_t taken = 0;
  const Matcher matcher = best_match(words, line, taken);
  std::vector<Word> secrets;
  if (taken > 0) {
    for (const Thread& thread : matcher.threads())
      for (const Hit& hit : thread.hits)
        if (is_secret(*hit.token)) secrets.push_back(hit.word);
  }
  const bool may_follow =
      taken > 0 && std::ranges::any_of(matcher.threads(), has_secret) && (taken > 1 || may_be_of_keys(words));
  const bool is_foreign = audience == Audience::Others && taken == 0 && words.size() > 2;
  if (taken < words.size() && (may_follow || is_foreign || speaks_of_secrets(line)))
    for (std::size_t at = is_foreign ? 1 : taken; at < words.size(); ++at)
      if (!is_keyword(words[at].text)) secrets.push_back(words[at]);
  std::ranges::sort(secrets, {}, &Word::column);
  const auto same = std::ranges::unique(secrets, {}, &Word::column);
  secrets.erase(same.begin(), same.end());
  return secrets;
}

/// On one line, and in UTF-8.
std::string printable_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (is_utf8(text)) return text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

}  // namespace

Session outside_section(std::string reason) {
  Session session{Mode::Config};
  session.refused = RefusedSection{{}, std::move(reason), true};
  return session;
}

std::optional<Applied> answer_of_refused(Session& session, std::string_view line,
                                         const Result<Thread, SyntaxError>& command) {
  if (session.refused->open) return answer_outside(session, line, command);
  const bool moves = command && (opens_section(*command) || leads_out(*command->form->row));
  if (is_indented(line) && !moves) return Refused{session.refused->why()};
  session.refused.reset();
  return std::nullopt;
}

Session refused_at(const Session& before, std::string_view line, const Result<Thread, SyntaxError>& command) {
  if (before.mode == Mode::Exec) return before;
  const std::string kept(line.substr(0, kMaxLine));
  const bool is_foreign = !command && !is_indented(line) && is_of_another_section(before.mode, line);
  if (command ? opens_section(*command) : is_foreign || was_to_open_section(before.mode, line)) {
    Session outside{Mode::Config};
    outside.refused = RefusedSection{kept, {}, true};
    return outside;
  }
  Session after = before;
  if (!is_indented(line)) after.refused = RefusedSection{kept, {}, false};
  return after;
}

Session refused_at(const Session& before, std::string_view line) {
  return refused_at(before, line, find_command(before.mode, line));
}

std::string RefusedSection::why() const {
  if (!reason.empty()) return reason;
  const std::string quoted = "`" + without_secrets(line, Audience::Author) + "`";
  return open ? "refused with the section " + quoted : "refused with the line " + quoted + " above it";
}

std::string without_secrets(std::string_view line, Audience audience) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const bool whole = line.size() <= kMaxReported;
  line = line.substr(0, kMaxReported);
  std::string text(line);
  const auto secrets = possible_secrets(line, audience);
  for (auto word = secrets.rbegin(); word != secrets.rend(); ++word)
    text.replace(word->column, word->text.size(), kHiddenKey);
  return printable_line(std::move(text)) + (whole ? "" : "...");
}

}  // namespace awtun::config
