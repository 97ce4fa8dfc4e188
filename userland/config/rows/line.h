// SPDX-License-Identifier: Apache-2.0
// Rows of the operators' sessions.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "userland/config/rows/section.h"

namespace awtun::config::rows {

inline constexpr std::int64_t kMaxTimeoutMinutes = 35791;

inline std::chrono::seconds timeout_of(Args& args) {
  const auto seconds = args.has(1) ? args.get<std::uint32_t>(1) : 0;
  return std::chrono::minutes(args.get<std::uint32_t>(0)) + std::chrono::seconds(seconds);
}

/// In less time it would be impossible to type the line that corrects it.
inline Answer set_exec_timeout(const Context& context, Args& args) {
  const auto timeout = timeout_of(args);
  if (timeout.count() != 0 && timeout < std::chrono::minutes(1))
    return Refused{"exec-timeout must be 0 (never) or at least 1 minute"};
  context.config.exec_timeout = timeout;
  return Done{};
}

inline Answer reset_exec_timeout(const Context& context, Args& args) {
  auto& timeout = context.config.exec_timeout;
  if (args.has(0) && timeout != timeout_of(args)) return not_configured();
  timeout = kDefaultExecTimeout;
  return Done{};
}

/// Whole minutes are written without seconds.
template <bool Seconds>
void emit_exec_timeout(const Scope& scope, Writer& out) {
  const auto timeout = scope.config.exec_timeout.count();
  const auto minutes = static_cast<std::uint32_t>(std::min<std::int64_t>(timeout / 60, kMaxTimeoutMinutes));
  const auto seconds = static_cast<std::uint32_t>(timeout - std::int64_t{minutes} * 60);
  if (scope.config.exec_timeout == kDefaultExecTimeout || Seconds != (seconds != 0)) return;
  if constexpr (Seconds)
    out.line(minutes, seconds);
  else
    out.line(minutes);
}

/// All sessions are alike: what follows is theirs, whatever line it names.
inline Answer enter_line(const Context&, Args&) { return Done{}; }

inline constexpr FixedText kTimeoutMinutesPattern = FixedText() << "exec-timeout ![<minutes:0-"
                                                                << kMaxTimeoutMinutes << ">]";
inline constexpr FixedText kTimeoutSecondsPattern =
    FixedText() << "exec-timeout <minutes:0-" << kMaxTimeoutMinutes << "> <seconds:0-2147483>";
inline constexpr FixedText kTimeoutMinutesHelp = FixedText() << "Idle time after which a session ends, "
                                                             << kDefaultExecTimeout.count()
                                                             << " minutes by default\nMinutes; 0 for never\n";
inline constexpr FixedText kTimeoutSecondsHelp =
    (FixedText() << kTimeoutMinutesHelp.view()).line("Additional seconds");

inline constexpr std::array kLine = {
    Row{.mode = Mode::Config,
        .pattern = kTimeoutMinutesPattern.view(),
        .help = kTimeoutMinutesHelp.view(),
        .run = set_exec_timeout,
        .no = reset_exec_timeout,
        .emit = emit_exec_timeout<false>},
    Row{.mode = Mode::Config,
        .pattern = kTimeoutSecondsPattern.view(),
        .help = kTimeoutSecondsHelp.view(),
        .run = set_exec_timeout,
        .no = reset_exec_timeout,
        .emit = emit_exec_timeout<true>},
    Row{.mode = Mode::Config,
        .pattern = "line {console|vty} <first:0-63> [<last:0-63>]",
        .help = "Accepted for compatibility; exec-timeout applies to every session\nOn the console\nVirtual "
                "terminals\nFirst line\nLast line\n",
        .run = enter_line,
        .section = true},
};

}  // namespace awtun::config::rows
