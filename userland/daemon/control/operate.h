// SPDX-License-Identifier: Apache-2.0
// The engine inputs for an operator's command on SAs. Pure.
#pragma once

#include <string>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/model.h"
#include "userland/config/session.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// The inputs that carry `wanted` out; the error says why there is nothing to be done. Of a command upon
/// counters there are none.
Result<std::vector<ike::Input>, std::string> inputs_for(const config::Operate& wanted,
                                                        const config::Config& config,
                                                        const ike::Status& status);

}  // namespace awtun::daemon
