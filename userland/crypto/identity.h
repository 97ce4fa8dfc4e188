// SPDX-License-Identifier: Apache-2.0
// The identity of an IKE peer (RFC 7296 3.5), as it is configured, sent, shown and compared.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/result.h"

namespace awtun {

/// A peer that calls itself by more octets is refused: no name, and no distinguished name, is as long.
inline constexpr std::size_t kMaxIdentitySize = 4096;

/// Octets of a DNS name (RFC 1035 2.3.4).
inline constexpr std::size_t kMaxHostName = 253;

/// An ID payload's type and data.
struct Identity {
  /// The numbers are the protocol's. ID_DER_ASN1_GN, a GeneralName, is for none of our peers.
  enum class Type : std::uint8_t {
    Ipv4Address = 1,
    Fqdn = 2,
    Rfc822 = 3,
    Ipv6Address = 5,
    DerAsn1Dn = 9,
    KeyId = 11
  };
  Type type = Type::Ipv4Address;
  Bytes data;

  static Identity of(const IpAddress& address);
  static Identity fqdn(std::string_view name);
  /// What a text without a type reads as: an address; a distinguished name; with an "@" a mailbox; else a
  /// host name. The error is one sentence without full stop.
  static Result<Identity, std::string> guess(std::string_view text);
  /// The same, or one of the words ipv4, ipv6, fqdn, email, dn and key-id before a value of that type. That
  /// of key-id is any text, or any octets in hexadecimal behind 0x.
  static Result<Identity, std::string> parse(std::string_view text);

  /// "ipv4", "ipv6", "fqdn", "email", "dn" or "key-id".
  [[nodiscard]] std::string_view type_word() const;
  /// "10.2.2.2", "/C=JP/CN=r1": of printable ASCII, for logs and `show`. A value that has no better form is
  /// in hexadecimal.
  [[nodiscard]] std::string value() const;
  /// As parse() takes it: the value, behind the word of its type unless it reads as one of that type. Two
  /// that do not match never look alike.
  [[nodiscard]] std::string to_string() const;

  /// Equal for identities that match, and an order for them.
  using Key = std::pair<Type, Bytes>;
  [[nodiscard]] Key key() const;
  /// By the rules of the type: host names and the domains of mailboxes without regard to case, distinguished
  /// names as RFC 5280 7.1 says, others octet by octet.
  [[nodiscard]] bool matches(const Identity& other) const { return key() == other.key(); }
  /// The same octets: what is sent to the peer does not change.
  bool operator==(const Identity&) const = default;
};

}  // namespace awtun
