// SPDX-License-Identifier: Apache-2.0
// IKE_AUTH (RFC 7296 1.2, 2.15, 2.21.2), both roles: the ends prove who they are and make the first
// Child SA.
#include <algorithm>
#include <tuple>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/auth.h"
#include "userland/ike/rules/lifetime.h"
#include "userland/ike/rules/payloads.h"

namespace awtun::ike {
namespace {

/// When to ask for a Child SA that the peer has left out.
constexpr Duration kChildlessLow{500};
constexpr Duration kChildlessHigh{1500};
/// Of so many addresses is remembered which tunnel was meant.
constexpr std::size_t kMaxMeant = 1024;

void write_id(wire::PayloadWriter& payloads, wire::PayloadType which, const Identity& identity) {
  payloads.id(which, static_cast<wire::IdType>(identity.type), identity.data);
}

// Certificate encodings (RFC 7296 3.6). Others, such as OCSP content (14), are passed over.
constexpr std::uint8_t kPkcs7 = 1;
constexpr std::uint8_t kX509Certificate = 4;
constexpr std::uint8_t kRevocationList = 7;
constexpr std::uint8_t kHashAndUrl = 12;
constexpr std::uint8_t kHashAndUrlOfBundle = 13;

std::string describe_peer_id(const wire::PayloadChain& inner, wire::PayloadType which) {
  const auto id = read<wire::decode_id>(inner, which);
  return id ? describe(*id) : std::string();
}

/// Which payload has the identity of the peer.
wire::PayloadType peer_id_type(const IkeSa& sa) {
  return sa.initiator ? wire::PayloadType::IdR : wire::PayloadType::IdI;
}

AuthInput own_input(const IkeSa& sa, ByteView id_body) {
  const Handshake& handshake = *sa.handshake;
  return {sa.initiator ? handshake.init_request : handshake.init_response,
          sa.initiator ? handshake.nonce_r : handshake.nonce_i,
          sa.initiator ? sa.keys->sk_pi() : sa.keys->sk_pr(), id_body};
}

AuthInput peer_input(const IkeSa& sa, ByteView id_body) {
  const Handshake& handshake = *sa.handshake;
  return {sa.initiator ? handshake.init_response : handshake.init_request,
          sa.initiator ? handshake.nonce_i : handshake.nonce_r,
          sa.initiator ? sa.keys->sk_pr() : sa.keys->sk_pi(), id_body};
}

/// The data of the CERT payloads of one encoding, in their order.
std::vector<Bytes> cert_data(const wire::PayloadChain& inner, std::uint8_t encoding) {
  std::vector<Bytes> result;
  for (const wire::PayloadView payload : inner) {
    if (payload.type != wire::PayloadType::Cert) continue;
    const auto cert = wire::decode_cert(payload);
    if (cert && cert->encoding == encoding) result.emplace_back(cert->data.begin(), cert->data.end());
  }
  return result;
}

pki::Attachments attachments_of(const wire::PayloadChain& inner) {
  pki::Attachments attached{cert_data(inner, kRevocationList), cert_data(inner, kPkcs7)};
  attached.only_by_url =
      attached.bundles.empty() && cert_data(inner, kX509Certificate).empty() &&
      !(cert_data(inner, kHashAndUrl).empty() && cert_data(inner, kHashAndUrlOfBundle).empty());
  return attached;
}

void write_chain(wire::PayloadWriter& payloads, const SignDone& auth) {
  for (const Bytes& certificate : auth.chain)
    payloads.cert(wire::PayloadType::Cert, kX509Certificate, certificate);
}

/// Why the peer's proof need not be looked at: it is not of the kind that the profile demands, or it is for
/// a name that nobody has.
std::optional<Failure> wrong_proof(Time now, const TunnelPolicy& policy, const wire::PayloadChain& inner) {
  for (const auto which : {wire::PayloadType::IdI, wire::PayloadType::IdR})
    if (const auto id = read<wire::decode_id>(inner, which); id && id->data.size() > kMaxIdentitySize)
      return identity_too_long(now, id->data.size());
  const auto auth = read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  if (!auth) return eap_wanted(now, policy);
  if (proves(auth->method, policy.isakmp.remote_authentication)) return std::nullopt;
  return wrong_method(now, policy, auth->method);
}

bool takes(const IsakmpProfile& profile, const crypto::IkeSuite& suite) {
  const auto usable = usable_suites(profile);
  return std::find(usable.begin(), usable.end(), suite) != usable.end();
}

/// How well a tunnel fits the IKE_AUTH request of the peer that it expects: whom it asks for, how it proves
/// who it is, and what has been chosen already.
std::tuple<bool, bool, bool> fitness(const TunnelPolicy& policy, const IkeSa& sa,
                                     const wire::PayloadChain& inner) {
  const auto asked_for = read<wire::decode_id>(inner, wire::PayloadType::IdR);
  const auto identity = asked_for ? identity_of(*asked_for) : std::nullopt;
  const auto auth = read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  return {!identity || identity->matches(policy.local_id),
          auth && proves(auth->method, policy.isakmp.remote_authentication), takes(policy.isakmp, *sa.suite)};
}

JobFailed failure_of(const JobResult& result) {
  if (const auto* failed = std::get_if<JobFailed>(&result)) return *failed;
  return {"the crypto job returned no result", ""};
}

}  // namespace

// ---------------------------------------------------------------- both roles

std::optional<Failure> missing_credential(Time now, const TunnelPolicy& policy) {
  const auto used = [&](AuthMethod method) {
    return policy.isakmp.local_authentication == method || policy.isakmp.remote_authentication == method;
  };
  if (used(AuthMethod::PreShare) && !policy.preshared_key) return no_preshared_key(now, policy);
  if (used(AuthMethod::Certificate) && !policy.certificate) return no_trustpoint(now);
  return std::nullopt;
}

void write_certificate_request(wire::PayloadWriter& payloads, const std::vector<Bytes>& authorities) {
  Bytes hashes;
  for (const Bytes& authority : authorities) hashes.insert(hashes.end(), authority.begin(), authority.end());
  if (!hashes.empty()) payloads.cert(wire::PayloadType::CertReq, kX509Certificate, hashes);
}

/// nullopt when there is no key.
std::optional<SignDone> Engine::Impl::own_preshared_auth(const IkeSa& sa, const TunnelPolicy& policy) const {
  if (!policy.preshared_key) return std::nullopt;
  const auto auth =
      preshared_auth(sa.keys->prf(), *policy.preshared_key, own_input(sa, id_body(policy.local_id)));
  if (!auth) return std::nullopt;
  return SignDone{wire::AuthMethodId::SharedKey, Bytes(auth->view().begin(), auth->view().end()), {}};
}

bool Engine::Impl::peer_has_key(const IkeSa& sa, const TunnelPolicy& policy, bool identity_known,
                                const wire::PayloadChain& inner) const {
  const auto id = read<wire::decode_id>(inner, peer_id_type(sa));
  const auto auth = read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  if (!id || !auth) return false;
  const Secret* key = identity_known && policy.preshared_key ? &*policy.preshared_key : nullptr;
  return verify_preshared_auth(sa.keys->prf(), key, peer_input(sa, id->rest_of_payload), auth->data);
}

/// `policy` has a certificate: see missing_credential().
void Engine::Impl::start_signing(IkeSa& sa, const TunnelPolicy& policy, Continuation what) {
  auto octets = auth_octets(sa.keys->prf(), own_input(sa, id_body(policy.local_id)));
  if (!octets) return close(sa);
  start_job(sa, SignJob{policy.certificate->trustpoint, sa.handshake->peer_hashes, *std::move(octets)},
            std::move(what));
}

/// The same; the method of AUTH has been checked. An identity that we have no name for is nobody's, which
/// the job then finds.
void Engine::Impl::start_verifying(IkeSa& sa, const TunnelPolicy& policy, const wire::PayloadChain& inner,
                                   Continuation what) {
  const auto id = read<wire::decode_id>(inner, peer_id_type(sa));
  const auto auth = read<wire::decode_auth>(inner, wire::PayloadType::Auth);
  if (!id || !auth) return close(sa);
  auto octets = auth_octets(sa.keys->prf(), peer_input(sa, id->rest_of_payload));
  if (!octets) return close(sa);
  start_job(sa,
            VerifyJob{policy.certificate->trustpoint, identity_of(*id).value_or(Identity{}),
                      cert_data(inner, kX509Certificate), auth->method,
                      Bytes(auth->data.begin(), auth->data.end()), *std::move(octets), attachments_of(inner)},
            std::move(what));
}

/// The IKE SAs of all tunnels that this peer shares with us under the same identities, but for `sa`.
std::vector<IkeSa*> Engine::Impl::others_with_peer(const Tunnel& tunnel, const IkeSa& sa) {
  std::vector<IkeSa*> result;
  const Candidates* found = index_.beside(tunnel.policy);
  if (found == nullptr) return result;
  for (const TunnelId id : found->with_peer(tunnel.policy.remote_id)) {
    Tunnel* other = find_tunnel(id);
    if (!other->policy.local_id.matches(tunnel.policy.local_id)) continue;
    for (IkeSa* candidate : ike_sas(*other))
      if (candidate != &sa) result.push_back(candidate);
  }
  return result;
}

/// True when no other IKE SA with this peer is up, which INITIAL_CONTACT then says (RFC 7296 2.4).
bool Engine::Impl::first_contact(const Tunnel& tunnel, const IkeSa& sa) {
  const auto others = others_with_peer(tunnel, sa);
  return std::none_of(others.begin(), others.end(),
                      [](const IkeSa* other) { return other->state == IkeState::Established; });
}

/// It was given up before the peer had answered, and what its INITIAL_CONTACT says is no longer true: a peer
/// that hears it again would drop what has come up since.
bool Engine::Impl::contradicts_others(const IkeSa& sa) {
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  return tunnel != nullptr && sa.handshake && sa.handshake->first_contact && !first_contact(*tunnel, sa);
}

/// The peer says that `sa` is its only one. What was established before the peer began `sa` is lost to
/// it; what we have established since, it may not have known when it wrote that.
void Engine::Impl::drop_older(const Tunnel& tunnel, const IkeSa& sa) {
  for (IkeSa* other : others_with_peer(tunnel, sa)) {
    if (!other->established || other->origin.established >= sa.origin.started) continue;
    notice(Notice::Level::Info, other->tunnel, "the peer has restarted; its old IKE SA is deleted");
    close(*other);
    if (Tunnel* losing = find_tunnel(other->tunnel))
      reconnect(*losing, dice_.between(Duration{500}, Duration{1500}));
  }
}

/// The peer has answered our INITIAL_CONTACT. What has come up since that was written it may have deleted: of
/// this tunnel we ask it, another tunnel to it is begun again.
void Engine::Impl::doubt_others(const Tunnel& tunnel, const IkeSa& sa) {
  for (IkeSa* other : others_with_peer(tunnel, sa)) {
    if (other->state != IkeState::Established) continue;
    if (other->tunnel != sa.tunnel) {
      start_over(*other, Duration::zero());
      continue;
    }
    other->origin.doubted = now_;
    other->want({Task::What::Liveness});
    pump(*other);
  }
}

void Engine::Impl::establish(IkeSa& sa) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const Duration lifetime = tunnel->policy.isakmp.lifetime;
  sa.state = IkeState::Established;
  sa.established = now_;
  sa.origin.established = now_;
  sa.handshake.reset();
  sa.keys->forget_sk_p();
  sa.confirmed = sa.initiator;
  sa.dpd_interval = tunnel->policy.isakmp.dpd_interval;
  sa.dpd_at = now_ + sa.dpd_interval;
  sa.rekey_at = now_ + rekey_after(lifetime, sa.initiator, jitter());
  sa.expires_at = now_ + lifetime;
  tunnel->next_attempt.reset();
  tunnel->division = {};
  tunnel->version1.reset();
  ++(sa.initiator ? counters_.ike_sa_established_as_initiator : counters_.ike_sa_established_as_responder);
  notice(Notice::Level::Info, sa.tunnel, "IKE SA established with " + sa.remote.to_string());
}

