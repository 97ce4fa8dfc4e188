// SPDX-License-Identifier: Apache-2.0
// One line over a configuration that the caller owns: the common part of a session and a file.
#pragma once

#include <string_view>
#include <variant>

#include "userland/config/session.h"

namespace awtun::config {

using Applied = std::variant<Done, Show, Operate, Certify, Replace, Reload, SaveStartup, Terminal, Quit,
                             SyntaxError, Refused>;

/// As execute(), but changes `config` in place, and lets it have names that nothing has. SyntaxError and
/// Refused leave it as it was.
Applied apply(Config& config, Session& session, std::string_view line);

}  // namespace awtun::config
