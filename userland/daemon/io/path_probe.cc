// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/path_probe.h"

#include <sys/socket.h>

#include <cerrno>

#include "userland/daemon/io/socket_address.h"
#include "userland/daemon/io/unique_fd.h"

namespace awtun::daemon {
namespace {

/// Of UDP. Any will do.
constexpr std::uint16_t kPort = 500;

}  // namespace

// The kernel looks both up for a socket as it does for a packet.
PathState probe_path(const IpAddress& local, const IpAddress& remote) {
  const UniqueFd fd(::socket(local.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return PathState::Open;
  const auto from = to_socket_address({local, 0});
  if (::bind(fd.get(), from.get(), from.size) != 0)
    return errno == EADDRNOTAVAIL ? PathState::NoAddress : PathState::Open;
  const auto to = to_socket_address({remote, kPort});
  if (::connect(fd.get(), to.get(), to.size) == 0) return PathState::Open;
  return errno == ENETUNREACH || errno == EHOSTUNREACH ? PathState::NoRoute : PathState::Open;
}

}  // namespace awtun::daemon