// ---------------------------------------------------------------- initiator

/// IKE_AUTH goes out as soon as there is a proof of who we are.
void Engine::Impl::begin_auth(IkeSa& sa) {
  const TunnelPolicy& policy = find_tunnel(sa.tunnel)->policy;
  if (auto missing = missing_credential(now_, policy)) return attempt_failed(sa, *std::move(missing));
  if (policy.isakmp.local_authentication == AuthMethod::Certificate)
    return start_signing(sa, policy, SignAsInitiator{});
  if (const auto auth = own_preshared_auth(sa, policy)) return send_auth(sa, *auth);
  close(sa);
}

void Engine::Impl::done(IkeSa& sa, SignAsInitiator&&, JobResult&& result) {
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return close(sa);
  if (const auto* auth = std::get_if<SignDone>(&result)) return send_auth(sa, *auth);
  attempt_failed(sa, cannot_sign(now_, tunnel->policy, failure_of(result)));
}

void Engine::Impl::send_auth(IkeSa& sa, const SignDone& auth) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const TunnelPolicy& policy = tunnel->policy;
  ChildSa& made = reserve_child(sa, sa.initiator);
  wire::PayloadWriter payloads;
  write_id(payloads, wire::PayloadType::IdI, policy.local_id);
  write_chain(payloads, auth);
  if (policy.isakmp.remote_authentication == AuthMethod::Certificate && policy.certificate)
    write_certificate_request(payloads, policy.certificate->authorities);
  sa.handshake->first_contact = first_contact(*tunnel, sa);
  if (sa.handshake->first_contact) payloads.notify(wire::NotifyType::InitialContact);
  // How the peer writes its subject we do not know, and some compare octets: it chooses (RFC 7296 1.2).
  if (policy.remote_id.type != Identity::Type::DerAsn1Dn)
    write_id(payloads, wire::PayloadType::IdR, policy.remote_id);
  payloads.auth(auth.method, auth.signature);
  give_token(sa, payloads);
  write_mode(payloads, policy.transport_mode);
  payloads.sa(esp_proposals(policy.ipsec, made.inbound_spi, wire::GroupId::None));
  ask_selectors(payloads, whole_of(policy, {sa.local, sa.remote}).networks);
  sa.state = IkeState::AuthSent;
  sa.next_request = 1;
  send_request(sa, wire::ExchangeType::IkeAuth, payloads, AskAuth{made.inbound_spi});
}

