// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/cut_off.h"

#include <map>
#include <utility>

#include "userland/daemon/show/status_index.h"

namespace awtun::daemon {
namespace {

template <class Sa>
void mark(Sa& sa, PathState path) {
  if (path == PathState::NoAddress) sa.state = Sa::State::NoAddress;
  if (path == PathState::NoRoute) sa.state = Sa::State::NoRoute;
}

}  // namespace

void mark_cut_off(ike::Status& status,
                  const std::function<PathState(const IpAddress& local, const IpAddress& remote)>& probe) {
  std::map<std::pair<IpAddress, IpAddress>, PathState> known;
  const auto path = [&](const IpAddress& local, const IpAddress& remote) {
    const auto [found, fresh] = known.try_emplace({local, remote});
    if (fresh) found->second = probe(local, remote);
    return found->second;
  };
  for (auto& sa : status.ike_sas)
    if (sa.is_up()) mark(sa, path(sa.local.address, sa.remote.address));
  const StatusIndex index(status);
  for (auto& sa : status.child_sas) {
    const auto* peer = index.peer(sa.tunnel);
    if (sa.is_up() && peer != nullptr && peer->remote) mark(sa, path(peer->local, *peer->remote));
  }
}

}  // namespace awtun::daemon
