// SPDX-License-Identifier: Apache-2.0
#include "userland/config/match.h"

#include <algorithm>
#include <map>
#include <optional>

namespace awtun::config {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_number(std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; }

/// The words that `token` stands for: several of a Choice. A keyword may be "|" itself.
std::size_t count_words(const Token& token) { return token.keyword ? 1 : count_parts(token.text, '|'); }
std::string_view word_of(const Token& token, std::size_t index) {
  return token.keyword ? token.text : part(token.text, '|', index);
}

/// The ways in which `token` can take `text`: none, one, or several words of a choice.
std::vector<Hit> take(const Token& token, const Word& word, ValueError& reason) {
  std::vector<Hit> hits;
  if (token.keyword || token.type == ParamType::Choice) {
    for (std::size_t i = 0; i < count_words(token); ++i) {
      const std::string_view keyword = word_of(token, i);
      if (!begins_ignoring_case(keyword, word.text)) continue;
      const bool exact = keyword.size() == word.text.size();
      if (!exact && is_number(word.text)) continue;  // 1 is not 14
      hits.push_back({&token, exact ? Hit::Quality::Exact : Hit::Quality::Abbreviated, word, keyword});
    }
  } else if (auto value = parse_value(token, word.text)) {
    hits.push_back({&token, Hit::Quality::Parsed, word, {}});
  } else if (reason.empty()) {
    reason = value.error();
  }
  return hits;
}

std::vector<std::string> expected(const std::vector<Thread>& threads) {
  std::vector<std::string> out;
  for (const Candidate& candidate : candidates(threads)) out.push_back(candidate.text);
  if (std::ranges::any_of(threads, &Thread::complete)) out.emplace_back("<cr>");
  std::ranges::sort(out);
  return out;
}

SyntaxError invalid(const Matcher& matcher, std::size_t column) {
  std::string message = "% Invalid input detected at '^' marker.";
  if (!matcher.reason().empty()) message += "\n% " + matcher.reason() + ".";
  return {SyntaxError::Kind::Invalid, column, std::move(message), expected(matcher.threads())};
}

SyntaxError incomplete(const std::vector<Thread>& threads, std::string_view line) {
  return {SyntaxError::Kind::Incomplete, line.size(), "% Incomplete command.", expected(threads)};
}

SyntaxError ambiguous(const std::vector<Thread>& threads, std::size_t at, std::string_view line,
                      std::size_t column) {
  const Word& word = threads.front().hits[at].word;
  std::vector<std::string> words;
  for (const Thread& thread : threads) words.emplace_back(thread.hits[at].keyword);
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  std::string typed(line.substr(column, word.column + word.text.size() - column));
  return {SyntaxError::Kind::Ambiguous, word.column, "% Ambiguous command:  \"" + typed + "\"",
          std::move(words)};
}

/// Where a keyword and a value both took word `at`, the keyword counts.
void prefer_keywords(std::vector<Thread>& threads, std::size_t at) {
  const auto is_value = [at](const Thread& thread) {
    return thread.hits[at].quality == Hit::Quality::Parsed;
  };
  if (!std::ranges::all_of(threads, is_value)) std::erase_if(threads, is_value);
}

Result<Thread, SyntaxError> choose(std::vector<Thread> threads, std::string_view line, std::size_t column) {
  for (std::size_t at = 0; at < threads.front().hits.size(); ++at) {
    prefer_keywords(threads, at);
    const auto other = [&](const Thread& thread) {
      return thread.hits[at].keyword != threads.front().hits[at].keyword;
    };
    if (std::ranges::any_of(threads, other)) return Error{ambiguous(threads, at, line, column)};
  }
  const auto whole = std::ranges::find_if(threads, &Thread::complete);
  if (whole == threads.end()) return Error{incomplete(threads, line)};
  return std::move(*whole);
}

std::optional<std::size_t> find_control_character(std::string_view line) {
  const auto at = std::ranges::find_if(line, [](char c) {
    const auto octet = static_cast<std::uint8_t>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7f;
  });
  if (at == line.end()) return std::nullopt;
  return static_cast<std::size_t>(at - line.begin());
}

/// Octets of the UTF-8 sequence at the start of `text`, or 0 where there is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto octet = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto follows = [&](std::size_t i) { return (octet(i) & 0xc0) == 0x80; };
  const std::uint8_t first = octet(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf && follows(1)) return 2;
  const bool three = (first & 0xf0) == 0xe0 && follows(1) && follows(2);
  if (three && !(first == 0xe0 && octet(1) < 0xa0) && !(first == 0xed && octet(1) > 0x9f)) return 3;
  const bool four = first >= 0xf0 && first <= 0xf4 && follows(1) && follows(2) && follows(3);
  if (four && !(first == 0xf0 && octet(1) < 0x90) && !(first == 0xf4 && octet(1) > 0x8f)) return 4;
  return 0;
}

