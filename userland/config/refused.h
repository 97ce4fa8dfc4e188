// SPDX-License-Identifier: Apache-2.0
// How the lines that belong to a refused line are handled.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userland/config/apply.h"
#include "userland/config/match.h"

namespace awtun::config {

/// A session whose section is gone, and which is in none until something leads out of this.
Session outside_section(std::string reason);

/// See session.h; `command` is what `line` would be.
Session refused_at(const Session& before, std::string_view line, const Result<Thread, SyntaxError>& command);

/// The answer to `line` when it belongs to the refused section of `session`, or leaves it; nullopt: it does
/// not, and the session knows it. `command` is what it would be.
std::optional<Applied> answer_of_refused(Session& session, std::string_view line,
                                         const Result<Thread, SyntaxError>& command);

}  // namespace awtun::config
