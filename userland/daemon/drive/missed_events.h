// SPDX-License-Identifier: Apache-2.0
// Kernel events that were lost before they were read. Pure.
#pragma once

#include <vector>

#include "userland/daemon/drive/tunnel_table.h"
#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"

namespace awtun::daemon {

/// The events that may have been lost, as far as the state of every SA tells: limits that are reached, peers
/// that have moved, and transports, which cost nothing to hand over again. That this is a clone of a virtual
/// machine is one of them when the kernel sends by none of the SAs that IKE has in use; then it is the only
/// one.
std::vector<kernel::Event> missed_events(const std::vector<kernel::SaState>& sas, const ike::Status& status,
                                         const TunnelTable& tunnels);

}  // namespace awtun::daemon
