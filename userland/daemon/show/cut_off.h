// SPDX-License-Identifier: Apache-2.0
// SAs that this system itself keeps from working: the engine finds out when the peer has not answered for
// minutes.
#pragma once

#include <functional>

#include "userland/daemon/io/path_probe.h"
#include "userland/ike/status.h"

namespace awtun::daemon {

/// Gives those SAs of `status` that are up the state NoAddress or NoRoute where `probe` has found that. It is
/// asked once for each pair of addresses.
void mark_cut_off(ike::Status& status,
                  const std::function<PathState(const IpAddress& local, const IpAddress& remote)>& probe);

}  // namespace awtun::daemon
