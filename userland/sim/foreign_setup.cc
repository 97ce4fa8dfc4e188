// SPDX-License-Identifier: Apache-2.0
// How a foreign peer brings up an IKE SA with its first Child SA (RFC 7296 1.2, 2.6, 2.7, 2.15, 2.16).
#include <algorithm>

#include "userland/sim/foreign_peer.h"
#include "userland/wire/octets.h"

namespace awtun::sim {
namespace {

constexpr Duration kNextAttempt{5000};

/// RestOfInitIDPayload (2.15).
Bytes id_body(const ike::Identity& identity) {
  Bytes body(4 + identity.data.size());
  body[0] = static_cast<std::uint8_t>(identity.type);
  std::copy(identity.data.begin(), identity.data.end(), body.begin() + 4);
  return body;
}

Bytes group_octets(wire::GroupId group) {
  Bytes octets(2);
  wire::store_be16(octets, 0, static_cast<std::uint16_t>(group));
  return octets;
}

}  // namespace

// ---------------------------------------------------------------- IKE_SA_INIT

ForeignIkeSa& ForeignPeer::initiate(wire::GroupId group, std::uint64_t supersedes) {
  Sa& sa = new_sa(true);
  sa.local = {policy_->local, ike::kIkePort};
  sa.remote = {*policy_->remote, ike::kIkePort};
  sa.supersedes = supersedes;
  sa.nonces.initiator = nonce();
  if (group == wire::GroupId::None) group = foreign_group(policy_->isakmp);
  sa.pending.emplace(ForeignRequest{{What::Init}});
  sa.pending->isakmp = policy_->isakmp;
  if (auto made = crypto::KeyExchange::generate(group, random_))
    sa.pending->key_exchange = *std::move(made);
  else
    drop(sa, false);
  if (sa.state == State::Half) send_init(sa, {});
  return sa;
}

void ForeignPeer::send_init(Sa& sa, ByteView cookie) {
  wire::PayloadWriter payloads;
  if (!cookie.empty()) payloads.notify(wire::NotifyType::Cookie, cookie);
  payloads.sa(foreign_offer(sa.pending->isakmp, {}));
  payloads.ke(sa.pending->key_exchange->group(), sa.pending->key_exchange->public_value());
  payloads.nonce(sa.nonces.initiator);
  sa.init_request =
      wire::write_message(sa.header(wire::ExchangeType::IkeSaInit, false, 0), payloads).value_or(Bytes());
  sa.pending->octets = sa.init_request;
  sa.pending->sent = 0;
  transmit(sa);
}

/// The answer to an IKE_SA_INIT request of which nothing comes.
void ForeignPeer::refuse_in_clear(const ike::Datagram& request, wire::Header header, wire::NotifyType why,
                                  ByteView data) {
  header.from_initiator = false;
  header.response = true;
  wire::PayloadWriter payloads;
  payloads.notify(why, data);
  actions_.emplace_back(
      ike::Send{request.local, request.remote, wire::write_message(header, payloads).value_or(Bytes())});
}

void ForeignPeer::on_init_request(const ike::Datagram& datagram, const wire::MessageView& message) {
  for (const auto& [spi, sa] : sas_)
    if (!sa.initiator && sa.remote == datagram.remote && sa.init_request == datagram.bytes)
      return send(sa, sa.init_response);
  if (message.header.responder_spi != 0 || policy_->remote != datagram.remote.address) return;
  const auto offered = foreign_read<wire::decode_sa>(message.payloads, wire::PayloadType::Sa);
  const auto ke = foreign_read<wire::decode_ke>(message.payloads, wire::PayloadType::Ke);
  const auto their_nonce = foreign_read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  if (!offered || !ke || !their_nonce) return;
  const auto choice = foreign_choice(policy_->isakmp, *offered);
  if (!choice) return refuse_in_clear(datagram, message.header, wire::NotifyType::NoProposalChosen, {});
  if (choice->terms.group != ke->group)
    return refuse_in_clear(datagram, message.header, wire::NotifyType::InvalidKePayload,
                           group_octets(choice->terms.group));
  const auto agreed = agree(ke->group, ke->data);
  const auto prf = crypto::Prf::create(choice->terms.prf);
  if (!agreed || !prf) return;
  Sa& sa = new_sa(false);
  sa.remote_spi = message.header.initiator_spi;
  sa.local = datagram.local;
  sa.remote = datagram.remote;
  sa.suite = choice->terms;
  sa.nonces = {foreign_octets(*their_nonce), nonce()};
  sa.next_expected = 1;
  sa.init_request = datagram.bytes;
  const auto seed = crypto::skeyseed(*prf, sa.nonces.initiator, sa.nonces.responder, agreed->shared);
  if (!seed || !take_keys(sa, *seed)) return drop(sa, false);
  wire::PayloadWriter payloads;
  payloads.sa(choice->answer(wire::ProtocolId::Ike, {}));
  payloads.ke(ke->group, agreed->ours.public_value());
  payloads.nonce(sa.nonces.responder);
  sa.init_response =
      wire::write_message(sa.header(wire::ExchangeType::IkeSaInit, true, 0), payloads).value_or(Bytes());
  send(sa, sa.init_response);
}

void ForeignPeer::on_init_response(Sa& sa, const wire::MessageView& message) {
  if (const auto cookie = foreign_notify(message.payloads, wire::NotifyType::Cookie))
    return send_init(sa, cookie->data);
  if (const auto wanted = foreign_notify(message.payloads, wire::NotifyType::InvalidKePayload);
      wanted && wanted->data.size() == 2) {
    const auto group = static_cast<wire::GroupId>(wire::load_be16(wanted->data));
    auto made = crypto::KeyExchange::generate(group, random_);
    if (!made || group == sa.pending->key_exchange->group()) return;
    sa.pending->key_exchange = *std::move(made);
    return send_init(sa, {});
  }
  if (foreign_error(message.payloads)) {
    next_attempt_ = now_ + kNextAttempt;
    return drop(sa, false);
  }
  const auto answer = foreign_read<wire::decode_sa>(message.payloads, wire::PayloadType::Sa);
  const auto ke = foreign_read<wire::decode_ke>(message.payloads, wire::PayloadType::Ke);
  const auto their_nonce = foreign_read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  const auto choice = answer ? foreign_choice(sa.pending->isakmp, *answer) : std::nullopt;
  if (!choice || !ke || !their_nonce || ke->group != choice->terms.group) return;
  const auto shared = sa.pending->key_exchange->derive(ke->data);
  const auto prf = crypto::Prf::create(choice->terms.prf);
  if (!shared || !prf) return;
  sa.remote_spi = message.header.responder_spi;
  sa.suite = choice->terms;
  sa.nonces.responder = foreign_octets(*their_nonce);
  sa.init_response = foreign_octets(message.octets);
  sa.pending.reset();
  sa.next_request = 1;
  const auto seed = crypto::skeyseed(*prf, sa.nonces.initiator, sa.nonces.responder, *shared);
  if (!seed || !take_keys(sa, *seed)) return drop(sa, false);
  send_auth(sa);
}

bool ForeignPeer::take_keys(Sa& sa, const Secret& seed) {
  sa.keys =
      ForeignKeys::derive(sa.suite, seed, sa.nonces, sa.initiator_spi(), sa.responder_spi(), sa.initiator);
  if (!sa.keys) return false;
  const crypto::IkeKeyMaterial& material = sa.keys->material();
  actions_.emplace_back(ike::IkeKeys{sa.initiator_spi(), sa.responder_spi(), sa.suite, material.sk_ei.copy(),
                                     material.sk_er.copy(), material.sk_ai.copy(), material.sk_ar.copy()});
  return true;
}

// ---------------------------------------------------------------- IKE_AUTH

Secret ForeignPeer::auth(const Sa& sa, bool of_initiator, ByteView id_body) const {
  const crypto::Prf& prf = sa.keys->prf();
  const crypto::IkeKeyMaterial& keys = sa.keys->material();
  const auto octets =
      of_initiator ? crypto::signed_octets(prf, sa.init_request, sa.nonces.responder, keys.sk_pi, id_body)
                   : crypto::signed_octets(prf, sa.init_response, sa.nonces.initiator, keys.sk_pr, id_body);
  if (!octets || !policy_->preshared_key) return {};
  auto result = crypto::shared_key_auth(prf, *policy_->preshared_key, *octets);
  return result ? *std::move(result) : Secret();
}

/// The other end is who it is to be, and has shown so.
bool ForeignPeer::is_remote(const Sa& sa, const wire::PayloadChain& inner, wire::PayloadType which) const {
  const auto id = foreign_read<wire::decode_id>(inner, which);
  const auto shown = foreign_read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  if (!id || !shown || shown->method != wire::AuthMethodId::SharedKey) return false;
  const Secret expected = auth(sa, !sa.initiator, id->rest_of_payload);
  return !expected.empty() && constant_time_equal(expected.view(), shown->data) &&
         foreign_octets(id->rest_of_payload) == id_body(policy_->remote_id);
}

void ForeignPeer::send_auth(Sa& sa) {
  const ike::Identity& self = policy_->local_id;
  const bool alone =
      std::none_of(sas_.begin(), sas_.end(), [](const auto& entry) { return entry.second.authenticated(); });
  ForeignRequest asked{{What::Auth}, child_spi()};
  asked.ipsec = policy_->ipsec;
  wire::PayloadWriter payloads;
  payloads.id(wire::PayloadType::IdI, static_cast<wire::IdType>(self.type), self.data);
  if (alone && liberties_.has(Liberty::SaysInitialContact)) payloads.notify(wire::NotifyType::InitialContact);
  payloads.auth(wire::AuthMethodId::SharedKey, auth(sa, true, id_body(self)).view());
  offer_child(payloads, static_cast<std::uint32_t>(asked.spi), wire::GroupId::None, 0);
  request(sa, wire::ExchangeType::IkeAuth, payloads, std::move(asked));
}

void ForeignPeer::on_auth_request(Sa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  if (!is_remote(sa, inner, wire::PayloadType::IdI)) {
    ++counters_.authentication_failures;
    refuse(sa, header, wire::NotifyType::AuthenticationFailed);
    return drop(sa, true);
  }
  ++counters_.ike_sa_established_as_responder;
  set_up(sa, inner);
  wire::PayloadWriter payloads;
  const ike::Identity& self = policy_->local_id;
  payloads.id(wire::PayloadType::IdR, static_cast<wire::IdType>(self.type), self.data);
  payloads.auth(wire::AuthMethodId::SharedKey, auth(sa, false, id_body(self)).view());
  const auto offered = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto choice = offered ? foreign_choice(policy_->ipsec, *offered, wire::GroupId::None) : std::nullopt;
  const std::uint32_t spi = child_spi();
  const Networks asked = foreign_request(inner);
  const auto share = share_for(sa, asked, nullptr);
  const Child* made = choice && share ? install(sa, spi, *choice, *share, narrowed(asked, *share), sa.nonces,
                                                nullptr, header.message_id)
                                      : nullptr;
  if (made != nullptr)
    answer_child(payloads, *made, *choice);
  else if (offered)
    payloads.notify(wire::NotifyType::NoProposalChosen);
  respond(sa, header, payloads);
}

void ForeignPeer::on_auth_response(Sa& sa, ForeignRequest asked, const wire::PayloadChain& inner) {
  if (!is_remote(sa, inner, wire::PayloadType::IdR)) {
    ++counters_.authentication_failures;
    next_attempt_ = now_ + kNextAttempt;
    // The other end believes that it is up (2.21.2).
    return foreign_error(inner) ? drop(sa, false) : delete_ike(sa, false);
  }
  ++counters_.ike_sa_established_as_initiator;
  set_up(sa, inner);
  const auto answer = foreign_read<wire::decode_sa>(inner, wire::PayloadType::Sa);
  const auto choice = answer ? foreign_choice(asked.ipsec, *answer, wire::GroupId::None) : std::nullopt;
  if (choice)
    install(sa, static_cast<std::uint32_t>(asked.spi), *choice, 0, foreign_answer(inner), sa.nonces, nullptr,
            std::nullopt);
  if (Sa* old = find(sa.supersedes); old != nullptr && old->state == State::Up) delete_ike(*old, false);
}

/// Authenticated. What else there is with that identity stays, goes with a word, or in silence.
void ForeignPeer::set_up(Sa& sa, const wire::PayloadChain& inner) {
  set(sa, State::Up);
  sa.established = now_;
  const bool obeys =
      liberties_.has(Liberty::ObeysInitialContact) && foreign_notify(inner, wire::NotifyType::InitialContact);
  for (auto& [spi, other] : sas_) {
    if (&other == &sa || !other.authenticated()) continue;
    if (obeys)
      drop(other, false);
    else if (!liberties_.has(Liberty::KeepsDuplicates) && other.state == State::Up)
      delete_ike(other, false);
  }
}

}  // namespace awtun::sim
