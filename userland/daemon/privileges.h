// SPDX-License-Identifier: Apache-2.0
// What the daemon may do.
#pragma once

#include <string>

#include "userland/base/result.h"

namespace awtun::daemon {

/// Gives up every capability but those for interfaces, SAs, UDP port 500 and its own files, and
/// forbids core dumps, which would hold keys.
Result<void, std::string> drop_privileges();

}  // namespace awtun::daemon
