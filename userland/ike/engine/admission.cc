// SPDX-License-Identifier: Apache-2.0
// Who may begin a handshake (RFC 7296 2.6): what a request has to show before it costs us anything.
#include <algorithm>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"

namespace awtun::ike {
namespace {

/// Half-open IKE SAs of one address that a policy names, or of one network of strangers, while cookies are
/// not demanded. Forged requests fill these places, so beyond them a cookie is.
constexpr std::size_t kMaxUnproved = 5;
/// Of one address that a policy names and that has returned cookies; two for each tunnel if that is more.
constexpr std::size_t kMaxOfPeer = 64;
/// Of all strangers that have returned cookies, and of one network of them.
constexpr std::size_t kMaxStrangers = 1024;
constexpr std::size_t kMaxOfNetwork = kMaxStrangers / 2;
/// When there are so many strangers, those that come wait for a shorter time.
constexpr std::size_t kManyStrangers = kMaxStrangers / 4;
constexpr Duration kShortPatience{10000};
/// How long what has been found out about a failure is kept from what anybody can cause: for as long as
/// the attempts go on that find it out, they do so more often.
constexpr Duration kStaleFailure{600000};
constexpr Duration kHearsayInterval{1000};

}  // namespace

bool is_stranger(const Tunnel& tunnel, const IpAddress& remote) { return tunnel.policy.remote != remote; }

// ---------------------------------------------------------------- cookies

bool Engine::Impl::returned_cookie(const Datagram& datagram, const wire::MessageView& message) const {
  const auto nonce = read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  const auto cookie = find_notify(message.payloads, wire::NotifyType::Cookie);
  return nonce && cookie &&
         cookies_.accepts(now_, cookie->data,
                          {*nonce, datagram.remote.address, message.header.initiator_spi});
}

/// `why` is counted.
void Engine::Impl::demand_cookie(const Datagram& datagram, const wire::MessageView& message,
                                 std::uint64_t Counters::*why) {
  const auto nonce = read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  if (!nonce) return;
  const Bytes cookie =
      cookies_.make(now_, dice_, {*nonce, datagram.remote.address, message.header.initiator_spi});
  if (cookie.empty() || !reply_unprotected(datagram, message.header, wire::NotifyType::Cookie, cookie))
    return;
  ++counters_.cookies_sent;
  ++(counters_.*why);
}

/// Who sent a request that may be looked into. When it may not, it has been answered if at all.
std::optional<Caller> Engine::Impl::admit(const Tunnel& tunnel, const Datagram& datagram,
                                          const wire::MessageView& message) {
  const IpAddress& remote = datagram.remote.address;
  const Caller caller{is_stranger(tunnel, remote), returned_cookie(datagram, message)};
  const bool strained = load_.high(now_, half_open_.size(), oldest_wait());
  if (caller.proved) {
    ++counters_.cookies_accepted;
    return caller;
  }
  if (strained) {
    demand_cookie(datagram, message, &Counters::cookies_sent_under_load);
    return std::nullopt;
  }
  if (!refusals_.has_one(now_)) {
    demand_cookie(datagram, message, &Counters::cookies_sent_to_refuse);
    return std::nullopt;
  }
  const std::size_t held = caller.stranger ? unproved_.of_network(remote) : unproved_.of_address(remote);
  if (held < kMaxUnproved) return caller;
  demand_cookie(datagram, message, &Counters::cookies_sent_at_limit);
  return std::nullopt;
}

// ---------------------------------------------------------------- half-open IKE SAs

/// The IKE SA that answered, or is about to answer, this very request.
IkeSa* Engine::Impl::answered_init(const Datagram& datagram, const wire::Header& header) {
  const auto found = half_open_.find({datagram.remote, header.initiator_spi});
  IkeSa* sa = found == half_open_.end() ? nullptr : find_ike_sa(found->second);
  const bool same = sa != nullptr && sa->handshake && sa->handshake->init_request == datagram.bytes;
  return same ? sa : nullptr;
}

Crowd& Engine::Impl::crowd_of(const Caller& caller) {
  if (!caller.proved) return unproved_;
  return caller.stranger ? strangers_ : peers_;
}

Duration Engine::Impl::patience_with(const Caller& caller) const {
  return caller.stranger && strangers_.size() >= kManyStrangers ? kShortPatience : kHalfOpenPatience;
}

/// From now on it counts among the half-open ones, until sweep() finds that it is no more.
void Engine::Impl::note_half_open(IkeSa& sa, const Caller& caller) {
  const std::uint64_t number = crowd_of(caller).insert(sa.remote, sa.local_spi);
  sa.half_open = HalfOpen{caller, {sa.remote, sa.peer_spi}, number, {}, {}};
  half_open_[sa.half_open->key] = sa.local_spi;
}

/// From now on IKE_AUTH is waited for.
void Engine::Impl::note_answered(IkeSa& sa) {
  if (!sa.half_open) return;
  HalfOpen& half_open = *sa.half_open;
  half_open.unsent.reset();
  sa.expires_at = now_ + half_open.patience;
  crowd_of(half_open).note_answered(half_open.key.first, half_open.number, now_);
}

void Engine::Impl::forget_half_open(IkeSa& sa) {
  if (!sa.half_open) return;
  if (sa.half_open->unsent) answers_.give_back(now_, *sa.half_open->unsent);
  sa.request_parts.forget();
  weigh_parts(sa);
  const auto& key = sa.half_open->key;
  crowd_of(*sa.half_open).erase(key.first, sa.half_open->number);
  const auto found = half_open_.find(key);
  if (found != half_open_.end() && found->second == sa.local_spi) half_open_.erase(found);
  sa.half_open.reset();
}

/// False when there is no room. Who has returned a cookie is let in at the expense of others that have, and
/// only of those (see Crowd); else it repeats its request. Who has not finds a place or none.
bool Engine::Impl::make_room(const Caller& caller, const Endpoint& remote, std::size_t tunnels) {
  if (!caller.proved) return true;
  std::optional<std::uint64_t> leaves;
  if (!caller.stranger) {
    if (peers_.of_address(remote.address) < std::max(kMaxOfPeer, 2 * tunnels)) return true;
    leaves = peers_.gives_way_at_address(remote, now_);
  } else if (strangers_.of_network(remote.address) >= kMaxOfNetwork) {
    leaves = strangers_.gives_way_in_network(remote, now_);
  } else if (strangers_.size() >= kMaxStrangers) {
    leaves = strangers_.gives_way(remote, now_);
  } else {
    return true;
  }
  if (!leaves) {
    ++counters_.init_requests_limited;
    return false;
  }
  evict(*leaves);
  return true;
}

void Engine::Impl::evict(std::uint64_t local_spi) {
  IkeSa* sa = find_ike_sa(local_spi);
  if (sa == nullptr) return;
  ++counters_.half_open_evicted;
  forget_half_open(*sa);
  close(*sa);
}

/// IKE_AUTH has not come.
void Engine::Impl::half_open_expired(const IkeSa& sa) {
  ++counters_.half_open_dropped;
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr || established(*tunnel) != nullptr) return;
  Failure failure = auth_never_came(now_, tunnel->policy, sa.nat.found());
  if (sa.half_open && sa.half_open->is_peer())
    record(*tunnel, std::move(failure));
  else
    record_hearsay(*tunnel, std::move(failure));
}

