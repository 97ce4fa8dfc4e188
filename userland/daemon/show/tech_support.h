// SPDX-License-Identifier: Apache-2.0
// `show tech-support`: every view in one, to attach to a support request.
#pragma once

#include <functional>
#include <string>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/daemon/show/views.h"

namespace awtun::daemon {

using ShowView = std::function<Result<Json, std::string>(const config::Show&)>;

/// {"schema", "version", "kernel", "time", "views": [{"command", "view", "data"} or {"command", "error"}]}:
/// of every view of Exposure::Support. `kernel` is its release, `time` is UTC.
Json tech_support(const ShowView& show);

}  // namespace awtun::daemon