void Engine::Impl::on_auth_response(IkeSa& sa, const AskAuth& asked, const wire::PayloadChain& inner) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return;
  if (sa.state != IkeState::AuthSent) {
    // Given up meanwhile: the Delete that is queued tells the peer. Which one it has made first is not known.
    if (contradicts_others(sa) && !sa.origin.peer_is_awiked)
      for (IkeSa* other : others_with_peer(*tunnel, sa))
        if (other->state == IkeState::Established) start_over(*other, Duration::zero());
    return;
  }
  const auto error = find_error(inner);
  if (!error && inner.find(wire::PayloadType::Eap))
    return reject_peer(sa, *tunnel, eap_wanted(now_, tunnel->policy));
  if (!inner.find(wire::PayloadType::Auth)) {
    const auto reason = error ? error->type : wire::NotifyType::InvalidSyntax;
    if (reason != wire::NotifyType::AuthenticationFailed)
      return attempt_failed(sa, refused(now_, Side::Peer, wire::ExchangeType::IkeAuth, reason));
    return attempt_failed(sa, authentication_failed(now_, Side::Peer, tunnel->policy));
  }
  const auto id = read<wire::decode_id>(inner, wire::PayloadType::IdR);
  const auto said = id ? identity_of(*id) : std::nullopt;
  const bool known = said && said->matches(tunnel->policy.remote_id);
  if (auto objection = wrong_proof(now_, tunnel->policy, inner))
    return reject_peer(sa, *tunnel, *std::move(objection));
  if (known && tunnel->policy.isakmp.remote_authentication == AuthMethod::Certificate)
    return start_verifying(sa, tunnel->policy, inner, VerifyAsInitiator{asked, keep(inner)});
  if (known && peer_has_key(sa, tunnel->policy, known, inner)) return finish_auth(sa, *tunnel, asked, inner);
  reject_peer(sa, *tunnel, authentication_failed(now_, Side::Local, tunnel->policy, id));
}

