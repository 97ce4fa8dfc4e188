// SPDX-License-Identifier: Apache-2.0
// CREATE_CHILD_SA for Child SAs (RFC 7296 1.3.1, 1.3.3, 2.8, 2.8.1): rekeys, and a new one when the
// last is gone. The order of a rekey, which leaves no instant without a usable pair: both ends add
// both new SAs, the initiator later, so that its data plane is told to hold what comes by the inbound one
// before; the initiator sends on the new pair once the response is there and deletes the old
// one; the responder sends on the new pair once it has heard that Delete, because then the
// initiator is known to receive on it; old inbound SAs linger.
//
// Diffie-Hellman, of PFS and of a rekey of the IKE SA, is done by jobs. None adds a state to those that
// collision.h knows: a request waits for its key before it is sent, and a message that needs a shared secret
// counts as one that came when the secret was there, which a slow network could have brought about as well.
#include <algorithm>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {
namespace {

/// Which asks for a Child SA in the place of `old`, or (nullptr) for one. `group`: see Task.
Task task_of(const ChildSa* old, wire::GroupId group = wire::GroupId::None) {
  if (old == nullptr) return {Task::What::NewChild, 0, group};
  return {Task::What::RekeyChild, old->inbound_spi, group};
}

/// By which the peer may be asked again, which has refused: the one that it names, or that of the IKE SA,
/// which it knows. nullopt: it has been asked already, or refuses something else.
std::optional<wire::GroupId> another_group(const AskNewChild& asked, const wire::NotifyView& error,
                                           const TunnelPolicy& policy, wire::GroupId ike_group) {
  const bool names_one = error.type == wire::NotifyType::InvalidKePayload && error.data.size() == 2;
  if (asked.again || (error.type != wire::NotifyType::NoProposalChosen && !names_one)) return std::nullopt;
  wire::GroupId group = ike_group;
  if (names_one) {
    const auto named = static_cast<wire::GroupId>(error.data[0] << 8 | error.data[1]);
    if (std::ranges::count(other_pfs_groups(policy, ike_group), named) > 0) group = named;
  }
  return group != asked.group() ? std::optional(group) : std::nullopt;
}

}  // namespace

// ---------------------------------------------------------------- initiator

/// An IKE SA that had no Child SA, and so was to end before its time, has one.
void Engine::Impl::keep_for_lifetime(IkeSa& sa) {
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel != nullptr && sa.is_up() && sa.established && sa.expires_at)
    sa.expires_at = std::max(*sa.expires_at, *sa.established + tunnel->policy.isakmp.lifetime);
}

/// Asks for a Child SA: to replace `old`, or (nullptr) for what is lacking. `group`: see Task.
void Engine::Impl::ask_new_child(IkeSa& sa, ChildSa* old, wire::GroupId group) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  const auto asked_for = old != nullptr ? wanted_for(sa, *old) : wanted(sa);
  if (!asked_for) return;
  const TunnelPolicy& policy = tunnel->policy;
  const bool again = group != wire::GroupId::None;
  AskNewChild ask{0, {}, policy.ipsec, *asked_for, {}, {}, again};
  const wire::GroupId pfs = again ? group : pfs_group(policy.ipsec);
  if (pfs != wire::GroupId::None) {
    ask.key_exchange = key_for(sa, pfs, task_of(old, group));
    if (!ask.key_exchange) return;
  }
  ask.nonce = dice_.nonce();
  ask.child = reserve_child(sa, true).inbound_spi;
  wire::PayloadWriter payloads;
  if (old != nullptr) {
    ask.replaces = old->inbound_spi;
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, spi_bytes(old->inbound_spi), {}});
  }
  write_mode(payloads, policy.transport_mode);
  payloads.sa(esp_proposals(policy.ipsec, ask.child, pfs));
  payloads.nonce(ask.nonce);
  if (ask.key_exchange) payloads.ke(pfs, ask.key_exchange->public_value());
  ask_selectors(payloads, asked_for->networks);
  send_request(sa, wire::ExchangeType::CreateChildSa, payloads, std::move(ask));
}

