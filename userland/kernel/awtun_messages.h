// SPDX-License-Identifier: Apache-2.0
// The generic netlink family "awtun" (include/uapi/linux/awtun.h) as values: building requests and
// reading answers, without a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userland/base/ip.h"
#include "userland/base/profile.h"
#include "userland/base/secret.h"
#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// Unset: the tunnel carries nothing.
enum class TunnelMode : std::uint8_t { Unset, IpsecIpv4, IpsecIpv6 };

/// The delivery side of a tunnel. Without a mode the addresses are ignored.
struct TunnelSettings {
  TunnelMode mode = TunnelMode::Unset;
  IpAddress local;
  IpAddress remote;

  bool operator==(const TunnelSettings&) const = default;
};

/// A packet counter of the module with the name that enum awtun_tunnel_stat gives it, in lower
/// case: "tx_no_sa".
struct NamedCounter {
  std::string name;
  std::uint64_t packets = 0;

  bool operator==(const NamedCounter&) const = default;
};

struct TunnelState {
  std::uint32_t ifindex = 0;
  std::string name;
  std::optional<TunnelSettings> settings;
  std::vector<NamedCounter> drops;  ///< In the order of the uapi header.
};

enum class SaDirection : std::uint8_t { In, Out };

/// An SA to install. A GCM transform has a salt of 4 octets and no integrity key (RFC 4106).
struct SaSpec {
  std::uint32_t ifindex = 0;
  SaDirection direction = SaDirection::In;
  std::uint32_t spi = 0;  ///< host byte order
  IpsecTransform transform;
  const Secret* encryption_key = nullptr;
  const Secret* salt = nullptr;
  const Secret* integrity_key = nullptr;
  std::uint32_t replay_window = 0;  ///< packets, inbound only; 0: the module's default
};

/// An SA by its name.
struct SaName {
  std::uint32_t ifindex = 0;
  SaDirection direction = SaDirection::In;
  std::uint32_t spi = 0;  ///< host byte order

  auto operator<=>(const SaName&) const = default;
};

/// What the module tells of an installed SA.
struct SaState {
  SaName name;
  bool active = false;         ///< outbound: in use
  std::uint64_t sequence = 0;  ///< last sent, or the top of the replay window
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< of inner packets
  std::uint64_t drop_replay = 0;
  std::uint64_t drop_auth = 0;
  std::uint64_t drop_malformed = 0;
  std::string driver;  ///< of the kernel crypto API
};

/// An outbound SA nears (or, `hard`, has reached) the end of its sequence numbers.
struct SaEvent {
  std::uint32_t ifindex = 0;
  std::uint32_t spi = 0;  ///< host byte order
  bool hard = false;

  bool operator==(const SaEvent&) const = default;
};

/// `family`: the number that the kernel gave to "awtun".
Message tunnel_set_request(int family, std::uint32_t ifindex, const TunnelSettings& settings);
Message tunnel_dump_request(int family);
Message sa_add_request(int family, const SaSpec& sa);
Message sa_activate_request(int family, std::uint32_t ifindex, std::uint32_t spi);
Message sa_delete_request(int family, const SaName& sa);
Message sa_flush_request(int family, std::uint32_t ifindex);
Message sa_dump_request(int family);

/// nullopt: the message is not such an answer, or lacks what names its object.
std::optional<TunnelState> parse_tunnel(const nlmsghdr& message);
std::optional<SaState> parse_sa(const nlmsghdr& message);
std::optional<SaEvent> parse_event(const nlmsghdr& message);

}  // namespace awtun::kernel
