// SPDX-License-Identifier: Apache-2.0
// How a foreign peer makes, rekeys and deletes SAs (RFC 7296 1.3, 1.4, 2.8, 2.17, 2.18), and what it answers
// where two such exchanges meet (2.8.1, 2.8.2, 2.25).
#include <algorithm>
#include <array>

#include "userland/ike/rules/networks.h"
#include "userland/sim/foreign_peer.h"
#include "userland/wire/octets.h"

namespace awtun::sim {
namespace {

constexpr Duration kLaterLow{2000};
constexpr Duration kLaterHigh{5000};

std::vector<wire::Selector> on_the_wire(const std::vector<TrafficSelector>& selectors) {
  std::vector<wire::Selector> result;
  for (const TrafficSelector& one : selectors)
    result.push_back({one.protocol, one.start_port, one.end_port, one.first, one.last});
  return result;
}

std::vector<TrafficSelector> selectors_of(const wire::PayloadChain& inner, wire::PayloadType which) {
  std::vector<TrafficSelector> result;
  if (const auto selectors = foreign_read<wire::decode_ts>(inner, which))
    for (const wire::Selector one : *selectors)
      result.push_back({one.protocol, one.start_port, one.end_port, one.first, one.last});
  return result;
}

/// The group of the KE payload; None without one.
wire::GroupId group_of(const std::optional<wire::KeView>& ke) { return ke ? ke->group : wire::GroupId::None; }

std::uint64_t ike_spi(const Bytes& octets) { return octets.size() == 8 ? wire::load_be64(octets) : 0; }

}  // namespace

Networks foreign_request(const wire::PayloadChain& inner) {
  return {selectors_of(inner, wire::PayloadType::TsR), selectors_of(inner, wire::PayloadType::TsI)};
}

Networks foreign_answer(const wire::PayloadChain& inner) {
  return {selectors_of(inner, wire::PayloadType::TsI), selectors_of(inner, wire::PayloadType::TsR)};
}

// ---------------------------------------------------------------- asking

std::vector<Networks> ForeignPeer::shares() const {
  const Networks whole{policy_->local_selectors, policy_->remote_selectors};
  if (!liberties_.has(Liberty::OnePairAChild)) return {whole};
  std::vector<Networks> result;
  for (std::size_t i = 0; i < std::min(whole.local.size(), whole.remote.size()); ++i)
    result.push_back({{whole.local[i]}, {whole.remote[i]}});
  return result;
}

std::optional<std::uint32_t> ForeignPeer::share_for(const Sa& sa, const Networks& asked,
                                                    const Child* old) const {
  if (!liberties_.has(Liberty::OnePairAChild)) return 0;
  const auto mine = shares();
  for (std::uint32_t share = 0; share < mine.size(); ++share) {
    const bool taken = std::ranges::any_of(children_, [&](const auto& entry) {
      return entry.second.ike == sa.local_spi && entry.second.share == share && !entry.second.closing;
    });
    const bool meant = old != nullptr ? old->share == share : !taken;
    if (meant && ike::covers(asked, mine[share])) return share;
  }
  return std::nullopt;
}

Networks ForeignPeer::narrowed(Networks asked, std::uint32_t share) const {
  return liberties_.has(Liberty::OnePairAChild) ? shares()[share] : std::move(asked);
}

void ForeignPeer::offer_child(wire::PayloadWriter& payloads, std::uint32_t spi, wire::GroupId pfs,
                              std::uint32_t share) const {
  const auto mine = shares();
  const Networks& offered = mine[std::min<std::size_t>(share, mine.size() - 1)];
  payloads.sa(foreign_offer(policy_->ipsec, foreign_octets(spi), pfs));
  payloads.ts(wire::PayloadType::TsI, on_the_wire(offered.local));
  payloads.ts(wire::PayloadType::TsR, on_the_wire(offered.remote));
}

/// SA, TSi and TSr.
void ForeignPeer::answer_child(wire::PayloadWriter& payloads, const Child& made,
                               const ForeignChoice<ForeignEsp>& choice) const {
  payloads.sa(choice.answer(wire::ProtocolId::Esp, foreign_octets(made.in)));
  payloads.ts(wire::PayloadType::TsI, on_the_wire(made.networks.remote));
  payloads.ts(wire::PayloadType::TsR, on_the_wire(made.networks.local));
}

void ForeignPeer::ask_child(Sa& sa, Ask what) {
  const Child* old = what.what == What::RekeyChild ? find_child(what.child) : nullptr;
  if (what.what == What::RekeyChild && (old == nullptr || old->closing || rival_of(old->in) != nullptr))
    return;
  // Of what it has not got yet the other end would say CHILD_SA_NOT_FOUND.
  if (old != nullptr && old->unconfirmed) {
    what.not_before = now_ + between(kLaterLow, kLaterHigh);
    return ask(sa, what);
  }
  const wire::GroupId group =
      what.group != wire::GroupId::None ? what.group : policy_->ipsec.pfs_group.value_or(wire::GroupId::None);
  ForeignRequest asked{what, child_spi(), nonce()};
  asked.ipsec = policy_->ipsec;
  wire::PayloadWriter payloads;
  if (old != nullptr)
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, foreign_octets(old->in), {}});
  payloads.nonce(asked.nonce);
  if (group != wire::GroupId::None) {
    auto made = crypto::KeyExchange::generate(group, random_);
    if (!made) return;
    payloads.ke(group, made->public_value());
    asked.key_exchange = *std::move(made);
  }
  asked.share = old != nullptr ? old->share : what.child;
  offer_child(payloads, static_cast<std::uint32_t>(asked.spi), group, asked.share);
  request(sa, wire::ExchangeType::CreateChildSa, payloads, std::move(asked));
}

