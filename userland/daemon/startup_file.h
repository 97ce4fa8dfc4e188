// SPDX-License-Identifier: Apache-2.0
// The startup configuration on the disk.
#pragma once

#include <filesystem>
#include <string>

#include "userland/base/result.h"
#include "userland/config/model.h"

namespace awtun::daemon {

/// Reads a configuration from `text`, which is wiped; `name` is for the error, which is as below.
Result<config::Config, std::string> load_text(std::string text, const std::filesystem::path& name);

/// Reads the configuration that the daemon starts with. A missing file is an empty configuration.
/// The error is ready to print: file, line, what is wrong there; never a key.
Result<config::Config, std::string> load_startup(const std::filesystem::path& path);

/// Writes `config`, keys included, in one step; mode 0600.
Result<void, std::string> save_startup(const std::filesystem::path& path, const config::Config& config);

}  // namespace awtun::daemon
