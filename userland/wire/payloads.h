// SPDX-License-Identifier: Apache-2.0
// The bodies of the payloads, RFC 7296 3.3 to 3.13, each decoded by one function that takes a
// PayloadView of that type (another type is an error). Views are valid as long as the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/result.h"
#include "userland/wire/message.h"

namespace awtun::wire {

// ---------------------------------------------------------------- Security Association, 3.3

/// RFC 7296 3.3.2. `id` is a number of the registry that `type` names: see the constructors.
struct Transform {
  TransformType type = TransformType::Encr;
  std::uint16_t id = 0;
  /// The Key Length attribute, in bits; nullopt when it is absent.
  std::optional<std::uint16_t> key_bits;
  /// An attribute other than Key Length was there: such a transform must not be chosen (3.3.6).
  bool unknown_attribute = false;

  static constexpr Transform encr(EncrId id, std::uint16_t key_bits) {
    return {TransformType::Encr, static_cast<std::uint16_t>(id), key_bits};
  }
  static constexpr Transform prf(PrfId id) {
    return {TransformType::Prf, static_cast<std::uint16_t>(id), {}};
  }
  static constexpr Transform integ(IntegId id) {
    return {TransformType::Integ, static_cast<std::uint16_t>(id), {}};
  }
  static constexpr Transform group(GroupId id) {
    return {TransformType::Group, static_cast<std::uint16_t>(id), {}};
  }
  static constexpr Transform esn(EsnId id) {
    return {TransformType::Esn, static_cast<std::uint16_t>(id), {}};
  }
  bool operator==(const Transform&) const = default;
};

/// A proposal to send. The SPI is in network byte order: empty for the first IKE SA, 8 octets for an
/// IKE SA that is rekeyed, 4 for ESP.
struct Proposal {
  std::uint8_t number = 1;
  ProtocolId protocol = ProtocolId::Ike;
  Bytes spi;
  std::vector<Transform> transforms;
  bool operator==(const Proposal&) const = default;
};

/// The transforms of a received proposal, already checked; yields Transform by value.
class TransformRange {
 public:
  class Iterator {
   public:
    using value_type = Transform;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = Transform;
    using pointer = void;

    Iterator() = default;
    explicit Iterator(ByteView rest) : rest_(rest) {}
    Transform operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    ByteView rest_;
  };

  TransformRange() = default;
  /// For decode_sa(): `octets` have been checked.
  explicit TransformRange(ByteView octets) : octets_(octets) {}
  [[nodiscard]] Iterator begin() const { return Iterator(octets_); }
  [[nodiscard]] Iterator end() const { return Iterator(octets_.last(0)); }

 private:
  ByteView octets_;
};

struct ProposalView {
  std::uint8_t number = 0;
  ProtocolId protocol = ProtocolId::None;
  ByteView spi;  ///< network byte order
  TransformRange transforms;

  /// The same as a value that outlives the message.
  [[nodiscard]] Proposal copy() const;
};

/// The proposals of an SA payload, already checked; yields ProposalView by value.
class SaView {
 public:
  class Iterator {
   public:
    using value_type = ProposalView;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = ProposalView;
    using pointer = void;

    Iterator() = default;
    explicit Iterator(ByteView rest) : rest_(rest) {}
    ProposalView operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    ByteView rest_;
  };

  SaView() = default;
  /// For decode_sa(): `octets` have been checked.
  explicit SaView(ByteView octets) : octets_(octets) {}
  [[nodiscard]] Iterator begin() const { return Iterator(octets_); }
  [[nodiscard]] Iterator end() const { return Iterator(octets_.last(0)); }

