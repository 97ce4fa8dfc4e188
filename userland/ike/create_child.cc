// SPDX-License-Identifier: Apache-2.0
// CREATE_CHILD_SA for Child SAs (RFC 7296 1.3.1, 1.3.3, 2.8, 2.8.1): rekeys, and a new one when the
// last is gone. The order of a rekey, which leaves no instant without a usable pair: both ends add
// both new SAs; the initiator sends on the new pair once the response is there and deletes the old
// one; the responder sends on the new pair once it has heard that Delete, because then the
// initiator is known to receive on it; old inbound SAs linger.
//
// The Diffie-Hellman exchanges of PFS, and of a rekey of the IKE SA, are computed within the step and not
// by jobs: only peers that have proved who they are get here, a few times a day, and half a millisecond
// costs less than a state in which each of the collisions of collision.h would have to be thought of anew.
#include <algorithm>

#include "userland/ike/engine_impl.h"
#include "userland/ike/payloads.h"
#include "userland/ike/retransmission.h"

namespace awtun::ike {
namespace {}  // namespace

// ---------------------------------------------------------------- initiator

/// Asks for a Child SA: to replace `old`, or (nullptr) because there is none.
void Engine::Impl::ask_new_child(IkeSa& sa, ChildSa* old) {
  Tunnel* owner = tunnel(sa.tunnel);
  if (owner == nullptr || (old == nullptr && has_child(*owner))) return;
  const TunnelPolicy& policy = owner->policy;
  AskNewChild ask{0, {}, policy.ipsec, dice_.nonce(), {}};
  const wire::GroupId pfs = pfs_group(policy.ipsec);
  if (pfs != wire::GroupId::None) {
    auto key_exchange = crypto::KeyExchange::generate(pfs, dice_.source());
    if (!key_exchange) {
      notice(Notice::Level::Warning, sa.tunnel, "no key could be made for PFS; the Child SA is not rekeyed");
      return;
    }
    ask.key_exchange.emplace(*std::move(key_exchange));
  }
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
  ask_selectors(payloads, policy, {sa.local, sa.remote});
  send_request(sa, wire::ExchangeType::CreateChildSa, payloads, std::move(ask));
}

void Engine::Impl::on_new_child_response(IkeSa& sa, AskNewChild&& asked, const wire::PayloadChain& inner) {
  Tunnel* owner = tunnel(sa.tunnel);
  ChildSa* made = child(asked.child);
  if (owner == nullptr || made == nullptr) return;
  if (sa.state != IkeState::Established) return remove(*made);
  if (const auto error = find_error(inner)) {
    remove(*made);
    return new_child_refused(sa, *owner, asked, *error);
  }
  sa.put_off_since.reset();
  const wire::GroupId pfs = pfs_group(asked.profile);
  auto terms = agree_as_initiator(owner->policy, asked.profile, inner,
                                  occasion(sa, wire::ExchangeType::CreateChildSa, pfs));
  const auto nonce = read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  std::optional<Secret> shared;
  if (asked.key_exchange) {
    const auto ke = read<wire::decode_ke>(inner, wire::PayloadType::Ke);
    if (ke && ke->group == pfs)
      if (auto derived = asked.key_exchange->derive(ke->data)) shared = *std::move(derived);
  }
  ExchangeNonces nonces{std::move(asked.nonce), nonce ? Bytes(nonce->begin(), nonce->end()) : Bytes()};
  const bool complete = terms && nonce && asked.key_exchange.has_value() == shared.has_value();
  if (!complete ||
      !install(*made, sa, asked.profile, *terms, shared ? &*shared : nullptr, std::move(nonces))) {
    // The peer holds a Child SA that we cannot use.
    record(*owner,
           terms ? protocol_error(now_, wire::ExchangeType::CreateChildSa, "KE or Nonce is missing or wrong")
                 : std::move(terms.error().failure));
    delete_ike(sa);
    return back_off(*owner);
  }
  finish_child_rekey(sa, *owner, *made, asked.replaces);
}

/// Our new Child SA is installed. When the peer has replaced the same one, the nonces decide.
void Engine::Impl::finish_child_rekey(IkeSa& sa, Tunnel& owner, ChildSa& made,
                                      std::optional<std::uint32_t> replaces) {
  made.replaces = replaces;
  ChildSa* old = replaces ? child(*replaces) : nullptr;
  ChildSa* theirs = replaces ? peers_replacement(owner, *replaces) : nullptr;
  Rival rival = Rival::None;
  if (theirs != nullptr)
    rival = resolve_rekey(made.nonces, theirs->nonces) == Verdict::TheirsSurvives ? Rival::Survives
                                                                                  : Rival::Loses;
  const WeAsked asked = replaces ? WeAsked::RekeyChild : WeAsked::NewChild;
  const bool in_use = replaces ? is_in_use(old) : true;
  // The peer's replacement of it may have been replaced in turn.
  const auto all = children(owner);
  const bool superseded = std::any_of(all.begin(), all.end(), [&](const ChildSa* one) {
    return one != &made && one->state == ChildState::Installed;
  });
  if (!in_use && rival == Rival::None && superseded) rival = Rival::Survives;
  if (conclude({asked, PeerAnswers::Agreed, in_use, rival}) == Conclusion::YieldToRival) {
    if (in_use) mark_replaced(*old);
    return delete_child(made);
  }
  if (replaces) ++counters_.child_rekeys;
  activate(made);
  if (theirs != nullptr) mark_replaced(*theirs);
  if (old != nullptr && (old->state == ChildState::Installed || old->state == ChildState::Replaced))
    delete_child(*old);
  pump(sa);
}

void Engine::Impl::new_child_refused(IkeSa& sa, Tunnel& owner, const AskNewChild& asked,
                                     const wire::NotifyView& error) {
  ChildSa* old = asked.replaces ? child(*asked.replaces) : nullptr;
  const bool theirs = asked.replaces && peers_replacement(owner, *asked.replaces) != nullptr;
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
      (old != nullptr ? old->rekey_at : owner.next_attempt) = now_ + dice_.between(kRetryLow, kRetryHigh);
      return put_off(sa);
    case Conclusion::AskForNew:
      remove(*old);
      return sa.want({Task::What::NewChild});
    case Conclusion::Report:
      break;
    case Conclusion::UseOurs:
    case Conclusion::OutdoRival:
    case Conclusion::YieldToRival:
    case Conclusion::DropOurs:
    case Conclusion::Forget:
      return;
  }
  if (error.type == wire::NotifyType::NoProposalChosen) {
    record(owner, no_proposal_chosen(now_, Side::Peer, wire::ExchangeType::CreateChildSa,
                                     describe(asked.profile, pfs_group(asked.profile)), ""));
  } else {
    record(owner, refused(now_, Side::Peer, wire::ExchangeType::CreateChildSa, error.type));
  }
  if (old != nullptr) {
    old->rekey_at = now_ + dice_.between(Duration{30000}, Duration{60000});
    return;
  }
  delete_ike(sa);
  back_off(owner);
}