/// The key for a request of ours is there.
void Engine::Impl::done(IkeSa& sa, PrepareRequest&& what, JobResult&& result) {
  auto* made = std::get_if<KeyExchangeDone>(&result);
  if (made == nullptr || !made->ours) {
    notice(Notice::Level::Warning, sa.tunnel, "cannot generate a key for a rekey; retrying");
    return try_later(sa, what.task);
  }
  sa.prepared = std::move(made->ours);
  sa.want_first(what.task);
  pump(sa);
}

/// After TEMPORARY_FAILURE, or one of ours.
void Engine::Impl::try_later(IkeSa& sa, const Task& task) {
  const Time when = retry_time();
  if (task.what == Task::What::RekeyIke)
    sa.rekey_at = when;
  else if (ChildSa* old = find_child(task.child); old != nullptr && old->state == ChildState::Installed)
    old->rekey_at = when;
  else if (Tunnel* tunnel = find_tunnel(sa.tunnel))
    tunnel->next_attempt = when;
}

/// Nothing has been asked: the key that is being made is not needed. For what it was.
std::optional<Task> Engine::Impl::stop_preparing(IkeSa& sa) {
  sa.prepared.reset();
  const auto* preparing = sa.own_job ? std::get_if<PrepareRequest>(&sa.own_job->what) : nullptr;
  if (preparing == nullptr) return std::nullopt;
  const Task task = preparing->task;
  cancel_job(sa.own_job);
  return task;
}

void Engine::Impl::on_new_child_response(IkeSa& sa, AskNewChild&& asked, const wire::PayloadChain& inner) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  ChildSa* made = find_child(asked.child);
  if (tunnel == nullptr || made == nullptr) return;
  if (sa.state != IkeState::Established) return remove(*made);
  const auto error = find_error(inner);
  if (!error || error->type != wire::NotifyType::TemporaryFailure) sa.put_off_since.reset();
  if (error) {
    remove(*made);
    return new_child_refused(sa, *tunnel, asked, *error);
  }
  const auto ke = read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  if (!asked.key_exchange || !ke || ke->group != asked.group())
    return finish_new_child(sa, std::move(asked), inner, nullptr);
  KeyExchangeJob job{ke->group, {}, asked.key_exchange, Bytes(ke->data.begin(), ke->data.end())};
  start_job(sa, std::move(job), ConcludeRequest{std::move(asked), keep(inner)});
}

void Engine::Impl::done(IkeSa& sa, ConcludeRequest&& what, JobResult&& result) {
  const auto* keys = std::get_if<KeyExchangeDone>(&result);
  const Secret* shared = keys != nullptr && keys->shared ? &*keys->shared : nullptr;
  const auto inner = wire::parse_chain(what.inner.first, what.inner.octets);
  const auto* failed = std::get_if<JobFailed>(&result);
  if (!inner || (failed != nullptr && failed->undone))
    conclusion_failed(sa, job_failed(now_, wire::ExchangeType::CreateChildSa, failed));
  else if (auto* for_child = std::get_if<AskNewChild>(&what.asked))
    finish_new_child(sa, std::move(*for_child), *inner, shared);
  else if (auto* for_ike = std::get_if<AskRekeyIke>(&what.asked))
    finish_ike_rekey(sa, std::move(*for_ike), *inner, shared);
  pump(sa);
}

/// The peer holds an SA that we cannot use.
void Engine::Impl::conclusion_failed(IkeSa& sa, Failure failure) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  delete_ike(sa);
  if (tunnel == nullptr) return;
  record(*tunnel, std::move(failure));
  back_off(*tunnel);
}

