// SPDX-License-Identifier: Apache-2.0
// What `show` prints.
#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/failure.h"

namespace awtun::ike {
namespace {

std::string state_word(const IkeSa& sa) {
  switch (sa.state) {
    case IkeState::InitSent:
    case IkeState::InitReceived:
    case IkeState::HalfOpen:
    case IkeState::AuthSent:
      return "Connecting";
    case IkeState::Established:
      return sa.asking<AskRekeyIke>() != nullptr ? "Rekeying" : "Established";
    case IkeState::Replaced:
    case IkeState::Deleting:
    case IkeState::Ended:
    case IkeState::Closed:
      break;
  }
  return "Deleting";
}

IkeSaStatus describe(const IkeSa& sa) {
  return {sa.tunnel,     sa.initiator_spi(), sa.responder_spi(), sa.origin.ours, state_word(sa),
          sa.local,      sa.remote,          sa.suite,           sa.established, sa.rekey_at,
          sa.expires_at, sa.last_heard,      sa.nat.ours,        sa.nat.theirs};
}

std::optional<Unanswered> unanswered(const IkeSa& sa, const TunnelPolicy& policy) {
  if (!sa.outstanding) return std::nullopt;
  const Request& request = *sa.outstanding;
  if (request.retransmitted == 0 && request.not_sent.empty()) return std::nullopt;
  Failure failure = no_response(request.first_sent, unheard(sa), policy);
  return Unanswered{std::move(failure.exchange), request.first_sent, 1 + request.retransmitted,
                    request.not_sent, std::move(failure.hint)};
}

bool being_rekeyed(const std::unordered_map<std::uint64_t, IkeSa>& ike_sas, const ChildSa& child) {
  const auto found = ike_sas.find(child.ike_sa);
  const AskNewChild* asked = found == ike_sas.end() ? nullptr : found->second.asking<AskNewChild>();
  return asked != nullptr && asked->replaces == child.inbound_spi;
}

}  // namespace

Status Engine::Impl::status() const {
  Status result;
  result.counters = counters_;
  for (const auto& [spi, sa] : ike_sas_)
    if (sa.state != IkeState::Ended && tunnels_.contains(sa.tunnel)) result.ike_sas.push_back(describe(sa));
  for (const auto& [spi, one] : children_) {
    std::string state = "Replaced";
    if (!one.is_usable() && one.state != ChildState::Deleting) continue;
    if (one.state == ChildState::Installed) state = being_rekeyed(ike_sas_, one) ? "Rekeying" : "Installed";
    result.child_sas.push_back({one.tunnel, one.inbound_spi, one.outbound_spi, state, one.suite,
                                one.established, one.rekey_at, one.expires_at, one.local_selectors,
                                one.remote_selectors, one.udp, one.esn, one.transport, one.pfs,
                                one.selectors_cut});
  }
  for (const auto& [id, owner] : tunnels_) {
    const TunnelPolicy& policy = owner.policy;
    PeerStatus peer{id,
                    policy.local,
                    policy.remote,
                    policy.local_id,
                    policy.remote_id,
                    policy.preshared_key.has_value(),
                    owner.last_failure ? std::optional(*owner.last_failure) : std::nullopt,
                    owner.next_attempt};
    for (const std::uint64_t spi : owner.ike_sas) {
      const auto found = ike_sas_.find(spi);
      if (found == ike_sas_.end()) continue;
      const IkeSa& sa = found->second;
      if (!peer.remote && sa.state == IkeState::Established) peer.remote = sa.remote.address;
      if (!peer.unanswered) peer.unanswered = unanswered(sa, policy);
    }
    result.peers.push_back(std::move(peer));
  }
  return result;
}

}  // namespace awtun::ike
