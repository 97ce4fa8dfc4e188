// SPDX-License-Identifier: Apache-2.0
// The text of a failed system call.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace awtun::daemon {

/// "open /etc/x: Permission denied", by errno.
inline std::string system_error(const std::string& doing) { return doing + ": " + std::strerror(errno); }

}  // namespace awtun::daemon