void Engine::Impl::done(IkeSa& sa, VerifyAsInitiator&& what, JobResult&& result) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const auto inner = wire::parse_chain(what.inner.first, what.inner.octets);
  if (tunnel == nullptr || !inner) return close(sa);
  if (std::holds_alternative<VerifyDone>(result))
    finish_auth(sa, *tunnel, what.asked, *inner);
  else
    reject_peer(sa, *tunnel,
                certificate_refused(now_, tunnel->policy, failure_of(result),
                                    describe_peer_id(*inner, wire::PayloadType::IdR)));
  pump(sa);
}

/// The peer believes that all is well, so it must be told (RFC 7296 2.21.2).
void Engine::Impl::reject_peer(IkeSa& sa, Tunnel& tunnel, Failure failure) {
  record(tunnel, std::move(failure));
  sa.blames_peer = true;
  delete_ike(sa);
  back_off(tunnel);
}

/// The peer is who it should be: what of the first Child SA?
void Engine::Impl::finish_auth(IkeSa& sa, Tunnel& tunnel, const AskAuth& asked,
                               const wire::PayloadChain& inner) {
  ExchangeNonces nonces{sa.handshake->nonce_i, sa.handshake->nonce_r};
  const bool others_doubted = sa.handshake->first_contact && !sa.origin.peer_is_awiked;
  sa.handshake.reset();
  ChildSa* made = find_child(asked.child);
  establish(sa);
  take_token(sa, inner);
  const Wanted wanted = whole_of(tunnel.policy, {sa.local, sa.remote});
  std::optional<Failure> failure;
  if (const auto error = find_error(inner)) {
    if (made != nullptr) remove(*made);
    decline(sa, tunnel, wanted.networks, *error);
    if (lacking(sa)) {
      if (others_doubted) doubt_others(tunnel, sa);
      settle(tunnel);
      return complete(tunnel);
    }
    failure = refused_by_peer(now_, wire::ExchangeType::IkeAuth, error->type, wanted.networks,
                              describe(tunnel.policy.ipsec, wire::GroupId::None));
  } else if (auto terms =
                 agree_as_initiator(tunnel.policy, tunnel.policy.ipsec, wanted, inner,
                                    negotiation(sa, wire::ExchangeType::IkeAuth, wire::GroupId::None));
             !terms) {
    failure = std::move(terms.error().failure);
  } else if (made == nullptr ||
             !install(*made, sa, tunnel.policy.ipsec, *terms, nullptr, std::move(nonces))) {
    failure = data_plane_failed(now_, "the keys could not be derived");
  } else {
    // Beside another Child SA it waits until that one goes: the response may be a repetition, by a peer
    // that has deleted this IKE SA since.
    if (others_doubted) doubt_others(tunnel, sa);
    if (tunnel.active.empty() || others_doubted)
      activate(*made);
    else
      sa.confirmed = false;
    settle(tunnel);
    return complete(tunnel);
  }
  record(tunnel, *std::move(failure));
  delete_ike(sa);
  back_off(tunnel);
}

