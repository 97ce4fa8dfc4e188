// SPDX-License-Identifier: Apache-2.0
// The IKE header and the chain of payloads (RFC 7296 3.1, 3.2), as views over the octets received.
// A view is valid as long as the octets that it was parsed from; nothing here allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/wire/constants.h"
#include "userland/wire/error.h"

namespace awtun::wire {

/// RFC 7296 3.1. SPIs and the message id are numbers in host byte order.
struct Header {
  std::uint64_t initiator_spi = 0;
  std::uint64_t responder_spi = 0;
  PayloadType first_payload = PayloadType::None;
  std::uint8_t major_version = 2;
  std::uint8_t minor_version = 0;
  ExchangeType exchange = ExchangeType::IkeSaInit;
  bool from_initiator = false;  ///< flag I: sent by the original initiator of the IKE SA
  bool higher_version = false;  ///< flag V: the sender could speak a higher major version
  bool response = false;        ///< flag R
  std::uint32_t message_id = 0;
  std::uint32_t length = 0;  ///< of the whole message; a writer fills it in

  bool operator==(const Header&) const = default;
};

/// Reads the header alone, of any version, so that an unknown major version can be answered.
/// Fails when there are not 28 octets or when the length field is not the datagram's size.
[[nodiscard]] Result<Header, ParseError> parse_header(ByteView message);

/// One payload of a chain: the generic header (RFC 7296 3.2) taken off.
struct PayloadView {
  PayloadType type = PayloadType::None;
  bool critical = false;
  /// The type of the payload that follows; in an SK payload that of the first one inside it.
  PayloadType next = PayloadType::None;
  /// Of the generic header, counted as ParseError::offset is.
  std::size_t offset = 0;
  /// All after the generic header.
  ByteView body;
};

/// A chain whose every link has been checked: the lengths fit, the last one ends where the octets
/// do, there are at most kMaxPayloads, and an SK or SKF payload is the last.
class PayloadChain {
 public:
  class Iterator {
   public:
    using value_type = PayloadView;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = PayloadView;
    using pointer = void;

    Iterator() = default;
    PayloadView operator*() const;
    Iterator& operator++();
    Iterator operator++(int);
    bool operator==(const Iterator& other) const { return type_ == other.type_ && at_ == other.at_; }

   private:
    friend class PayloadChain;
    Iterator(ByteView octets, PayloadType type, std::size_t at) : octets_(octets), type_(type), at_(at) {}
    ByteView octets_;
    PayloadType type_ = PayloadType::None;
    std::size_t at_ = 0;
  };

  /// An empty chain.
  PayloadChain() = default;

  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;
  [[nodiscard]] bool empty() const { return begin() == end(); }
  /// What parse_chain() makes the same chain of again: the type of the first payload, and the octets.
  [[nodiscard]] PayloadType first() const { return first_; }
  [[nodiscard]] ByteView octets() const { return octets_.subspan(start_); }

  /// The first payload of a type.
  [[nodiscard]] std::optional<PayloadView> find(PayloadType type) const;
  [[nodiscard]] std::size_t count(PayloadType type) const;
  /// The first payload that this implementation does not know and that has its critical bit set:
  /// the message must be refused with UNSUPPORTED_CRITICAL_PAYLOAD, the type as its one octet of data
  /// (RFC 7296 2.5). The bit is ignored on payloads that are known; unknown others are skipped.
  [[nodiscard]] std::optional<PayloadType> unsupported_critical() const;

 private:
  friend Result<PayloadChain, ParseError> parse_chain(PayloadType, ByteView, std::size_t);
  PayloadChain(PayloadType first, ByteView octets, std::size_t start)
      : octets_(octets), first_(first), start_(start) {}
  ByteView octets_;
  PayloadType first_ = PayloadType::None;
  std::size_t start_ = 0;
};

/// Checks the chain in `octets`, from `start` to the end, whose first payload is of type `first`.
/// For the plaintext of an SK payload: parse_chain(sk.next, plaintext).
[[nodiscard]] Result<PayloadChain, ParseError> parse_chain(PayloadType first, ByteView octets,
                                                           std::size_t start = 0);

/// The SK payload of a message, in the two parts that a cipher wants.
struct EncryptedView {
  /// From the IKE header through the SK payload's generic header: the associated data of an AEAD
  /// (RFC 5282 5.1), and what an integrity algorithm covers first (RFC 7296 3.14).
  ByteView prefix;
  /// IV, ciphertext and ICV.
  ByteView body;
  /// The type of the first payload inside.
  PayloadType first_inner = PayloadType::None;
};

/// An SKF payload (RFC 7383 2.5): a part of what would be in SK, encrypted by itself.
struct FragmentView {
  /// As for SK; `prefix` goes through Total Fragments. `first_inner` is of the whole message and
  /// stands in the first fragment alone.
  EncryptedView encrypted;
  std::uint16_t number = 1;  ///< 1 to `total`
  std::uint16_t total = 1;
};

/// A message of major version 2.
struct MessageView {
  Header header;
  ByteView octets;        ///< the whole message
  PayloadChain payloads;  ///< those in the clear, and SK or SKF as the last

  /// nullopt when the message has no SK payload.
  [[nodiscard]] std::optional<EncryptedView> encrypted() const;
  /// nullopt when the message has no SKF payload, or one whose numbers make no sense.
  [[nodiscard]] std::optional<FragmentView> fragment() const;
};

/// Header and chain. Says nothing about the bodies of the payloads (payloads.h) nor about which
/// payloads belong into the exchange (rules.h). Refuses major versions other than 2.
[[nodiscard]] Result<MessageView, ParseError> parse_message(ByteView message);

}  // namespace awtun::wire