void ForeignPeer::ask_ike_rekey(Sa& sa, Ask what) {
  const wire::GroupId group = what.group != wire::GroupId::None ? what.group : sa.suite.group;
  auto made = crypto::KeyExchange::generate(group, random_);
  if (!made) return;
  ForeignRequest asked{what, number(), nonce()};
  asked.isakmp = policy_->isakmp;
  wire::PayloadWriter payloads;
  payloads.sa(foreign_offer(policy_->isakmp, foreign_octets(asked.spi)));
  payloads.nonce(asked.nonce);
  payloads.ke(group, made->public_value());
  asked.key_exchange = *std::move(made);
  request(sa, wire::ExchangeType::CreateChildSa, payloads, std::move(asked));
}

// ---------------------------------------------------------------- answering

void ForeignPeer::on_create_child_request(Sa& sa, const wire::Header& header,
                                          const wire::PayloadChain& inner) {
  const auto offered = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  if (!offered) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  // 2.25.2: this IKE SA is being closed, or has been rekeyed.
  if (sa.state != State::Up) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  if ((*offered->begin()).protocol == wire::ProtocolId::Ike) return on_ike_rekey_request(sa, header, inner);
  on_child_request(sa, header, inner);
}

void ForeignPeer::on_child_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  const auto rekey = foreign_notify(inner, wire::NotifyType::RekeySa);
  Child* old = rekey ? find_outbound(rekey->spi) : nullptr;
  if (sa.is_doing(What::RekeyIke)) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  if (rekey && old == nullptr) {
    wire::PayloadWriter payloads;
    payloads.notify({wire::NotifyType::ChildSaNotFound, wire::ProtocolId::Esp, rekey->spi, {}});
    return respond(sa, header, payloads);
  }
  if (old != nullptr && old->closing) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  const auto offered = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto their_nonce = foreign_read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  const auto ke = foreign_read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  const auto choice = foreign_choice(policy_->ipsec, *offered, group_of(ke));
  if (!choice) return refuse(sa, header, wire::NotifyType::NoProposalChosen);
  const bool pfs = choice->terms.pfs != wire::GroupId::None;
  const auto agreed = pfs ? agree(choice->terms.pfs, ke->data) : std::nullopt;
  if (pfs && !agreed) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  if (!their_nonce) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  const ForeignNonces nonces{foreign_octets(*their_nonce), nonce()};
  const std::uint32_t spi = child_spi();
  const Networks asked = foreign_request(inner);
  const auto share = share_for(sa, asked, old);
  Child* made = share ? install(sa, spi, *choice, *share, narrowed(asked, *share), nonces,
                                agreed ? &agreed->shared : nullptr, header.message_id)
                      : nullptr;
  if (made == nullptr) return refuse(sa, header, wire::NotifyType::TsUnacceptable);
  wire::PayloadWriter payloads;
  answer_child(payloads, *made, *choice);
  payloads.nonce(nonces.responder);
  if (agreed) payloads.ke(agreed->ours.group(), agreed->ours.public_value());
  respond(sa, header, payloads);
  if (old != nullptr) made->replaces = old->in;
  make_room(sa, *made);
  if (old == nullptr) return;
  ++counters_.child_rekeys;
  const bool contended = sa.is_doing(What::RekeyChild) && sa.pending->ask.child == old->in;
  if (liberties_.has(Liberty::DeletesOldAtOnce) && !contended) close(*old);
}

