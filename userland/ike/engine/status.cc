// SPDX-License-Identifier: Apache-2.0
// What `show` prints.
#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/failure.h"

namespace awtun::ike {
namespace {

IkeSaStatus::State state_of(const IkeSa& sa) {
  switch (sa.state) {
    case IkeState::InitSent:
    case IkeState::InitReceived:
    case IkeState::HalfOpen:
    case IkeState::AuthSent:
      return IkeSaStatus::State::Connecting;
    case IkeState::Established:
      return sa.asking<AskRekeyIke>() != nullptr ? IkeSaStatus::State::Rekeying
                                                 : IkeSaStatus::State::Established;
    case IkeState::Replaced:
    case IkeState::Deleting:
    case IkeState::Ended:
    case IkeState::Closed:
      break;
  }
  return IkeSaStatus::State::Deleting;
}

IkeSaStatus describe(const IkeSa& sa) {
  return {sa.tunnel,     sa.initiator_spi(), sa.responder_spi(), sa.origin.ours, state_of(sa),
          sa.local,      sa.remote,          sa.suite,           sa.established, sa.rekey_at,
          sa.expires_at, sa.last_heard,      sa.nat.ours,        sa.nat.theirs};
}

/// Whether the operator is to know that the request of this IKE SA which is out waits for its answer.
bool waits_long(const IkeSa& sa) {
  return sa.outstanding && (sa.outstanding->retransmitted > 0 || !sa.outstanding->not_sent.empty());
}

ChildSaStatus::State state_of(const std::unordered_map<std::uint64_t, IkeSa>& ike_sas, const ChildSa& child) {
  if (child.state != ChildState::Installed) return ChildSaStatus::State::Replaced;
  const auto found = ike_sas.find(child.ike_sa);
  const AskNewChild* asked = found == ike_sas.end() ? nullptr : found->second.asking<AskNewChild>();
  const bool being_rekeyed = asked != nullptr && asked->replaces == child.inbound_spi;
  return being_rekeyed ? ChildSaStatus::State::Rekeying : ChildSaStatus::State::Installed;
}

}  // namespace

Status Engine::Impl::status() const {
  Status result;
  result.counters = counters_;
  for (const auto& [spi, sa] : ike_sas_)
    if (sa.state != IkeState::Ended && tunnels_.contains(sa.tunnel)) result.ike_sas.push_back(describe(sa));
  for (const auto& [spi, child] : children_) {
    if (!child.is_usable() && child.state != ChildState::Deleting) continue;
    result.child_sas.push_back({child.tunnel, child.inbound_spi, child.outbound_spi,
                                state_of(ike_sas_, child), child.suite, child.established, child.rekey_at,
                                child.expires_at, child.networks.local, child.networks.remote, child.udp,
                                child.esn, child.transport, child.pfs, child.selectors_cut});
  }
  for (const auto& [id, tunnel] : tunnels_) {
    const TunnelPolicy& policy = tunnel.policy;
    PeerStatus peer{id,
                    policy.local,
                    policy.remote,
                    policy.local_id,
                    policy.remote_id,
                    policy.preshared_key.has_value(),
                    tunnel.last_failure ? std::optional(*tunnel.last_failure) : std::nullopt,
                    tunnel.next_attempt,
                    {}};
    for (const std::uint64_t spi : tunnel.ike_sas) {
      const auto found = ike_sas_.find(spi);
      if (found == ike_sas_.end()) continue;
      const IkeSa& sa = found->second;
      if (sa.is_up()) peer.declined = tunnel.division.declined();
      if (!peer.remote && sa.state == IkeState::Established) peer.remote = sa.remote.address;
      if (peer.unanswered || !waits_long(sa)) continue;
      const Request& request = *sa.outstanding;
      Failure failure = unanswered(sa, tunnel);
      peer.unanswered = Unanswered{std::move(failure.exchange), request.first_sent, 1 + request.retransmitted,
                                   request.not_sent, std::move(failure.hint)};
    }
    result.peers.push_back(std::move(peer));
  }
  return result;
}

}  // namespace awtun::ike
