// SPDX-License-Identifier: Apache-2.0
// An engine that is spoken to message by message: a responder, and the initiator's half written out, so
// that a test can send what no engine would.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "userland/crypto/ike_cipher.h"
#include "userland/crypto/ikev2_keys.h"
#include "userland/crypto/key_exchange.h"
#include "userland/ike/engine.h"
#include "userland/ike/rules/auth.h"
#include "userland/ike/rules/nat.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal.h"
#include "userland/ike/rules/protection.h"
#include "userland/ike/rules/selectors.h"
#include "userland/wire/writer.h"

namespace awtun::ike {

using namespace std::chrono_literals;

inline RandomSource seeded_octets(std::uint32_t seed) {
  return [random = std::make_shared<std::mt19937>(seed)](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>((*random)() >> 8);
  };
}

inline Secret shared_key() { return Secret(ByteView(Bytes{'k', 'e', 'y'})); }

/// The cookie that a reply demands; nullopt: none.
inline std::optional<Bytes> cookie_in(const Bytes& reply) {
  const auto message = wire::parse_message(reply);
  if (!message) return std::nullopt;
  const auto cookie = find_notify(message->payloads, wire::NotifyType::Cookie);
  if (!cookie) return std::nullopt;
  return Bytes(cookie->data.begin(), cookie->data.end());
}

/// The engine at 10.0.0.1.
class Responder {
 public:
  /// Tunnel `id` to a peer; what is sent for it.
  std::vector<Send> add_tunnel(TunnelId id, const IpAddress& remote, std::vector<Bytes> authorities = {}) {
    TunnelPolicy policy = policy_of(id, Identity::of(remote));
    policy.remote = remote;
    if (!authorities.empty()) policy.certificate = CertificatePolicy{"trust", std::move(authorities)};
    return step(SetTunnel{std::move(policy)});
  }
  /// To a peer that may be anywhere.
  void add_dynamic_tunnel(TunnelId id, std::string_view name) {
    static_cast<void>(step(SetTunnel{policy_of(id, Identity::fqdn(name))}));
  }

  /// One input, with the jobs that it leads to; what was sent.
  std::vector<Send> step(Input input) {
    std::vector<Send> sent;
    Actions all = engine.step(now, std::move(input));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (auto* send = std::get_if<Send>(&all[i])) sent.push_back(std::move(*send));
      note_inbound(all[i]);
      jobs_started += std::holds_alternative<StartJob>(all[i]) ? 1U : 0U;
      for (Action& action : run_job(all[i])) all.push_back(std::move(action));
    }
    return sent;
  }
  /// What is answered to a datagram; empty when nothing is.
  Bytes deliver(const Endpoint& from, const Bytes& bytes) {
    now += 1ms;
    std::vector<Send> sent =
        step(Datagram{{here.address, from.port == kNattPort ? kNattPort : kIkePort}, from, bytes});
    EXPECT_LE(sent.size(), 1U);
    return sent.empty() ? Bytes() : sent[0].bytes;
  }
  [[nodiscard]] Counters counters() const { return engine.status().counters; }
  /// IKE SAs that a peer began.
  [[nodiscard]] std::size_t half_open() const {
    std::size_t count = 0;
    for (const IkeSaStatus& sa : engine.status().ike_sas) count += sa.initiator ? 0U : 1U;
    return count;
  }

  /// Whether there is an IKE SA with this SPI of ours as its responder.
  [[nodiscard]] bool has(std::uint64_t spi) const {
    const auto all = engine.status().ike_sas;
    return std::any_of(all.begin(), all.end(),
                       [&](const IkeSaStatus& sa) { return !sa.initiator && sa.responder_spi == spi; });
  }

  const Endpoint here{*IpAddress::parse("10.0.0.1"), kIkePort};
  IsakmpProfile profile = [] {
    IsakmpProfile result;
    result.transforms = {{1, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519)},
                         {2, *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)}};
    return result;
  }();
  IpsecProfile ipsec = default_ipsec_profile();
  std::vector<TrafficSelector> local_selectors = TunnelPolicy().local_selectors;
  Engine engine{seeded_octets(5), {Secret(Bytes(32, 9))}};
  /// The inbound SAs in its kernel: what may come to us by them.
  std::map<std::uint32_t, Selectors> receiving;
  Time now{1h};
  std::size_t jobs_started = 0;

 private:
  void note_inbound(const Action& action) {
    if (const auto* soon = std::get_if<ExpectSa>(&action)) expected_.insert(soon->spi);
    const auto* added = std::get_if<AddSa>(&action);
    const auto* gone = std::get_if<DeleteSa>(&action);
    if (added != nullptr && added->direction == Direction::In) {
      expected_.erase(added->spi);
      receiving.emplace(added->spi, added->local_selectors);
    }
    if (gone != nullptr && gone->direction == Direction::In) {
      EXPECT_EQ(receiving.erase(gone->spi) + expected_.erase(gone->spi), 1U);
    }
  }
  [[nodiscard]] TunnelPolicy policy_of(TunnelId id, Identity remote_id) const {
    TunnelPolicy policy;
    policy.tunnel = id;
    policy.local = here.address;
    policy.local_id = Identity::of(policy.local);
    policy.remote_id = std::move(remote_id);
    policy.preshared_key = shared_key();
    policy.isakmp = profile;
    policy.ipsec = ipsec;
    policy.local_selectors = local_selectors;
    return policy;
  }
  Actions run_job(const Action& action) {
    const auto* job = std::get_if<StartJob>(&action);
    if (job == nullptr) return {};
    if (const auto* exchange = std::get_if<KeyExchangeJob>(&job->job))
      return engine.step(now, JobDone{job->token, run(*exchange)});
    return engine.step(now, JobDone{job->token, JobFailed{"no such trustpoint", ""}});
  }

  std::set<std::uint32_t> expected_;  ///< inbound SAs that are not in `receiving` yet
};

