// SPDX-License-Identifier: Apache-2.0
// `tunnel source INTERFACE`: which address that is just now. Pure.
#pragma once

#include <vector>

#include "userland/config/model.h"
#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

[[nodiscard]] bool has_source_interface(const config::Config& config);

/// `config` with the source of each tunnel that names an interface looked up: the interface's first address
/// of the family of the tunnel's mode, IPv6 link-local ones left out. Unset where it has none.
[[nodiscard]] config::Config with_sources(config::Config config, const std::vector<kernel::Link>& links,
                                          const std::vector<kernel::InterfaceAddress>& addresses);

}  // namespace awtun::daemon
