// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/directories.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>

namespace awtun::daemon {
namespace {

namespace fs = std::filesystem;

constexpr int kPathOnly = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr int kMaxLinks = 40;  // as many as the kernel follows

/// Root's or ours, and not to be written by anybody else; a sticky one keeps what is ours in its place.
bool is_safe(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  const bool shared = (status.st_mode & 0022U) != 0 && (status.st_mode & S_ISVTX) == 0;
  return (status.st_uid == 0 || status.st_uid == ::geteuid()) && !shared;
}

std::optional<fs::path> link_target(int directory, const fs::path& name) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlinkat(directory, name.c_str(), target.data(), target.size() - 1);
  return size > 0 ? std::optional<fs::path>(target.data()) : std::nullopt;
}

/// A walk from the root directory, one name at a time.
class Walk {
 public:
  explicit Walk(const fs::path& path) : names_(path.begin(), path.end()) { from_root(); }

  /// False with errno: the next name leads nowhere.
  bool step(Missing missing) {
    const fs::path name = names_.front();
    names_.pop_front();
    if (name.empty() || name == "." || name == "/") return true;
    UniqueFd next = open(name);
    if (!next && errno == ENOENT && missing == Missing::Made &&
        (::mkdirat(at_.fd.get(), name.c_str(), 0755) == 0 || errno == EEXIST))
      next = open(name);
    if (!next) return (errno == ENOTDIR || errno == ELOOP) && follow(name);
    at_.safe = at_.safe && is_safe(next.get());
    at_.fd = std::move(next);
    return true;
  }

  [[nodiscard]] bool done() const { return names_.empty(); }
  Directory take() { return std::move(at_); }

 private:
  void from_root() {
    at_.fd = UniqueFd(::open("/", kPathOnly));
    at_.safe = is_safe(at_.fd.get());
  }

  [[nodiscard]] UniqueFd open(const fs::path& name) const {
    return UniqueFd(::openat(at_.fd.get(), name.c_str(), kPathOnly | O_NOFOLLOW));
  }

  bool follow(const fs::path& name) {
    const auto target = link_target(at_.fd.get(), name);
    errno = target ? ELOOP : ENOTDIR;
    if (!target || !at_.safe || ++links_ > kMaxLinks) return false;
    if (target->is_absolute()) from_root();
    names_.insert(names_.begin(), target->begin(), target->end());
    return true;
  }

  Directory at_{};
  std::deque<fs::path> names_;
  int links_ = 0;
};

}  // namespace

std::optional<Directory> open_directory(const fs::path& path, Missing missing) {
  Walk walk(fs::absolute(path));
  while (!walk.done())
    if (!walk.step(missing)) return std::nullopt;
  return walk.take();
}

std::optional<Directory> open_directory_of(const fs::path& path, Missing missing) {
  return open_directory(path.has_parent_path() ? path.parent_path() : fs::path("."), missing);
}

}  // namespace awtun::daemon
