// SPDX-License-Identifier: Apache-2.0
// The views of `show`, as JSON. Pure: from values to values. Each object carries "schema", which is
// control::kSchema.
#pragma once

#include <optional>
#include <vector>

#include "userland/config/model.h"
#include "userland/control/protocol.h"
#include "userland/daemon/drive/tunnel_table.h"
#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"
#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

using control::Json;

/// Narrows a view to one tunnel; nullopt: all.
using Only = std::optional<ike::TunnelId>;

/// {"schema", "sas": [...], "peers": [...]}; times in seconds relative to `now`.
Json isakmp_sa_view(const ike::Status& status, ike::Time now, Only only);

/// {"schema", "sas": [...]}; the SAs of the engine with the counters of the kernel.
Json ipsec_sa_view(const ike::Status& status, ike::Time now, const std::vector<kernel::SaState>& kernel_sas,
                   const TunnelTable& tunnels, Only only);

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

/// Parts of views that others have too.
Json selector_texts(const std::vector<TrafficSelector>& list);
Json peer_view(const ike::PeerStatus& status, ike::Time now);

/// {"schema", "text"}.
Json text_view(std::string text);

}  // namespace awtun::daemon
