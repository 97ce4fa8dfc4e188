// SPDX-License-Identifier: Apache-2.0
// The current addresses of a tunnel whose configuration has an interface or a host name.
// Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "userland/config/model.h"
#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

[[nodiscard]] bool has_source_interface(const config::Config& config);

/// `config` with the source of each tunnel that names an interface looked up, by choose_source(): `before`
/// has those so far. Unset where there is none.
[[nodiscard]] config::Config with_sources(config::Config config, const std::vector<kernel::Link>& links,
                                          const std::vector<kernel::InterfaceAddress>& addresses,
                                          const config::Config& before);

/// What no peer can have: our own addresses, and the broadcast addresses of the networks that we are in.
[[nodiscard]] std::set<IpAddress> no_peers(const std::vector<kernel::InterfaceAddress>& ours);

/// The host names that tunnels lead to.
[[nodiscard]] std::set<std::string> destination_hosts(const config::Config& config);

/// `config` with the address of each host name that tunnels lead to, of the family of the tunnel's mode: the
/// one that `before` has, as long as the name still stands for it, else the first. Unset where there is none
/// but those of `not_theirs`.
[[nodiscard]] config::Config with_destinations(config::Config config,
                                               const std::map<std::string, std::vector<IpAddress>>& known,
                                               const std::set<IpAddress>& not_theirs,
                                               const config::Config& before);

/// Why a tunnel of this family leads nowhere, though its host name stands for `known`: "b.example.com stands
/// for 10.1.1.1, which is this router's own or a broadcast address".
[[nodiscard]] std::string no_destination(const std::string& host, const std::vector<IpAddress>& known,
                                         Family family);

/// Of `wanted`, which is `candidate` with its endpoints looked up, what `candidate` itself asks for: a tunnel
/// whose endpoints it names as `running` does keeps those that it has in `effective`, or is left out with it.
/// What has become of their addresses since is no fault of who changes something else.
[[nodiscard]] config::Config as_asked_for(config::Config wanted, const config::Config& candidate,
                                          const config::Config& running, const config::Config& effective);

}  // namespace awtun::daemon
