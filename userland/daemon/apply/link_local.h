// SPDX-License-Identifier: Apache-2.0
// The link-local address that `ipv6 enable` gives a tunnel interface.
#pragma once

#include <string_view>

#include "userland/base/ip.h"
#include "userland/base/secret.h"

namespace awtun::daemon {

/// fe80::/64 with a stable, opaque interface identifier (RFC 7217): the same after every restart,
/// different for every interface and daemon. `secret` is that of RFC 7217 section 5; `instance` tells
/// daemons apart that share it.
IpPrefix link_local_address(const Secret& secret, std::string_view interface, std::string_view instance);

}  // namespace awtun::daemon
