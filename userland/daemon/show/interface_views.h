// SPDX-License-Identifier: Apache-2.0
// The views of tunnel interfaces, and of their counters. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "userland/config/model.h"
#include "userland/daemon/show/views.h"
#include "userland/ike/status.h"
#include "userland/kernel/awtun_messages.h"
#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

/// What the kernel reports of all interfaces.
struct InterfaceFacts {
  std::vector<kernel::Link> links;
  std::vector<kernel::InterfaceAddress> addresses;
  std::vector<kernel::TunnelState> tunnels;
  std::map<ike::TunnelId, std::string> waiting;  ///< why tunnels are without delivery
};

/// {"schema", "interfaces": [...]}; every configured tunnel.
Json interface_view(const config::Config& config, const ike::Status& status, const InterfaceFacts& facts,
                    Only only);

/// {"schema", "tunnels": [...]}: packets of each protected tunnel, and why they were dropped.
Json ipsec_counters_view(const config::Config& config, const ike::Status& status,
                         const InterfaceFacts& facts);

}  // namespace awtun::daemon