// ---------------------------------------------------------------- responder

/// Several tunnels may run between the same addresses, or take peers from anywhere: the identity tells
/// which one is meant, and between those for one peer what else it says. Moves the IKE SA there. nullptr: no
/// tunnel knows this peer.
Tunnel* Engine::Impl::refine_tunnel(IkeSa& sa, const std::optional<Identity>& peer_id,
                                    const wire::PayloadChain& inner) {
  if (!peer_id) return nullptr;
  const auto meant = meant_by(sa).with_peer(*peer_id);
  if (meant.empty()) return nullptr;
  leave_tunnel(sa);
  const auto fits = [&](TunnelId id) { return fitness(find_tunnel(id)->policy, sa, inner); };
  sa.tunnel = *std::ranges::max_element(meant, {}, fits);
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  tunnel->ike_sas.insert(sa.local_spi);
  return tunnel;
}

void Engine::Impl::on_auth_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner) {
  const auto id = read<wire::decode_id>(inner, wire::PayloadType::IdI);
  const Tunnel* known = refine_tunnel(sa, id ? identity_of(*id) : std::nullopt, inner);
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return close(sa);
  const TunnelPolicy& policy = tunnel->policy;
  if (auto missing = missing_credential(now_, policy))
    return refuse_peer(sa, *tunnel, header, *std::move(missing));
  if (auto objection = wrong_proof(now_, policy, inner))
    return refuse_peer(sa, *tunnel, header, *std::move(objection));
  // An unknown identity costs the same work, so that nobody learns which ones exist.
  if (policy.isakmp.remote_authentication == AuthMethod::Certificate)
    return start_verifying(sa, policy, inner, VerifyAsResponder{header, keep(inner), known != nullptr});
  if (peer_has_key(sa, policy, known != nullptr, inner)) return admit_peer(sa, *tunnel, header, inner);
  refuse_peer(sa, *tunnel, header, authentication_failed(now_, Side::Local, policy, id));
}

