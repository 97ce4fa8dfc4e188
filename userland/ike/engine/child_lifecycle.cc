// SPDX-License-Identifier: Apache-2.0
// Child SAs in the data plane: installed, switched to, replaced, left to linger, removed.
#include <tuple>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/lifetime.h"

namespace awtun::ike {

/// Makes a Child SA with an SPI of its own; the rest comes with install().
ChildSa& Engine::Impl::reserve_child(IkeSa& sa, bool ours) {
  std::uint32_t spi = 0;
  while (spi < 256 || children_.contains(spi)) spi = static_cast<std::uint32_t>(dice_.u64());
  ChildSa& made = children_[spi];
  made.inbound_spi = spi;
  made.tunnel = sa.tunnel;
  made.ike_sa = sa.local_spi;
  made.ours = ours;
  if (Tunnel* owner = tunnel(sa.tunnel)) owner->children.insert(spi);
  touched_.insert({Owner::Kind::ChildSa, spi});
  return made;
}

/// Derives the keys and adds both SAs to the data plane, the inbound one first. `shared`: of a PFS
/// exchange, else nullptr. False when the crypto library fails, or when the peer uses an SPI twice.
bool Engine::Impl::install(ChildSa& made, const IkeSa& sa, const IpsecProfile& profile,
                           const ChildTerms& terms, const Secret* shared, ExchangeNonces nonces) {
  auto keys = crypto::derive_child_keys(sa.keys->prf(), terms.choice.suite, sa.keys->sk_d(), shared,
                                        nonces.initiator, nonces.responder);
  Tunnel* owner = tunnel(made.tunnel);
  if (!keys || owner == nullptr ||
      !owner->by_outbound.emplace(terms.choice.peer_spi, made.inbound_spi).second)
    return false;
  const Duration lifetime = profile.lifetime;
  made.outbound_spi = terms.choice.peer_spi;
  made.suite = terms.choice.suite;
  made.pfs = terms.pfs;
  made.udp = in_udp(sa);
  made.esn = terms.choice.esn == wire::EsnId::Esn;
  made.transport = terms.transport;
  made.local_selectors = terms.local;
  made.remote_selectors = terms.remote;
  made.selectors_cut = terms.cut;
  made.nonces = std::move(nonces);
  made.state = ChildState::Installed;
  made.established = now_;
  made.rekey_at = now_ + rekey_after(lifetime, made.ours, jitter());
  made.expires_at = now_ + lifetime;
  crypto::EspKeys& inbound = made.ours ? keys->responder_to_initiator : keys->initiator_to_responder;
  crypto::EspKeys& outbound = made.ours ? keys->initiator_to_responder : keys->responder_to_initiator;
  add_sa(made, sa, Direction::In, std::move(inbound));
  add_sa(made, sa, Direction::Out, std::move(outbound));
  ++counters_.child_sa_established;
  if (terms.cut)
    notice(Notice::Level::Info, made.tunnel,
           "traffic selectors left out: a Child SA has at most " + std::to_string(kMaxChildSelectors) +
               " per side");
  return true;
}

void Engine::Impl::add_sa(const ChildSa& made, const IkeSa& sa, Direction direction, crypto::EspKeys&& keys) {
  const bool out = direction == Direction::Out;
  // The token leads back to the Child SA: see on(DataPlaneFailed).
  const std::uint64_t token = std::uint64_t{made.inbound_spi} << 1 | (out ? 1 : 0);
  AddSa added;
  added.token = token;
  added.tunnel = made.tunnel;
  added.direction = direction;
  added.spi = out ? made.outbound_spi : made.inbound_spi;
  added.local = sa.local;
  added.remote = sa.remote;
  added.udp = made.udp;
  added.follow = !out && made.udp && sa.nat.peer_may_move();
  added.esn = made.esn;
  added.transport = made.transport;
  added.suite = made.suite;
  added.encryption_key = std::move(keys.encryption);
  added.salt = std::move(keys.salt);
  added.integrity_key = std::move(keys.integrity);
  added.local_selectors = made.local_selectors;
  added.remote_selectors = made.remote_selectors;
  if (made.expires_at) added.lifetime = *made.expires_at - now_;
  actions_.emplace_back(std::move(added));
}

void Engine::Impl::activate(ChildSa& next) {
  Tunnel* owner = tunnel(next.tunnel);
  if (owner == nullptr || owner->active == next.inbound_spi) return;
  owner->active = next.inbound_spi;
  actions_.emplace_back(ActivateSa{next.tunnel, next.outbound_spi});
}

/// Whether the peer is known to receive on it, but for `leaving`: what it asked for in the place of
/// another one, it has when it deletes that one.
bool Engine::Impl::peer_holds(const ChildSa& one, const ChildSa* leaving) {
  if (one.ours || !one.replaces) return true;
  const ChildSa* old = child(*one.replaces);
  return old == nullptr || old == leaving || !old->is_usable();
}

/// The best Child SA of the tunnel other than this one: that the peer is known to hold, and its IKE SA
/// too; not replaced; then the newest.
ChildSa* Engine::Impl::successor_of(const ChildSa& leaving) {
  Tunnel* owner = tunnel(leaving.tunnel);
  if (owner == nullptr) return nullptr;
  ChildSa* best = nullptr;
  const auto rank = [&](const ChildSa& one) {
    const IkeSa* sa = ike(one.ike_sa);
    return std::tuple(sa != nullptr && sa->confirmed, peer_holds(one, &leaving),
                      one.state == ChildState::Installed, one.established);
  };
  for (ChildSa* candidate : children(*owner)) {
    if (candidate == &leaving || !candidate->is_usable()) continue;
    if (best == nullptr || rank(*candidate) > rank(*best)) best = candidate;
  }
  return best;
}

/// Takes the outbound SA away, after transmission has been switched to another one if possible.
void Engine::Impl::retire_outbound(const ChildSa& leaving) {
  Tunnel* owner = tunnel(leaving.tunnel);
  if (owner != nullptr && owner->active == leaving.inbound_spi) {
    if (ChildSa* next = successor_of(leaving))
      activate(*next);
    else
      owner->active.reset();
  }
  actions_.emplace_back(DeleteSa{leaving.tunnel, Direction::Out, leaving.outbound_spi});
}

void Engine::Impl::mark_replaced(ChildSa& old) {
  old.state = ChildState::Replaced;
  old.rekey_at.reset();
}

/// We delete it, and tell the peer when the window is free.
void Engine::Impl::delete_child(ChildSa& old) {
  retire_outbound(old);
  old.state = ChildState::Deleting;
  old.rekey_at.reset();
  old.expires_at.reset();
  IkeSa* sa = ike(old.ike_sa);
  if (sa == nullptr || sa->state != IkeState::Established) return linger(old);
  sa->want({Task::What::DeleteChild, old.inbound_spi});
  pump(*sa);
}

/// It protects more than the policy lets through by now: from here on it carries nothing, whatever the
/// peer says to the Delete.
void Engine::Impl::revoke(ChildSa& old) {
  if (old.is_usable()) delete_child(old);
  if (old.state == ChildState::Lingering) return remove(old);
  if (old.state != ChildState::Deleting) return;
  actions_.emplace_back(DeleteSa{old.tunnel, Direction::In, old.inbound_spi});
  old.state = ChildState::Revoked;
}

/// The peer has deleted it. When it was the tunnel's last, another is asked for before long.
void Engine::Impl::peer_deleted(ChildSa& old) {
  retire_outbound(old);
  linger(old);
  Tunnel* owner = tunnel(old.tunnel);
  if (owner != nullptr && !has_child(*owner))
    owner->next_attempt = now_ + dice_.between(kRetryLow, kRetryHigh);
}

void Engine::Impl::linger(ChildSa& old) {
  if (old.state == ChildState::Revoked) return remove(old);
  leave_tunnel(old);
  old.state = ChildState::Lingering;
  old.rekey_at.reset();
  old.expires_at.reset();
  old.linger_until = now_ + kLinger;
  Tunnel* owner = tunnel(old.tunnel);
  if (owner == nullptr) return;
  owner->lingering.push_back(old.inbound_spi);
  if (owner->lingering.size() <= kMaxLingering) return;
  if (ChildSa* oldest = child(owner->lingering.front())) remove(*oldest);
}

void Engine::Impl::leave_tunnel(const ChildSa& old) {
  Tunnel* owner = tunnel(old.tunnel);
  if (owner == nullptr) return;
  owner->children.erase(old.inbound_spi);
  std::erase(owner->lingering, old.inbound_spi);
  const auto known = owner->by_outbound.find(old.outbound_spi);
  if (known != owner->by_outbound.end() && known->second == old.inbound_spi) owner->by_outbound.erase(known);
}

/// Out of the data plane and out of the table, now.
void Engine::Impl::remove(ChildSa& old) {
  switch (old.state) {
    case ChildState::Installed:
    case ChildState::Replaced:
      retire_outbound(old);
      [[fallthrough]];
    case ChildState::Deleting:
    case ChildState::Lingering:
      actions_.emplace_back(DeleteSa{old.tunnel, Direction::In, old.inbound_spi});
      break;
    case ChildState::Negotiating:
    case ChildState::Revoked:
      break;
    case ChildState::Closed:
      return;
  }
  old.state = ChildState::Closed;
  leave_tunnel(old);
}

/// We delete an IKE SA, and its Child SAs with it. Where the tunnel lives on in others the peer goes on
/// sending on these until it hears of that, so they are received on until it answers.
void Engine::Impl::retire_children(const IkeSa& sa) {
  Tunnel* owner = tunnel(sa.tunnel);
  if (owner == nullptr) return;
  for (ChildSa* old : children(*owner)) {
    if (old->ike_sa != sa.local_spi || !old->is_usable()) continue;
    retire_outbound(*old);
    old->state = ChildState::Deleting;
    old->rekey_at.reset();
    old->expires_at.reset();
  }
  if (!owner->active) remove_children(sa);
}

/// An IKE SA goes and its Child SAs with it. When the tunnel lives on in others, packets that are on
/// their way still get in.
void Engine::Impl::remove_children(const IkeSa& sa) {
  Tunnel* owner = tunnel(sa.tunnel);
  if (owner == nullptr) return;
  for (ChildSa* old : children(*owner)) {
    if (old->ike_sa != sa.local_spi) continue;
    if (old->is_usable()) {
      retire_outbound(*old);
      old->state = ChildState::Deleting;
    }
    if (old->state == ChildState::Deleting && owner->active)
      linger(*old);
    else
      remove(*old);
  }
}

/// The end of the lifetime, or of the sequence numbers.
void Engine::Impl::expire(ChildSa& old) {
  old.expires_at.reset();
  if (successor_of(old) != nullptr) return delete_child(old);
  notice(Notice::Level::Info, old.tunnel, "the Child SA has reached the end of its lifetime");
  if (IkeSa* sa = ike(old.ike_sa); sa != nullptr && sa->state == IkeState::Established)
    start_over(*sa, Duration::zero());
  else
    remove(old);
}

bool Engine::Impl::has_child(Tunnel& owner) {
  for (const ChildSa* one : children(owner))
    if (one->state == ChildState::Installed) return true;
  return false;
}

}  // namespace awtun::ike
