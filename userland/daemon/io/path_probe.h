// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "userland/base/ip.h"

namespace awtun::daemon {

/// Whether this system can send from one address to another. NoAddress: the first one is not its own.
/// NoRoute: it knows no way to the second.
enum class PathState : std::uint8_t { Open, NoAddress, NoRoute };

/// At this moment; nothing is sent.
[[nodiscard]] PathState probe_path(const IpAddress& local, const IpAddress& remote);

}  // namespace awtun::daemon
