// SPDX-License-Identifier: Apache-2.0
// CREATE_CHILD_SA for the IKE SA itself (RFC 7296 1.3.2, 2.8.2, 2.18): a new one takes over the Child
// SAs, and the end that asked for it deletes the old one.
#include <algorithm>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/lifetime.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal_mismatch.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {
namespace {

/// A peer that has answered nothing but TEMPORARY_FAILURE for so long is started over.
constexpr Duration kPutOffPatience{120000};

}  // namespace

/// TEMPORARY_FAILURE to whatever we asked: the caller has arranged another try.
void Engine::Impl::put_off(IkeSa& sa) {
  ++counters_.temporary_failures_received;
  if (!sa.put_off_since) sa.put_off_since = now_;
  if (now_ - *sa.put_off_since < kPutOffPatience) return;
  if (Tunnel* tunnel = find_tunnel(sa.tunnel)) record(*tunnel, put_off_for_minutes(now_));
  start_over(sa, Duration::zero());
}

/// The successor of an IKE SA, with its keys; nullptr when the crypto library fails.
IkeSa* Engine::Impl::make_successor(const IkeSa& old, std::uint64_t local_spi, bool initiator,
                                    const IkeChoice& choice, const Secret& shared, ExchangeNonces nonces) {
  const crypto::Prf& prf = old.keys->prf();
  const auto seed =
      crypto::skeyseed_for_rekey(prf, old.keys->sk_d(), shared, nonces.initiator, nonces.responder);
  IkeSa& made = new_ike_sa(old.tunnel, local_spi, initiator, IkeState::Established);
  made.peer_spi = choice.peer_spi;
  made.local = old.local;
  made.remote = old.remote;
  made.nat = old.nat;
  made.fragmentation = old.fragmentation;
  arm_keepalive(made);
  made.origin = old.origin;
  made.give_way_at = old.give_way_at;
  made.dpd_interval = old.dpd_interval;
  made.confirmed = initiator;
  if (!set_keys(made, choice, seed, nonces.initiator, nonces.responder)) {
    close(made);
    return nullptr;
  }
  made.keys->forget_sk_p();
  made.nonces = std::move(nonces);
  made.established = now_;
  made.dpd_at = now_ + made.dpd_interval;
  if (const Tunnel* tunnel = find_tunnel(old.tunnel)) {
    const Duration lifetime = tunnel->policy.isakmp.lifetime;
    made.dpd_interval = tunnel->policy.isakmp.dpd_interval;
    made.dpd_at = now_ + made.dpd_interval;
    made.rekey_at = now_ + rekey_after(lifetime, initiator, jitter());
    made.expires_at = now_ + lifetime;
  }
  return &made;
}

/// The peer has moved them as well, or does so with our answer.
void Engine::Impl::move_children(const IkeSa& from, const IkeSa& to) {
  Tunnel* tunnel = find_tunnel(from.tunnel);
  if (tunnel == nullptr) return;
  for (ChildSa* moved : children(*tunnel))
    if (moved->ike_sa == from.local_spi) moved->ike_sa = to.local_spi;
}

/// `made` takes the place of `old`; the end that asked for it (`ours`) deletes the old one.
void Engine::Impl::adopt_successor(IkeSa& old, IkeSa& made, bool ours) {
  ++counters_.ike_rekeys;
  made.provisional = false;
  if (!made.give_way_at) made.give_way_at = old.give_way_at;
  old.rival.reset();
  move_children(old, made);
  // The peer may have been given other networks since.
  if (Tunnel* tunnel = find_tunnel(made.tunnel)) tunnel->division.forgive();
  if (const auto task = stop_preparing(old)) old.want_first(*task);
  for (const Task& task : old.queue) {
    const bool about_children = task.what == Task::What::NewChild || task.what == Task::What::RekeyChild ||
                                task.what == Task::What::DeleteChild;
    if (about_children) made.want(task);
  }
  // The initiator of a rekey knows both SPIs only now (RFC 6290 4.3).
  const bool lacks_token = !made.token_given && !settings_.quick_crash_secret.empty();
  if (lacks_token || made.origin.doubted) made.want({Task::What::Liveness});
  if (ours)
    delete_ike(old);
  else
    mark_replaced(old, kGiveUpAfter);
  if (made.origin.ours)
    ask_for_lacking(made);
  else
    pump(made);
}

