// SPDX-License-Identifier: Apache-2.0
// Small files that matter: read whole, written so that a crash leaves the old or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/daemon/io/unique_fd.h"

namespace awtun::daemon {

/// The file, open to be read, with `flags` besides: O_NOFOLLOW. None, with errno, when it cannot be, or is no
/// file of data. Where others may change its directory, a symbolic link is refused.
[[nodiscard]] UniqueFd open_to_read(const std::filesystem::path& path, int flags = 0);

/// The file's contents; nullopt when there is no such file; an error when it cannot be read, is no file of
/// data or larger than config::kMaxConfiguration.
Result<std::optional<std::string>, std::string> read_file(const std::filesystem::path& path);

/// Differs when a file was written or replaced, or its inode changed.
struct FileVersion {
  std::uint64_t device;
  std::uint64_t inode;
  std::int64_t size;            ///< octets
  std::int64_t written;         ///< ns since 1970
  std::int64_t status_changed;  ///< ns since 1970

  bool operator==(const FileVersion&) const = default;
};
/// Nullopt: there is none that can be looked at, or it changed so lately that a change may yet go unseen.
std::optional<FileVersion> file_version(const std::filesystem::path& path);

/// Replaces (or makes) the file, mode 0600, in one step: a reader, or a machine that loses power,
/// sees the old contents or the new. Makes the directory when it is missing. What read_file() would refuse is
/// not written.
Result<void, std::string> write_file(const std::filesystem::path& path, std::string_view contents);

}  // namespace awtun::daemon
