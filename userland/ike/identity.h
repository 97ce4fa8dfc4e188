// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"

namespace awtun::ike {

/// A peer that calls itself by more octets is refused: no name, and no distinguished name, is as long.
inline constexpr std::size_t kMaxIdentitySize = 4096;

/// RFC 7296 3.5. Without a `tunnel local name` the identity is the tunnel's own address.
struct Identity {
  enum class Type : std::uint8_t { Ipv4Address = 1, Fqdn = 2, Rfc822 = 3, Ipv6Address = 5, DerAsn1Dn = 9 };
  Type type = Type::Ipv4Address;
  Bytes data;

  static Identity of(const IpAddress& address);
  static Identity fqdn(std::string_view name);
  /// A DN in the form /C=JP/CN=r1.
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Identity&) const = default;
};

}  // namespace awtun::ike
