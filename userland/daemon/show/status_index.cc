// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/status_index.h"

namespace awtun::daemon {

StatusIndex::StatusIndex(const ike::Status& status) {
  for (const auto& peer : status.peers) tunnels_[peer.tunnel].peer = &peer;
  const auto keep_newest = [](auto*& newest, const auto& sa) {
    if (newest == nullptr || newest->established < sa.established) newest = &sa;
  };
  for (const auto& sa : status.ike_sas) keep_newest(tunnels_[sa.tunnel].newest_ike_sa, sa);
  for (const auto& sa : status.child_sas) {
    auto& tunnel = tunnels_[sa.tunnel];
    ++tunnel.child_sas;
    keep_newest(tunnel.newest_child_sa, sa);
  }
}

std::map<ike::TunnelId, std::string> first_problems(const config::Config& config) {
  std::map<ike::TunnelId, std::string> first;
  for (auto& problem : config::validate(config))
    if (problem.tunnel) first.try_emplace(*problem.tunnel, std::move(problem.text));
  return first;
}

}  // namespace awtun::daemon
