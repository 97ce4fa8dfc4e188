// SPDX-License-Identifier: Apache-2.0
// A secret that is made once and outlives restarts.
#pragma once

#include <filesystem>
#include <string>

#include "userland/base/result.h"
#include "userland/base/secret.h"

namespace awtun::daemon {

/// The 32 random octets in the file `path`, mode 0600; made when there are none.
Result<Secret, std::string> kept_secret(const std::filesystem::path& path);

}  // namespace awtun::daemon
