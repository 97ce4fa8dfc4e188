// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/engine/tunnel_index.h"

#include <algorithm>

#include "userland/ike/rules/proposal.h"

namespace awtun::ike {

namespace {

auto find_terms(auto& all, const TunnelPolicy& policy) {
  return std::find_if(all.begin(), all.end(), [&](const Candidates::Terms& terms) {
    return terms.isakmp == policy.isakmp && terms.certificate == policy.certificate;
  });
}

/// Takes away what `other` has not.
void intersect(std::vector<crypto::IkeSuite>& suites, const std::vector<crypto::IkeSuite>& other) {
  std::erase_if(
      suites, [&](const auto& suite) { return std::find(other.begin(), other.end(), suite) == other.end(); });
}

}  // namespace

void Candidates::insert(const TunnelPolicy& policy) {
  by_identity_.emplace(policy.remote_id.key(), policy.tunnel);
  const auto found = find_terms(terms_, policy);
  if (found != terms_.end()) {
    ++found->tunnels;
    return;
  }
  terms_.push_back({policy.isakmp, policy.certificate, 1});
  common_suites_.reset();
}

void Candidates::erase(const TunnelPolicy& policy) {
  if (by_identity_.erase({policy.remote_id.key(), policy.tunnel}) == 0) return;
  const auto found = find_terms(terms_, policy);
  if (found == terms_.end() || --found->tunnels > 0) return;
  terms_.erase(found);
  common_suites_.reset();
}

std::vector<TunnelId> Candidates::with_peer(const Identity& remote_id) const {
  std::vector<TunnelId> result;
  const Identity::Key key = remote_id.key();
  for (auto at = by_identity_.lower_bound({key, 0}); at != by_identity_.end() && at->first == key; ++at)
    result.push_back(at->second);
  return result;
}

const std::vector<crypto::IkeSuite>& Candidates::common_suites() const {
  if (common_suites_) return *common_suites_;
  common_suites_ = usable_suites(terms_.front().isakmp);
  for (const Terms& terms : terms_) intersect(*common_suites_, usable_suites(terms.isakmp));
  return *common_suites_;
}

std::size_t MeantTunnels::size() const {
  return (between_ != nullptr ? between_->size() : 0) + (dynamic_ != nullptr ? dynamic_->size() : 0);
}

std::vector<TunnelId> MeantTunnels::with_peer(const Identity& remote_id) const {
  std::vector<TunnelId> result;
  for (const Candidates* some : {between_, dynamic_}) {
    if (some == nullptr) continue;
    const auto found = some->with_peer(remote_id);
    result.insert(result.end(), found.begin(), found.end());
  }
  return result;
}

std::vector<const Candidates::Terms*> MeantTunnels::terms() const {
  std::vector<const Candidates::Terms*> result;
  for (const Candidates* some : {between_, dynamic_})
    if (some != nullptr)
      for (const auto& terms : some->terms()) result.push_back(&terms);
  return result;
}

std::vector<crypto::IkeSuite> MeantTunnels::common_suites() const {
  if (between_ == nullptr || dynamic_ == nullptr)
    return (between_ != nullptr ? between_ : dynamic_)->common_suites();
  auto suites = between_->common_suites();
  intersect(suites, dynamic_->common_suites());
  return suites;
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

MeantTunnels TunnelIndex::find(const IpAddress& local, const IpAddress& remote) const {
  return {at(local, remote), at(local, std::nullopt)};
}

const Candidates* TunnelIndex::beside(const TunnelPolicy& policy) const {
  return at(policy.local, policy.remote);
}

const Candidates* TunnelIndex::at(const IpAddress& local, const std::optional<IpAddress>& remote) const {
  const auto found = candidates_.find({local, remote});
  return found == candidates_.end() ? nullptr : &found->second;
}

}  // namespace awtun::ike