void ForeignPeer::on_ike_rekey_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  if (sa.pending && sa.pending->ask.about_child())
    return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  // One that it does not use yet is not rekeyed either.
  if (sa.provisional || sa.rival != 0) return refuse(sa, header, wire::NotifyType::TemporaryFailure);
  const auto offered = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto their_nonce = foreign_read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  const auto ke = foreign_read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  const auto choice = foreign_choice(policy_->isakmp, *offered);
  if (!choice || ike_spi(choice->spi) == 0) return refuse(sa, header, wire::NotifyType::NoProposalChosen);
  if (group_of(ke) != choice->terms.group) {
    Bytes group(2);
    wire::store_be16(group, 0, static_cast<std::uint16_t>(choice->terms.group));
    return refuse(sa, header, wire::NotifyType::InvalidKePayload, group);
  }
  const auto agreed = agree(choice->terms.group, ke->data);
  if (!agreed || !their_nonce) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
  const ForeignNonces nonces{foreign_octets(*their_nonce), nonce()};
  Sa* made = make_successor(sa, number(), *choice, nonces, agreed->shared, false);
  if (made == nullptr) return refuse(sa, header, wire::NotifyType::NoProposalChosen);
  wire::PayloadWriter payloads;
  payloads.sa(choice->answer(wire::ProtocolId::Ike, foreign_octets(made->local_spi)));
  payloads.nonce(nonces.responder);
  payloads.ke(agreed->ours.group(), agreed->ours.public_value());
  respond(sa, header, payloads);
  if (!sa.is_doing(What::RekeyIke)) return succeed(sa, *made, false);
  sa.rival = made->local_spi;
  made->provisional = true;
}

// ---------------------------------------------------------------- our own is answered

void ForeignPeer::on_child_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner) {
  if (const auto error = foreign_error(inner)) return on_child_refused(sa, asked, *error);
  const auto answer = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto their_nonce = foreign_read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  const auto ke = foreign_read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  const auto choice = answer ? foreign_choice(asked.ipsec, *answer, group_of(ke)) : std::nullopt;
  if (!choice || !their_nonce) return;
  std::optional<Secret> shared;
  if (choice->terms.pfs != wire::GroupId::None && asked.key_exchange)
    if (auto derived = asked.key_exchange->derive(ke->data)) shared = *std::move(derived);
  if (choice->terms.pfs != wire::GroupId::None && !shared) return;
  Child* made =
      install(sa, static_cast<std::uint32_t>(asked.spi), *choice, asked.share, foreign_answer(inner),
              {asked.nonce, foreign_octets(*their_nonce)}, shared ? &*shared : nullptr, std::nullopt);
  if (made != nullptr && std::ranges::count(sa.deleted_early, made->out) > 0) return remove(*made);
  if (made != nullptr && asked.ask.what != What::RekeyChild) make_room(sa, *made);
  if (made == nullptr || asked.ask.what != What::RekeyChild) return;
  ++counters_.child_rekeys;
  const Child* rival = rival_of(asked.ask.child);
  if (rival != nullptr) ++counters_.collisions;
  if (rival != nullptr && made->nonces.lowest() < rival->nonces.lowest()) return close(*made);
  if (Child* old = find_child(asked.ask.child); old != nullptr && !old->closing) close(*old);
}

void ForeignPeer::on_child_refused(Sa& sa, const ForeignRequest& request, const wire::NotifyView& error) {
  const Ask& asked = request.ask;
  if (asked.what == What::RekeyChild && rival_of(asked.child) != nullptr) return;
  if (error.type == wire::NotifyType::ChildSaNotFound) {
    if (Child* old = find_child(asked.child)) remove(*old);
    return ask(sa, {What::NewChild, request.share});
  }
  ask_again(sa, asked, error);
}

/// Where the other end says that it may succeed then: later, or with its group.
void ForeignPeer::ask_again(Sa& sa, Ask asked, const wire::NotifyView& error) {
  if (error.type == wire::NotifyType::TemporaryFailure) {
    ++counters_.temporary_failures_received;
    asked.not_before = now_ + between(kLaterLow, kLaterHigh);
    ask(sa, asked);
  } else if (error.type == wire::NotifyType::InvalidKePayload && error.data.size() == 2 &&
             asked.group == wire::GroupId::None) {
    asked.group = static_cast<wire::GroupId>(wire::load_be16(error.data));
    ask(sa, asked);
  }
}

