// SPDX-License-Identifier: Apache-2.0
#include "userland/config/session.h"

#include <utility>

#include "userland/config/apply.h"
#include "userland/config/match.h"

namespace awtun::config {
namespace {

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == line.npos || line[first] == '!';
}

/// The rows of Interface mode that touch the tunnel: those that write configuration.
bool is_setting_of_interface(const Row& row) { return row.mode == Mode::Interface && row.emit.has_value(); }

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::Exec:
      return "exec";
    case Mode::Config:
      return "config";
    case Mode::Interface:
      return "config-if";
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
  }
  return "#";
}

std::string prompt(const Session& session, std::string_view hostname) {
  return std::string(hostname) + std::string(prompt_suffix(session.mode));
}

std::string_view to_string(View view) {
  switch (view) {
    case View::IsakmpSa:
      return "isakmp-sa";
    case View::IpsecSa:
      return "ipsec-sa";
    case View::Interface:
      return "interface";
    case View::RunningConfig:
      return "running-config";
    case View::StartupConfig:
      return "startup-config";
  }
  return "message";
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

Applied apply(Config& config, Session& session, std::string_view line) {
  if (is_blank_or_comment(line)) return Done{};
  auto command = find_command(session.mode, line);
  if (!command) return std::move(command.error());
  const Row& row = *command->form->row;
  Session next = session;
  if (session.mode == Mode::Interface && row.mode == Mode::Config) next = {Mode::Config, std::nullopt};
  if (is_setting_of_interface(row) && !config.tunnels.contains(session.tunnel.value())) {
    const std::uint32_t gone = *std::exchange(session, {Mode::Config, std::nullopt}).tunnel;
    return Refused{tunnel_name(gone) + " does not exist any more"};
  }
  Args args = command->args();
  const Action action = (command->form->negated ? row.no : row.run).value();
  Answer answer = action({config, next}, args);
  if (!std::holds_alternative<Refused>(answer)) session = next;
  return std::visit([](auto&& each) -> Applied { return std::move(each); }, std::move(answer));
}

Outcome execute(const Config& running, Session& session, std::string_view line) {
  Config candidate = running;
  Applied applied = apply(candidate, session, line);
  if (std::holds_alternative<Done>(applied) && !(candidate == running)) return Edit{std::move(candidate)};
  return std::visit([](auto&& each) -> Outcome { return std::move(each); }, std::move(applied));
}

}  // namespace awtun::config