void Engine::Impl::done(IkeSa& sa, VerifyAsResponder&& what, JobResult&& result) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const auto inner = wire::parse_chain(what.inner.first, what.inner.octets);
  if (tunnel == nullptr || !inner) return close(sa);
  if (!what.known)
    return refuse_peer(sa, *tunnel, what.header,
                       authentication_failed(now_, Side::Local, tunnel->policy,
                                             read<wire::decode_id>(*inner, wire::PayloadType::IdI)));
  if (!std::holds_alternative<VerifyDone>(result))
    return refuse_peer(sa, *tunnel, what.header,
                       certificate_refused(now_, tunnel->policy, failure_of(result),
                                           describe_peer_id(*inner, wire::PayloadType::IdI)));
  admit_peer(sa, *tunnel, what.header, *inner);
}

/// All that fails here is answered alike, whatever the reason.
void Engine::Impl::refuse_peer(IkeSa& sa, Tunnel& tunnel, const wire::Header& header, Failure failure) {
  record_said_by(sa, tunnel, std::move(failure));
  refuse(sa, header, wire::NotifyType::AuthenticationFailed);
  end(sa);
}

/// When the peer comes again, it is known whose profile counts.
void Engine::Impl::note_meant(const IkeSa& sa) {
  if (meant_at_.size() >= kMaxMeant) meant_at_.erase(meant_at_.begin());
  meant_at_.insert_or_assign(sa.remote.address, sa.tunnel);
}

