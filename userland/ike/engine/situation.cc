// SPDX-License-Identifier: Apache-2.0
// What is going on when the peer asks for something, or answers: the facts that collision.h judges.
#include <algorithm>

#include "userland/ike/engine/engine_impl.h"

namespace awtun::ike {

bool is_in_use(const ChildSa* one) { return one != nullptr && one->state == ChildState::Installed; }

PeerAnswers peer_answers(wire::NotifyType error) {
  if (error == wire::NotifyType::TemporaryFailure) return PeerAnswers::TemporaryFailure;
  if (error == wire::NotifyType::ChildSaNotFound) return PeerAnswers::ChildSaNotFound;
  return PeerAnswers::Refused;
}

IkeActivity Engine::Impl::activity(const IkeSa& sa) {
  if (sa.state != IkeState::Established) return IkeActivity::Closing;
  if (sa.provisional || rival_of(sa) != nullptr) return IkeActivity::Contended;
  return sa.asking<AskRekeyIke>() != nullptr ? IkeActivity::Rekeying : IkeActivity::None;
}

ChildActivity Engine::Impl::activity(const IkeSa& sa, Tunnel& tunnel, const ChildSa& named) {
  switch (named.state) {
    case ChildState::Installed: {
      if (peers_replacement(tunnel, named.inbound_spi) != nullptr) return ChildActivity::Replaced;
      const AskNewChild* ours = sa.asking<AskNewChild>();
      const bool rekeying = ours != nullptr && ours->replaces == named.inbound_spi;
      return rekeying ? ChildActivity::Rekeying : ChildActivity::None;
    }
    case ChildState::Replaced:
      return ChildActivity::Replaced;
    case ChildState::Deleting:
    case ChildState::Revoked:
      return ChildActivity::Closing;
    case ChildState::Negotiating:
    case ChildState::Lingering:
    case ChildState::Closed:
      break;
  }
  return ChildActivity::Unknown;
}

/// Our request that is out may make what the peer asks for, or, of a rekey, means: it may have answered that
/// already.
bool Engine::Impl::is_creating(const IkeSa& sa, PeerAsks asks, const ChildSa* named,
                               const Networks& asked_for) {
  const AskNewChild* ours = sa.asking<AskNewChild>();
  if (ours == nullptr) return false;
  if (asks == PeerAsks::NewChild) return !ours->replaces && overlap(ours->wanted.networks, asked_for);
  return asks == PeerAsks::RekeyChild && named == nullptr;
}

bool Engine::Impl::busy_with_children(const IkeSa& sa, Tunnel& tunnel) {
  if (sa.asking<AskNewChild>() != nullptr || sa.asking<AskDeleteChild>() != nullptr) return true;
  const auto all = children(tunnel);
  return std::any_of(all.begin(), all.end(),
                     [&](const ChildSa* one) { return one->ike_sa == sa.local_spi && one->is_leaving(); });
}

/// `named`: the Child SA that the peer means, or that is for the same networks as the one that it asks for;
/// nullptr when there is no such one. `asked_for`: these networks.
Situation Engine::Impl::situation(const IkeSa& sa, Tunnel& tunnel, PeerAsks asks, const ChildSa* named,
                                  const Networks& asked_for) {
  ChildActivity child = ChildActivity::Unknown;
  if (is_creating(sa, asks, named, asked_for))
    child = ChildActivity::Creating;
  else if (named != nullptr)
    child = activity(sa, tunnel, *named);
  return {asks, activity(sa), child, busy_with_children(sa, tunnel)};
}

}  // namespace awtun::ike
