// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/nat.h"

#include <algorithm>
#include <array>

#include "userland/crypto/digest.h"
#include "userland/ike/engine_impl.h"
#include "userland/ike/payloads.h"
#include "userland/ike/proposal.h"

namespace awtun::ike {
namespace {

using wire::NotifyType;

/// RFC 7296 3.10.1: SHA-1 of the SPIs, the address and the port.
std::optional<crypto::Sha1Digest> address_hash(const IkeSpis& spis, const Endpoint& endpoint) {
  const std::array<std::uint8_t, 2> port{static_cast<std::uint8_t>(endpoint.port >> 8),
                                         static_cast<std::uint8_t>(endpoint.port)};
  return crypto::sha1({spi_bytes(spis.initiator), spi_bytes(spis.responder), endpoint.address.bytes(), port});
}

/// The peer's notifications of a type: whether there are any, and whether one of them is `expected`. A
/// peer with several addresses sends one for each.
struct Found {
  bool any = false;
  bool same = false;
};
Found look_for(const wire::PayloadChain& payloads, NotifyType type, const crypto::Sha1Digest& expected) {
  Found found;
  for (const wire::PayloadView payload : payloads) {
    if (payload.type != wire::PayloadType::Notify) continue;
    const auto notify = wire::decode_notify(payload);
    if (!notify || notify->type != type) continue;
    found.any = true;
    if (std::equal(expected.begin(), expected.end(), notify->data.begin(), notify->data.end()))
      found.same = true;
  }
  return found;
}

}  // namespace

void write_nat_detection(wire::PayloadWriter& payloads, const IkeSpis& spis, const Path& path) {
  const auto source = address_hash(spis, path.local);
  const auto destination = address_hash(spis, path.remote);
  if (!source || !destination) return;
  payloads.notify(NotifyType::NatDetectionSourceIp, *source);
  payloads.notify(NotifyType::NatDetectionDestinationIp, *destination);
}

NatView detect_nat(const wire::PayloadChain& payloads, const IkeSpis& spis, const Path& path) {
  const auto theirs = address_hash(spis, path.remote);
  const auto ours = address_hash(spis, path.local);
  if (!theirs || !ours) return {};
  const Found source = look_for(payloads, NotifyType::NatDetectionSourceIp, *theirs);
  const Found destination = look_for(payloads, NotifyType::NatDetectionDestinationIp, *ours);
  if (!source.any || !destination.any) return {};
  return {.ours = !destination.same, .theirs = !source.same};
}

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
  Tunnel* owner = tunnel(sa.tunnel);
  std::vector<std::uint64_t> moved;
  if (owner == nullptr) return moved;
  for (IkeSa* one : ike_sas(*owner)) {
    if (Path{one->local, one->remote} != old) continue;
    one->remote = remote;
    moved.push_back(one->local_spi);
  }
  return moved;
}

void Engine::Impl::move_children(std::uint64_t ike_spi) {
  const IkeSa* sa = ike(ike_spi);
  Tunnel* owner = sa != nullptr ? tunnel(sa->tunnel) : nullptr;
  if (owner == nullptr) return;
  for (const ChildSa* one : children(*owner)) {
    const bool sends = one->state == ChildState::Installed || one->state == ChildState::Replaced;
    if (one->ike_sa == ike_spi && one->udp && sends)
      actions_.emplace_back(MoveSa{one->tunnel, one->outbound_spi, sa->local, sa->remote});
  }
}

/// The kernel has followed with the Child SAs; IKE does now.
void Engine::Impl::on(PeerMoved&& input) {
  const ChildSa* heard = child(input.spi);
  if (heard == nullptr || heard->tunnel != input.tunnel) return;
  IkeSa* sa = ike(heard->ike_sa);
  if (sa == nullptr || sa->state != IkeState::Established || !sa->nat.peer_may_move() ||
      sa->remote == input.remote)
    return;
  static_cast<void>(move_peer(*sa, input.remote));
}

}  // namespace awtun::ike
