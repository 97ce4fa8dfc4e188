// SPDX-License-Identifier: Apache-2.0
// The views of SAs, ISAKMP and IPsec. Pure.
#pragma once

#include <vector>

#include "userland/daemon/drive/tunnel_table.h"
#include "userland/daemon/show/views.h"
#include "userland/ike/status.h"
#include "userland/kernel/awtun_messages.h"

namespace awtun::daemon {

/// {"schema", "sas": [...], "peers": [...]}; times in seconds relative to `now`.
Json isakmp_sa_view(const ike::Status& status, ike::Time now, Only only);

/// {"schema", "sas": [...]}; the SAs of the engine with the counters of the kernel.
Json ipsec_sa_view(const ike::Status& status, ike::Time now, const std::vector<kernel::SaState>& kernel_sas,
                   const TunnelTable& tunnels, Only only);

/// Parts of views that others have too.
Json selector_texts(const std::vector<TrafficSelector>& list);
Json peer_view(const ike::PeerStatus& status, ike::Time now);

}  // namespace awtun::daemon