// ---------------------------------------------------------------- what strangers can say against a peer

/// What anybody can cause does not take the place of what has been found out lately, and of its own kind
/// only now and then: to write a record costs more than to refuse.
bool Engine::Impl::takes_hearsay(const Tunnel& tunnel) const {
  return !tunnel.last_failure ||
         now_ - tunnel.last_failure->when >= (tunnel.hearsay ? kHearsayInterval : kStaleFailure);
}

void Engine::Impl::record_hearsay(Tunnel& tunnel, Failure failure) {
  if (!takes_hearsay(tunnel)) return count(failure.cause);
  record(tunnel, std::move(failure));
  tunnel.hearsay = true;
}

/// Who has not been authenticated, and began at an address that no policy names, may be anybody. That
/// address has received our answer; the one that IKE_AUTH comes from may be forged.
void Engine::Impl::record_said_by(const IkeSa& sa, Tunnel& tunnel, Failure failure) {
  if (sa.half_open && sa.half_open->stranger && !sa.established)
    record_hearsay(tunnel, std::move(failure));
  else
    record(tunnel, std::move(failure));
}

// ---------------------------------------------------------------- what strangers are answered

/// Whose octets are weighed against each other: those of a network, or of an address that a policy names.
IpPrefix Engine::Impl::account_of(const Path& path) const {
  const IpAddress& remote = path.remote.address;
  const MeantTunnels meant = index_.find(path.local.address, remote);
  const auto tunnel = meant.empty() ? tunnels_.end() : tunnels_.find(meant.any());
  if (tunnel == tunnels_.end() || is_stranger(tunnel->second, remote)) return neighbourhood(remote);
  return network_of(remote, remote.is_v4() ? 32 : 128);
}

