// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/privileges.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userland/daemon/io/directories.h"
#include "userland/daemon/io/system_error.h"

namespace awtun::daemon {
namespace {

namespace fs = std::filesystem;

/// Whether it is what we have just made, or no better: where its parent is not safe, another user may have
/// put another directory in its place.
bool is_ours_and_empty(int directory) {
  struct stat status {};
  if (::fstat(directory, &status) != 0 || status.st_uid != ::geteuid()) return false;
  std::error_code error;
  return fs::is_empty(fs::path("/proc/self/fd") / std::to_string(directory), error) && !error;
}

/// Makes a directory that is missing, and only then gives it to the user: by its descriptor, for whoever owns
/// a directory above may by now have another at its path.
Result<void, std::string> provide(const fs::path& directory, mode_t mode, const passwd& user) {
  if (directory.empty()) return {};
  if (!directory.has_filename()) return provide(directory.parent_path(), mode, user);
  std::error_code unknown;  // a circle of links, say: what is wrong shows when it is opened
  if (fs::exists(directory, unknown)) return {};
  const auto failed = [&directory] { return Error{system_error("make " + directory.string())}; };
  const auto parent = open_directory_of(directory, Missing::Made);
  const auto name = directory.filename();
  if (!parent || ::mkdirat(parent->fd.get(), name.c_str(), mode) != 0) return failed();
  const UniqueFd made(
      ::openat(parent->fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return failed();
  if (!parent->safe && !is_ours_and_empty(made.get()))
    return Error{"make " + directory.string() + ": it was replaced while it was created"};
  if (::fchmod(made.get(), mode) != 0 || ::fchown(made.get(), user.pw_uid, user.pw_gid) != 0) return failed();
  return {};
}

Result<void, std::string> provide_directories(const Options& options, const passwd& user) {
  for (const auto& directory : {options.config.parent_path(), options.pki_dir})
    if (auto made = provide(directory, 0700, user); !made) return made;
  if (const auto made = provide(options.state_dir, 0700, user); !made)
    spdlog::warn("{}", made.error());  // kept_secret() does without
  return provide(options.socket.parent_path(), 0755, user);
}

Result<void, std::string> become(const std::string& name, const Options& options) {
  const auto* user = ::getpwnam(name.c_str());
  if (user == nullptr) return Error{"there is no user " + name};
  if (::geteuid() != 0) return Error{"only root can switch to user " + name};
  if (auto made = provide_directories(options, *user); !made) return made;
  constexpr auto flags = static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
  if (capng_change_id(static_cast<int>(user->pw_uid), static_cast<int>(user->pw_gid), flags) != 0)
    return Error{"cannot switch to user " + name};
  return {};
}

/// A limit of 0 is not for cores that go to a program (core(5)), so the process is not dumpable either. After
/// every change of user or capabilities, for each gives that back.
Result<void, std::string> forbid_cores(bool wanted) {
  if (::prctl(PR_SET_DUMPABLE, wanted ? 1 : 0, 0, 0, 0) != 0) return Error{system_error("forbid core dumps")};
  const rlimit none{0, 0};
  if (!wanted && ::setrlimit(RLIMIT_CORE, &none) != 0) return Error{system_error("forbid core dumps")};
  return {};
}

/// So that the keys of however many tunnels can be locked in memory. Root alone may; the others keep what
/// they are given (LimitMEMLOCK= in systemd).
void lift_limit_of_locked_memory() {
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  (void)::setrlimit(RLIMIT_MEMLOCK, &all);
}

}  // namespace

Result<void, std::string> drop_privileges(const Options& options) {
  lift_limit_of_locked_memory();
  constexpr auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  capng_clear(CAPNG_SELECT_BOTH);
  capng_updatev(CAPNG_ADD, sets, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, -1);
  if (!options.user.empty()) {
    if (auto done = become(options.user, options); !done) return done;
  } else {
    if (::geteuid() == 0) capng_updatev(CAPNG_ADD, sets, CAP_DAC_OVERRIDE, CAP_CHOWN, -1);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0)
      return Error{std::string("awiked needs CAP_NET_ADMIN and CAP_NET_BIND_SERVICE: is it run as root?")};
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error{system_error("forbid new privileges")};
  return forbid_cores(options.dump_core);
}

}  // namespace awtun::daemon
