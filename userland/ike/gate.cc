// SPDX-License-Identifier: Apache-2.0
// Who may begin a handshake (RFC 7296 2.6): what a request has to show before it costs us anything.
#include "userland/ike/engine_impl.h"
#include "userland/ike/payloads.h"

namespace awtun::ike {

/// How many half-open IKE SAs may be owed to requests from addresses that no policy names.
static constexpr std::size_t kMaxStrangers = 256;
/// How long what has been found out about a failure is kept from what anybody can cause.
static constexpr Duration kStaleFailure{60000};

bool is_stranger(const Tunnel& owner, const IpAddress& remote) { return owner.policy.remote != remote; }

/// True when the request may be looked into. When it may not, it has been answered if at all.
bool Engine::Impl::admit(const Tunnel& owner, const Datagram& datagram, const wire::MessageView& message) {
  const auto nonce = read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  if (!nonce) return false;
  if (strain_.high(now_, half_open_.size(), oldest_wait())) {
    const CookieClaim claim{*nonce, datagram.remote.address, message.header.initiator_spi};
    const auto cookie = find_notify(message.payloads, wire::NotifyType::Cookie);
    if (!cookie || !cookies_.accepts(now_, cookie->data, claim)) {
      ++counters_.cookies_sent;
      const Bytes fresh = cookies_.make(now_, dice_, claim);
      if (!fresh.empty()) reply_unprotected(datagram, message.header, wire::NotifyType::Cookie, fresh);
      return false;
    }
    ++counters_.cookies_accepted;
  }
  // A peer that is configured by its address has a share of its own: see limit_half_open().
  if (!is_stranger(owner, datagram.remote.address)) return true;
  if (strangers_ < kMaxStrangers && prefixes_.admits(now_, datagram.remote.address)) return true;
  ++counters_.init_requests_limited;
  return false;
}

/// The IKE SA that answered, or is about to answer, this very request.
IkeSa* Engine::Impl::answered_init(const Datagram& datagram, const wire::Header& header) {
  const auto found = half_open_.find({datagram.remote, header.initiator_spi});
  IkeSa* sa = found == half_open_.end() ? nullptr : ike(found->second);
  const bool same = sa != nullptr && sa->handshake && sa->handshake->init_request == datagram.bytes;
  return same ? sa : nullptr;
}

/// From now on it counts among the half-open ones, until sweep() finds that it is no more.
void Engine::Impl::note_half_open(IkeSa& sa, bool stranger) {
  sa.half_open = HalfOpen{{sa.remote, sa.peer_spi}, stranger};
  half_open_[sa.half_open->key] = sa.local_spi;
  if (stranger) ++strangers_;
}

void Engine::Impl::forget_half_open(IkeSa& sa) {
  if (!sa.half_open) return;
  if (sa.half_open->stranger) --strangers_;
  const auto found = half_open_.find(sa.half_open->key);
  if (found != half_open_.end() && found->second == sa.local_spi) half_open_.erase(found);
  sa.half_open.reset();
}

/// IKE_AUTH has not come. Anybody can cause that by a forged request, so it does not take the place of
/// what has been found out lately.
void Engine::Impl::half_open_expired(const IkeSa& sa) {
  ++counters_.half_open_dropped;
  Tunnel* owner = tunnel(sa.tunnel);
  if (owner == nullptr || established(*owner) != nullptr) return;
  const auto& last = owner->last_failure;
  if (last && now_ - last->when < kStaleFailure) return;
  record(*owner, auth_never_came(now_, owner->policy, sa.nat.found()));
}

}  // namespace awtun::ike
