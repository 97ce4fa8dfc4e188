// SPDX-License-Identifier: Apache-2.0
// `show routes static`.
#pragma once

#include <vector>

#include "userland/control/protocol.h"
#include "userland/daemon/apply/applier.h"

namespace awtun::daemon {

Json routes_view(const std::vector<Applier::RouteState>& routes);

}  // namespace awtun::daemon