/// The peer is to delete this IKE SA; if that does not come within `patience`, it goes by itself.
void Engine::Impl::mark_replaced(IkeSa& sa, Duration patience) {
  sa.state = IkeState::Replaced;
  stop_preparing(sa);
  sa.provisional = false;
  sa.queue.clear();
  sa.stop_timers();
  sa.expires_at = now_ + patience;
}

/// Our own rekey came to nothing, but the peer's succeeded. False when there is none.
bool Engine::Impl::adopt_rival(IkeSa& old) {
  IkeSa* rival = rival_of(old);
  if (rival == nullptr) return false;
  adopt_successor(old, *rival, false);
  return true;
}

IkeSa* Engine::Impl::rival_of(const IkeSa& old) {
  IkeSa* rival = old.rival ? find_ike_sa(*old.rival) : nullptr;
  return rival != nullptr && rival->provisional && rival->state == IkeState::Established ? rival : nullptr;
}

// ---------------------------------------------------------------- initiator

void Engine::Impl::ask_rekey_ike(IkeSa& sa, const Task& task) {
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  const auto group = task.group != wire::GroupId::None ? task.group : sa.suite->group;
  auto key_exchange = tunnel != nullptr ? key_for(sa, group, task) : nullptr;
  if (!key_exchange) return;
  AskRekeyIke ask{fresh_ike_spi(), tunnel->policy.isakmp, dice_.nonce(), std::move(key_exchange)};
  wire::PayloadWriter payloads;
  payloads.sa(ike_proposals(ask.profile, spi_bytes(ask.spi)));
  payloads.nonce(ask.nonce);
  payloads.ke(group, ask.key_exchange->public_value());
  send_request(sa, wire::ExchangeType::CreateChildSa, payloads, std::move(ask));
}

void Engine::Impl::on_ike_rekey_response(IkeSa& sa, AskRekeyIke&& asked, const wire::PayloadChain& inner) {
  const auto error = find_error(inner);
  if (!error || error->type != wire::NotifyType::TemporaryFailure) sa.put_off_since.reset();
  if (error) return ike_rekey_refused(sa, asked, *error);
  const auto ke = read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  if (!ke || ke->group != asked.key_exchange->group())
    return finish_ike_rekey(sa, std::move(asked), inner, nullptr);
  KeyExchangeJob job{ke->group, {}, asked.key_exchange, Bytes(ke->data.begin(), ke->data.end())};
  start_job(sa, std::move(job), ConcludeRequest{std::move(asked), keep(inner)});
}

/// `shared`: nullptr when there is none.
void Engine::Impl::finish_ike_rekey(IkeSa& sa, AskRekeyIke&& asked, const wire::PayloadChain& inner,
                                    const Secret* shared) {
  const auto answer = read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto nonce = read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  const auto choice = answer ? accepted_ike(asked.profile, *answer) : std::nullopt;
  IkeSa* made = nullptr;
  if (shared != nullptr && choice && choice->peer_spi != 0 && nonce &&
      choice->suite.group == asked.key_exchange->group())
    made = make_successor(sa, asked.spi, true, *choice, *shared,
                          {std::move(asked.nonce), Bytes(nonce->begin(), nonce->end())});
  if (made == nullptr)
    return conclusion_failed(sa, protocol_error(now_, wire::ExchangeType::CreateChildSa,
                                                "invalid response to the rekey of the IKE SA"));
  take_token(*made, inner);
  IkeSa* theirs = rival_of(sa);
  Rival rival = Rival::None;
  if (theirs != nullptr)
    rival = resolve_rekey(made->nonces, theirs->nonces) == Verdict::TheirsSurvives ? Rival::Survives
                                                                                   : Rival::Loses;
  const bool in_use = sa.state == IkeState::Established;
  switch (conclude({WeAsked::RekeyIke, PeerAnswers::Agreed, in_use, rival})) {
    case Conclusion::UseOurs:
      return adopt_successor(sa, *made, true);
    case Conclusion::OutdoRival:
      adopt_successor(sa, *made, true);
      // The peer knows of its own only if our answer is there before our Delete of the old one.
      return mark_replaced(*theirs, kEndedPatience);
    case Conclusion::YieldToRival:
      adopt_successor(sa, *theirs, false);
      return delete_ike(*made);
    case Conclusion::DropOurs:
    case Conclusion::AdoptRival:
    case Conclusion::Forget:
    case Conclusion::TryLater:
    case Conclusion::AskForNew:
    case Conclusion::Report:
      break;
  }
  // The peer sends on the Child SAs of the one that is dropped until it hears of that.
  move_children(sa, *made);
  delete_ike(*made);
}