/// `shared`: nullptr without PFS, or when there is none.
void Engine::Impl::finish_new_child(IkeSa& sa, AskNewChild&& asked, const wire::PayloadChain& inner,
                                    const Secret* shared) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  ChildSa* made = find_child(asked.child);
  if (tunnel == nullptr || made == nullptr) return;
  if (sa.state != IkeState::Established) return remove(*made);
  auto terms = agree_as_initiator(tunnel->policy, asked.profile, asked.wanted, inner,
                                  negotiation(sa, wire::ExchangeType::CreateChildSa, asked.group()));
  const auto nonce = read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  ExchangeNonces nonces{std::move(asked.nonce), nonce ? Bytes(nonce->begin(), nonce->end()) : Bytes()};
  const bool complete = terms && nonce && (asked.key_exchange != nullptr) == (shared != nullptr);
  if (!complete || !install(*made, sa, asked.profile, *terms, shared, std::move(nonces))) {
    return conclusion_failed(
        sa, terms ? protocol_error(now_, wire::ExchangeType::CreateChildSa, "KE or Nonce is missing or wrong")
                  : std::move(terms.error().failure));
  }
  note_narrowed(*tunnel, sa, asked.wanted.networks, *made);
  keep_for_lifetime(sa);
  if (was_deleted_early(sa, made->outbound_spi)) {
    // The peer has taken it back, so it replaces nothing.
    peer_deleted(*made);
    if (ChildSa* old = asked.replaces ? find_child(*asked.replaces) : nullptr; is_in_use(old))
      old->rekey_at = retry_time();
  } else {
    finish_child_rekey(sa, *tunnel, *made, asked.replaces);
  }
  ask_for_lacking(sa);
}

/// Our new Child SA is installed. When the peer has replaced the same one, the nonces decide. `replaces`:
/// nullopt when it is for what was lacking.
void Engine::Impl::finish_child_rekey(IkeSa& sa, Tunnel& tunnel, ChildSa& made,
                                      std::optional<std::uint32_t> replaces) {
  made.replaces = replaces;
  ChildSa* old = replaces ? find_child(*replaces) : nullptr;
  ChildSa* theirs = replaces ? peers_replacement(tunnel, *replaces) : nullptr;
  Rival rival = Rival::None;
  if (theirs != nullptr)
    rival = resolve_rekey(made.nonces, theirs->nonces) == Verdict::TheirsSurvives ? Rival::Survives
                                                                                  : Rival::Loses;
  const WeAsked asked = replaces ? WeAsked::RekeyChild : WeAsked::NewChild;
  const bool in_use = replaces ? is_in_use(old) : true;
  // The peer's replacement of it may have been replaced in turn.
  const auto all = children(tunnel);
  const bool superseded = std::any_of(all.begin(), all.end(), [&](const ChildSa* one) {
    return one != &made && one->state == ChildState::Installed && covers(one->networks, made.networks);
  });
  if (!in_use && rival == Rival::None && superseded) rival = Rival::Survives;
  if (conclude({asked, PeerAnswers::Agreed, in_use, rival}) == Conclusion::YieldToRival) {
    if (in_use) mark_replaced(*old);
    return delete_child(made);
  }
  if (replaces) ++counters_.child_rekeys;
  if (old != nullptr && is_active(*old))
    activate(made);
  else
    activate_if_needed(made);
  if (theirs != nullptr) mark_replaced(*theirs);
  if (old != nullptr && old->is_usable()) delete_child(*old);
  if (!replaces) delete_covered(sa, made);
  pump(sa);
}

/// What was asked for anew has taken over from those that are for part of it.
void Engine::Impl::delete_covered(const IkeSa& sa, const ChildSa& made) {
  for (ChildSa* one : installed_under(sa))
    if (one != &made && covers(made.networks, one->networks)) delete_child(*one);
}

