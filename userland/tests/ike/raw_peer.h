// SPDX-License-Identifier: Apache-2.0
// A peer that is authenticated and does with that what no engine would: rekeys without a delete, deletes
// of what never was.
#pragma once

#include "userland/ike/engine/child_sa.h"
#include "userland/ike/engine/ike_sa.h"
#include "userland/ike/rules/child_terms.h"
#include "userland/ike/rules/protection.h"
#include "userland/tests/ike/raw_initiator.h"

namespace awtun::ike {

class RawPeer {
 public:
  /// `responder` has a tunnel to `address` with the standard profile.
  RawPeer(Responder& responder, const Endpoint& address, std::uint32_t number = 1)
      : responder_(responder), raw_(address, number), next_esp_spi_(number * 0x10000) {
    policy_.local = address.address;
    policy_.remote = responder.here.address;
  }

  /// IKE_SA_INIT and IKE_AUTH with the first Child SA; false when they come to nothing.
  bool connect() {
    Bytes answer = answer_to(raw_.init_request());
    if (const auto cookie = cookie_in(answer)) answer = answer_to(raw_.init_request(*cookie));
    if (!raw_.take_init_response(answer)) return false;
    use(raw_.spi(), raw_.peer_spi(), raw_.keys());
    wire::PayloadWriter payloads = raw_.identified();
    payloads.sa(esp_proposals(policy_.ipsec, ++next_esp_spi_, wire::GroupId::None));
    ask_selectors(payloads, whole_of(policy_, {raw_.from, responder_.here}).networks);
    next_id_ = 1;
    return take_child(exchange(wire::ExchangeType::IkeAuth, payloads));
  }

  /// To be said before connect(): then either end may send fragments.
  void know_fragments() { raw_.fragmentation = true; }

  /// A rekey of the IKE SA, without a delete of the old one; the error, or nullopt when it succeeds.
  std::optional<wire::NotifyType> rekey_ike() {
    const std::uint64_t spi = ++next_ike_spi_;
    const Bytes nonce = fresh_nonce();
    return finish_ike_rekey(spi, nonce, exchange(wire::ExchangeType::CreateChildSa, ike_rekey(spi, nonce)));
  }
  std::optional<wire::NotifyType> finish_ike_rekey(std::uint64_t spi, const Bytes& nonce, Bytes answer) {
    const auto inner = wire::parse_chain(first_, answer);
    EXPECT_TRUE(inner);
    if (const auto error = find_error(*inner)) return error->type;
    const auto sa = read<wire::decode_sa>(*inner, wire::PayloadType::Sa);
    const auto ke = read<wire::decode_ke>(*inner, wire::PayloadType::Ke);
    const auto theirs = read<wire::decode_nonce>(*inner, wire::PayloadType::Nonce);
    if (!sa || !ke || !theirs) return wire::NotifyType::InvalidSyntax;
    const auto choice = accepted_ike(responder_.profile, *sa);
    const auto shared = key_exchange_.derive(ke->data);
    const auto seed = crypto::skeyseed_for_rekey(keys_->prf(), keys_->sk_d(), *shared, nonce, *theirs);
    use(spi, choice->peer_spi,
        *crypto::derive_ike_keys(suite_, *seed, nonce, *theirs, spi, choice->peer_spi));
    return std::nullopt;
  }
  /// The request's payloads.
  wire::PayloadWriter ike_rekey(std::uint64_t spi, const Bytes& nonce) {
    wire::PayloadWriter payloads;
    payloads.sa(ike_proposals(responder_.profile, spi_bytes(spi)));
    payloads.nonce(nonce);
    payloads.ke(wire::GroupId::X25519, key_exchange_.public_value());
    return payloads;
  }

  /// The same of the Child SA, with PFS by X25519 where the tunnel's profile wants that.
  std::optional<wire::NotifyType> rekey_child() {
    return take_child(exchange(wire::ExchangeType::CreateChildSa, child_rekey())) ? std::nullopt : error_;
  }
  wire::PayloadWriter child_rekey() {
    wire::PayloadWriter payloads;
    const wire::GroupId pfs = pfs_group(policy_.ipsec);
    payloads.notify({wire::NotifyType::RekeySa, wire::ProtocolId::Esp, spi_bytes(esp_spi_), {}});
    payloads.sa(esp_proposals(policy_.ipsec, ++next_esp_spi_, pfs));
    payloads.nonce(fresh_nonce());
    if (pfs != wire::GroupId::None) payloads.ke(pfs, key_exchange_.public_value());
    ask_selectors(payloads, whole_of(policy_, {raw_.from, responder_.here}).networks);
    return payloads;
  }

