// SPDX-License-Identifier: Apache-2.0
// The answer to `?` and Tab.
#include <algorithm>

#include "userland/config/match.h"

namespace awtun::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The words before the cursor and the one, perhaps empty, under it.
struct Cursor {
  std::vector<Word> before;
  Word under;
};

Cursor find_cursor(std::string_view line) {
  Cursor cursor{split(line), {{}, line.size()}};
  if (!line.empty() && !is_blank(line.back())) {
    cursor.under = cursor.before.back();
    cursor.before.pop_back();
  }
  return cursor;
}

bool wants_command(const Thread& thread) {
  return std::ranges::any_of(
      thread.next(), [](const Token* token) { return !token->keyword && token->type == ParamType::Command; });
}

std::vector<Candidate> candidates_in(Mode mode, std::string_view line, const Cursor& cursor) {
  Matcher matcher(mode, false);
  for (const Word& word : cursor.before) {
    if (std::ranges::any_of(matcher.threads(), wants_command)) matcher = Matcher(Mode::Exec, true);
    if (!matcher.advance(word, line) || matcher.took_rest()) return {};
  }
  if (std::ranges::any_of(matcher.threads(), wants_command)) matcher = Matcher(Mode::Exec, true);
  return candidates(matcher.threads(), cursor.under.text);
}

bool is_comment(const Cursor& cursor) {
  const Word& first = cursor.before.empty() ? cursor.under : cursor.before.front();
  return first.text.starts_with('!');
}

/// A section's candidates with those of Config mode that are not the same words.
void merge(std::vector<Candidate>& inner, std::vector<Candidate> outer) {
  for (Candidate& candidate : outer)
    if (std::ranges::find(inner, candidate.text, &Candidate::text) == inner.end())
      inner.push_back(std::move(candidate));
  std::ranges::sort(inner, {}, [](const Candidate& each) { return std::pair(!each.literal, each.text); });
}

}  // namespace

std::string Completion::common_prefix() const {
  if (candidates.empty() || !std::ranges::all_of(candidates, &Candidate::literal)) return {};
  std::string prefix = candidates.front().text;
  for (const Candidate& candidate : candidates) {
    const auto differ = std::ranges::mismatch(prefix, candidate.text);
    prefix.erase(differ.in1, prefix.end());
  }
  return prefix;
}

Completion complete(Mode mode, std::string_view line) {
  const Cursor cursor = find_cursor(line);
  if (is_comment(cursor)) return {cursor.under.column, {}, true};
  auto list = candidates_in(mode, line, cursor);
  if (is_section(mode)) merge(list, candidates_in(Mode::Config, line, cursor));
  const bool blank = cursor.before.empty() && cursor.under.text.empty();
  return {cursor.under.column, std::move(list), !blank && bool(find_command(mode, line))};
}

}  // namespace awtun::config