void Engine::Impl::new_child_refused(IkeSa& sa, Tunnel& tunnel, const AskNewChild& asked,
                                     const wire::NotifyView& error) {
  ChildSa* old = asked.replaces ? find_child(*asked.replaces) : nullptr;
  const bool theirs = asked.replaces && peers_replacement(tunnel, *asked.replaces) != nullptr;
  const WeAsked what = asked.replaces ? WeAsked::RekeyChild : WeAsked::NewChild;
  const bool in_use = asked.replaces ? is_in_use(old) : true;
  PeerAnswers answer = peer_answers(error.type);
  // What the peer asked for itself it does not know before it has our response.
  const bool young = old != nullptr && !old->ours && now_ - old->established < kGiveUpAfter;
  if (answer == PeerAnswers::ChildSaNotFound && young) answer = PeerAnswers::TemporaryFailure;
  switch (conclude({what, answer, in_use, theirs ? Rival::Survives : Rival::None})) {
    case Conclusion::AdoptRival:
      if (in_use) mark_replaced(*old);
      return;
    case Conclusion::TryLater:
      if (!asked.replaces && !installed_under(sa).empty())
        return part_put_off(sa, tunnel, asked.wanted.networks);
      try_later(sa, task_of(old));
      return put_off(sa);
    case Conclusion::AskForNew:
      remove(*old);
      return ask_for_lacking(sa);
    case Conclusion::Report:
      break;
    case Conclusion::UseOurs:
    case Conclusion::OutdoRival:
    case Conclusion::YieldToRival:
    case Conclusion::DropOurs:
    case Conclusion::Forget:
      return;
  }
  if (const auto group = another_group(asked, error, tunnel.policy, sa.suite->group))
    return sa.want_first(task_of(old, *group));
  if (!asked.replaces) {
    decline(sa, tunnel, asked.wanted.networks, error);
    if (lacking(sa)) return ask_for_lacking(sa);
    if (!installed_under(sa).empty()) return;
  } else if (wants_less(sa, tunnel, asked, error)) {
    return sa.want_first(task_of(old));
  }
  record(tunnel, refused_by_peer(now_, wire::ExchangeType::CreateChildSa, error.type, asked.wanted.networks,
                                 describe(asked.profile, pfs_group(asked.profile))));
  if (old != nullptr) {
    old->rekey_at = now_ + dice_.between(kRefusedLow, kRefusedHigh);
    return begin_beside(tunnel);
  }
  delete_ike(sa);
  back_off(tunnel);
}

// ---------------------------------------------------------------- responder

void Engine::Impl::on_create_child_request(IkeSa& sa, const PeersRequest& request) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const auto offered = read<wire::decode_sa>(request.inner, wire::PayloadType::Sa);
  if (tunnel == nullptr || !offered) return refuse(sa, request.header, wire::NotifyType::TemporaryFailure);
  const bool whole = (*offered->begin()).protocol == wire::ProtocolId::Ike;
  const auto rekey = whole ? std::nullopt : find_notify(request.inner, wire::NotifyType::RekeySa);
  ChildSa* old = rekey ? rekeyed_child(*tunnel, *rekey) : nullptr;
  const PeerAsks asks = whole ? PeerAsks::RekeyIke : rekey ? PeerAsks::RekeyChild : PeerAsks::NewChild;
  Networks asked_for;
  if (asks == PeerAsks::NewChild) {
    asked_for = granted(tunnel->policy, request.inner,
                        negotiation(sa, wire::ExchangeType::CreateChildSa, wire::GroupId::None));
    old = find_same_networks(sa, asked_for);
  }
  const Ruling ruling = resolve(situation(sa, *tunnel, asks, old, asked_for));
  switch (ruling.answer) {
    case Answer::Normal:
      if (const auto why = no_room(*tunnel, asks)) {
        ++counters_.sa_limit_reached;
        if (*why == wire::NotifyType::TemporaryFailure)
          put_off_peer(sa, request.header);
        else
          refuse(sa, request.header, *why);
        break;
      }
      if (whole)
        on_ike_rekey_request(sa, *tunnel, request, ruling.then);
      else
        on_new_child_request(sa, *tunnel, request, {old, ruling.then});
      break;
    case Answer::ChildSaNotFound: {
      wire::PayloadWriter payloads;
      payloads.notify({wire::NotifyType::ChildSaNotFound, rekey->protocol, rekey->spi, {}});
      respond(sa, request.header, payloads);
      break;
    }
    case Answer::Empty:
    case Answer::TemporaryFailure:
      put_off_peer(sa, request.header);
      break;
  }
  // While the keys are being made, nothing has been answered.
  if (is_collision(ruling) && !sa.job) ++counters_.collisions;
}

