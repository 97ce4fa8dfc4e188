// SPDX-License-Identifier: Apache-2.0
// IKE_SA_INIT (RFC 7296 1.2, 2.6, 2.7), both roles. Nothing here is authenticated yet.
#include <algorithm>

#include "userland/ike/engine/engine_impl.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal_mismatch.h"

namespace awtun::ike {
namespace {

/// A peer that keeps asking for other cookies is not taken seriously.
constexpr unsigned kMaxCookies = 3;
/// Of more CAs the peer is not told; it has to guess.
constexpr std::size_t kMaxAuthorities = 32;
constexpr std::size_t kMaxHashes = 16;
/// A longer request is not kept for a stranger. Of a message RFC 7296 2 expects 3000 octets to be taken.
constexpr std::size_t kMaxInit = 8192;

/// SIGNATURE_HASH_ALGORITHMS (RFC 7427 4): SHA2-256, SHA2-384, SHA2-512.
void write_hashes(wire::PayloadWriter& payloads) {
  static constexpr std::array<std::uint8_t, 6> kHashes{0, 2, 0, 3, 0, 4};
  payloads.notify(wire::NotifyType::SignatureHashAlgorithms, kHashes);
}

std::vector<std::uint16_t> read_hashes(const wire::PayloadChain& payloads) {
  std::vector<std::uint16_t> hashes;
  const auto notify = find_notify(payloads, wire::NotifyType::SignatureHashAlgorithms);
  if (!notify) return hashes;
  for (std::size_t at = 0; at + 2 <= notify->data.size() && hashes.size() < kMaxHashes; at += 2)
    hashes.push_back(static_cast<std::uint16_t>(notify->data[at] << 8 | notify->data[at + 1]));
  return hashes;
}

/// What all tunnels that may be meant accept; if that is nothing, the first of them that takes an offer
/// decides.
std::optional<IkeChoice> choose_among(const MeantTunnels& meant, const Offer& offered) {
  if (auto choice = choose_ike(meant.common_suites(), offered)) return choice;
  for (const Candidates::Terms* terms : meant.terms())
    if (auto choice = choose_ike(terms->isakmp, offered)) return choice;
  return std::nullopt;
}

/// The CAs of those that want a certificate.
std::vector<Bytes> authorities_of(const MeantTunnels& meant) {
  std::vector<Bytes> result;
  for (const Candidates::Terms* terms : meant.terms()) {
    if (terms->isakmp.remote_authentication != AuthMethod::Certificate || !terms->certificate) continue;
    for (const Bytes& authority : terms->certificate->authorities)
      if (result.size() < kMaxAuthorities &&
          std::find(result.begin(), result.end(), authority) == result.end())
        result.push_back(authority);
  }
  return result;
}

/// The payloads of a full answer.
wire::PayloadWriter init_answer(const IkeChoice& choice, ByteView nonce, ByteView public_value,
                                const IkeSpis& spis, const Path& path, bool fragmentation,
                                const std::vector<Bytes>& authorities) {
  wire::PayloadWriter payloads;
  payloads.sa(answer(choice, Bytes{}));
  payloads.ke(choice.suite.group, public_value);
  payloads.nonce(nonce);
  write_nat_detection(payloads, spis, path);
  if (fragmentation) payloads.notify(wire::NotifyType::IkeFragmentationSupported);
  payloads.notify(wire::NotifyType::ChildlessIkev2Supported);
  write_hashes(payloads);
  write_certificate_request(payloads, authorities);
  payloads.vendor_id(own_vendor_id());
  return payloads;
}

/// Octets of a full answer, header included.
std::size_t init_answer_size(const MeantTunnels& meant, const IkeChoice& choice, bool fragmentation) {
  const Bytes nonce(Dice::kNonceSize);
  const Bytes value(crypto::KeyExchange::public_size(choice.suite.group));
  return wire::kHeaderSize +
         init_answer(choice, nonce, value, {}, {}, fragmentation, authorities_of(meant)).size();
}

}  // namespace

bool offers_group(const IsakmpProfile& profile, wire::GroupId group) {
  const auto suites = usable_suites(profile);
  return std::any_of(suites.begin(), suites.end(), [&](const auto& suite) { return suite.group == group; });
}

std::array<std::uint8_t, 2> group_octets(wire::GroupId group) {
  const auto number = static_cast<std::uint16_t>(group);
  return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

ByteView own_vendor_id() {
  static constexpr std::array<std::uint8_t, 13> kId{'a', 'w', 't', 'u', 'n', '-', 'i',
                                                    'k', 'e', 'v', '2', '-', '1'};
  return kId;
}

// ---------------------------------------------------------------- initiator

void Engine::Impl::start_attempt(Tunnel& tunnel) {
  const auto suites = usable_suites(tunnel.policy.isakmp);
  if (auto missing = missing_credential(now_, tunnel.policy)) {
    // Nothing that time could heal: SetTunnel with one starts the next attempt.
    record(tunnel, *std::move(missing));
    return;
  }
  if (!tunnel.policy.remote) return;  // the peer's to begin
  if (suites.empty()) {
    record(tunnel, no_proposal_chosen(now_, Side::Local, wire::ExchangeType::IkeSaInit,
                                      "no supported transform", ""));
    return;
  }
  IkeSa& sa = new_ike_sa(tunnel.policy.tunnel, fresh_ike_spi(), true, IkeState::InitSent);
  sa.local = {tunnel.policy.local, kIkePort};
  sa.remote = {*tunnel.policy.remote, kIkePort};
  sa.handshake = std::make_unique<Handshake>();
  sa.handshake->nonce_i = dice_.nonce();
  sa.origin.nonce = sa.handshake->nonce_i;
  begin_init(sa, suites.front().group);
}

/// IKE_SA_INIT with a fresh key of `group` goes out as soon as there is one.
void Engine::Impl::begin_init(IkeSa& sa, wire::GroupId group) {
  sa.outstanding.reset();
  sa.handshake->groups_tried.insert(group);
  KeyExchangeJob job = key_exchange_job(group, std::nullopt);
  if (!job.ours) return start_job(sa, std::move(job), MakeKey{});
  sa.handshake->key_exchange = std::move(job.ours);
  send_init(sa);
}

void Engine::Impl::done(IkeSa& sa, MakeKey&&, JobResult&& result) {
  auto* made = std::get_if<KeyExchangeDone>(&result);
  if (made == nullptr || !made->ours)
    return attempt_failed(sa,
                          job_failed(now_, wire::ExchangeType::IkeSaInit, std::get_if<JobFailed>(&result)));
  sa.handshake->key_exchange = std::move(made->ours);
  send_init(sa);
}

/// Sent again, with a cookie, it has message id 0 again (RFC 7296 2.6).
void Engine::Impl::send_init(IkeSa& sa) {
  const Tunnel* tunnel = find_tunnel(sa.tunnel);
  if (tunnel == nullptr) return close(sa);
  Handshake& handshake = *sa.handshake;
  wire::PayloadWriter payloads;
  if (!handshake.cookie.empty()) payloads.notify(wire::NotifyType::Cookie, handshake.cookie);
  payloads.sa(ike_proposals(tunnel->policy.isakmp, {}));
  payloads.ke(handshake.key_exchange->group(), handshake.key_exchange->public_value());
  payloads.nonce(handshake.nonce_i);
  write_nat_detection(payloads, {sa.local_spi, 0}, {sa.local, sa.remote});
  payloads.notify(wire::NotifyType::IkeFragmentationSupported);
  write_hashes(payloads);
  payloads.vendor_id(own_vendor_id());
  sa.next_request = 0;
  send_request(sa, wire::ExchangeType::IkeSaInit, payloads, AskInit{});
  if (sa.outstanding) handshake.init_request = sa.outstanding->packets.front();
}

void Engine::Impl::on_init_response(const Datagram& datagram, const wire::MessageView& message) {
  IkeSa* sa = find_ike_sa(message.header.initiator_spi);
  if (sa == nullptr || sa->state != IkeState::InitSent || message.header.from_initiator ||
      message.header.message_id != 0 || datagram.remote != sa->remote) {
    ++counters_.messages_unknown_sa;
    return;
  }
  if (!well_formed(message.payloads) || message.payloads.unsupported_critical()) {
    ++counters_.messages_malformed;
    return;
  }
  // While a job runs for an answer, others are passed over; should it have been a forged one, the true
  // one comes again. Once there are keys the exchange is over.
  if (sa->job || sa->keys) return;
  if (!correct_init(*sa, message)) accept_init(*sa, message);
}

/// Handles what is no final answer: a COOKIE, another group, an error. True when it was one of those.
bool Engine::Impl::correct_init(IkeSa& sa, const wire::MessageView& message) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  Handshake& handshake = *sa.handshake;
  if (tunnel == nullptr) return true;
  if (const auto cookie = find_notify(message.payloads, wire::NotifyType::Cookie)) {
    ++counters_.cookies_received;
    // The one that we have: the answer to a repetition of what went out before it.
    if (std::ranges::equal(cookie->data, handshake.cookie)) return true;
    const bool usable =
        !cookie->data.empty() && cookie->data.size() <= 64 && ++handshake.cookies <= kMaxCookies;
    if (!usable) return true;
    handshake.cookie.assign(cookie->data.begin(), cookie->data.end());
    send_init(sa);
    return true;
  }
  const auto error = find_error(message.payloads);
  if (!error) return false;
  if (error->type == wire::NotifyType::InvalidKePayload && error->data.size() == 2) {
    const auto group = static_cast<wire::GroupId>(error->data[0] << 8 | error->data[1]);
    if (offers_group(tunnel->policy.isakmp, group) && !handshake.groups_tried.contains(group)) {
      begin_init(sa, group);
      return true;
    }
  }
  if (sa.outstanding) sa.outstanding->refusal = error->type;
  if (sa.expires_at) return true;  // said before in this attempt
  // Possibly forged: report it, yet go on for a while.
  record(*tunnel, init_refused(*tunnel, error->type));
  sa.expires_at = now_ + kRefusedPatience;
  return true;
}

Failure Engine::Impl::init_refused(const Tunnel& tunnel, wire::NotifyType reason) const {
  const TunnelPolicy& policy = tunnel.policy;
  Failure failure =
      reason == wire::NotifyType::NoProposalChosen
          ? no_proposal_chosen(now_, Side::Peer, wire::ExchangeType::IkeSaInit, describe(policy.isakmp), "")
          : refused_in_clear(now_, wire::to_string(wire::ExchangeType::IkeSaInit), reason, policy);
  return speaks_version1(tunnel) ? of_version1(std::move(failure)) : failure;
}

void Engine::Impl::accept_init(IkeSa& sa, const wire::MessageView& message) {
  Tunnel* tunnel = find_tunnel(sa.tunnel);
  Handshake& handshake = *sa.handshake;
  const auto answer = read<wire::decode_sa>(message.payloads, wire::PayloadType::Sa);
  const auto ke = read<wire::decode_ke>(message.payloads, wire::PayloadType::Ke);
  const auto nonce = read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  if (tunnel == nullptr || !answer || !ke || !nonce || message.header.responder_spi == 0) return;
  const auto choice = accepted_ike(tunnel->policy.isakmp, *answer);
  // A wrong answer may be forged, so it ends nothing: the right one may still come.
  if (!choice || ke->group != choice->suite.group || ke->group != handshake.key_exchange->group()) {
    if (sa.outstanding)
      sa.outstanding->wrong_answer = describe(*answer, wire::ProtocolId::Ike) + ", a key of group " +
                                     crypto::describe(wire::Transform::group(ke->group));
    return;
  }
  start_job(sa,
            KeyExchangeJob{ke->group, {}, handshake.key_exchange, Bytes(ke->data.begin(), ke->data.end())},
            DeriveAsInitiator{*choice, Bytes(message.octets.begin(), message.octets.end())});
}

/// The response has been checked by accept_init(). It ends nothing when its public value is bad.
void Engine::Impl::done(IkeSa& sa, DeriveAsInitiator&& what, JobResult&& result) {
  const auto* derived = std::get_if<KeyExchangeDone>(&result);
  const auto message = wire::parse_message(what.response);
  if (derived == nullptr || !derived->shared || !message) return;
  const auto nonce = read<wire::decode_nonce>(message->payloads, wire::PayloadType::Nonce);
  const auto prf = crypto::Prf::create(what.choice.suite.prf);
  if (!nonce || !prf) return;
  Handshake& handshake = *sa.handshake;
  sa.peer_spi = message->header.responder_spi;
  handshake.nonce_r.assign(nonce->begin(), nonce->end());
  if (!set_keys(sa, what.choice,
                crypto::skeyseed(*prf, handshake.nonce_i, handshake.nonce_r, *derived->shared),
                handshake.nonce_i, handshake.nonce_r))
    return;
  handshake.key_exchange.reset();
  sa.origin.peer_is_awiked = has_vendor_id(message->payloads, own_vendor_id());
  sa.nat = detect_nat(message->payloads, {sa.local_spi, sa.peer_spi}, {sa.local, sa.remote});
  sa.fragmentation = find_notify(message->payloads, wire::NotifyType::IkeFragmentationSupported).has_value();
  if (sa.nat.found()) sa.local.port = sa.remote.port = kNattPort;
  handshake.peer_hashes = read_hashes(message->payloads);
  handshake.init_response = std::move(what.response);
  sa.outstanding.reset();
  sa.expires_at.reset();
  begin_auth(sa);
}

// ---------------------------------------------------------------- responder

/// The tunnels that the peer of a half-open IKE SA may mean.
MeantTunnels Engine::Impl::meant_by(const IkeSa& sa) const {
  return index_.find(sa.local.address, sa.remote.address);
}

/// One of the tunnels that a datagram may concern, which speaks for the others too.
Tunnel* Engine::Impl::some_tunnel(const Datagram& datagram) {
  const MeantTunnels meant = index_.find(datagram.local.address, datagram.remote.address);
  return meant.empty() ? nullptr : find_tunnel(meant.any());
}

void Engine::Impl::on_init_request(const Datagram& datagram, const wire::MessageView& message) {
  const wire::Header& header = message.header;
  const MeantTunnels meant = index_.find(datagram.local.address, datagram.remote.address);
  Tunnel* tunnel = meant.empty() ? nullptr : find_tunnel(meant.any());
  if (tunnel == nullptr) {
    ++counters_.messages_unknown_sa;
    return;
  }
  if (!header.from_initiator || header.initiator_spi == 0 || header.responder_spi != 0 ||
      header.message_id != 0 || message.octets.size() > kMaxInit || !well_formed(message.payloads)) {
    ++counters_.messages_malformed;
    return;
  }
  answers_.received(now_, account_of({datagram.local, datagram.remote}), datagram.bytes.size());
  if (const auto type = message.payloads.unsupported_critical()) {
    const auto octet = static_cast<std::uint8_t>(*type);
    static_cast<void>(reply_unprotected(datagram, header, wire::NotifyType::UnsupportedCriticalPayload,
                                        ByteView(&octet, 1)));
    return;
  }
  if (IkeSa* sa = answered_init(datagram, header)) {
    if (sa->state == IkeState::HalfOpen) repeat_init_response(*sa, datagram);
    return;  // or it will be answered
  }
  if (const auto caller = admit(*tunnel, datagram, message))
    look_into(*tunnel, meant, {datagram, message, *caller});
}

/// At an address where a peer has proved to be that of a tunnel which does not take what we chose, its
/// profile decides.
std::optional<IkeChoice> Engine::Impl::choose_for(const Datagram& datagram, const MeantTunnels& meant,
                                                  const Offer& offered) {
  const auto known = meant_at_.find(datagram.remote.address);
  const auto tunnel = known == meant_at_.end() ? tunnels_.end() : tunnels_.find(known->second);
  if (tunnel != tunnels_.end() && tunnel->second.policy.local == datagram.local.address)
    if (auto choice = choose_ike(tunnel->second.policy.isakmp, offered)) return choice;
  return choose_among(meant, offered);
}

/// Whoever sent the request may be refused, corrected or answered.
void Engine::Impl::look_into(Tunnel& tunnel, const MeantTunnels& meant, const InitRequest& request) {
  const auto offered = read<wire::decode_sa>(request.message.payloads, wire::PayloadType::Sa);
  const auto ke = read<wire::decode_ke>(request.message.payloads, wire::PayloadType::Ke);
  if (!offered || !ke) return;
  const auto choice = choose_for(request.datagram, meant, *offered);
  if (!request.caller.proved && (!choice || ke->group != choice->suite.group)) refusals_.take();
  if (!choice) return refuse_offer(tunnel, request, *offered);
  if (ke->group != choice->suite.group) {
    static_cast<void>(reply_unprotected(request.datagram, request.message.header,
                                        wire::NotifyType::InvalidKePayload,
                                        group_octets(choice->suite.group)));
    return;
  }
  begin_answer(tunnel, meant, request, *choice);
}

/// A peer that is configured is believed once it has returned a cookie.
void Engine::Impl::refuse_offer(Tunnel& tunnel, const InitRequest& request, const wire::SaView& offered) {
  const Caller& caller = request.caller;
  const bool recorded = caller.is_peer() || takes_hearsay(tunnel);
  if (!recorded && !caller.stranger)
    return demand_cookie(request.datagram, request.message, &Counters::cookies_sent_to_refuse);
  if (!recorded) {
    count(Cause::NoProposalChosen);
  } else {
    record(tunnel,
           no_proposal_chosen(now_, Side::Local, wire::ExchangeType::IkeSaInit,
                              describe(tunnel.policy.isakmp), describe(offered, wire::ProtocolId::Ike),
                              proposal_mismatch(ike_proposals(tunnel.policy.isakmp, {}), offered)));
    tunnel.hearsay = !caller.is_peer();
  }
  static_cast<void>(
      reply_unprotected(request.datagram, request.message.header, wire::NotifyType::NoProposalChosen));
}

/// The request is one that we take: it is answered once the shared secret is there.
void Engine::Impl::begin_answer(const Tunnel& tunnel, const MeantTunnels& meant, const InitRequest& request,
                                const IkeChoice& choice) {
  const auto& [datagram, message, caller] = request;
  const auto nonce = read<wire::decode_nonce>(message.payloads, wire::PayloadType::Nonce);
  const auto ke = read<wire::decode_ke>(message.payloads, wire::PayloadType::Ke);
  if (!nonce || !ke) return;
  const bool fragmentation =
      find_notify(message.payloads, wire::NotifyType::IkeFragmentationSupported).has_value();
  const IpPrefix account = account_of({datagram.local, datagram.remote});
  const AnswerBudget::Exchange exchange{datagram.bytes.size(),
                                        init_answer_size(meant, choice, fragmentation)};
  if (!caller.proved && !answers_.affords(now_, account, exchange))
    return demand_cookie(datagram, message, &Counters::cookies_sent_for_size);
  if (!make_room(caller, datagram.remote, meant.size())) return;
  IkeSa& sa = new_ike_sa(tunnel.policy.tunnel, fresh_ike_spi(), false, IkeState::InitReceived);
  sa.local = datagram.local;
  sa.remote = datagram.remote;
  sa.peer_spi = message.header.initiator_spi;
  sa.nat = detect_nat(message.payloads, {sa.peer_spi, 0}, {sa.local, sa.remote});
  sa.fragmentation = fragmentation;
  sa.expected_request = 1;
  const Duration patience = patience_with(caller);
  // From the answer on, which may take its time.
  sa.expires_at = now_ + kHalfOpenPatience;
  sa.handshake = std::make_unique<Handshake>();
  Handshake& handshake = *sa.handshake;
  handshake.nonce_i.assign(nonce->begin(), nonce->end());
  handshake.nonce_r = dice_.nonce();
  handshake.init_request = datagram.bytes;
  note_half_open(sa, caller);
  sa.half_open->patience = patience;
  // Now, so that those that come while it is computed find what is left.
  if (!caller.proved) sa.half_open->unsent = answers_.charge(now_, account, exchange);
  handshake.peer_hashes = read_hashes(message.payloads);
  sa.origin.nonce = handshake.nonce_i;
  sa.origin.peer_is_awiked = has_vendor_id(message.payloads, own_vendor_id());
  start_job(sa, key_exchange_job(ke->group, Bytes(ke->data.begin(), ke->data.end())),
            DeriveAsResponder{choice});
}

void Engine::Impl::done(IkeSa& sa, DeriveAsResponder&& what, JobResult&& result) {
  const auto* keys = std::get_if<KeyExchangeDone>(&result);
  if (keys != nullptr && keys->ours && keys->shared) return answer_init(sa, what.choice, *keys);
  ++counters_.messages_malformed;
  close(sa);
}

void Engine::Impl::answer_init(IkeSa& sa, const IkeChoice& choice, const KeyExchangeDone& keys) {
  const auto prf = crypto::Prf::create(choice.suite.prf);
  Handshake& handshake = *sa.handshake;
  if (!prf ||
      !set_keys(sa, choice, crypto::skeyseed(*prf, handshake.nonce_i, handshake.nonce_r, *keys.shared),
                handshake.nonce_i, handshake.nonce_r))
    return close(sa);
  sa.state = IkeState::HalfOpen;

  const wire::PayloadWriter payloads =
      init_answer(choice, handshake.nonce_r, keys.ours->public_value(), {sa.peer_spi, sa.local_spi},
                  {sa.local, sa.remote}, sa.fragmentation, authorities_of(meant_by(sa)));
  wire::Header header;
  header.initiator_spi = sa.peer_spi;
  header.responder_spi = sa.local_spi;
  header.exchange = wire::ExchangeType::IkeSaInit;
  header.response = true;
  auto bytes = wire::write_message(header, payloads);
  if (!bytes) return close(sa);
  handshake.init_response = *bytes;
  note_answered(sa);
  transmit(sa, {sa.local, sa.remote}, {*std::move(bytes)});
}

// ---------------------------------------------------------------- keys

/// Derives the keys of an IKE SA whose SPIs are known. False only when the crypto library fails.
bool Engine::Impl::set_keys(IkeSa& sa, const IkeChoice& choice,
                            const Result<Secret, crypto::CryptoError>& seed, ByteView ni, ByteView nr) {
  if (!seed) return false;
  auto material =
      crypto::derive_ike_keys(choice.suite, *seed, ni, nr, sa.initiator_spi(), sa.responder_spi());
  if (!material) return false;
  sa.keys = Protection::create(choice.suite, *material, sa.initiator);
  if (!sa.keys) return false;
  sa.suite = choice.suite;
  actions_.emplace_back(IkeKeys{sa.initiator_spi(), sa.responder_spi(), choice.suite,
                                std::move(material->sk_ei), std::move(material->sk_er),
                                std::move(material->sk_ai), std::move(material->sk_ar)});
  return true;
}

}  // namespace awtun::ike
