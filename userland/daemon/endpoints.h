// SPDX-License-Identifier: Apache-2.0
// Between which addresses a tunnel runs just now, where its configuration has an interface or a host name.
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

/// `config` with the source of each tunnel that names an interface looked up: the interface's first address
/// of the family of the tunnel's mode, IPv6 link-local ones left out. Unset where it has none.
[[nodiscard]] config::Config with_sources(config::Config config, const std::vector<kernel::Link>& links,
                                          const std::vector<kernel::InterfaceAddress>& addresses);

/// The host names that tunnels lead to.
[[nodiscard]] std::set<std::string> destination_hosts(const config::Config& config);

/// `config` with the address of each host name that tunnels lead to, of the family of the tunnel's mode: the
/// one that `before` has, as long as the name still stands for it, else the first. Unset where there is none.
[[nodiscard]] config::Config with_destinations(config::Config config,
                                               const std::map<std::string, std::vector<IpAddress>>& known,
                                               const config::Config& before);

}  // namespace awtun::daemon