  /// Another Child SA beside those that there are.
  std::optional<wire::NotifyType> new_child(const Networks& networks) {
    wire::PayloadWriter payloads;
    payloads.sa(esp_proposals(policy_.ipsec, ++next_esp_spi_, wire::GroupId::None));
    payloads.nonce(fresh_nonce());
    ask_selectors(payloads, networks);
    return take_child(exchange(wire::ExchangeType::CreateChildSa, payloads)) ? std::nullopt : error_;
  }
  /// What it asked for first.
  [[nodiscard]] Networks whole() const { return whole_of(policy_, {raw_.from, responder_.here}).networks; }

  /// One request; the plaintext of its answer, of which the first payload is then first().
  Bytes exchange(wire::ExchangeType type, const wire::PayloadWriter& payloads) {
    return open(answer_to(request(type, payloads)));
  }
  /// The response among what the responder sends when it gets that; empty: none.
  Bytes answer_to(const Bytes& bytes) {
    responder_.now += 1ms;
    for (Send& sent : responder_.step(Datagram{responder_.here, raw_.from, bytes}))
      if (wire::parse_header(sent.bytes)->response) return std::move(sent.bytes);
    return {};
  }
  Bytes request(wire::ExchangeType type, const wire::PayloadWriter& payloads) {
    return parts(type, payloads, wire::kMaxMessageSize).front();
  }
  /// In fragments of at most `limit` octets, where it takes more than one.
  std::vector<Bytes> parts(wire::ExchangeType type, const wire::PayloadWriter& payloads, std::size_t limit) {
    wire::Header header;
    header.initiator_spi = spi_;
    header.responder_spi = peer_spi_;
    header.exchange = type;
    header.from_initiator = true;
    header.message_id = next_id_++;
    return *keys_->seal(header, payloads, limit, dice_);
  }
  /// The next request has the message id of the latest.
  void reuse_message_id() { --next_id_; }
  /// The response to a request of the responder's.
  Bytes response_to(const Bytes& request, const wire::PayloadWriter& payloads) {
    wire::Header header = *wire::parse_header(request);
    header.from_initiator = true;
    header.response = true;
    return keys_->seal(header, payloads, wire::kMaxMessageSize, dice_)->front();
  }
  Bytes open(const Bytes& answer) {
    const auto message = wire::parse_message(answer);
    const auto encrypted = message ? message->encrypted() : std::nullopt;
    if (!encrypted) return {};
    first_ = encrypted->first_inner;
    return keys_->open(*encrypted).value_or(Bytes());
  }
  [[nodiscard]] wire::PayloadType first() const { return first_; }
  [[nodiscard]] const Endpoint& address() const { return raw_.from; }
  [[nodiscard]] std::uint64_t peer_spi() const { return peer_spi_; }
  [[nodiscard]] std::uint32_t esp_spi() const { return esp_spi_; }
  /// The next Child SA that is asked for has the SPI of the latest.
  void reuse_spi() { --next_esp_spi_; }
  void reuse_spi(std::uint32_t spi) { next_esp_spi_ = spi - 1; }
  /// For a Child SA that the responder asks for.
  [[nodiscard]] std::uint32_t next_spi() { return ++next_esp_spi_; }
  /// To be said before connect(): what it asks for.
  void protect(const Networks& networks) {
    policy_.local_selectors = networks.local;
    policy_.remote_selectors = networks.remote;
  }
  void use_pfs() { policy_.ipsec.pfs_group = crypto::GroupId::X25519; }
  Bytes fresh_nonce() { return dice_.nonce(); }

 private:
  void use(std::uint64_t spi, std::uint64_t peer_spi, const crypto::IkeKeyMaterial& material) {
    spi_ = spi;
    peer_spi_ = peer_spi;
    keys_ = Protection::create(suite_, material, true);
    next_id_ = 0;
  }
  bool take_child(const Bytes& answer) {
    const auto inner = wire::parse_chain(first_, answer);
    EXPECT_TRUE(inner);
    if (const auto error = find_error(*inner)) error_ = error->type;
    if (find_error(*inner) || !inner->find(wire::PayloadType::Sa)) return false;
    esp_spi_ = next_esp_spi_;
    return true;
  }

  Responder& responder_;
  RawInitiator raw_;
  TunnelPolicy policy_;
  Dice dice_{seeded_octets(99)};
  crypto::IkeSuite suite_ = *crypto::ike_suite("aes256", "sha256", crypto::GroupId::X25519);
  crypto::KeyExchange key_exchange_ =
      *crypto::KeyExchange::generate(wire::GroupId::X25519, seeded_octets(78));
  std::uint64_t spi_ = 0;
  std::uint64_t peer_spi_ = 0;
  std::uint64_t next_ike_spi_ = 0x2222;
  std::uint32_t esp_spi_ = 0;  ///< of the latest Child SA, ours
  std::uint32_t next_esp_spi_;
  std::optional<Protection> keys_;
  std::uint32_t next_id_ = 0;
  wire::PayloadType first_ = wire::PayloadType::None;
  std::optional<wire::NotifyType> error_;
};

}  // namespace awtun::ike