 private:
  ByteView octets_;
};

/// Checks every proposal, transform and attribute: lengths, the last-substructure octets, proposal
/// numbers 1, 2, 3 ... in a request and any single number in a response, SPI sizes that fit the
/// protocol (IKE 0 or 8; AH and ESP 4). At least one proposal.
[[nodiscard]] Result<SaView, ParseError> decode_sa(const PayloadView& payload);

// ---------------------------------------------------------------- the simple ones

/// RFC 7296 3.4. Whether `data` is a public value of the group is for the crypto layer to say.
struct KeView {
  GroupId group = GroupId::None;
  ByteView data;
};
[[nodiscard]] Result<KeView, ParseError> decode_ke(const PayloadView& payload);

/// RFC 7296 3.5, of either end. Address types have been checked for their length.
struct IdView {
  IdType type = IdType::KeyId;
  ByteView data;
  /// The body from the ID type octet on: RestOfInitIDPayload of RFC 7296 2.15.
  ByteView rest_of_payload;
};
[[nodiscard]] Result<IdView, ParseError> decode_id(const PayloadView& payload);

/// RFC 7296 3.6 (CERT) and 3.7 (CERTREQ): the encoding octet and what follows it.
struct CertView {
  std::uint8_t encoding = 0;
  ByteView data;
};
[[nodiscard]] Result<CertView, ParseError> decode_cert(const PayloadView& payload);

/// RFC 7296 3.8.
struct AuthView {
  AuthMethodId method = AuthMethodId::SharedKey;
  ByteView data;
};
[[nodiscard]] Result<AuthView, ParseError> decode_auth(const PayloadView& payload);

/// RFC 7296 3.9: the nonce, 16 to 256 octets.
[[nodiscard]] Result<ByteView, ParseError> decode_nonce(const PayloadView& payload);

/// RFC 7296 3.10. Also what a writer takes.
struct NotifyView {
  NotifyType type = NotifyType::InvalidSyntax;
  ProtocolId protocol = ProtocolId::None;
  ByteView spi;  ///< network byte order
  ByteView data;
};
[[nodiscard]] Result<NotifyView, ParseError> decode_notify(const PayloadView& payload);

/// RFC 7296 3.11. IKE: no SPIs, the IKE SA that carries the message is meant. AH, ESP: 4 octets each.
struct DeleteView {
  ProtocolId protocol = ProtocolId::Ike;
  ByteView spis;  ///< all of them, network byte order

  [[nodiscard]] std::size_t count() const { return spis.size() / 4; }
  /// In host byte order; 0 when there is no such index.
  [[nodiscard]] std::uint32_t spi(std::size_t index) const;
};
[[nodiscard]] Result<DeleteView, ParseError> decode_delete(const PayloadView& payload);

/// RFC 7296 3.12: the identification itself.
[[nodiscard]] Result<ByteView, ParseError> decode_vendor_id(const PayloadView& payload);

// ---------------------------------------------------------------- Traffic Selectors, 3.13

/// TS_IPV4_ADDR_RANGE or TS_IPV6_ADDR_RANGE, by the family of the addresses, which is the same.
/// Ports in host byte order; OPAQUE is start 65535, end 0.
struct Selector {
  std::uint8_t protocol = 0;
  std::uint16_t start_port = 0;
  std::uint16_t end_port = 65535;
  IpAddress first;
  IpAddress last;
  bool operator==(const Selector&) const = default;
};

/// The selectors of a TSi or TSr payload, already checked; yields Selector by value and leaves out
/// those of types other than the two address ranges (RFC 7296 2.9: such ones are not chosen).
class TsView {
 public:
  class Iterator {
   public:
    using value_type = Selector;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = Selector;
    using pointer = void;

    Iterator() = default;
    explicit Iterator(ByteView rest);
    Selector operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    void skip_unknown();
    ByteView rest_;
  };

  TsView() = default;
  /// For decode_ts(): `octets` have been checked.
  explicit TsView(ByteView octets) : octets_(octets) {}
  [[nodiscard]] Iterator begin() const { return Iterator(octets_); }
  [[nodiscard]] Iterator end() const { return Iterator(octets_.last(0)); }

 private:
  ByteView octets_;
};

/// At least one selector; an address range must not end before it starts.
[[nodiscard]] Result<TsView, ParseError> decode_ts(const PayloadView& payload);

}  // namespace awtun::wire
