// SPDX-License-Identifier: Apache-2.0
#include "userland/config/refused.h"

namespace awtun::config {
namespace {

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

}  // namespace awtun::config
