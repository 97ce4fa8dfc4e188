// SPDX-License-Identifier: Apache-2.0
// The link-local address that `ipv6 enable` gives a tunnel interface.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "userland/base/ip.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"

namespace awtun::daemon {

/// The secret of RFC 7217 section 5, made once and kept in `state_dir`/link-local-secret.
Result<Secret, std::string> link_local_secret(const std::filesystem::path& state_dir);

/// fe80::/64 with a stable, opaque interface identifier (RFC 7217): the same after every restart,
/// different for every interface and daemon. `instance` tells daemons apart that share a secret.
IpPrefix link_local_address(const Secret& secret, std::string_view interface, std::string_view instance);

}  // namespace awtun::daemon