class RawInitiator {
 public:
  RawInitiator(const Endpoint& address, std::uint64_t spi) : from(address), spi_(spi) {
    seeded_octets(static_cast<std::uint32_t>(spi))(nonce_);
  }

  [[nodiscard]] wire::Header header(wire::ExchangeType exchange, std::uint32_t message_id) const {
    wire::Header result;
    result.initiator_spi = spi_;
    result.responder_spi = peer_spi_;
    result.exchange = exchange;
    result.from_initiator = true;
    result.message_id = message_id;
    return result;
  }

  /// `padding`: octets of a vendor id, none if 0.
  Bytes init_request(ByteView cookie = {}, std::size_t padding = 0) {
    wire::PayloadWriter payloads;
    if (!cookie.empty()) payloads.notify(wire::NotifyType::Cookie, cookie);
    payloads.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, crypto::wire_transforms(suite_)});
    payloads.ke(wire::GroupId::X25519, key_exchange_.public_value());
    payloads.nonce(nonce_);
    if (padding > 0) payloads.vendor_id(Bytes(padding, 7));
    if (nat) write_nat_detection(payloads, {spi_, 0}, *nat);
    if (fragmentation) payloads.notify(wire::NotifyType::IkeFragmentationSupported);
    request_ = *wire::write_message(header(wire::ExchangeType::IkeSaInit, 0), payloads);
    return request_;
  }

  /// Derives the keys; false when it is no full answer.
  bool take_init_response(const Bytes& bytes) {
    const auto message = wire::parse_message(bytes);
    if (!message) return false;
    const auto ke = read<wire::decode_ke>(message->payloads, wire::PayloadType::Ke);
    const auto nonce = read<wire::decode_nonce>(message->payloads, wire::PayloadType::Nonce);
    if (!ke || !nonce) return false;
    const auto shared = key_exchange_.derive(ke->data);
    peer_spi_ = message->header.responder_spi;
    peer_nonce_.assign(nonce->begin(), nonce->end());
    const auto seed = crypto::skeyseed(prf_, nonce_, peer_nonce_, *shared);
    keys_ = *crypto::derive_ike_keys(suite_, *seed, nonce_, peer_nonce_, spi_, peer_spi_);
    childless_ = find_notify(message->payloads, wire::NotifyType::ChildlessIkev2Supported).has_value();
    return true;
  }

  [[nodiscard]] Bytes seal(wire::ExchangeType exchange, std::uint32_t message_id,
                           const wire::PayloadWriter& payloads) const {
    const auto cipher = crypto::IkeCipher::create(suite_, keys_.sk_ei.view(), keys_.sk_ai.view());
    const Bytes iv(cipher->iv_size(), 0x55);
    const wire::Sealer sealer{cipher->sealed_size(payloads.size()),
                              [&](ByteView prefix, ByteView plaintext, MutableByteView body) {
                                return static_cast<bool>(cipher->seal(iv, prefix, plaintext, body));
                              }};
    return *wire::write_encrypted_message(header(exchange, message_id), payloads, sealer);
  }

  /// The same in fragments of at most 1280 octets.
  [[nodiscard]] std::vector<Bytes> parts(wire::ExchangeType exchange, std::uint32_t message_id,
                                         const wire::PayloadWriter& payloads) const {
    Dice dice(seeded_octets(3));
    return *Protection::create(suite_, keys_, true)->seal(header(exchange, message_id), payloads, 1280, dice);
  }

  /// IDi and a right AUTH; the test adds what it likes.
  [[nodiscard]] wire::PayloadWriter identified() const { return identified(Identity::of(from.address)); }
  [[nodiscard]] wire::PayloadWriter identified(const Identity& id) const {
    const Bytes body = id_body(id);
    const AuthInput input{request_, peer_nonce_, keys_.sk_pi, body};
    wire::PayloadWriter payloads;
    payloads.id(wire::PayloadType::IdI, static_cast<wire::IdType>(id.type), id.data);
    payloads.auth(wire::AuthMethodId::SharedKey, preshared_auth(prf_, shared_key(), input)->view());
    return payloads;
  }

  [[nodiscard]] bool childless_supported() const { return childless_; }
  [[nodiscard]] std::uint64_t spi() const { return spi_; }
  [[nodiscard]] std::uint64_t peer_spi() const { return peer_spi_; }
  [[nodiscard]] const crypto::IkeKeyMaterial& keys() const { return keys_; }

  const Endpoint from;
  bool fragmentation = false;  ///< is offered
  std::optional<Path> nat;     ///< what the initiator takes for the ends of the way

 private:
  std::uint64_t spi_;
  std::uint64_t peer_spi_ = 0;
  Bytes nonce_ = Bytes(32);
  Bytes peer_nonce_;
  Bytes request_;
  bool childless_ = false;
  crypto::IkeSuite suite_ = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519);
  crypto::Prf prf_ = *crypto::Prf::create(suite_.prf);
  crypto::KeyExchange key_exchange_ =
      *crypto::KeyExchange::generate(wire::GroupId::X25519, seeded_octets(77));
  crypto::IkeKeyMaterial keys_;
};

}  // namespace awtun::ike
