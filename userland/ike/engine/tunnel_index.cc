// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/engine/tunnel_index.h"

#include <algorithm>

namespace awtun::ike {

static auto find_terms(auto& all, const TunnelPolicy& policy) {
  return std::find_if(all.begin(), all.end(), [&](const Candidates::Terms& terms) {
    return terms.isakmp == policy.isakmp && terms.certificate == policy.certificate;
  });
}

void Candidates::insert(const TunnelPolicy& policy) {
  by_identity_.emplace(policy.remote_id.key(), policy.tunnel);
  const auto found = find_terms(terms_, policy);
  if (found != terms_.end())
    ++found->tunnels;
  else
    terms_.push_back({policy.isakmp, policy.certificate, 1});
}

void Candidates::erase(const TunnelPolicy& policy) {
  if (by_identity_.erase({policy.remote_id.key(), policy.tunnel}) == 0) return;
  const auto found = find_terms(terms_, policy);
  if (found != terms_.end() && --found->tunnels == 0) terms_.erase(found);
}

std::vector<TunnelId> Candidates::with_peer(const Identity& remote_id) const {
  std::vector<TunnelId> result;
  const Identity::Key key = remote_id.key();
  for (auto at = by_identity_.lower_bound({key, 0}); at != by_identity_.end() && at->first == key; ++at)
    result.push_back(at->second);
  return result;
}

void TunnelIndex::insert(const TunnelPolicy& policy) {
  candidates_[{policy.local, policy.remote}].insert(policy);
}

void TunnelIndex::erase(const TunnelPolicy& policy) {
  const auto found = candidates_.find({policy.local, policy.remote});
  if (found == candidates_.end()) return;
  found->second.erase(policy);
  if (found->second.empty()) candidates_.erase(found);
}

const Candidates* TunnelIndex::find(const IpAddress& local, const IpAddress& remote) const {
  auto found = candidates_.find({local, remote});
  if (found == candidates_.end()) found = candidates_.find({local, std::nullopt});
  return found == candidates_.end() ? nullptr : &found->second;
}

const Candidates* TunnelIndex::beside(const TunnelPolicy& policy) const {
  const auto found = candidates_.find({policy.local, policy.remote});
  return found == candidates_.end() ? nullptr : &found->second;
}

}  // namespace awtun::ike
