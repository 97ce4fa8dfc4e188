// SPDX-License-Identifier: Apache-2.0
// Transport mode (RFC 7296 1.3.1): its selectors name the two ends of the IKE SA and no other address,
// and across a NAT each end calls them differently (2.23.1).
#pragma once

#include <optional>

#include "userland/base/ip.h"
#include "userland/ike/rules/selectors.h"

namespace awtun::ike {

/// What of `ours` concerns `end` itself.
[[nodiscard]] Selectors of_end(const Selectors& ours, const IpAddress& end);

/// The one address that all selectors name, by which the peer calls an end; nullopt when they name
/// several, or ranges.
[[nodiscard]] std::optional<IpAddress> only_address(const Selectors& selectors);

/// The same protocols and ports, of another address.
[[nodiscard]] Selectors readdressed(Selectors selectors, const IpAddress& address);

}  // namespace awtun::ike
