// SPDX-License-Identifier: Apache-2.0
// Child SAs in the data plane: installed, switched to, replaced, left to linger, removed.
#include <algorithm>
#include <functional>
#include <tuple>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/lifetime.h"

namespace awtun::ike {

/// Makes a Child SA with an SPI of its own; the rest comes with install(). One that we ask for (`ours`) the
/// peer has before we do.
ChildSa& Engine::Impl::reserve_child(IkeSa& sa, bool ours) {
  std::uint32_t spi = 0;
  while (spi < 256 || children_.contains(spi)) spi = static_cast<std::uint32_t>(dice_.u64());
  ChildSa& child = children_[spi];
  child.inbound_spi = spi;
  child.tunnel = sa.tunnel;
  child.ike_sa = sa.local_spi;
  child.ours = ours;
  if (Tunnel* tunnel = find_tunnel(sa.tunnel)) tunnel->children.insert(spi);
  touched_.insert({Owner::Kind::ChildSa, spi});
  if (ours) actions_.emplace_back(ExpectSa{child.tunnel, spi});
  return child;
}

/// Derives the keys and adds both SAs to the data plane, the inbound one first. `shared`: of a PFS
/// exchange, else nullptr. False when the crypto library fails, or when the peer uses an SPI twice under one
/// IKE SA. Under another one it has forgotten the Child SA that had it.
bool Engine::Impl::install(ChildSa& child, const IkeSa& sa, const IpsecProfile& profile,
                           const ChildTerms& terms, const Secret* shared, ExchangeNonces nonces) {
  auto keys = crypto::derive_child_keys(sa.keys->prf(), terms.choice.suite, sa.keys->sk_d(), shared,
                                        nonces.initiator, nonces.responder);
  Tunnel* tunnel = find_tunnel(child.tunnel);
  if (!keys || tunnel == nullptr) return false;
  if (ChildSa* forgotten = find_child_by_outbound(*tunnel, terms.choice.peer_spi)) {
    if (forgotten->ike_sa == sa.local_spi) return false;
    remove(*forgotten);
  }
  tunnel->by_outbound.insert_or_assign(terms.choice.peer_spi, child.inbound_spi);
  const Duration lifetime = profile.lifetime;
  child.outbound_spi = terms.choice.peer_spi;
  child.suite = terms.choice.suite;
  child.pfs = terms.pfs;
  child.udp = in_udp(sa);
  child.esn = terms.choice.esn == wire::EsnId::Esn;
  child.transport = terms.transport;
  child.networks = terms.networks;
  child.selectors_cut = terms.cut;
  child.nonces = std::move(nonces);
  child.state = ChildState::Installed;
  child.established = now_;
  child.rekey_at = now_ + rekey_after(lifetime, child.ours, jitter());
  child.expires_at = now_ + lifetime;
  crypto::EspKeys& inbound = child.ours ? keys->responder_to_initiator : keys->initiator_to_responder;
  crypto::EspKeys& outbound = child.ours ? keys->initiator_to_responder : keys->responder_to_initiator;
  add_sa(child, sa, Direction::In, std::move(inbound));
  add_sa(child, sa, Direction::Out, std::move(outbound));
  ++counters_.child_sa_established;
  division_of(*tunnel, sa).agreed(child.networks);
  if (terms.cut)
    notice(Notice::Level::Info, child.tunnel,
           "traffic selectors left out: a Child SA has at most " + std::to_string(kMaxChildSelectors) +
               " per side");
  return true;
}

void Engine::Impl::add_sa(const ChildSa& child, const IkeSa& sa, Direction direction,
                          crypto::EspKeys&& keys) {
  const bool out = direction == Direction::Out;
  AddSa added;
  added.token = child.inbound_spi;
  added.tunnel = child.tunnel;
  added.direction = direction;
  added.spi = out ? child.outbound_spi : child.inbound_spi;
  added.local = sa.local;
  added.remote = sa.remote;
  added.udp = child.udp;
  added.follow = !out && child.udp && sa.nat.peer_may_move();
  added.esn = child.esn;
  added.transport = child.transport;
  added.suite = child.suite;
  added.encryption_key = std::move(keys.encryption);
  added.salt = std::move(keys.salt);
  added.integrity_key = std::move(keys.integrity);
  added.local_selectors = child.networks.local;
  added.remote_selectors = child.networks.remote;
  if (child.expires_at) added.lifetime = *child.expires_at - now_;
  actions_.emplace_back(std::move(added));
}

/// From now on it carries what it covers. The data plane does as we do: one for the same networks it
/// replaces.
void Engine::Impl::activate(ChildSa& child) {
  Tunnel* tunnel = find_tunnel(child.tunnel);
  if (tunnel == nullptr) return;
  auto& active = tunnel->active;
  if (!active.empty() && active.front() == child.inbound_spi) return;
  std::erase_if(active, [&](std::uint32_t spi) {
    const ChildSa* other = find_child(spi);
    return other == nullptr || other == &child || other->networks == child.networks;
  });
  if (active.size() >= kMaxActive - 1) return;
  active.insert(active.begin(), child.inbound_spi);
  actions_.emplace_back(ActivateSa{child.inbound_spi, child.tunnel, child.outbound_spi});
}

bool Engine::Impl::is_active(const ChildSa& child) {
  const Tunnel* tunnel = find_tunnel(child.tunnel);
  return tunnel != nullptr && std::ranges::count(tunnel->active, child.inbound_spi) > 0;
}

/// One that carries our packets covers all that this one would.
bool Engine::Impl::is_covered(const ChildSa& child) {
  const Tunnel* tunnel = find_tunnel(child.tunnel);
  return tunnel != nullptr && std::ranges::any_of(tunnel->active, [&](std::uint32_t spi) {
           const ChildSa* other = find_child(spi);
           return other != nullptr && other != &child && covers(other->networks, child.networks);
         });
}

void Engine::Impl::activate_if_needed(ChildSa& child) {
  if (!is_covered(child)) activate(child);
}

/// Whether the peer is known to receive on it, but for `leaving`: what it asked for in the place of
/// another one, it has when it deletes that one.
bool Engine::Impl::peer_holds(const ChildSa& child, const ChildSa* leaving) {
  if (child.ours || !child.replaces) return true;
  const ChildSa* old = find_child(*child.replaces);
  return old == nullptr || old == leaving || !old->is_usable();
}

/// The other Child SAs of the tunnel that could carry packets when this one leaves. The best first: that the
/// peer is known to hold, and its IKE SA too, or at least not doubted to; not replaced; then the newest, or,
/// as long as the peer is not known to hold the IKE SA, the oldest, which it has sooner.
std::vector<ChildSa*> Engine::Impl::others_without(const ChildSa& leaving) {
  Tunnel* tunnel = find_tunnel(leaving.tunnel);
  if (tunnel == nullptr) return {};
  std::vector<ChildSa*> others = children(*tunnel);
  std::erase_if(others, [&](const ChildSa* one) { return one == &leaving || !one->is_usable(); });
  std::ranges::stable_sort(others, std::greater(), [&](const ChildSa* one) {
    const IkeSa* sa = find_ike_sa(one->ike_sa);
    const bool confirmed = sa != nullptr && sa->confirmed;
    const bool trusted = sa != nullptr && !sa->origin.doubted;
    const Duration age = now_ - one->established;
    return std::tuple(confirmed, trusted, peer_holds(*one, &leaving), one->state == ChildState::Installed,
                      confirmed ? -age : age);
  });
  return others;
}

/// The best of those that cover what this one does, or were made to replace it.
ChildSa* Engine::Impl::successor_of(const ChildSa& child) {
  const auto others = others_without(child);
  const auto found = std::ranges::find_if(others, [&](const ChildSa* one) {
    return one->replaces == child.inbound_spi || covers(one->networks, child.networks);
  });
  return found != others.end() ? *found : nullptr;
}

/// Takes the outbound SA away, after what it carried has been given to others where there are any.
void Engine::Impl::retire_outbound(const ChildSa& child) {
  Tunnel* tunnel = find_tunnel(child.tunnel);
  if (tunnel != nullptr && std::erase(tunnel->active, child.inbound_spi) > 0) {
    for (ChildSa* one : others_without(child)) {
      if (is_active(*one)) continue;
      // What is to replace another one waits for that to go.
      const ChildSa* before = one->replaces ? find_child(*one->replaces) : nullptr;
      if (before == nullptr || !is_active(*before)) activate_if_needed(*one);
    }
  }
  actions_.emplace_back(DeleteSa{child.tunnel, Direction::Out, child.outbound_spi});
}

void Engine::Impl::mark_replaced(ChildSa& child) {
  child.state = ChildState::Replaced;
  child.rekey_at.reset();
}

/// We delete it, and tell the peer when the window is free.
void Engine::Impl::delete_child(ChildSa& child) {
  retire_outbound(child);
  child.state = ChildState::Deleting;
  child.rekey_at.reset();
  child.expires_at.reset();
  IkeSa* sa = find_ike_sa(child.ike_sa);
  if (sa == nullptr || sa->state != IkeState::Established) return linger(child);
  sa->want({Task::What::DeleteChild, child.inbound_spi});
  pump(*sa);
}

/// It protects more than the policy lets through by now: from here on it carries nothing, whatever the
/// peer says to the Delete.
void Engine::Impl::revoke(ChildSa& child) {
  if (child.is_usable()) delete_child(child);
  if (child.state == ChildState::Lingering) return remove(child);
  if (child.state != ChildState::Deleting) return;
  actions_.emplace_back(DeleteSa{child.tunnel, Direction::In, child.inbound_spi});
  child.state = ChildState::Revoked;
}

/// The peer has deleted it.
void Engine::Impl::peer_deleted(ChildSa& child) {
  retire_outbound(child);
  linger(child);
  if (Tunnel* tunnel = find_tunnel(child.tunnel)) child_lost(*tunnel, child);
}

void Engine::Impl::linger(ChildSa& child) {
  if (child.state == ChildState::Revoked) return remove(child);
  leave_tunnel(child);
  child.state = ChildState::Lingering;
  child.rekey_at.reset();
  child.expires_at.reset();
  child.linger_until = now_ + kLinger;
  Tunnel* tunnel = find_tunnel(child.tunnel);
  if (tunnel == nullptr) return;
  tunnel->lingering.push_back(child.inbound_spi);
  if (tunnel->lingering.size() <= kMaxLingering) return;
  if (ChildSa* oldest = find_child(tunnel->lingering.front())) remove(*oldest);
}

void Engine::Impl::leave_tunnel(const ChildSa& child) {
  Tunnel* tunnel = find_tunnel(child.tunnel);
  if (tunnel == nullptr) return;
  tunnel->children.erase(child.inbound_spi);
  std::erase(tunnel->lingering, child.inbound_spi);
  const auto known = tunnel->by_outbound.find(child.outbound_spi);
  if (known != tunnel->by_outbound.end() && known->second == child.inbound_spi)
    tunnel->by_outbound.erase(known);
}

/// Out of the data plane and out of the table, now.
void Engine::Impl::remove(ChildSa& child) {
  switch (child.state) {
    case ChildState::Installed:
    case ChildState::Replaced:
      retire_outbound(child);
      [[fallthrough]];
    case ChildState::Deleting:
    case ChildState::Lingering:
      actions_.emplace_back(DeleteSa{child.tunnel, Direction::In, child.inbound_spi});
      break;
    case ChildState::Negotiating:
      if (child.ours) actions_.emplace_back(DeleteSa{child.tunnel, Direction::In, child.inbound_spi});
      break;
    case ChildState::Revoked:
      break;
    case ChildState::Closed:
      return;
  }
  child.state = ChildState::Closed;
  leave_tunnel(child);
}

/// We delete an IKE SA, and its Child SAs with it. Where the tunnel lives on in others the peer goes on
/// sending on these until it hears of that, so they are received on until it answers.
void Engine::Impl::retire_children(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  for (ChildSa* child : children(*tunnel)) {
    if (child->ike_sa != sa.local_spi || !child->is_usable()) continue;
    retire_outbound(*child);
    child->state = ChildState::Deleting;
    child->rekey_at.reset();
    child->expires_at.reset();
  }
  if (tunnel->active.empty()) remove_children(sa);
}

/// An IKE SA goes and its Child SAs with it. When the tunnel lives on in others, packets that are on
/// their way still get in.
void Engine::Impl::remove_children(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  for (ChildSa* child : children(*tunnel)) {
    if (child->ike_sa != sa.local_spi) continue;
    if (child->is_usable()) {
      retire_outbound(*child);
      child->state = ChildState::Deleting;
    }
    if (child->state == ChildState::Deleting && !tunnel->active.empty())
      linger(*child);
    else
      remove(*child);
  }
}

/// The end of the lifetime, or of the sequence numbers, or of the patience with one that is superseded.
void Engine::Impl::expire(ChildSa& child) {
  child.expires_at.reset();
  if (successor_of(child) != nullptr) return delete_child(child);
  if (IkeSa* sa = find_ike_sa(child.ike_sa); sa != nullptr && installed_under(*sa).size() > 1) {
    delete_child(child);
    return ask_for_lacking(*sa);
  }
  notice(Notice::Level::Info, child.tunnel, "the Child SA has reached the end of its lifetime");
  if (IkeSa* sa = find_ike_sa(child.ike_sa); sa != nullptr && sa->state == IkeState::Established)
    start_over(*sa, Duration::zero());
  else
    remove(child);
}

bool Engine::Impl::has_child(Tunnel& tunnel) {
  for (const ChildSa* one : children(tunnel))
    if (one->state == ChildState::Installed) return true;
  return false;
}

}  // namespace awtun::ike
