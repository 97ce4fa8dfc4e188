// SPDX-License-Identifier: Apache-2.0
// Which Child SAs a tunnel is to have: what none of them carries is asked for under the IKE SA that stays, at
// once or in the parts that the peer agrees to (RFC 7296 2.9). See rules/division.h.
#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {
namespace {

/// After this a packet that waits has it tried again.
constexpr Duration kGivenUpFor{600000};

/// It may agree to one pair of selectors where it does not agree to all at once (RFC 7296 2.9).
bool wants_pairs(const wire::NotifyView& error) {
  return error.type == wire::NotifyType::TsUnacceptable || error.type == wire::NotifyType::SinglePairRequired;
}

Division::Held networks_of(const std::vector<ChildSa*>& children, const ChildSa* but = nullptr) {
  Division::Held result;
  for (const ChildSa* one : children)
    if (one != but) result.push_back(&one->networks);
  return result;
}

}  // namespace

std::vector<ChildSa*> Engine::Impl::installed_under(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  auto result = tunnel != nullptr ? children(*tunnel) : std::vector<ChildSa*>();
  std::erase_if(result, [&](const ChildSa* one) {
    return one->ike_sa != sa.local_spi || one->state != ChildState::Installed;
  });
  return result;
}

/// What the policy lets through along the path of `sa` by now; of other networks nothing is remembered.
Division& Engine::Impl::division_of(Tunnel& tunnel, const IkeSa& sa) {
  const Networks whole = whole_of(tunnel.policy, {sa.local, sa.remote}).networks;
  if (tunnel.division.whole() != whole) tunnel.division = Division(whole);
  return tunnel.division;
}

/// What is lacking under `sa`; nullopt: nothing is, or there is no room for more.
std::optional<Division::Lacking> Engine::Impl::lacking(const IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return std::nullopt;
  const auto installed = installed_under(sa);
  const auto next = division_of(*tunnel, sa).next(networks_of(installed), now_);
  if (!next || installed.size() < kMaxChildSas) return next;
  tell_left_out(*tunnel);
  return std::nullopt;
}

/// For a Child SA that is lacking; nullopt: nothing at this time.
std::optional<Wanted> Engine::Impl::wanted(const IkeSa& sa) {
  const auto next = lacking(sa);
  if (!next || next->when > now_) return std::nullopt;
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  Wanted whole = whole_of(tunnel->policy, {sa.local, sa.remote});
  if (*next->networks == whole.networks) return whole;
  if (tunnel->division.left_out() > 0) tell_left_out(*tunnel);
  return Wanted{*next->networks, false};
}

/// For what is to replace `old`: what it has, or more where the policy lets more through by now, or less.
Wanted Engine::Impl::wanted_for(const IkeSa& sa, const ChildSa& old) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const Path path{sa.local, sa.remote};
  Wanted whole = whole_of(tunnel->policy, path);
  const auto others = networks_of(installed_under(sa), &old);
  const Networks* part = division_of(*tunnel, sa).successor_of(old.networks, others);
  const bool kept = lets_through(tunnel->policy, path, old.networks);
  if (kept && (part == nullptr || !covers(*part, old.networks))) return {old.networks, old.selectors_cut};
  if (part != nullptr && *part != whole.networks) return {*part, false};
  return whole;
}

/// Once: what is left out stays so.
void Engine::Impl::tell_left_out(Tunnel& tunnel) {
  if (std::exchange(tunnel.left_out_told, true)) return;
  notice(Notice::Level::Warning, tunnel.policy.tunnel,
         "some networks have no Child SA: the peer wants one for each pair, and a tunnel has at most " +
             std::to_string(kMaxChildSas));
}

/// Under the IKE SA that stays: now, or when its time has come.
void Engine::Impl::ask_for_lacking(IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  const auto next = established(*tunnel) == &sa ? lacking(sa) : std::nullopt;
  if (next && next->when <= now_)
    sa.want({Task::What::NewChild});
  else if (next)
    tunnel->try_by(next->when);
  pump(sa);
}

/// Who has begun the IKE SA that stays asks for what is still lacking; the other end waits for that, then
/// asks itself.
void Engine::Impl::complete(Tunnel& tunnel) {
  IkeSa* sa = established(tunnel);
  if (sa == nullptr) return;
  if (sa->origin.ours) return ask_for_lacking(*sa);
  if (lacking(*sa)) tunnel.try_by(now_ + dice_.between(kPeersTurnLow, kPeersTurnHigh));
}