/// Why the peer gets no more. One that replaces without deleting what it has replaced is put off until it
/// does.
std::optional<wire::NotifyType> Engine::Impl::no_room(Tunnel& tunnel, PeerAsks asks) {
  if (asks == PeerAsks::RekeyIke && standing_ike_sas(tunnel).size() < kMaxIkeSas) return std::nullopt;
  if (asks != PeerAsks::RekeyIke) {
    const auto all = children(tunnel);
    const auto how_many = [&](ChildState state) {
      return static_cast<std::size_t>(std::ranges::count(all, state, &ChildSa::state));
    };
    if (asks == PeerAsks::NewChild && how_many(ChildState::Installed) >= kMaxChildSas)
      return wire::NotifyType::NoAdditionalSas;
    if (how_many(ChildState::Replaced) < kMaxReplaced) return std::nullopt;
  }
  return wire::NotifyType::TemporaryFailure;
}

void Engine::Impl::put_off_peer(IkeSa& sa, const wire::Header& header) {
  ++counters_.temporary_failures_sent;
  refuse(sa, header, wire::NotifyType::TemporaryFailure);
}

/// True when they are there. If not, a job makes them, and the request is taken up again with them.
bool Engine::Impl::obtain_keys(IkeSa& sa, const PeersRequest& request, const wire::KeView& ke) {
  if (request.keys != nullptr) return true;
  start_job(sa, key_exchange_job(ke.group, Bytes(ke.data.begin(), ke.data.end())),
            AnswerCreateChild{request.header, keep(request.inner)});
  return false;
}

void Engine::Impl::done(IkeSa& sa, AnswerCreateChild&& what, JobResult&& result) {
  const auto inner = wire::parse_chain(what.inner.first, what.inner.octets);
  const auto* keys = std::get_if<KeyExchangeDone>(&result);
  const auto* failed = std::get_if<JobFailed>(&result);
  if (inner && keys != nullptr && keys->ours && keys->shared)
    on_create_child_request(sa, {what.header, *inner, keys});
  else if (failed != nullptr && failed->undone)
    put_off_peer(sa, what.header);
  else
    return refuse_syntax(sa, what.header, "invalid public value");
  pump(sa);
}

/// The IKE SA goes: the peer is told so now (RFC 7296 2.25.2).
void Engine::Impl::stop_answering(IkeSa& sa) {
  const auto* answering = sa.job ? std::get_if<AnswerCreateChild>(&sa.job->what) : nullptr;
  const auto header = answering != nullptr ? std::optional(answering->header) : std::nullopt;
  cancel_job(sa.job);
  if (header) put_off_peer(sa, *header);
}

/// The peer cannot do it on its terms, and its patience with the old one may be shorter than ours.
void Engine::Impl::rekey_before_long(ChildSa& old) {
  const Time when = now_ + dice_.between(kRefusedLow, kRefusedHigh);
  if (old.rekey_at && *old.rekey_at > now_ + kRefusedHigh) old.rekey_at = when;
}

/// The Child SA that the peer means: REKEY_SA names the SPI that it receives on, our outbound one.
ChildSa* Engine::Impl::rekeyed_child(Tunnel& tunnel, const wire::NotifyView& rekey) {
  const auto spi = spi_of(rekey.spi);
  ChildSa* meant = spi ? find_child_by_outbound(tunnel, *spi) : nullptr;
  return meant != nullptr && (meant->is_usable() || meant->is_leaving()) ? meant : nullptr;
}

