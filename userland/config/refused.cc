// SPDX-License-Identifier: Apache-2.0
#include "userland/config/refused.h"

#include <algorithm>

namespace awtun::config {
namespace {

bool leads_out(std::string_view word) {
  return equal_ignoring_case(word, "exit") || equal_ignoring_case(word, "end");
}
bool leads_out(const Row& row) { return row.mode == Mode::Config && leads_out(row.pattern); }

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

bool takes_value_next(const Thread& thread) {
  return std::ranges::any_of(thread.next(), [](const Token* token) { return !token->keyword; });
}

/// A line as far as the commands of a mode take it.
class Attempt {
 public:
  Attempt(Mode mode, const std::vector<Word>& words, std::string_view line)
      : matcher_(mode, false), words_(words), taken_(follow(matcher_, words, line)) {}

  /// Whether it is a mistake in one of them: at or behind a value, at the end, or behind `no`.
  [[nodiscard]] bool errs_in_command() const {
    if (taken_ == 0 || taken_ == words_.size()) return taken_ > 0;
    return std::ranges::any_of(matcher_.threads(), [](const Thread& thread) {
      return thread.form->negated || thread.complete() || takes_value_next(thread);
    });
  }
  /// Whether it errs at what may be a keyword mistyped; a short one resembles too much.
  [[nodiscard]] bool is_mistyped() const {
    constexpr std::size_t kLong = 6;
    const auto resembled = [this](const Token* token) {
      return token->keyword && token->text.size() >= kLong && resembles(words_[taken_].text, token->text);
    };
    return taken_ < words_.size() && std::ranges::any_of(matcher_.threads(), [&](const Thread& thread) {
             return std::ranges::any_of(thread.next(), resembled);
           });
  }

 private:
  Matcher matcher_;
  const std::vector<Word>& words_;
  std::size_t taken_;
};

/// Whether a line that is no command, and opens no section that there is, may be to open one of another
/// system.
bool may_open_foreign_section(Mode mode, const std::vector<Word>& words, std::string_view line) {
  const Attempt own(mode, words, line);
  const bool of_exec = Matcher(Mode::Exec, false).advance(words.front(), line);
  return !of_exec && !own.errs_in_command() && !own.is_mistyped() &&
         !Attempt(Mode::Config, words, line).errs_in_command();
}

/// Whether the refused line may have been to lead into another section than that of `mode`.
bool leaves_section(Mode mode, std::string_view line, const Result<Thread, SyntaxError>& command) {
  if (command) return opens_section(*command);
  const auto words = words_behind_do(line);
  if (words.empty()) return false;
  if (leads_out(words.front().text)) return true;
  return was_to_open_section(mode, line.substr(words.front().column)) ||
         (is_section(mode) && !is_indented(line) && may_open_foreign_section(mode, words, line));
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
  line = line.substr(0, kMaxLine);
  const bool leaves = leaves_section(before.mode, line, command);
  Session after = leaves ? Session{Mode::Config} : before;
  if (leaves || !is_indented(line)) after.refused = RefusedSection{std::string(line), {}, leaves};
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

}  // namespace awtun::config