/// The peer may have agreed to less than `asked`.
void Engine::Impl::note_narrowed(Tunnel& tunnel, const IkeSa& sa, const Networks& asked,
                                 const ChildSa& made) {
  if (!covers(made.networks, asked)) division_of(tunnel, sa).narrowed(asked, made.networks);
}

/// The peer takes no Child SA for `asked`: the tunnel goes on with what it takes.
void Engine::Impl::decline(const IkeSa& sa, Tunnel& tunnel, const Networks& asked,
                           const wire::NotifyView& error) {
  const std::string reason(wire::to_string(error.type));
  Division& division = division_of(tunnel, sa);
  const bool whole = asked == division.whole();
  const bool tries_pairs = wants_pairs(error) && whole && !division.by_pairs();
  // Without room there is none for the others either, and for all at once it would have taken their terms.
  const bool of_all = error.type == wire::NotifyType::NoAdditionalSas || (whole && !wants_pairs(error));
  if (of_all)
    division.refused_all(networks_of(installed_under(sa)), reason);
  else
    division.refused(asked, reason);
  if (!tries_pairs || !division.by_pairs()) tell_refusal(tunnel, asked, reason);
}

/// The peer refuses what is to replace a Child SA for the networks that it would be for: it may agree to
/// those of the old one.
bool Engine::Impl::wants_less(const IkeSa& sa, Tunnel& tunnel, const AskNewChild& asked,
                              const wire::NotifyView& error) {
  const ChildSa* old = find_child(*asked.replaces);
  if (!wants_pairs(error) || old == nullptr) return false;
  division_of(tunnel, sa).refused(asked.wanted.networks, std::string(wire::to_string(error.type)));
  return wanted_for(sa, *old).networks != asked.wanted.networks;
}

/// TEMPORARY_FAILURE to one more Child SA: those that are there go on.
void Engine::Impl::part_put_off(IkeSa& sa, Tunnel& tunnel, const Networks& asked) {
  ++counters_.temporary_failures_received;
  Division& division = division_of(tunnel, sa);
  const unsigned times = division.put_off(asked);
  division.wait(asked, retry_time(times));
  if (times == Division::kPatience)
    tell_refusal(tunnel, asked, std::string(wire::to_string(wire::NotifyType::TemporaryFailure)));
  ask_for_lacking(sa);
}

/// Once for each reason: there may be many parts.
void Engine::Impl::tell_refusal(Tunnel& tunnel, const Networks& networks, const std::string& reason) {
  if (tunnel.last_refusal == reason) return;
  tunnel.last_refusal = reason;
  notice(Notice::Level::Info, tunnel.policy.tunnel,
         "the peer takes no Child SA for " + to_string(networks) + " (" + reason + ")");
}

/// The time for another try, after so many in a row that came to nothing.
Time Engine::Impl::retry_time(unsigned failures) {
  const Time soon = now_ + dice_.between(kRetryLow, kRetryHigh);
  return failures < 2 ? soon : std::max(soon, now_ + reconnect_delay(failures, jitter()));
}

/// The peer has deleted `child`. What nothing carries then is asked for before long; and ever less often, and
/// beside others no more, where it deletes each soon after it has agreed to it.
void Engine::Impl::child_lost(Tunnel& tunnel, const ChildSa& child) {
  const IkeSa* sa = established(tunnel);
  if (sa == nullptr) return;
  const auto held = networks_of(installed_under(*sa));
  if (Division::has(held, child.networks)) return;
  Division& division = division_of(tunnel, *sa);
  const unsigned times = division.lost(child.networks, now_ - child.established >= kProven);
  const Time when = retry_time(times);
  division.wait(child.networks, when);
  tunnel.try_by(when);
  if (held.empty()) division.forgive();
  if (times < Division::kPatience) return;
  if (held.empty()) return record(tunnel, child_sas_deleted(now_, child.networks));
  const std::string reason = "deleted soon after it was made, " + std::to_string(times) + " times";
  division.given_up(child.networks, reason);
  division.wait(child.networks, now_ + kGivenUpFor);
  tell_refusal(tunnel, child.networks, reason);
}

}  // namespace awtun::ike