void Engine::Impl::ike_rekey_refused(IkeSa& sa, const AskRekeyIke& asked, const wire::NotifyView& error) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  const Rival rival = rival_of(sa) != nullptr ? Rival::Survives : Rival::None;
  switch (conclude({WeAsked::RekeyIke, peer_answers(error.type), sa.state == IkeState::Established, rival})) {
    case Conclusion::AdoptRival:
      adopt_rival(sa);
      return;
    case Conclusion::TryLater:
      try_later(sa, {Task::What::RekeyIke});
      return put_off(sa);
    case Conclusion::Report:
      break;
    case Conclusion::UseOurs:
    case Conclusion::OutdoRival:
    case Conclusion::YieldToRival:
    case Conclusion::DropOurs:
    case Conclusion::Forget:
    case Conclusion::AskForNew:
      return;
  }
  if (error.type == wire::NotifyType::InvalidKePayload && error.data.size() == 2) {
    const auto group = static_cast<wire::GroupId>(error.data[0] << 8 | error.data[1]);
    if (group != asked.key_exchange->group() && offers_group(asked.profile, group))
      return sa.want_first({Task::What::RekeyIke, 0, group});
  }
  if (error.type == wire::NotifyType::NoProposalChosen) {
    record(*tunnel, no_proposal_chosen(now_, Side::Peer, wire::ExchangeType::CreateChildSa,
                                       describe(asked.profile), ""));
  } else {
    record(*tunnel, refused(now_, Side::Peer, wire::ExchangeType::CreateChildSa, error.type));
  }
  sa.rekey_at = now_ + dice_.between(kRefusedLow, kRefusedHigh);
  begin_beside(*tunnel);
}

/// The peer refuses to rekey: another IKE SA with its first Child SA, which needs no PFS, takes over from
/// what there is before that goes (see settle()).
void Engine::Impl::begin_beside(Tunnel& tunnel) {
  const auto all = ike_sas(tunnel);
  const bool under_way = std::ranges::any_of(all, [](const IkeSa* sa) {
    return sa->state == IkeState::InitSent || sa->state == IkeState::AuthSent;
  });
  if (!under_way) start_attempt(tunnel);
}

// ---------------------------------------------------------------- responder

void Engine::Impl::on_ike_rekey_request(IkeSa& sa, Tunnel& tunnel, const PeersRequest& request, Then then) {
  const wire::Header& header = request.header;
  const auto offered = read<wire::decode_sa>(request.inner, wire::PayloadType::Sa);
  const auto ke = read<wire::decode_ke>(request.inner, wire::PayloadType::Ke);
  const auto nonce = read<wire::decode_nonce>(request.inner, wire::PayloadType::Nonce);
  if (!offered || !ke || !nonce) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  const auto choice = choose_ike(tunnel.policy.isakmp, *offered);
  if (!choice || choice->peer_spi == 0) {
    record(tunnel,
           no_proposal_chosen(now_, Side::Local, wire::ExchangeType::CreateChildSa,
                              describe(tunnel.policy.isakmp), describe(*offered, wire::ProtocolId::Ike),
                              proposal_mismatch(ike_proposals(tunnel.policy.isakmp, {}), *offered)));
    return refuse(sa, header, wire::NotifyType::NoProposalChosen);
  }
  if (ke->group != choice->suite.group)
    return refuse(sa, header, wire::NotifyType::InvalidKePayload, group_octets(choice->suite.group));
  if (!obtain_keys(sa, request, *ke)) return;
  const Bytes own_nonce = dice_.nonce();
  IkeSa* made = make_successor(sa, fresh_ike_spi(), false, *choice, *request.keys->shared,
                               {Bytes(nonce->begin(), nonce->end()), own_nonce});
  if (made == nullptr) return put_off_peer(sa, header);

  wire::PayloadWriter payloads;
  payloads.sa(answer(*choice, spi_bytes(made->local_spi)));
  payloads.nonce(own_nonce);
  payloads.ke(ke->group, request.keys->ours->public_value());
  give_token(*made, payloads);
  respond(sa, header, payloads);
  if (then != Then::CompareNonces) return adopt_successor(sa, *made, false);
  made->provisional = true;
  sa.rival = made->local_spi;
}

}  // namespace awtun::ike
