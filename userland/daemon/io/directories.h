// SPDX-License-Identifier: Apache-2.0
// Paths through directories that others may change while we walk along them.
#pragma once

#include <filesystem>
#include <optional>

#include "userland/daemon/io/unique_fd.h"

namespace awtun::daemon {

/// An open directory. What is done relative to `fd` is done in it, whatever becomes of its path.
struct Directory {
  UniqueFd fd;
  /// Nobody but root and us can put anything in the place of what is in it, or in one above.
  bool safe;
};

enum class Missing : bool { Refused, Made };

/// The directory `path`; nullopt, with errno, when it cannot be had. Missing ones are made, mode 0755 less
/// the umask, or refused with ENOENT. A symbolic link is followed when the directory that it is in is safe;
/// else ELOOP.
[[nodiscard]] std::optional<Directory> open_directory(const std::filesystem::path& path, Missing missing);

/// The directory that holds the file `path`.
[[nodiscard]] std::optional<Directory> open_directory_of(const std::filesystem::path& path, Missing missing);

}  // namespace awtun::daemon
