// SPDX-License-Identifier: Apache-2.0
// Where an IKE SA's messages and its ESP go, and that the NAT before us keeps its mapping.
#include "userland/ike/engine/engine_impl.h"

namespace awtun::ike {

// ---------------------------------------------------------------- keepalives

bool Engine::Impl::in_udp(const IkeSa& sa) { return sa.nat.found() && sa.local.port == kNattPort; }

/// Something goes out to the peer: the NAT before us has no need of more for a while.
void Engine::Impl::arm_keepalive(IkeSa& sa) {
  if (sa.nat.ours && in_udp(sa)) sa.keepalive_at = now_ + kKeepaliveInterval;
}

void Engine::Impl::keep_alive(IkeSa& sa) {
  sa.keepalive_at.reset();
  // One IKE SA is enough: one that is on its way out leaves it to the other.
  if (sa.state != IkeState::AuthSent && sa.state != IkeState::Established) return;
  actions_.emplace_back(SendKeepalive{sa.local, sa.remote});
  arm_keepalive(sa);
}

// ---------------------------------------------------------------- the peer's address

/// A new, authentic request has come along `path`: there the response goes, and there the peer is from
/// now on if it may move. Before IKE_AUTH has shown who it is, it is where IKE_SA_INIT came from, which
/// decides for whom it may speak.
void Engine::Impl::follow(IkeSa& sa, const Path& path) {
  sa.reply_to = path;
  if (sa.state == IkeState::HalfOpen) return;
  if (path.local != sa.local || path.remote == sa.remote || !sa.nat.peer_may_move()) return;
  for (const std::uint64_t spi : move_peer(sa, path.remote)) move_children(spi);
}

/// The peer has shown who it is by a request along `path`. An initiator changes to port 4500 then (RFC 7296
/// 2.23), and one behind a NAT may have got another address; without one, another is not the peer's.
void Engine::Impl::settle_path(IkeSa& sa, const Path& path) {
  if (path.local.address == sa.local.address) sa.local = path.local;
  if (path.remote.address == sa.remote.address || sa.nat.peer_may_move()) sa.remote = path.remote;
}

/// Moves this IKE SA and all others of the tunnel that share its way; which ones.
std::vector<std::uint64_t> Engine::Impl::move_peer(IkeSa& sa, const Endpoint& remote) {
  const Path old{sa.local, sa.remote};
  notice(Notice::Level::Info, sa.tunnel,
         "the peer has moved from " + old.remote.to_string() + " to " + remote.to_string());
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  std::vector<std::uint64_t> moved;
  if (tunnel == nullptr) return moved;
  for (IkeSa* one : ike_sas(*tunnel)) {
    if (Path{one->local, one->remote} != old) continue;
    one->remote = remote;
    moved.push_back(one->local_spi);
  }
  return moved;
}

void Engine::Impl::move_children(std::uint64_t ike_spi) {
  const IkeSa* sa = find_ike_sa(ike_spi);
  Tunnel* tunnel = sa != nullptr ? find_tunnel(sa->tunnel) : nullptr;
  if (tunnel == nullptr) return;
  for (const ChildSa* one : children(*tunnel)) {
    const bool sends = one->state == ChildState::Installed || one->state == ChildState::Replaced;
    if (one->ike_sa == ike_spi && one->udp && sends)
      actions_.emplace_back(MoveSa{one->inbound_spi, one->tunnel, one->outbound_spi, sa->local, sa->remote});
  }
}

/// The kernel has followed with the Child SAs; IKE does now. Not by the last packets of an IKE SA that is
/// gone: they are older than what the others know, and have moved those too.
void Engine::Impl::on(PeerMoved&& input) {
  const ChildSa* heard = find_child(input.spi);
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (heard == nullptr || tunnel == nullptr || heard->tunnel != input.tunnel) return;
  IkeSa* sa = find_ike_sa(heard->ike_sa);
  if (sa == nullptr || sa->state != IkeState::Established || !sa->nat.peer_may_move()) {
    for (const std::uint64_t other : tunnel->ike_sas) move_children(other);
  } else if (sa->remote != input.remote) {
    static_cast<void>(move_peer(*sa, input.remote));
  }
}

}  // namespace awtun::ike