/// The Child SA of this IKE SA that is for these already; nullptr: there is none.
ChildSa* Engine::Impl::find_same_networks(const IkeSa& sa, const Networks& networks) {
  const auto installed = installed_under(sa);
  const auto found =
      std::ranges::find_if(installed, [&](const ChildSa* one) { return one->networks == networks; });
  return found != installed.end() ? *found : nullptr;
}

/// The Child SA by which the peer has replaced the one that is named.
ChildSa* Engine::Impl::peers_replacement(Tunnel& tunnel, std::uint32_t replaced) {
  for (ChildSa* candidate : children(tunnel))
    if (candidate->replaces == replaced && !candidate->ours && candidate->state == ChildState::Installed)
      return candidate;
  return nullptr;
}

void Engine::Impl::on_new_child_request(IkeSa& sa, Tunnel& tunnel, const PeersRequest& request,
                                        const Replacing& replacing) {
  const wire::Header& header = request.header;
  Negotiation here = negotiation(sa, wire::ExchangeType::CreateChildSa, pfs_group(tunnel.policy.ipsec));
  here.also = other_pfs_groups(tunnel.policy, sa.suite->group);
  auto terms = agree_as_responder(tunnel.policy, request.inner, here);
  if (!terms) {
    const bool more = !find_notify(request.inner, wire::NotifyType::RekeySa) && !installed_under(sa).empty();
    // A peer that asks for more than we let through has what we do.
    if (more && terms.error().notify == wire::NotifyType::TsUnacceptable)
      mention(tunnel, terms.error().failure);
    else
      record(tunnel, std::move(terms.error().failure));
    if (replacing.old != nullptr) rekey_before_long(*replacing.old);
    return refuse(sa, header, terms.error().notify);
  }
  const wire::GroupId pfs = terms->pfs;
  const auto nonce = read<wire::decode_nonce>(request.inner, wire::PayloadType::Nonce);
  if (!nonce) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  if (pfs != wire::GroupId::None) {
    const auto ke = read<wire::decode_ke>(request.inner, wire::PayloadType::Ke);
    if (!ke || ke->group != pfs)
      return refuse(sa, header, wire::NotifyType::InvalidKePayload, group_octets(pfs));
    if (!obtain_keys(sa, request, *ke)) return;
  }
  // Those that a changed configuration does without are not used.
  const KeyExchangeDone* keys = pfs != wire::GroupId::None ? request.keys : nullptr;
  ChildSa& made = reserve_child(sa, false);
  ChildSa* old = replacing.old;
  if (old != nullptr) made.replaces = old->inbound_spi;
  ExchangeNonces nonces{Bytes(nonce->begin(), nonce->end()), dice_.nonce()};
  const Bytes own_nonce = nonces.responder;
  if (!install(made, sa, tunnel.policy.ipsec, *terms, keys != nullptr ? &*keys->shared : nullptr,
               std::move(nonces))) {
    remove(made);
    return put_off_peer(sa, header);
  }
  wire::PayloadWriter payloads;
  write_mode(payloads, terms->transport);
  payloads.sa(answer(terms->choice, made.inbound_spi, pfs));
  payloads.nonce(own_nonce);
  if (keys != nullptr) payloads.ke(pfs, keys->ours->public_value());
  answer_selectors(payloads, *terms);
  respond(sa, header, payloads);

  activate_if_needed(made);
  keep_for_lifetime(sa);
  tunnel.next_attempt.reset();
  complete(tunnel);
  if (old == nullptr) return;
  if (replacing.then == Then::PeerDeletesOld) mark_replaced(*old);
  if (find_notify(request.inner, wire::NotifyType::RekeySa)) {
    ++counters_.child_rekeys;
  } else if (old->expires_at) {
    // The peer has not said that it replaces the other one, so it may keep that.
    old->expires_at = std::min(*old->expires_at, now_ + kSuperseded);
  }
}

}  // namespace awtun::ike