// ---------------------------------------------------------------- responder

void Engine::Impl::on_create_child_request(IkeSa& sa, const wire::Header& header,
                                           const wire::PayloadChain& inner) {
  Tunnel* owner = tunnel(sa.tunnel);
  const auto offered = read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  if (owner == nullptr || !offered) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  const bool whole = (*offered->begin()).protocol == wire::ProtocolId::Ike;
  const auto rekey = whole ? std::nullopt : find_notify(inner, wire::NotifyType::RekeySa);
  ChildSa* old = rekey ? rekeyed_child(*owner, *rekey) : nullptr;
  const PeerAsks asks = whole ? PeerAsks::RekeyIke : rekey ? PeerAsks::RekeyChild : PeerAsks::NewChild;
  const Ruling ruling = resolve(situation(sa, *owner, asks, old));
  if (is_collision(ruling)) ++counters_.collisions;
  switch (ruling.answer) {
    case Answer::Normal:
      if (whole) return on_ike_rekey_request(sa, *owner, header, inner, ruling.then);
      return on_new_child_request(sa, *owner, header, inner, {old, ruling.then});
    case Answer::ChildSaNotFound: {
      wire::PayloadWriter payloads;
      payloads.notify({wire::NotifyType::ChildSaNotFound, rekey->protocol, rekey->spi, {}});
      return respond(sa, header, payloads);
    }
    case Answer::NoAdditionalSas:
      return refuse(sa, header, wire::NotifyType::NoAdditionalSas);
    case Answer::Empty:
    case Answer::TemporaryFailure:
      break;
  }
  ++counters_.temporary_failures_sent;
  refuse(sa, header, wire::NotifyType::TemporaryFailure);
}

