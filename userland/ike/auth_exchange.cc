// SPDX-License-Identifier: Apache-2.0
// IKE_AUTH (RFC 7296 1.2, 2.15, 2.21.2), both roles: the ends prove who they are and make the first
// Child SA.
#include <algorithm>

#include "userland/ike/auth.h"
#include "userland/ike/engine_impl.h"
#include "userland/ike/lifetime.h"
#include "userland/ike/payloads.h"

namespace awtun::ike {
namespace {

constexpr std::string_view kExchange = "IKE_AUTH";
/// When to ask for a Child SA that the peer has left out.
constexpr Duration kChildlessLow{500};
constexpr Duration kChildlessHigh{1500};

void write_id(wire::PayloadWriter& payloads, wire::PayloadType which, const Identity& identity) {
  payloads.id(which, static_cast<wire::IdType>(identity.type), identity.data);
}

bool same_identities(const TunnelPolicy& a, const TunnelPolicy& b) {
  return a.local_id == b.local_id && a.remote_id == b.remote_id;
}

std::string describe_peer_id(const wire::PayloadChain& inner, wire::PayloadType which) {
  const auto id = read<wire::decode_id>(inner, which);
  return id ? describe(*id) : std::string();
}

}  // namespace

// ---------------------------------------------------------------- both roles

/// AUTH of this end; nullopt when there is no key.
std::optional<Secret> Engine::Impl::own_auth(const IkeSa& sa, const TunnelPolicy& policy) const {
  if (!policy.preshared_key) return std::nullopt;
  const Handshake& handshake = *sa.handshake;
  const crypto::IkeKeyMaterial& keys = sa.keys->material();
  const Bytes body = id_body(policy.local_id);
  const AuthInput input{sa.initiator ? handshake.init_request : handshake.init_response,
                        sa.initiator ? handshake.nonce_r : handshake.nonce_i,
                        sa.initiator ? keys.sk_pi : keys.sk_pr, body};
  return preshared_auth(sa.keys->prf(), *policy.preshared_key, input);
}

bool Engine::Impl::peer_is_authentic(const IkeSa& sa, const TunnelPolicy& policy, bool identity_known,
                                     const wire::PayloadChain& inner) const {
  const auto id =
      read<wire::decode_id>(inner, sa.initiator ? wire::PayloadType::IdR : wire::PayloadType::IdI);
  const auto auth = read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  if (!id || !auth || auth->method != wire::AuthMethodId::SharedKey) return false;
  const Handshake& handshake = *sa.handshake;
  const crypto::IkeKeyMaterial& keys = sa.keys->material();
  const AuthInput input{sa.initiator ? handshake.init_response : handshake.init_request,
                        sa.initiator ? handshake.nonce_i : handshake.nonce_r,
                        sa.initiator ? keys.sk_pr : keys.sk_pi, id->rest_of_payload};
  const Secret* key = identity_known && policy.preshared_key ? &*policy.preshared_key : nullptr;
  return verify_preshared_auth(sa.keys->prf(), key, input, auth->data);
}

/// The IKE SAs of all tunnels that this peer shares with us under the same identities, but for `sa`.
std::vector<IkeSa*> Engine::Impl::others_with_peer(const Tunnel& owner, const IkeSa& sa) {
  std::vector<IkeSa*> result;
  const auto found = by_addresses_.find({owner.policy.local, owner.policy.remote});
  if (found == by_addresses_.end()) return result;
  for (const TunnelId id : found->second) {
    Tunnel* other = tunnel(id);
    if (!same_identities(other->policy, owner.policy)) continue;
    for (IkeSa* candidate : ike_sas(*other))
      if (candidate != &sa) result.push_back(candidate);
  }
  return result;
}

/// True when no other IKE SA with this peer is up, which INITIAL_CONTACT then says (RFC 7296 2.4).
bool Engine::Impl::first_contact(const Tunnel& owner, const IkeSa& sa) {
  const auto others = others_with_peer(owner, sa);
  return std::none_of(others.begin(), others.end(),
                      [](const IkeSa* other) { return other->state == IkeState::Established; });
}

/// The peer says that `sa` is its only one. What was established before the peer began `sa` is lost to
/// it; what we have established since, it may not have known when it wrote that.
void Engine::Impl::drop_older(const Tunnel& owner, const IkeSa& sa) {
  for (IkeSa* other : others_with_peer(owner, sa)) {
    if (!other->established || other->origin.established >= sa.origin.started) continue;
    notice(Notice::Level::Info, other->tunnel, "the peer has started anew; its old IKE SA is dropped");
    close(*other);
    if (Tunnel* losing = tunnel(other->tunnel))
      reconnect(*losing, dice_.between(Duration{500}, Duration{1500}));
  }
}

void Engine::Impl::establish(IkeSa& sa) {
  Tunnel* owner = tunnel(sa.tunnel);
  const Duration lifetime = owner->policy.isakmp.lifetime;
  sa.state = IkeState::Established;
  sa.established = now_;
  sa.origin.established = now_;
  sa.handshake.reset();
  sa.confirmed = sa.initiator;
  sa.dpd_interval = owner->policy.isakmp.dpd_interval;
  sa.dpd_at = now_ + sa.dpd_interval;
  sa.rekey_at = now_ + rekey_after(lifetime, sa.initiator, jitter());
  sa.expires_at = now_ + lifetime;
  owner->next_attempt.reset();
  ++(sa.initiator ? counters_.ike_sa_established_as_initiator : counters_.ike_sa_established_as_responder);
  notice(Notice::Level::Info, sa.tunnel, "IKE SA established with " + sa.remote.to_string());
}

// ---------------------------------------------------------------- initiator

void Engine::Impl::send_auth(IkeSa& sa) {
  Tunnel* owner = tunnel(sa.tunnel);
  const TunnelPolicy& policy = owner->policy;
  const auto auth = own_auth(sa, policy);
  if (!auth) {
    record(*owner, no_preshared_key(now_, policy));
    return close(sa);
  }
  ChildSa& made = reserve_child(sa, sa.initiator);
  wire::PayloadWriter payloads;
  write_id(payloads, wire::PayloadType::IdI, policy.local_id);
  if (first_contact(*owner, sa)) payloads.notify(wire::NotifyType::InitialContact);
  write_id(payloads, wire::PayloadType::IdR, policy.remote_id);
  payloads.auth(wire::AuthMethodId::SharedKey, auth->view());
  give_token(sa, payloads);
  write_mode(payloads, policy.transport_mode);
  payloads.sa(esp_proposals(policy.ipsec, made.inbound_spi, wire::GroupId::None));
  payloads.ts(wire::PayloadType::TsI, to_wire(policy.local_selectors));
  payloads.ts(wire::PayloadType::TsR, to_wire(policy.remote_selectors));
  sa.state = IkeState::AuthSent;
  sa.next_request = 1;
  send_request(sa, wire::ExchangeType::IkeAuth, payloads, AskAuth{made.inbound_spi});
}

void Engine::Impl::on_auth_response(IkeSa& sa, const AskAuth& asked, const wire::PayloadChain& inner) {
  Tunnel* owner = tunnel(sa.tunnel);
  // Given up meanwhile: the Delete that is queued tells the peer.
  if (owner == nullptr || sa.state != IkeState::AuthSent) return;
  const auto error = find_error(inner);
  if (!inner.find(wire::PayloadType::Auth)) {
    const auto reason = error ? error->type : wire::NotifyType::InvalidSyntax;
    if (reason != wire::NotifyType::AuthenticationFailed)
      return attempt_failed(sa, refused(now_, Side::Peer, kExchange, reason));
    return attempt_failed(sa, authentication_failed(now_, Side::Peer, owner->policy, ""));
  }
  const auto id = read<wire::decode_id>(inner, wire::PayloadType::IdR);
  const bool known = id && identity_of(*id) == owner->policy.remote_id;
  if (peer_is_authentic(sa, owner->policy, known, inner)) return finish_auth(sa, *owner, asked, inner);
  // The peer believes that all is well, so it must be told (RFC 7296 2.21.2).
  record(*owner, authentication_failed(now_, Side::Local, owner->policy,
                                       describe_peer_id(inner, wire::PayloadType::IdR)));
  sa.blames_peer = true;
  delete_ike(sa);
  back_off(*owner);
}

/// The peer is who it should be: what of the first Child SA?
void Engine::Impl::finish_auth(IkeSa& sa, Tunnel& owner, const AskAuth& asked,
                               const wire::PayloadChain& inner) {
  const Handshake handshake = *std::exchange(sa.handshake, std::nullopt);
  ExchangeNonces nonces{handshake.nonce_i, handshake.nonce_r};
  ChildSa* made = child(asked.child);
  establish(sa);
  take_token(sa, inner);
  std::optional<Failure> failure;
  if (const auto error = find_error(inner)) {
    failure = refused(now_, Side::Peer, kExchange, error->type);
    if (error->type == wire::NotifyType::NoProposalChosen)
      failure = no_proposal_chosen(now_, Side::Peer, kExchange,
                                   describe(owner.policy.ipsec, wire::GroupId::None), "");
    if (error->type == wire::NotifyType::TsUnacceptable)
      failure = selectors_unacceptable(now_, Side::Peer, kExchange,
                                       "local " + to_string(owner.policy.local_selectors) + " remote " +
                                           to_string(owner.policy.remote_selectors),
                                       "");
  } else if (auto terms = agree_as_initiator(owner.policy, owner.policy.ipsec, inner,
                                             {now_, kExchange, wire::GroupId::None});
             !terms) {
    failure = std::move(terms.error().failure);
  } else if (made == nullptr || !install(*made, sa, owner.policy.ipsec, *terms, nullptr, std::move(nonces))) {
    failure = data_plane_failed(now_, "the keys could not be derived");
  } else {
    activate(*made);
    return settle(owner);
  }
  record(owner, *std::move(failure));
  delete_ike(sa);
  back_off(owner);
}

// ---------------------------------------------------------------- responder

/// Several tunnels may run between the same addresses: the identity tells which one is meant. Moves
/// the IKE SA there. nullptr: no tunnel knows this peer.
Tunnel* Engine::Impl::refine_tunnel(IkeSa& sa, const std::optional<Identity>& peer_id) {
  const auto candidates = by_addresses_.find({sa.local.address, sa.remote.address});
  if (!peer_id || candidates == by_addresses_.end()) return nullptr;
  for (const TunnelId id : candidates->second) {
    Tunnel* candidate = tunnel(id);
    if (candidate->policy.remote_id != *peer_id) continue;
    leave_tunnel(sa);
    sa.tunnel = id;
    candidate->ike_sas.insert(sa.local_spi);
    return candidate;
  }
  return nullptr;
}

void Engine::Impl::on_auth_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  const auto id = read<wire::decode_id>(inner, wire::PayloadType::IdI);
  const Tunnel* known = refine_tunnel(sa, id ? identity_of(*id) : std::nullopt);
  Tunnel* owner = tunnel(sa.tunnel);
  if (owner == nullptr) return close(sa);
  if (peer_is_authentic(sa, owner->policy, known != nullptr, inner))
    return answer_auth(sa, *owner, header, inner);
  record(*owner, owner->policy.preshared_key
                     ? authentication_failed(now_, Side::Local, owner->policy,
                                             describe_peer_id(inner, wire::PayloadType::IdI))
                     : no_preshared_key(now_, owner->policy));
  refuse(sa, header, wire::NotifyType::AuthenticationFailed);
  end(sa);
}

