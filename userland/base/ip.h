// SPDX-License-Identifier: Apache-2.0
// Internet addresses, prefixes and endpoints as values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"

namespace awtun {

enum class Family : std::uint8_t { V4, V6 };

/// An IPv4 or IPv6 address, in network byte order. Default: 0.0.0.0.
class IpAddress {
 public:
  IpAddress() = default;
  /// `octets` is 4 or 16 long; anything else gives nullopt.
  static std::optional<IpAddress> from_bytes(ByteView octets);
  /// Dotted quad or RFC 4291 text; no scope, no prefix length.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::V4; }
  [[nodiscard]] ByteView bytes() const { return ByteView(octets_).first(is_v4() ? 4 : 16); }
  /// Canonical text (RFC 5952 for IPv6).
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_unspecified() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::V4;
  std::array<std::uint8_t, 16> octets_{};
};

/// Why no other host can have `address`: "a loopback address is not reachable from other hosts". Empty: one
/// can.
[[nodiscard]] std::string_view not_a_host(const IpAddress& address);

/// fe80::/10 and 169.254.0.0/16: of use on one link alone (RFC 4291 2.5.6, RFC 3927).
[[nodiscard]] bool is_link_local(const IpAddress& address);

/// An address with a prefix length. Whether host bits may be set is the user's rule: `ip address`
/// keeps them, `ip route` refuses them (see is_network()).
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  /// "a.b.c.d/len" or "x::y/len", length at most 32 or 128.
  static std::optional<IpPrefix> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  /// True when every bit after the prefix is zero.
  [[nodiscard]] bool is_network() const;
  auto operator<=>(const IpPrefix&) const = default;
};

/// A UDP endpoint; the port is in host byte order.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace awtun