void ForeignPeer::on_ike_rekey_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner) {
  Sa* rival = find_rival(std::exchange(sa.rival, 0));
  if (const auto error = foreign_error(inner)) {
    if (rival != nullptr) return succeed(sa, *rival, false);
    return ask_again(sa, asked.ask, *error);
  }
  const auto answer = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto their_nonce = foreign_read<wire::decode_nonce>(inner, wire::PayloadType::Nonce);
  const auto ke = foreign_read<wire::decode_ke>(inner, wire::PayloadType::Ke);
  const auto choice = answer ? foreign_choice(asked.isakmp, *answer) : std::nullopt;
  if (!choice || !their_nonce || !ke) return;
  const auto shared = asked.key_exchange->derive(ke->data);
  if (!shared) return;
  Sa* made =
      make_successor(sa, asked.spi, *choice, {asked.nonce, foreign_octets(*their_nonce)}, *shared, true);
  if (made == nullptr) return;
  if (rival == nullptr) return succeed(sa, *made, true);
  ++counters_.collisions;
  if (made->nonces.lowest() < rival->nonces.lowest()) {
    succeed(sa, *rival, false);
    delete_ike(*made, false);
  } else {
    succeed(sa, *made, true);
    set(*rival, State::Replaced);
  }
}

// ---------------------------------------------------------------- INFORMATIONAL

void ForeignPeer::on_informational(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  wire::PayloadWriter payloads;
  bool whole = false;
  for (const wire::PayloadView payload : inner) {
    if (payload.type != wire::PayloadType::Delete) continue;
    const auto deleted = wire::decode_delete(payload);
    if (!deleted) return refuse(sa, header, wire::NotifyType::InvalidSyntax);
    if (deleted->protocol == wire::ProtocolId::Ike)
      whole = true;
    else
      on_delete_child(sa, payloads, *deleted);
  }
  respond(sa, header, payloads);
  if (!whole) return;
  // It goes on in what the other end put in its place, which is why it goes.
  if (Sa* rival = find_rival(sa.rival)) succeed(sa, *rival, false);
  const bool again = (sa.pending && sa.pending->ask.again) ||
                     std::any_of(sa.asks.begin(), sa.asks.end(), [](const Ask& one) { return one.again; });
  drop(sa, true);
  next_attempt_ = now_;
  if (again) initiate();
}

void ForeignPeer::on_delete_child(Sa& sa, wire::PayloadWriter& answer, const wire::DeleteView& deleted) {
  for (std::size_t i = 0; i < deleted.count(); ++i) {
    Child* child = find_outbound(foreign_octets(deleted.spi(i)));
    if (child == nullptr) {
      sa.deleted_early.push_back(deleted.spi(i));
      continue;
    }
    if (!child->closing) answer.delete_child_sas(wire::ProtocolId::Esp, std::array{child->in});
    remove(*child);
  }
}

// ---------------------------------------------------------------- SAs

/// nullptr: it cannot be made. `answers`: the request that asks for it; nullopt: this end did.
ForeignChild* ForeignPeer::install(const Sa& sa, std::uint32_t spi, const ForeignChoice<ForeignEsp>& choice,
                                   std::uint32_t share, Networks networks, ForeignNonces nonces,
                                   const Secret* shared, std::optional<std::uint32_t> answers) {
  auto keys = crypto::derive_child_keys(sa.keys->prf(), choice.terms.suite, sa.keys->material().sk_d, shared,
                                        nonces.initiator, nonces.responder);
  if (!keys || choice.spi.size() != 4 || networks.local.empty() || networks.remote.empty()) return nullptr;
  const bool ours = !answers;
  Child& child = children_[spi];
  child.in = spi;
  child.out = wire::load_be32(choice.spi);
  child.ike = sa.local_spi;
  child.number = ++made_;
  child.ours = ours;
  child.unconfirmed = answers;
  child.terms = choice.terms;
  child.nonces = std::move(nonces);
  child.established = now_;
  child.share = share;
  child.networks = std::move(networks);
  child.receiving = true;
  ++counters_.child_sa_established;
  add(sa, child, Direction::In,
      std::move(ours ? keys->responder_to_initiator : keys->initiator_to_responder));
  add(sa, child, Direction::Out,
      std::move(ours ? keys->initiator_to_responder : keys->responder_to_initiator));
  return &child;
}

