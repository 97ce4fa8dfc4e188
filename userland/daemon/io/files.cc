// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "userland/config/session.h"
#include "userland/daemon/io/directories.h"
#include "userland/daemon/io/system_error.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t kMaxSize = config::kMaxConfiguration;
constexpr std::size_t kPartSize = 64 * 1024;

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

Error<std::string> too_large(const std::string& doing, const std::filesystem::path& path) {
  return Error{doing + " " + path.string() + ": larger than " + std::to_string(kMaxSize / 1024 / 1024) +
               " MiB"};
}

/// What is no file of data might make the reader wait.
UniqueFd regular_only(UniqueFd fd) {
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || S_ISREG(status.st_mode)) return fd;
  fd = UniqueFd();
  errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  return fd;
}

/// A link that leads nowhere is there, unlike a file that is not.
bool is_there(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Two changes within a tick of the kernel's clock have the same time.
constexpr std::int64_t kClockTickNs = 20'000'000;

}  // namespace

std::optional<FileVersion> file_version(const std::filesystem::path& path) {
  struct stat status {};
  timespec now{};
  if (::stat(path.c_str(), &status) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return std::nullopt;
  const FileVersion version{status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                            nanoseconds(status.st_ctim)};
  if (nanoseconds(now) - version.status_changed < kClockTickNs) return std::nullopt;
  return version;
}

UniqueFd open_to_read(const std::filesystem::path& path, int flags) {
  const auto directory = open_directory_of(path, Missing::Refused);
  if (!directory) return {};
  flags |= O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  if (!directory->safe) flags |= O_NOFOLLOW;
  return regular_only(UniqueFd(::openat(directory->fd.get(), path.filename().c_str(), flags)));
}

Result<std::optional<std::string>, std::string> read_file(const std::filesystem::path& path) {
  const UniqueFd fd = open_to_read(path);
  if (!fd && errno == ENOENT && !is_there(path)) return std::optional<std::string>();
  if (!fd) return failure("read", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failure("read", path);
  std::string contents;
  contents.reserve(std::min(static_cast<std::size_t>(status.st_size), kMaxSize) + kPartSize);
  for (;;) {
    const auto before = contents.size();
    contents.resize(before + kPartSize);
    const auto size = ::read(fd.get(), contents.data() + before, kPartSize);
    contents.resize(before + (size > 0 ? static_cast<std::size_t>(size) : 0));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure("read", path);
    if (contents.size() > kMaxSize) return too_large("read", path);
    if (size == 0) return std::optional(std::move(contents));
  }
}

Result<void, std::string> write_file(const std::filesystem::path& path, std::string_view contents) {
  if (contents.size() > kMaxSize) return too_large("write", path);
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