/// The peer is who it says. Without a Child SA the IKE SA stands all the same (RFC 7296 1.2, 2.21.2).
void Engine::Impl::answer_auth(IkeSa& sa, Tunnel& owner, const wire::Header& header,
                               const wire::PayloadChain& inner) {
  const auto auth = own_auth(sa, owner.policy);
  if (!auth) return close(sa);
  ExchangeNonces nonces{sa.handshake->nonce_i, sa.handshake->nonce_r};
  establish(sa);
  wire::PayloadWriter payloads;
  write_id(payloads, wire::PayloadType::IdR, owner.policy.local_id);
  payloads.auth(wire::AuthMethodId::SharedKey, auth->view());
  take_token(sa, inner);
  give_token(sa, payloads);
  answer_first_child(sa, owner, inner, payloads, std::move(nonces));
  respond(sa, header, payloads);
  if (find_notify(inner, wire::NotifyType::InitialContact)) drop_older(owner, sa);
  settle(owner);
}

/// The Child SA that comes with IKE_AUTH, into the answer's `payloads`.
void Engine::Impl::answer_first_child(IkeSa& sa, Tunnel& owner, const wire::PayloadChain& inner,
                                      wire::PayloadWriter& payloads, ExchangeNonces nonces) {
  if (!inner.find(wire::PayloadType::Sa)) {
    // Childless (RFC 6023): what the tunnel needs we ask for ourselves, should the peer not.
    owner.next_attempt = now_ + dice_.between(kChildlessLow, kChildlessHigh);
    return;
  }
  auto terms = agree_as_responder(owner.policy, inner, {now_, kExchange, wire::GroupId::None});
  if (terms) {
    ChildSa& made = reserve_child(sa, sa.initiator);
    if (install(made, sa, owner.policy.ipsec, *terms, nullptr, std::move(nonces))) {
      write_mode(payloads, terms->transport);
      payloads.sa(answer(terms->choice, made.inbound_spi, wire::GroupId::None));
      payloads.ts(wire::PayloadType::TsI, to_wire(terms->remote));
      payloads.ts(wire::PayloadType::TsR, to_wire(terms->local));
      if (!owner.active) activate(made);
    } else {
      remove(made);
      payloads.notify(wire::NotifyType::NoProposalChosen);
    }
  } else {
    record(owner, std::move(terms.error().failure));
    payloads.notify(terms.error().notify);
    // The peer is expected to delete this IKE SA; one that carries nothing is not kept for long.
    sa.expires_at = now_ + kHalfOpenPatience;
  }
}

}  // namespace awtun::ike
