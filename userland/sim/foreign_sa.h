// SPDX-License-Identifier: Apache-2.0
// The SAs of a foreign peer, and what an IKE SA does to octets (RFC 7296 2.14 to 2.18, 3.14).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "userland/crypto/ike_cipher.h"
#include "userland/crypto/ikev2_keys.h"
#include "userland/crypto/key_exchange.h"
#include "userland/ike/events.h"
#include "userland/ike/random_source.h"
#include "userland/sim/foreign_offer.h"
#include "userland/wire/writer.h"

namespace awtun::sim {

/// Of one exchange.
struct ForeignNonces {
  Bytes initiator;
  Bytes responder;
  /// What decides between two rekeys (RFC 7296 2.8.1).
  [[nodiscard]] const Bytes& lowest() const { return initiator < responder ? initiator : responder; }
};

/// The keys of an IKE SA.
class ForeignKeys {
 public:
  /// `initiator`: this end began the IKE SA. nullopt: the crypto library cannot.
  [[nodiscard]] static std::optional<ForeignKeys> derive(const crypto::IkeSuite& suite, const Secret& seed,
                                                         const ForeignNonces& nonces,
                                                         std::uint64_t initiator_spi,
                                                         std::uint64_t responder_spi, bool initiator);
  [[nodiscard]] Bytes seal(const wire::Header& header, const wire::PayloadWriter& inner,
                           const ike::RandomSource& random);
  /// nullopt: it is not from the other end.
  [[nodiscard]] std::optional<Bytes> open(const wire::EncryptedView& encrypted) const;
  [[nodiscard]] const crypto::Prf& prf() const { return prf_; }
  [[nodiscard]] const crypto::IkeKeyMaterial& material() const { return material_; }

 private:
  ForeignKeys(crypto::Prf prf, crypto::IkeKeyMaterial material, crypto::IkeCipher out, crypto::IkeCipher in)
      : prf_(prf), material_(std::move(material)), out_(std::move(out)), in_(std::move(in)) {}
  crypto::Prf prf_;
  crypto::IkeKeyMaterial material_;
  crypto::IkeCipher out_;
  crypto::IkeCipher in_;
  std::uint64_t sealed_ = 0;
};

/// A key pair of this end, and what it shares with the other one by that.
struct ForeignAgreement {
  crypto::KeyExchange ours;
  Secret shared;
};

/// Something to ask the other end.
struct ForeignAsk {
  enum class What : std::uint8_t {
    Init,
    Auth,
    NewChild,
    RekeyChild,
    DeleteChild,
    RekeyIke,
    DeleteIke,
    Liveness
  };
  What what = What::Liveness;
  std::uint32_t child = 0;  ///< the inbound SPI of the Child SA that it is about; NewChild: for which share
  Time not_before{};
  wire::GroupId group = wire::GroupId::None;  ///< that the other end wants; None: the policy's
  bool again = false;                         ///< DeleteIke: another IKE SA is begun when this is done

  /// Of a Child SA; an IKE SA hands those on to its successor.
  [[nodiscard]] bool about_child() const { return what >= What::NewChild && what <= What::DeleteChild; }
};

/// A request that has not been answered.
struct ForeignRequest {
  ForeignAsk ask;
  std::uint64_t spi = 0;  ///< of what it is to make
  Bytes nonce{};
  std::optional<crypto::KeyExchange> key_exchange{};
  std::uint32_t share = 0;  ///< of the tunnel's networks, for which a Child SA is to be
  // What was offered; the policy may change before the answer.
  IsakmpProfile isakmp{};
  IpsecProfile ipsec{};
  Bytes octets{};
  unsigned sent = 0;
  Time due{};  ///< when it is sent again
};

struct ForeignIkeSa {
  enum class State : std::uint8_t {
    Half,      ///< not authenticated yet
    Up,        ///< in use
    Replaced,  ///< the other end has rekeyed it and is to delete it
    Closing,   ///< this end deletes it
    Gone       ///< kept to say the last answer again
  };
  std::uint64_t local_spi = 0;
  std::uint64_t remote_spi = 0;
  bool initiator = false;
  State state = State::Half;
  Endpoint local;
  Endpoint remote;
  Time since{};        ///< it is in this state
  Time established{};  ///< Up
  Time heard{};
  crypto::IkeSuite suite;
  std::optional<ForeignKeys> keys;
  ForeignNonces nonces;
  // What AUTH covers (2.15).
  Bytes init_request;
  Bytes init_response;
  // A window of one request each way (2.3).
  std::optional<ForeignRequest> pending;
  std::deque<ForeignAsk> asks;
  std::uint32_t next_request = 0;
  std::uint32_t next_expected = 0;
  Bytes last_response;
  std::vector<std::uint32_t> deleted_early;  ///< SPIs of Deletes that may have overtaken an answer
  std::uint64_t rival = 0;       ///< the other end's rekey of it, while our own is unanswered (2.8.2)
  bool provisional = false;      ///< it is such a rekey
  std::uint64_t supersedes = 0;  ///< what this end deletes when this one is up (2.8.3)

  [[nodiscard]] std::uint64_t initiator_spi() const { return initiator ? local_spi : remote_spi; }
  [[nodiscard]] std::uint64_t responder_spi() const { return initiator ? remote_spi : local_spi; }
  [[nodiscard]] wire::Header header(wire::ExchangeType exchange, bool response, std::uint32_t id) const;
  /// The other end was authenticated, and it may still use it.
  [[nodiscard]] bool authenticated() const { return state != State::Half && state != State::Gone; }
  [[nodiscard]] bool is_doing(ForeignAsk::What what) const { return pending && pending->ask.what == what; }
};

struct ForeignChild {
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::uint64_t ike = 0;  ///< local SPI of its IKE SA
  std::uint64_t number = 0;
  bool ours = false;           ///< this end asked for it
  std::uint32_t replaces = 0;  ///< what the other end rekeyed by it
  /// The message in which this end agreed to it, until the next request shows that the other end has got
  /// that.
  std::optional<std::uint32_t> unconfirmed;
  ForeignEsp terms;
  ForeignNonces nonces;
  Time established{};
  std::uint32_t share = 0;  ///< of the tunnel's networks: see ForeignPeer::shares()
  Networks networks;
  bool closing = false;    ///< this end deletes it: nothing is sent by it
  bool receiving = false;  ///< the inbound SA is there
  bool gone = false;
};

[[nodiscard]] inline Bytes foreign_octets(ByteView octets) { return {octets.begin(), octets.end()}; }
[[nodiscard]] Bytes foreign_octets(std::uint64_t spi);
[[nodiscard]] Bytes foreign_octets(std::uint32_t spi);

}  // namespace awtun::sim
