// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "userland/daemon/directories.h"
#include "userland/daemon/system_error.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t max_size = 1024 * 1024;

Error<std::string> failure(const std::string& doing, const std::filesystem::path& path) {
  return Error{system_error(doing + " " + path.string())};
}

bool write_all(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const auto written = ::write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A rename is on the disk once the directory is.
bool sync_directory(const Directory& directory) {
  const UniqueFd fd(::openat(directory.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0;
}

bool is_regular(const UniqueFd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

UniqueFd open_to_read(const std::filesystem::path& path, int flags) {
  const auto directory = open_directory_of(path, Missing::Refused);
  if (!directory) return {};
  const auto name = path.filename();
  flags |= O_RDONLY | O_CLOEXEC;
  if (directory->safe) return UniqueFd(::openat(directory->fd.get(), name.c_str(), flags));
  UniqueFd fd(::openat(directory->fd.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK));
  if (!fd || is_regular(fd)) return fd;
  errno = EINVAL;
  return {};
}

Result<std::optional<std::string>, std::string> read_file(const std::filesystem::path& path) {
  const UniqueFd fd = open_to_read(path);
  if (!fd && errno == ENOENT) return std::optional<std::string>();
  if (!fd) return failure("read", path);
  std::string contents;
  std::array<char, 4096> part{};
  for (;;) {
    const auto size = ::read(fd.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure("read", path);
    if (size == 0) break;
    contents.append(part.data(), static_cast<std::size_t>(size));
    if (contents.size() > max_size) return Error{"read " + path.string() + ": larger than 1 MiB"};
  }
  OPENSSL_cleanse(part.data(), part.size());
  return std::optional(std::move(contents));
}

Result<void, std::string> write_file(const std::filesystem::path& path, std::string_view contents) {
  const auto directory = open_directory_of(path, Missing::Made);
  if (!directory) return failure("write", path);
  const int at = directory->fd.get();
  const std::string name = path.filename();
  // Its name is always the same: what a crash leaves behind goes with the next write.
  const std::string temporary = name + ".new";
  ::unlinkat(at, temporary.c_str(), 0);
  const UniqueFd fd(::openat(at, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return failure("write", path);
  if (write_all(fd.get(), contents) && ::fsync(fd.get()) == 0 &&
      ::renameat(at, temporary.c_str(), at, name.c_str()) == 0) {
    if (!sync_directory(*directory)) return failure("write", path);
    return {};
  }
  const auto failed = failure("write", path);
  ::unlinkat(at, temporary.c_str(), 0);
  return failed;
}

}  // namespace awtun::daemon
