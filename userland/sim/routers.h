// SPDX-License-Identifier: Apache-2.0
// Policies as simulated routers have them.
#pragma once

#include <string_view>

#include "userland/sim/world.h"

namespace awtun::sim {

/// X25519, so that thousands of handshakes take a second; the default profile has tests of its own.
[[nodiscard]] IsakmpProfile quick_isakmp_profile();

/// Of `local`'s tunnel to `remote`, by addresses and a pre-shared key.
[[nodiscard]] ike::TunnelPolicy tunnel_policy(World& world, std::size_t local, std::size_t remote,
                                              ike::TunnelId tunnel, const IsakmpProfile& isakmp,
                                              std::string_view key = "ouR4ecret");

/// All of IPv4, and all of IPv6: the pairs of selectors of a policy that lets everything through.
[[nodiscard]] std::vector<Networks> both_families();

}  // namespace awtun::sim
