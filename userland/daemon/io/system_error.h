// SPDX-License-Identifier: Apache-2.0
// What the system said when it did not do something.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace awtun::daemon {

/// "open /etc/x: Permission denied", by errno.
inline std::string system_error(const std::string& doing) { return doing + ": " + std::strerror(errno); }

}  // namespace awtun::daemon
