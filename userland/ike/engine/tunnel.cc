// SPDX-License-Identifier: Apache-2.0
// Tunnels: brought up and kept up, down to one IKE SA each, taken down.
#include <algorithm>
#include <tuple>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {
namespace {

/// How often a waiting packet may bring the next attempt forward.
constexpr Duration kHurryInterval{5000};
/// Within this time each tunnel of a cloned machine begins again.
constexpr Duration kForkSpread{1000};
/// By what the two ends are authenticated.
bool same_proofs(const TunnelPolicy& a, const TunnelPolicy& b) {
  const auto trustpoint = [](const TunnelPolicy& policy) {
    return policy.certificate ? policy.certificate->trustpoint : std::string();
  };
  return a.isakmp.local_authentication == b.isakmp.local_authentication &&
         a.isakmp.remote_authentication == b.isakmp.remote_authentication && trustpoint(a) == trustpoint(b);
}

/// What an IKE SA stands and falls with.
bool same_peering(const TunnelPolicy& a, const TunnelPolicy& b) {
  return a.local == b.local && a.remote == b.remote && a.local_id == b.local_id &&
         a.remote_id == b.remote_id && a.preshared_key == b.preshared_key && same_proofs(a, b);
}

/// What a Child SA protects.
bool same_networks(const TunnelPolicy& a, const TunnelPolicy& b) {
  return a.local_selectors == b.local_selectors && a.remote_selectors == b.remote_selectors;
}

}  // namespace

// ---------------------------------------------------------------- inputs

void Engine::Impl::on(SetTunnel&& input) {
  TunnelPolicy& policy = input.policy;
  const TunnelId id = policy.tunnel;
  Tunnel* tunnel = find_tunnel(id);
  if (tunnel != nullptr && same_peering(tunnel->policy, policy)) {
    if (tunnel->policy == policy) return;
    const bool other_networks = !same_networks(tunnel->policy, policy);
    index_.erase(tunnel->policy);
    tunnel->policy = std::move(policy);
    index_.insert(tunnel->policy);
    if (other_networks) {
      tunnel->narrow_at = now_ + kNarrowing;
      tunnel->left_out_told = false;
    }
    if (established(*tunnel) == nullptr)
      restart(*tunnel);
    else if (other_networks)
      ask_for_other_networks(*tunnel);
    return;
  }
  if (tunnel != nullptr) {
    take_down(*tunnel);
    index_.erase(tunnel->policy);
  }
  Tunnel& made = tunnel != nullptr ? *tunnel : tunnels_[id];
  made.policy = std::move(policy);
  index_.insert(made.policy);
  restart(*find_tunnel(id));
}

/// Each Child SA is rekeyed for what it stands for by now, and what none of them has is asked for.
void Engine::Impl::ask_for_other_networks(Tunnel& tunnel) {
  IkeSa& sa = *established(tunnel);
  for (const ChildSa* one : installed_under(sa)) {
    const Networks wanted = wanted_for(sa, *one).networks;
    // One that has no place among them any more ends by itself.
    if (wanted != one->networks && overlap(wanted, one->networks))
      sa.want({Task::What::RekeyChild, one->inbound_spi});
  }
  ask_for_lacking(sa);
}

/// The peer need not agree to less than before, nor answer.
void Engine::Impl::narrow_children(Tunnel& tunnel) {
  tunnel.narrow_at.reset();
  std::vector<ChildSa*> all = children(tunnel);
  for (const std::uint32_t spi : tunnel.lingering)
    if (ChildSa* left = find_child(spi)) all.push_back(left);
  for (ChildSa* one : all) {
    const IkeSa* sa = find_ike_sa(one->ike_sa);
    const bool kept = sa != nullptr && lets_through(tunnel.policy, {sa->local, sa->remote}, one->networks);
    if (!kept) revoke(*one);
  }
  if (IkeSa* sa = established(tunnel)) ask_for_lacking(*sa);
}

void Engine::Impl::on(RemoveTunnel&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  take_down(*tunnel);
  index_.erase(tunnel->policy);
  tunnels_.erase(input.tunnel);
}

void Engine::Impl::on(ClearSa&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  take_down(*tunnel);
  start_attempt(*tunnel);
}

