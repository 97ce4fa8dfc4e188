// SPDX-License-Identifier: Apache-2.0
// What a tunnel does with packets, in the words of all who speak of it: configuration, engine and kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userland/base/ip.h"

namespace awtun {

/// Of an SA.
enum class Direction : std::uint8_t { In, Out };

/// None: no `tunnel mode` given yet; the interface exists and carries nothing.
enum class TunnelMode : std::uint8_t { None, IpsecIpv4, IpsecIpv6 };

/// The DF bit of the outer IPv4 header: set, clear, or that of the inner packet (RFC 4301 8.1).
enum class DontFragment : std::uint8_t { Set, Clear, Copy };

/// RFC 7296 3.13.1, both ends inclusive; protocol 0 is any, ports 0-65535 all.
struct TrafficSelector {
  std::uint8_t protocol = 0;
  std::uint16_t start_port = 0;
  std::uint16_t end_port = 65535;
  IpAddress first;
  IpAddress last;

  static TrafficSelector of(const IpPrefix& prefix);
  /// 0.0.0.0/0 or ::/0.
  static TrafficSelector any(Family family);
  /// OPAQUE (RFC 7296 3.13.1): ports that cannot be seen. Covered only by all ports, or by OPAQUE.
  [[nodiscard]] bool has_opaque_ports() const { return start_port > end_port; }
  [[nodiscard]] bool has_all_ports() const { return start_port == 0 && end_port == 65535; }
  [[nodiscard]] std::string to_string() const;
  bool operator==(const TrafficSelector&) const = default;
};

/// All that passes between the addresses of two sides.
struct Networks {
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;

  bool operator==(const Networks&) const = default;
};

}  // namespace awtun
