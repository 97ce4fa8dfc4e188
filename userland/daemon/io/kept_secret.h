// SPDX-License-Identifier: Apache-2.0
// A secret that is made once and outlives restarts.
#pragma once

#include <filesystem>

#include "userland/base/secret.h"

namespace awtun::daemon {

/// The 32 random octets in the file `path`, mode 0600; made when there are none. When the file cannot be read
/// or written, which the log says, a secret for this run alone; what is in the file stays.
Secret kept_secret(const std::filesystem::path& path);

}  // namespace awtun::daemon