void Engine::Impl::on(ClearChildSa&& input) {
  Tunnel* tunnel = find_tunnel(input.tunnel);
  if (tunnel == nullptr) return;
  for (ChildSa* child : children(*tunnel))
    if (child->is_usable()) delete_child(*child);
  tunnel->division = {};
  // A peer that still had one for the same networks might refuse another.
  if (IkeSa* sa = established(*tunnel)) ask_for_lacking(*sa);
}

/// The twin has all of it too, and may have made the same of what came since it was cloned: so all is
/// deleted, although the kernel has forgotten most of it. Twins that began again at once would be in each
/// other's way.
void Engine::Impl::on(VmForked&&) {
  pool_ = {};
  refill_.reset();
  cookies_ = {};
  for (const auto& [id, unused] : tunnels_) {
    Tunnel* tunnel = find_tunnel(id);
    tunnel->active.clear();
    tunnel->failures = 0;
    if (tunnel->policy.remote) tunnel->next_attempt = now_ + dice_.between(Duration::zero(), kForkSpread);
  }
  for (const auto& [spi, unused] : ike_sas_)
    if (IkeSa* sa = find_ike_sa(spi)) close(*sa);
  for (const auto& [spi, unused] : children_)
    if (ChildSa* left = find_child(spi)) remove(*left);
}

/// The Deletes are sent once and nothing waits for their answers: the process is about to end.
void Engine::Impl::on(Shutdown&&) {
  shut_down_ = true;
  for (auto& [spi, unused] : ike_sas_) {
    IkeSa* sa = find_ike_sa(spi);
    if (sa == nullptr) continue;
    const bool delete_waits = sa->state == IkeState::Deleting && !sa->queue.empty();
    const bool peer_knows =
        sa->state == IkeState::Established || sa->state == IkeState::AuthSent || delete_waits;
    sa->outstanding.reset();
    if (peer_knows) ask_delete_ike(*sa);
    close(*sa);
  }
  for (auto& [spi, unused] : children_)
    if (ChildSa* left = find_child(spi)) remove(*left);
  for (const auto& [id, unused] : tunnels_) touched_.insert({Owner::Kind::Tunnel, id});
  tunnels_.clear();
  index_.clear();
}

// ---------------------------------------------------------------- up

/// Gives up what is under way and begins again at once.
void Engine::Impl::restart(Tunnel& tunnel) {
  for (IkeSa* sa : ike_sas(tunnel))
    if (sa->state == IkeState::InitSent || sa->state == IkeState::AuthSent) delete_ike(*sa);
  tunnel.failures = 0;
  tunnel.next_attempt.reset();
  start_attempt(tunnel);
}

IkeSa* Engine::Impl::established(Tunnel& tunnel) {
  IkeSa* best = nullptr;
  for (IkeSa* sa : ike_sas(tunnel))
    if (sa->is_up() && (best == nullptr || resolve_duplicates(sa->origin, best->origin).first_stays))
      best = sa;
  return best;
}

/// True while an IKE SA is up or an attempt of ours is under way.
bool Engine::Impl::is_live(Tunnel& tunnel) {
  const auto all = ike_sas(tunnel);
  return std::any_of(all.begin(), all.end(), [](const IkeSa* sa) {
    return sa->state == IkeState::Established || sa->state == IkeState::InitSent ||
           sa->state == IkeState::AuthSent;
  });
}

bool Engine::Impl::lacks_child(Tunnel& tunnel) {
  IkeSa* sa = established(tunnel);
  return sa != nullptr && lacking(*sa).has_value();
}

/// Starts an attempt, or asks for a Child SA, after `delay`, unless the tunnel lives or is to be tried
/// sooner.
void Engine::Impl::reconnect(Tunnel& tunnel, Duration delay) {
  // A dynamic peer is the one to come back.
  if (shut_down_ || (!lacks_child(tunnel) && (!tunnel.policy.remote || is_live(tunnel)))) return;
  tunnel.try_by(now_ + delay);
}

void Engine::Impl::back_off(Tunnel& tunnel) {
  if (is_live(tunnel) && !lacks_child(tunnel)) return;
  reconnect(tunnel, reconnect_delay(tunnel.failures++, jitter()));
}

/// Somebody waits for the tunnel: the next attempt is made now, though not every time.
void Engine::Impl::hurry(Tunnel& tunnel) {
  if (!tunnel.hurried.admits(now_, kHurryInterval)) return;
  tunnel.division.hurry(now_);
  if (tunnel.next_attempt || lacks_child(tunnel)) tunnel.next_attempt = now_;
}