/// Takes an answer of so many octets from the budget of who has not been authenticated; false when that
/// has not enough.
bool Engine::Impl::pay(const Datagram& datagram, std::size_t octets) {
  const IpPrefix account = account_of({datagram.local, datagram.remote});
  const AnswerBudget::Exchange exchange{datagram.bytes.size(), octets};
  if (!answers_.affords(now_, account, exchange)) return false;
  static_cast<void>(answers_.charge(now_, account, exchange));
  return true;
}

/// True when it has gone.
bool Engine::Impl::answer_stranger(const Datagram& datagram, std::optional<Bytes> answer) {
  if (!answer) return false;
  if (!pay(datagram, answer->size())) {
    ++counters_.answers_limited;
    return false;
  }
  ++counters_.messages_sent;
  actions_.emplace_back(Send{datagram.local, datagram.remote, *std::move(answer)});
  return true;
}

bool Engine::Impl::reply_unprotected(const Datagram& datagram, const wire::Header& request,
                                     wire::NotifyType type, ByteView data) {
  wire::PayloadWriter payloads;
  payloads.notify(type, data);
  wire::Header header;
  header.initiator_spi = request.initiator_spi;
  header.responder_spi = request.responder_spi;
  header.exchange = request.exchange;
  header.response = true;
  header.message_id = request.message_id;
  return answer_stranger(datagram, wire::write_message(header, payloads));
}

/// A request of a version to come. Nothing depends on the answer, so it is a rare one.
void Engine::Impl::answer_version(const Datagram& datagram, const wire::Header& request) {
  if (some_tunnel(datagram) == nullptr) {
    ++counters_.messages_unknown_sa;
    return;
  }
  answers_.received(now_, account_of({datagram.local, datagram.remote}), datagram.bytes.size());
  if (version_answers_.admits(now_, datagram.remote.address))
    static_cast<void>(reply_unprotected(datagram, request, wire::NotifyType::InvalidMajorVersion));
  else
    ++counters_.answers_limited;
}

/// What a peer sends that is set to IKEv1. Anybody could have sent it, so it ends nothing.
void Engine::Impl::note_version1(const Datagram& datagram, const wire::Header& header) {
  Tunnel* tunnel = some_tunnel(datagram);
  if (tunnel == nullptr || header.initiator_spi == 0 || established(*tunnel) != nullptr) return;
  if (!is_stranger(*tunnel, datagram.remote.address)) tunnel->version1 = now_;
  record_hearsay(*tunnel, version1_heard(now_, datagram.remote));
}

/// Then this is why it does not answer, or refuses, an attempt of ours.
bool Engine::Impl::speaks_version1(const Tunnel& tunnel) const {
  return tunnel.version1 && now_ - *tunnel.version1 < kStaleFailure;
}

/// The same answer again. Who has returned a cookie gets it as often as a peer asks that has lost it.
void Engine::Impl::repeat_init_response(IkeSa& sa, const Datagram& datagram) {
  const Path path{datagram.local, datagram.remote};
  const Bytes& response = sa.handshake->init_response;
  const bool proved = sa.half_open && sa.half_open->proved;
  if (proved ? !sa.half_open->repeated.admits(now_, kRepeatInterval) : !pay(datagram, response.size())) {
    ++counters_.init_requests_limited;
    return;
  }
  ++counters_.retransmissions;
  transmit(sa, path, {response});
}

}  // namespace awtun::ike
