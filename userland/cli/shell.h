// SPDX-License-Identifier: Apache-2.0
// The interactive shell: line editing, `?`, Tab, history, and ^Z for `end`.
#pragma once

#include "userland/cli/client.h"
#include "userland/cli/runner.h"

namespace awtun::cli {

/// Talks to the operator on standard input and output, a terminal, until `exit` in exec mode, the end
/// of input, or the end of the connection.
ExitStatus run_shell(Client& client, const Output& output);

}  // namespace awtun::cli