void Engine::Impl::on(Acquire&& input) {
  if (Tunnel* tunnel = find_tunnel(input.tunnel)) hurry(*tunnel);
}

void Engine::Impl::count(Cause cause) {
  switch (cause) {
    case Cause::NoResponse:
      ++counters_.no_response;
      return;
    case Cause::AuthenticationFailed:
      ++counters_.authentication_failures;
      return;
    case Cause::NoProposalChosen:
      ++counters_.no_proposal_chosen;
      return;
    case Cause::SelectorsUnacceptable:
      ++counters_.selectors_unacceptable;
      return;
    case Cause::ProtocolError:
      ++counters_.protocol_errors;
      return;
    case Cause::DataPlane:
      ++counters_.data_plane_failures;
      return;
    case Cause::RekeyPutOff:
    case Cause::Other:
      ++counters_.other_failures;
      return;
  }
}

void Engine::Impl::record(Tunnel& tunnel, Failure failure) {
  count(failure.cause);
  const auto& last = tunnel.last_failure;
  const bool repeated = last && last->exchange == failure.exchange && last->reason == failure.reason &&
                        failure.when - tunnel.last_logged < kQuietTime;
  if (!repeated) {
    tunnel.last_logged = failure.when;
    notice(Notice::Level::Warning, tunnel.policy.tunnel, summary(failure, tunnel.policy));
  }
  tunnel.last_failure = std::make_unique<Failure>(std::move(failure));
  tunnel.hearsay = false;
}

/// It counts and is in the log, and the tunnel goes on as if nothing had been asked.
void Engine::Impl::mention(Tunnel& tunnel, const Failure& failure) {
  count(failure.cause);
  if (!tunnel.mentioned.admits(now_, kQuietTime)) return;
  notice(Notice::Level::Info, tunnel.policy.tunnel, summary(failure, tunnel.policy));
}

void Engine::Impl::attempt_failed(IkeSa& sa, Failure failure) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  close(sa);
  if (tunnel == nullptr) return;
  record(*tunnel, std::move(failure));
  back_off(*tunnel);
}

/// Called whenever an IKE SA has come up or has been confirmed: one of them stays.
void Engine::Impl::settle(Tunnel& tunnel) {
  IkeSa* winner = established(tunnel);
  if (winner == nullptr) return;
  for (IkeSa* sa : ike_sas(tunnel)) {
    if (sa == winner) continue;
    if (sa->state == IkeState::InitSent) close(*sa);
    if (sa->is_up()) give_way(*sa, *winner);
  }
  limit_ike_sas(tunnel, *winner);
}

/// Those that the two ends have in common, or had until one of them began to delete it.
std::vector<IkeSa*> Engine::Impl::standing_ike_sas(Tunnel& tunnel) {
  std::vector<IkeSa*> result = ike_sas(tunnel);
  std::erase_if(result, [](const IkeSa* sa) {
    return !sa->established || sa->state == IkeState::Ended || sa->state == IkeState::Closed;
  });
  return result;
}

/// A peer that begins IKE SAs without end, and does not answer our Deletes of those before, leaves no more
/// than that: the oldest goes without its answer.
void Engine::Impl::limit_ike_sas(Tunnel& tunnel, const IkeSa& winner) {
  auto standing = standing_ike_sas(tunnel);
  std::erase(standing, &winner);
  if (standing.size() < kMaxIkeSas) return;
  const auto age = [](const IkeSa* sa) {
    return std::tuple(sa->state == IkeState::Established, *sa->established);
  };
  ++counters_.sa_limit_reached;
  close(**std::min_element(standing.begin(), standing.end(),
                           [&](const IkeSa* a, const IkeSa* b) { return age(a) < age(b); }));
}

/// Some Child SA of `loser` is for networks of which those of `winner` have nothing.
bool Engine::Impl::carries_alone(const IkeSa& loser, const IkeSa& winner) {
  const auto instead = installed_under(winner);
  return std::ranges::any_of(installed_under(loser), [&](const ChildSa* one) {
    return std::ranges::none_of(
        instead, [&](const ChildSa* other) { return overlap(other->networks, one->networks); });
  });
}