std::optional<std::size_t> find_broken_utf8(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = utf8_length(line.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::optional<SyntaxError> check_characters(std::string_view line) {
  const std::string first = "% Invalid input detected at '^' marker.\n% ";
  if (line.size() > kMaxLine) {
    return SyntaxError{SyntaxError::Kind::Invalid,
                       kMaxLine,
                       first + "a line must not exceed " + std::to_string(kMaxLine) + " octets.",
                       {}};
  }
  if (const auto at = find_control_character(line))
    return SyntaxError{SyntaxError::Kind::Invalid, *at, first + "control characters are not allowed.", {}};
  if (const auto at = find_broken_utf8(line))
    return SyntaxError{SyntaxError::Kind::Invalid, *at, first + "not valid UTF-8.", {}};
  return std::nullopt;
}

void add_candidates(std::map<std::string, Candidate>& list, const Token& token, std::string_view beginning) {
  if (token.keyword || token.type == ParamType::Choice) {
    for (std::size_t i = 0; i < count_words(token); ++i) {
      const std::string word(word_of(token, i));
      if (!begins_ignoring_case(word, beginning)) continue;
      list.try_emplace(word, Candidate{word, std::string(part(token.help, '\n', i)), true});
    }
  } else if (may_begin_value(token, beginning)) {
    for (const std::string& form : value_forms(token))
      list.try_emplace(form, Candidate{form, std::string(token.help), false});
  }
}

/// The command that `line` from `column` on is.
Result<Thread, SyntaxError> match(Mode mode, bool under_do, std::string_view line, std::size_t column) {
  Matcher matcher(mode, under_do);
  for (const Word& word : split(line)) {
    if (word.column < column) continue;
    if (!matcher.advance(word, line)) return Error{invalid(matcher, word.column)};
    if (matcher.took_rest()) break;
  }
  return choose(matcher.threads(), line, column);
}

/// Of the errors that a line is in two modes: the one that got further, or both together.
SyntaxError further(SyntaxError inner, SyntaxError outer) {
  if (inner.column != outer.column) return inner.column > outer.column ? std::move(inner) : std::move(outer);
  std::vector<std::string> both;
  std::ranges::set_union(inner.expected, outer.expected, std::back_inserter(both));
  outer.expected = std::move(both);
  return outer;
}

Result<Thread, SyntaxError> match_mode(Mode mode, std::string_view line) {
  auto inner = match(mode, false, line, 0);
  if (inner || !is_section(mode) || inner.error().kind != SyntaxError::Kind::Invalid) return inner;
  auto outer = match(Mode::Config, false, line, 0);
  if (outer) return outer;
  return Error{further(std::move(inner.error()), std::move(outer.error()))};
}

}  // namespace

std::vector<Word> split(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != line.npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back({line.substr(at, end - at), at});
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::vector<Word> words_behind_do(std::string_view line) {
  auto words = split(line);
  const auto first =
      std::ranges::find_if(words, [](const Word& word) { return !begins_ignoring_case("do", word.text); });
  words.erase(words.begin(), first);
  return words;
}

bool is_indented(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  return first == line.npos || line[first] == '!';
}

bool is_utf8(std::string_view text) { return !find_broken_utf8(text); }

std::string_view rest_of_line(std::string_view line, std::size_t column) {
  const std::string_view rest = line.substr(column);
  return rest.substr(0, rest.find_last_not_of(kBlanks) + 1);
}

bool opens_section(const Thread& thread) { return thread.form->row->section && !thread.form->negated; }

std::vector<const Token*> Thread::next() const {
  std::vector<const Token*> tokens;
  for (std::size_t at = position; at < form->pattern.size;) {
    const Token& token = form->pattern.tokens[at];
    tokens.push_back(&token);
    if (token.skip_to == 0) break;
    at = token.skip_to;
  }
  return tokens;
}

bool Thread::complete() const {
  std::size_t at = position;
  while (at < form->pattern.size && form->pattern.tokens[at].skip_to != 0)
    at = form->pattern.tokens[at].skip_to;
  return at == form->pattern.size;
}

Args Thread::args() const {
  std::vector<std::optional<Value>> values(form->pattern.arguments);
  for (const Hit& hit : hits) {
    if (hit.token->keyword) continue;
    auto value = parse_value(*hit.token, hit.keyword.empty() ? hit.word.text : hit.keyword);
    if (value) values[hit.token->argument] = *std::move(value);
  }
  return Args(std::move(values));
}

Matcher::Matcher(Mode mode, bool under_do) {
  for (const Form& form : forms())
    if (form.row->mode == mode && (!under_do || form.row->under_do)) threads_.push_back({&form, 0, {}});
}

bool Matcher::advance(const Word& word, std::string_view line) {
  std::vector<Thread> taken;
  bool exact = false;
  bool rest = false;
  reason_.clear();
  for (const Thread& thread : threads_) {
    for (const Token* token : thread.next()) {
      const bool all = !token->keyword && takes_rest_of_line(token->type);
      const Word text = all ? Word{rest_of_line(line, word.column), word.column} : word;
      for (const Hit& hit : take(*token, text, reason_)) {
        Thread longer = thread;
        longer.hits.push_back(hit);
        longer.position = static_cast<std::size_t>(token - thread.form->pattern.tokens.data()) + 1;
        exact = exact || hit.quality == Hit::Quality::Exact;
        rest = rest || all;
        taken.push_back(std::move(longer));
      }
    }
  }
  if (exact)
    std::erase_if(taken, [](const Thread& t) { return t.hits.back().quality != Hit::Quality::Exact; });
  if (taken.empty()) return false;
  threads_ = std::move(taken);
  took_rest_ = rest;
  return true;
}

std::vector<Candidate> candidates(const std::vector<Thread>& threads, std::string_view beginning) {
  std::map<std::string, Candidate> list;
  const auto usual = [](const Thread& thread) { return !thread.form->row->another_spelling; };
  const bool only_usual = std::ranges::any_of(threads, usual);
  for (const Thread& thread : threads) {
    if (only_usual && !usual(thread)) continue;
    for (const Token* token : thread.next()) add_candidates(list, *token, beginning);
  }
  std::vector<Candidate> out;
  for (auto& [text, candidate] : list) out.push_back(std::move(candidate));
  std::ranges::stable_partition(out, [](const Candidate& candidate) { return candidate.literal; });
  return out;
}

std::size_t follow(Matcher& matcher, const std::vector<Word>& words, std::string_view line) {
  std::size_t taken = 0;
  while (taken < words.size() && !matcher.took_rest() && matcher.advance(words[taken], line)) ++taken;
  return matcher.took_rest() ? words.size() : taken;
}

bool was_to_open_section(Mode mode, std::string_view line) {
  const auto words = split(line.substr(0, kMaxLine));
  Matcher outer(Mode::Config, false);
  if (follow(outer, words, line) > 0) return std::ranges::any_of(outer.threads(), opens_section);
  if (words.empty() || Matcher(mode, false).advance(words.front(), line)) return false;
  std::vector<Thread> behind_first_word;
  for (const Form& form : forms())
    if (form.row->section && !form.negated) behind_first_word.push_back({&form, 1, {}});
  Matcher rest(std::move(behind_first_word));
  return follow(rest, {words.begin() + 1, words.end()}, line) == words.size() - 1 &&
         std::ranges::any_of(rest.threads(), &Thread::complete);
}

Result<Thread, SyntaxError> find_command(Mode mode, std::string_view line) {
  if (auto error = check_characters(line)) return Error{*std::move(error)};
  auto thread = match_mode(mode, line);
  const bool command = thread && !thread->form->row->run;
  return command ? match(Mode::Exec, true, line, thread->hits.back().word.column) : thread;
}

}  // namespace awtun::config