/// The peer is who it says, and now we prove who we are. The suite was chosen before we knew which
/// tunnel is meant.
void Engine::Impl::admit_peer(IkeSa& sa, Tunnel& tunnel, const wire::Header& header,
                              const wire::PayloadChain& inner) {
  const TunnelPolicy& policy = tunnel.policy;
  if (!takes(policy.isakmp, *sa.suite)) {
    note_meant(sa);
    record(tunnel, no_proposal_chosen(now_, Side::Local, wire::ExchangeType::IkeAuth, describe(policy.isakmp),
                                      describe(*sa.suite)));
    refuse(sa, header, wire::NotifyType::NoProposalChosen);
    return end(sa);
  }
  if (policy.isakmp.local_authentication == AuthMethod::Certificate)
    return start_signing(sa, policy, SignAsResponder{header, keep(inner)});
  if (const auto auth = own_preshared_auth(sa, policy)) return answer_auth(sa, tunnel, header, inner, *auth);
  close(sa);
}

void Engine::Impl::done(IkeSa& sa, SignAsResponder&& what, JobResult&& result) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  const auto inner = wire::parse_chain(what.inner.first, what.inner.octets);
  if (tunnel == nullptr || !inner) return close(sa);
  if (const auto* auth = std::get_if<SignDone>(&result))
    return answer_auth(sa, *tunnel, what.header, *inner, *auth);
  refuse_peer(sa, *tunnel, what.header, cannot_sign(now_, tunnel->policy, failure_of(result)));
}

/// Without a Child SA the IKE SA stands all the same (RFC 7296 1.2, 2.21.2).
void Engine::Impl::answer_auth(IkeSa& sa, Tunnel& tunnel, const wire::Header& header,
                               const wire::PayloadChain& inner, const SignDone& auth) {
  ExchangeNonces nonces{sa.handshake->nonce_i, sa.handshake->nonce_r};
  settle_path(sa, sa.reply_to);
  establish(sa);
  wire::PayloadWriter payloads;
  write_id(payloads, wire::PayloadType::IdR, tunnel.policy.local_id);
  write_chain(payloads, auth);
  payloads.auth(auth.method, auth.signature);
  take_token(sa, inner);
  give_token(sa, payloads);
  const bool agreed = answer_first_child(sa, tunnel, inner, payloads, std::move(nonces));
  respond(sa, header, payloads);
  if (find_notify(inner, wire::NotifyType::InitialContact)) drop_older(tunnel, sa);
  settle(tunnel);
  if (agreed) complete(tunnel);
}

/// The Child SA that comes with IKE_AUTH, into the answer's `payloads`. False when it had to be refused.
bool Engine::Impl::answer_first_child(IkeSa& sa, Tunnel& tunnel, const wire::PayloadChain& inner,
                                      wire::PayloadWriter& payloads, ExchangeNonces nonces) {
  if (!inner.find(wire::PayloadType::Sa)) {
    // Childless (RFC 6023): what the tunnel needs we ask for ourselves, should the peer not.
    tunnel.next_attempt = now_ + dice_.between(kChildlessLow, kChildlessHigh);
    return true;
  }
  auto terms = agree_as_responder(tunnel.policy, inner,
                                  negotiation(sa, wire::ExchangeType::IkeAuth, wire::GroupId::None));
  if (terms) {
    ChildSa& made = reserve_child(sa, sa.initiator);
    if (install(made, sa, tunnel.policy.ipsec, *terms, nullptr, std::move(nonces))) {
      write_mode(payloads, terms->transport);
      payloads.sa(answer(terms->choice, made.inbound_spi, wire::GroupId::None));
      answer_selectors(payloads, *terms);
      activate_if_needed(made);
      return true;
    }
    remove(made);
    record(tunnel, data_plane_failed(now_, "the keys could not be derived"));
    payloads.notify(wire::NotifyType::NoProposalChosen);
  } else {
    record(tunnel, std::move(terms.error().failure));
    payloads.notify(terms.error().notify);
  }
  // The peer is expected to delete this IKE SA; one that carries nothing is not kept for long.
  sa.expires_at = now_ + kHalfOpenPatience;
  return false;
}

}  // namespace awtun::ike
