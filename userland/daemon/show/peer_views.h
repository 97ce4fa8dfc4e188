// SPDX-License-Identifier: Apache-2.0
// The views of peers and counters. Pure.
#pragma once

#include "userland/config/model.h"
#include "userland/daemon/io/datagram_counters.h"
#include "userland/daemon/show/views.h"
#include "userland/ike/status.h"

namespace awtun::daemon {

/// {"schema", "peers": [...]}: for each protected tunnel its ISAKMP profile, whether there is a key, and
/// why the last negotiation failed.
Json isakmp_peer_view(const config::Config& config, const ike::Status& status, ike::Time now);

/// {"schema", "peers": [...]}: for each protected tunnel how far it is.
Json ipsec_peer_view(const config::Config& config, const ike::Status& status, ike::Time now);

/// {"schema", "tunnels": [...], "up"}: for each protected tunnel, by number, its SA that was established
/// last; "up" counts those that carry.
Json isakmp_sa_brief_view(const config::Config& config, const ike::Status& status, ike::Time now);
Json ipsec_sa_brief_view(const config::Config& config, const ike::Status& status, ike::Time now);

struct IsakmpCounters {
  ike::Counters engine;
  DatagramCounters datagrams;
};

/// {"schema", "counters": {...}} since they were `cleared`, which is the counters of that time.
Json isakmp_counters_view(const IsakmpCounters& counters, const IsakmpCounters& cleared);

}  // namespace awtun::daemon