/// Deletes a redundant IKE SA, once the peer is known to hold the one that stays.
void Engine::Impl::give_way(IkeSa& loser, IkeSa& winner) {
  const Deletes deletes = resolve_duplicates(winner.origin, loser.origin).deletes;
  if (deletes == Deletes::Peer) return;
  if (!winner.confirmed) {
    if (winner.asking<AskLiveness>() == nullptr) winner.want({Task::What::Liveness});
    return pump(winner);
  }
  // What only the loser carries is asked for under the winner first.
  if (deletes == Deletes::We && !carries_alone(loser, winner)) return delete_ike(loser);
  if (!loser.give_way_at) loser.give_way_at = now_ + dice_.between(Duration{5000}, Duration{15000});
}

/// The tunnel has another one: that for which it was to give way may be gone.
bool Engine::Impl::is_redundant(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return false;
  const auto all = ike_sas(*tunnel);
  return std::any_of(all.begin(), all.end(),
                     [&](const IkeSa* other) { return other != &sa && other->is_up(); });
}

// ---------------------------------------------------------------- down

void Engine::Impl::leave_tunnel(IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  tunnel->ike_sas.erase(sa.local_spi);
  std::erase(tunnel->refused, sa.local_spi);
  std::erase(tunnel->deleted, sa.local_spi);
}

/// As an IKE SA goes: one that has lasted ends the series of failures, a short-lived one is part of it.
void Engine::Impl::judge(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const bool lasted = sa.state == IkeState::Established && now_ - sa.origin.established >= kProven;
  if (tunnel != nullptr && lasted) tunnel->failures = 0;
}

/// Over, without telling the peer.
void Engine::Impl::close(IkeSa& sa) {
  if (sa.state == IkeState::Closed) return;
  judge(sa);
  remove_children(sa);
  leave_tunnel(sa);
  sa.state = IkeState::Closed;
  sa.outstanding.reset();
  sa.queue.clear();
  cancel_jobs(sa);
}

/// Over by a request of the peer: kept for a while to repeat the response, should it get lost.
void Engine::Impl::close_after_response(IkeSa& sa) {
  judge(sa);
  remove_children(sa);
  leave_tunnel(sa);
  sa.state = IkeState::Ended;
  sa.outstanding.reset();
  sa.queue.clear();
  cancel_jobs(sa);
  sa.handshake.reset();
  sa.request_parts.forget();
  sa.response_parts.forget();
  sa.stop_timers();
  sa.expires_at = now_ + kEndedPatience;
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  auto& ended = sa.established ? tunnel->deleted : tunnel->refused;
  ended.push_back(sa.local_spi);
  if (ended.size() <= (sa.established ? kMaxDeleted : kMaxRefused)) return;
  if (IkeSa* oldest = find_ike_sa(ended.front())) close(*oldest);
}

/// The same, and a tunnel that was up comes back.
void Engine::Impl::end(IkeSa& sa) {
  const bool was_up = sa.state == IkeState::Established;
  close_after_response(sa);
  if (Tunnel* tunnel = find_tunnel(sa.tunnel); tunnel != nullptr && was_up) back_off(*tunnel);
}

/// Deletes an IKE SA with the peer's knowledge. Its Child SAs go at once.
void Engine::Impl::delete_ike(IkeSa& sa) {
  switch (sa.state) {
    case IkeState::InitSent:
    case IkeState::InitReceived:
    case IkeState::HalfOpen:
      return close(sa);
    case IkeState::Deleting:
    case IkeState::Ended:
    case IkeState::Closed:
      return;
    case IkeState::AuthSent:
    case IkeState::Established:
    case IkeState::Replaced:
      break;
  }
  judge(sa);
  if (IkeSa* rival = rival_of(sa)) delete_ike(*rival);
  retire_children(sa);
  sa.state = IkeState::Deleting;
  // What the peer has made for us is to be deleted too, so that is seen through.
  stop_preparing(sa);
  stop_answering(sa);
  sa.provisional = false;
  sa.queue.assign(1, {Task::What::DeleteIke});
  sa.stop_timers();
  pump(sa);
}

void Engine::Impl::start_over(IkeSa& sa, Duration delay) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  delete_ike(sa);
  if (tunnel != nullptr) reconnect(*tunnel, delay);
}

/// Deletes all that a tunnel has.
void Engine::Impl::take_down(Tunnel& tunnel) {
  for (IkeSa* sa : ike_sas(tunnel)) delete_ike(*sa);
  for (ChildSa* left : children(tunnel)) remove(*left);
  for (const std::uint32_t spi : std::vector(tunnel.lingering))
    if (ChildSa* left = find_child(spi)) remove(*left);
  tunnel.next_attempt.reset();
  tunnel.failures = 0;
}

}  // namespace awtun::ike
