// SPDX-License-Identifier: Apache-2.0
// The user and the capabilities of the daemon.
#pragma once

#include <string>

#include "userland/base/result.h"
#include "userland/daemon/options.h"

namespace awtun::daemon {

/// Becomes the user that the options name, having made for it those of the options' directories that are
/// missing; keeps CAP_NET_ADMIN and CAP_NET_BIND_SERVICE alone. Root that stays root keeps CAP_DAC_OVERRIDE
/// and CAP_CHOWN too, for files in another user's directory. Forbids cores, which would hold keys, unless
/// the options ask for them, and the tracing of the process by its own user.
Result<void, std::string> drop_privileges(const Options& options);

}  // namespace awtun::daemon
