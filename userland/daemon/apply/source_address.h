// SPDX-License-Identifier: Apache-2.0
// Which of an interface's addresses packets to a destination come from. Pure.
#pragma once

#include <optional>
#include <vector>

#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

/// RFC 6724 5, among the addresses of one interface; of IPv4 the primary one. Temporary ones (RFC 8981) come
/// last: a peer is to find the same address for long. Addresses that duplicate address detection has not let
/// pass, and link-local ones of IPv6, are none. `destination`: nullptr while it is not known. `before`: the
/// source so far, or nullptr; it stays while it is as good as any by the rules on what addresses are (all but
/// the longest match).
[[nodiscard]] std::optional<IpAddress> choose_source(const std::vector<kernel::InterfaceAddress>& addresses,
                                                     std::uint32_t ifindex, Family family,
                                                     const IpAddress* destination, const IpAddress* before);

}  // namespace awtun::daemon