void ForeignPeer::add(const Sa& sa, const Child& child, Direction direction, crypto::EspKeys&& keys) {
  ike::AddSa added;
  added.token = child.in;
  added.tunnel = policy_->tunnel;
  added.direction = direction;
  added.spi = direction == Direction::In ? child.in : child.out;
  added.local = sa.local;
  added.remote = sa.remote;
  added.esn = child.terms.esn;
  added.suite = child.terms.suite;
  added.encryption_key = std::move(keys.encryption);
  added.salt = std::move(keys.salt);
  added.integrity_key = std::move(keys.integrity);
  added.local_selectors = child.networks.local;
  added.remote_selectors = child.networks.remote;
  actions_.emplace_back(std::move(added));
}

/// nullptr: the crypto library cannot.
ForeignIkeSa* ForeignPeer::make_successor(const Sa& old, std::uint64_t local_spi,
                                          const ForeignChoice<crypto::IkeSuite>& choice, ForeignNonces nonces,
                                          const Secret& shared, bool ours) {
  const auto seed = crypto::skeyseed_for_rekey(old.keys->prf(), old.keys->material().sk_d, shared,
                                               nonces.initiator, nonces.responder);
  Sa& sa = sas_[local_spi];
  sa.local_spi = local_spi;
  sa.remote_spi = ike_spi(choice.spi);
  sa.initiator = ours;
  sa.local = old.local;
  sa.remote = old.remote;
  sa.suite = choice.terms;
  sa.nonces = std::move(nonces);
  sa.heard = sa.established = now_;
  set(sa, State::Up);
  if (seed && take_keys(sa, *seed)) return &sa;
  drop(sa, false);
  return nullptr;
}

/// `made` takes over the Child SAs (2.8); the end that asked for it deletes the old one.
void ForeignPeer::succeed(Sa& old, Sa& made, bool ours) {
  ++counters_.ike_rekeys;
  made.provisional = false;
  old.rival = 0;
  for (auto& [spi, sa] : sas_)
    if (sa.supersedes == old.local_spi) sa.supersedes = made.local_spi;
  for (auto& [in, child] : children_)
    if (child.ike == old.local_spi) child.ike = made.local_spi;
  for (const Ask& one : old.asks)
    if (one.about_child()) ask(made, one);
  std::erase_if(old.asks, [](const Ask& one) { return one.about_child(); });
  if (ours)
    delete_ike(old, false);
  else
    set(old, State::Replaced);
}

/// Nothing is sent by it any more.
void ForeignPeer::stop_sending(Child& child) {
  if (child.closing) return;
  child.closing = true;
  actions_.emplace_back(ike::DeleteSa{policy_->tunnel, Direction::Out, child.out});
  if (outbound_[child.share] == child.in) outbound_.erase(child.share);
}

/// What `made` replaces, the other end deletes.
void ForeignPeer::make_room(const Sa& sa, const Child& made) {
  if (!liberties_.has(Liberty::KeepsOneChild)) return;
  for (auto& [in, child] : children_)
    if (child.ike == sa.local_spi && in != made.in && in != made.replaces && !child.closing) close(child);
}

/// This end deletes it.
void ForeignPeer::close(Child& child) {
  stop_sending(child);
  if (liberties_.has(Liberty::DeletesOldAtOnce)) {
    actions_.emplace_back(ike::DeleteSa{policy_->tunnel, Direction::In, child.in});
    child.receiving = false;
  }
  // Where the IKE SA is going, it goes with that.
  if (Sa* sa = find(child.ike); sa != nullptr && sa->state == State::Up)
    ask(*sa, {What::DeleteChild, child.in});
}

/// It goes, now.
void ForeignPeer::remove(Child& child) {
  if (child.gone) return;
  stop_sending(child);
  if (child.receiving) actions_.emplace_back(ike::DeleteSa{policy_->tunnel, Direction::In, child.in});
  child.gone = true;
}

/// The IKE SA goes with its Child SAs. `answered`: the other end may ask for the last answer again.
void ForeignPeer::drop(Sa& sa, bool answered) {
  for (auto& [in, child] : children_)
    if (child.ike == sa.local_spi) remove(child);
  set(sa, State::Gone);
  sa.pending.reset();
  sa.asks.clear();
  if (!answered) sa.last_response.clear();
}

/// This end deletes it. `again`: another one follows.
void ForeignPeer::delete_ike(Sa& sa, bool again) {
  if (sa.state == State::Closing) return;
  set(sa, State::Closing);
  sa.asks.assign(1, Ask{What::DeleteIke, 0, {}, wire::GroupId::None, again});
}

/// With the Delete that goes out; its Child SAs are received on until that is answered.
void ForeignPeer::stop_sending(const Sa& sa) {
  for (auto& [in, child] : children_)
    if (child.ike == sa.local_spi) stop_sending(child);
}

}  // namespace awtun::sim
