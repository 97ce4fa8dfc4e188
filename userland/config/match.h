// SPDX-License-Identifier: Apache-2.0
// Finds the form of the command table that a line is. All forms are followed at once, word by word;
// what they would have taken next is the material of `?`, Tab and the caret's "expected".
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/grammar.h"

namespace awtun::config {

/// A word of a line and where it stands.
struct Word {
  std::string_view text;
  std::size_t column = 0;  ///< Octets from the line's start.
};

/// The words of a line, separated by blanks and tabs.
std::vector<Word> split(std::string_view line);

/// The same without every `do` before them: behind one the grammar takes any.
std::vector<Word> words_behind_do(std::string_view line);

/// As a line of a section is written.
bool is_indented(std::string_view line);

/// A line that is none.
bool is_blank_or_comment(std::string_view line);

/// Whether all of it is (RFC 3629).
bool is_utf8(std::string_view text);

/// From `column` to the end of the line, less trailing blanks.
std::string_view rest_of_line(std::string_view line, std::size_t column);

/// What one word, or the rest of the line, was taken for.
struct Hit {
  enum class Quality : std::uint8_t { Exact, Abbreviated, Parsed };
  const Token* token = nullptr;
  Quality quality = Quality::Parsed;
  Word word;
  std::string_view keyword;  ///< The whole keyword or word of a choice; empty for other values.
};

/// A form that the words so far begin.
struct Thread {
  const Form* form = nullptr;
  std::size_t position = 0;  ///< The next token of the form's pattern.
  std::vector<Hit> hits;

  /// The tokens that may come next, those behind omissible groups included.
  [[nodiscard]] std::vector<const Token*> next() const;
  /// Whether the form may end here.
  [[nodiscard]] bool complete() const;
  /// The values of a complete thread.
  [[nodiscard]] Args args() const;
};

/// Whether it is to lead into the mode of a section.
bool opens_section(const Thread& thread);

/// Follows a line through the forms of one mode.
class Matcher {
 public:
  /// `under_do` leaves the Exec rows that `do` may run.
  Matcher(Mode mode, bool under_do);
  /// As after the words that these have taken.
  explicit Matcher(std::vector<Thread> threads) : threads_(std::move(threads)) {}

  /// Takes the word of `line`. False when no form can: the threads then stay as they were.
  bool advance(const Word& word, std::string_view line);
  /// True once a value has taken the rest of the line: there are no more words.
  [[nodiscard]] bool took_rest() const { return took_rest_; }
  [[nodiscard]] const std::vector<Thread>& threads() const { return threads_; }
  /// Why a value refused the word of the last advance() that failed; may be empty.
  [[nodiscard]] const ValueError& reason() const { return reason_; }

 private:
  std::vector<Thread> threads_;
  ValueError reason_;
  bool took_rest_ = false;
};

/// Follows the words of `line` as far as a command may go on; how many it took.
std::size_t follow(Matcher& matcher, const std::vector<Word>& words, std::string_view line);

/// Whether `line`, which is no command in `mode`, was to open a section: a command that does may go on where
/// it errs, or all but its first word is one.
bool was_to_open_section(Mode mode, std::string_view line);

/// The longest line that is looked at: longer than any command.
inline constexpr std::size_t kMaxLine = 8192;

/// The keywords and value forms that may come next and that `beginning` may begin, keywords first,
/// sorted, each once.
std::vector<Candidate> candidates(const std::vector<Thread>& threads, std::string_view beginning = {});

/// The command that `line` is in `mode`: the Exec command behind a `do`, in a section also one of Config
/// mode. The row of the result has an action. Or the error to show.
Result<Thread, SyntaxError> find_command(Mode mode, std::string_view line);

}  // namespace awtun::config
