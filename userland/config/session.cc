// SPDX-License-Identifier: Apache-2.0
#include "userland/config/session.h"

#include <utility>

#include "userland/config/apply.h"
#include "userland/config/match.h"
#include "userland/config/refused.h"

namespace awtun::config {
namespace {

/// The rows of a section that touch what it configures: those that write configuration.
bool is_setting_of_section(const Row& row) { return is_section(row.mode) && row.emit.has_value(); }

/// What the session's section configures, by its name; nullopt while it exists.
std::optional<std::string> gone(const Config& config, const Session& session) {
  const auto unless = [](bool exists, std::string name) {
    return exists ? std::nullopt : std::optional(std::move(name));
  };
  switch (session.mode) {
    case Mode::Exec:
    case Mode::Config:
      return std::nullopt;
    case Mode::Interface:
      return unless(config.tunnels.contains(session.tunnel.value()), tunnel_name(*session.tunnel));
    case Mode::IsakmpProfile:
      return unless(config.isakmp_profiles.contains(session.name), "crypto isakmp profile " + session.name);
    case Mode::IpsecProfile:
      return unless(config.ipsec_profiles.contains(session.name), "crypto ipsec profile " + session.name);
    case Mode::Trustpoint:
      return unless(config.trustpoints.contains(session.name), "crypto pki trustpoint " + session.name);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::Exec:
      return "exec";
    case Mode::Config:
      return "config";
    case Mode::Interface:
      return "config-if";
    case Mode::IsakmpProfile:
      return "config-isakmp-profile";
    case Mode::IpsecProfile:
      return "config-ipsec-profile";
    case Mode::Trustpoint:
      return "ca-trustpoint";
  }
  return "exec";
}

std::string_view prompt_suffix(Mode mode) {
  switch (mode) {
    case Mode::Exec:
      return "#";
    case Mode::Config:
      return "(config)#";
    case Mode::Interface:
      return "(config-if)#";
    case Mode::IsakmpProfile:
      return "(config-isakmp-profile)#";
    case Mode::IpsecProfile:
      return "(config-ipsec-profile)#";
    case Mode::Trustpoint:
      return "(ca-trustpoint)#";
  }
  return "#";
}

std::string prompt(const Session& session, std::string_view hostname) {
  return std::string(hostname) + std::string(prompt_suffix(session.mode));
}

std::string_view to_string(Filter::What what) {
  switch (what) {
    case Filter::What::Include:
      return "include";
    case Filter::What::Exclude:
      return "exclude";
    case Filter::What::Begin:
      return "begin";
    case Filter::What::Count:
      return "count";
  }
  return "include";
}

std::string_view to_string(SyntaxError::Kind kind) {
  switch (kind) {
    case SyntaxError::Kind::Invalid:
      return "invalid";
    case SyntaxError::Kind::Incomplete:
      return "incomplete";
    case SyntaxError::Kind::Ambiguous:
      return "ambiguous";
  }
  return "invalid";
}

namespace {

/// Runs a command of the table. What refuses it leaves configuration and session as they were, but for a
/// section that is gone.
Applied run_command(Config& config, Session& session, const Thread& command) {
  const Row& row = *command.form->row;
  Session next = session;
  if (is_section(session.mode) && row.mode == Mode::Config) next = {Mode::Config};
  if (is_setting_of_section(row)) {
    if (const auto name = gone(config, session)) {
      session = outside_section(*name + " no longer exists");
      return Refused{session.refused->reason};
    }
  }
  Args args = command.args();
  const Action action = (command.form->negated ? row.no : row.run).value();
  Answer answer = action({config, next}, args);
  if (!std::holds_alternative<Refused>(answer)) session = next;
  return std::visit([](auto&& each) -> Applied { return std::move(each); }, std::move(answer));
}

bool is_refusal(const Applied& applied) {
  return std::holds_alternative<SyntaxError>(applied) || std::holds_alternative<Refused>(applied);
}

}  // namespace

Applied apply(Config& config, Session& session, std::string_view line) {
  if (is_blank_or_comment(line)) return Done{};
  const auto command = find_command(session.mode, line);
  if (session.refused) {
    if (auto answer = answer_of_refused(session, line, command)) return *std::move(answer);
  }
  const Session before = session;
  Applied applied = command ? run_command(config, session, *command) : Applied(command.error());
  const bool left = session != before;  // the section is gone
  if (is_refusal(applied) && !left) session = refused_at(before, line, command);
  return applied;
}

Outcome execute(const Config& running, Session& session, std::string_view line) {
  Config candidate = running;
  const Session before = session;
  Applied applied = apply(candidate, session, line);
  if (auto* done = std::get_if<Done>(&applied); done != nullptr && !(candidate == running)) {
    if (auto reason = dangling_reference(candidate)) {
      session = refused_at(before, line);
      return Refused{*std::move(reason)};
    }
    return Edit{std::move(candidate), std::move(done->message)};
  }
  return std::visit([](auto&& each) -> Outcome { return std::move(each); }, std::move(applied));
}

}  // namespace awtun::config