/// The Child SA that the peer means: REKEY_SA names the SPI that it receives on, our outbound one.
ChildSa* Engine::Impl::rekeyed_child(Tunnel& owner, const wire::NotifyView& rekey) {
  for (ChildSa* candidate : children(owner)) {
    const bool exists = candidate->state == ChildState::Installed ||
                        candidate->state == ChildState::Replaced || candidate->state == ChildState::Deleting;
    const Bytes spi = spi_bytes(candidate->outbound_spi);
    if (exists && std::equal(spi.begin(), spi.end(), rekey.spi.begin(), rekey.spi.end())) return candidate;
  }
  return nullptr;
}

/// The Child SA by which the peer has replaced the one that is named.
ChildSa* Engine::Impl::peers_replacement(Tunnel& owner, std::uint32_t replaced) {
  for (ChildSa* candidate : children(owner))
    if (candidate->replaces == replaced && !candidate->ours && candidate->state == ChildState::Installed)
      return candidate;
  return nullptr;
}

void Engine::Impl::on_new_child_request(IkeSa& sa, Tunnel& owner, const wire::Header& header,
                                        const wire::PayloadChain& inner, const Replacing& replacing) {
  ChildSa* old = replacing.old;
  const wire::GroupId pfs = pfs_group(owner.policy.ipsec);
  auto terms = agree_as_responder(owner.policy, inner, occasion(sa, wire::ExchangeType::CreateChildSa, pfs));
  if (!terms) {
    record(owner, std::move(terms.error().failure));
    return refuse(sa, header, terms.error().notify);
  }
  const auto nonce = read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  if (!nonce) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  std::optional<crypto::KeyExchange> key_exchange;
  std::optional<Secret> shared;
  if (pfs != wire::GroupId::None) {
    const auto ke = read<wire::decode_ke>(inner, wire::PayloadType::Ke);
    if (!ke || ke->group != pfs)
      return refuse(sa, header, wire::NotifyType::InvalidKePayload, group_octets(pfs));
    auto generated = crypto::KeyExchange::generate(pfs, dice_.source());
    if (!generated) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
    auto derived = generated->derive(ke->data);
    if (!derived) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
    key_exchange.emplace(*std::move(generated));
    shared = *std::move(derived);
  }
  ChildSa& made = reserve_child(sa, false);
  if (old != nullptr) made.replaces = old->inbound_spi;
  ExchangeNonces nonces{Bytes(nonce->begin(), nonce->end()), dice_.nonce()};
  const Bytes own_nonce = nonces.responder;
  if (!install(made, sa, owner.policy.ipsec, *terms, shared ? &*shared : nullptr, std::move(nonces))) {
    remove(made);
    return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  }
  wire::PayloadWriter payloads;
  write_mode(payloads, terms->transport);
  payloads.sa(answer(terms->choice, made.inbound_spi, pfs));
  payloads.nonce(own_nonce);
  if (key_exchange) payloads.ke(pfs, key_exchange->public_value());
  answer_selectors(payloads, *terms);
  respond(sa, header, payloads);

  if (!owner.active) activate(made);
  if (old == nullptr) return;
  ++counters_.child_rekeys;
  if (replacing.then == Then::PeerDeletesOld) mark_replaced(*old);
}

}  // namespace awtun::ike
