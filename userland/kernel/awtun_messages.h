// SPDX-License-Identifier: Apache-2.0
// The generic netlink family "awtun" (include/uapi/linux/awtun.h) as values: building requests and
// reading answers, without a socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/base/traffic.h"
#include "userland/crypto/suites.h"
#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// An MSS in place of a number: what the path carries.
inline constexpr std::uint16_t kMssOfPath = 0xffff;

/// The delivery side of a tunnel. Without a mode the rest is ignored.
struct TunnelSettings {
  TunnelMode mode = TunnelMode::None;
  IpAddress local;
  IpAddress remote;  ///< unspecified: not known; each outbound SA names it
  DontFragment df = DontFragment::Copy;
  std::uint8_t ttl = 0;                   ///< 0: that of the route
  std::optional<std::uint8_t> dscp = {};  ///< 0-63; nullopt: that of the inner packet
  std::uint16_t mss_ipv4 = 0;             ///< at most this in TCP SYNs, or kMssOfPath; 0: as it is
  std::uint16_t mss_ipv6 = 0;

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

/// Every packet.
struct Everything {
  bool operator==(const Everything&) const = default;
};
/// What one side of an SA may be. A list without a selector is for nothing, and the kernel refuses it.
using Coverage = std::variant<Everything, std::vector<TrafficSelector>>;

/// ESP in UDP (RFC 3948).
struct UdpPorts {
  std::uint16_t local = 0;
  std::uint16_t remote = 0;

  bool operator==(const UdpPorts&) const = default;
};

/// An SA to install. With an AEAD it has a salt and no integrity key.
struct SaSpec {
  std::uint32_t ifindex = 0;
  Direction direction = Direction::In;
  std::uint32_t spi = 0;  ///< host byte order
  crypto::EspSuite suite;
  const Secret* encryption_key = nullptr;
  const Secret* salt = nullptr;
  const Secret* integrity_key = nullptr;
  std::uint32_t replay_window = 0;       ///< packets, inbound only; 0: the module's default
  bool esn = false;                      ///< 64-bit sequence numbers
  std::optional<IpAddress> remote = {};  ///< outbound only: the peer; nullopt: that of the tunnel
  std::optional<UdpPorts> udp = {};      ///< outbound only: sent in UDP between these
  bool follow = false;                   ///< inbound only: the outbound SAs go where its packets come from
  std::uint64_t hard_seconds = 0;        ///< until it carries nothing more; 0: no limit
  /// Of the two sides: for nothing until they are set.
  Coverage local_selectors = std::vector<TrafficSelector>();
  Coverage remote_selectors = std::vector<TrafficSelector>();
};

/// An SA by its name.
struct SaName {
  std::uint32_t ifindex = 0;
  Direction direction = Direction::In;
  std::uint32_t spi = 0;  ///< host byte order

  auto operator<=>(const SaName&) const = default;
};

/// What the module reports of an installed SA.
struct SaState {
  SaName name;
  bool active = false;                   ///< outbound: in use
  bool esn = false;                      ///< 64-bit sequence numbers
  bool expired = false;                  ///< carries nothing more
  std::optional<IpAddress> remote = {};  ///< outbound: the peer, as last seen
  std::optional<UdpPorts> udp = {};      ///< outbound: sent in UDP between these
  std::uint64_t sequence = 0;            ///< last sent, or the top of the replay window
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< of inner packets
  std::uint64_t drop_replay = 0;
  std::uint64_t drop_auth = 0;
  std::uint64_t drop_malformed = 0;
  std::string driver;  ///< of the kernel crypto API
  /// Inbound: how long ago the last authentic packet came; nullopt: none has.
  std::optional<std::chrono::milliseconds> heard = {};
};

/// An SA nears (or, `hard`, has reached) the end of its lifetime or of its sequence numbers.
struct SaLimitReached {
  SaName sa;
  bool hard = false;

  bool operator==(const SaLimitReached&) const = default;
};
/// Packets wait for a tunnel without an SA.
struct PacketsWaiting {
  std::uint32_t ifindex = 0;
  std::uint64_t count = 0;

  bool operator==(const PacketsWaiting&) const = default;
};
/// Authentic ESP in UDP of this inbound SA comes from somewhere else than before.
struct PeerMoved {
  SaName sa;
  Endpoint remote;

  bool operator==(const PeerMoved&) const = default;
};
/// ESP from the tunnel's peer that was refused: for an SA that we do not have, or with a wrong ICV.
struct PacketsRefused {
  enum class Why : std::uint8_t { UnknownSpi, AuthFailed } why = Why::UnknownSpi;
  std::uint32_t ifindex = 0;
  std::uint64_t count = 0;
  std::uint32_t spi = 0;  ///< host byte order; of the last packet, like `source`
  IpAddress source;

  bool operator==(const PacketsRefused&) const = default;
};
/// A UDP socket that ESP was taken out of was closed.
struct TransportLost {
  Endpoint local;

  bool operator==(const TransportLost&) const = default;
};
/// This virtual machine was cloned or brought back to an earlier state: there is no outbound SA left.
struct VmForked {
  bool operator==(const VmForked&) const = default;
};
using Event =
    std::variant<SaLimitReached, PacketsWaiting, PeerMoved, PacketsRefused, TransportLost, VmForked>;

/// `family`: the number that the kernel gave to "awtun".
Message tunnel_set_request(int family, std::uint32_t ifindex, const TunnelSettings& settings);
Message tunnel_dump_request(int family);
Message sa_add_request(int family, const SaSpec& sa);
/// From now on what comes by this inbound SPI is held until its SA is added.
Message sa_expect_request(int family, std::uint32_t ifindex, std::uint32_t spi);
Message sa_activate_request(int family, std::uint32_t ifindex, std::uint32_t spi);
/// From now on the outbound SA `sa` sends there.
Message sa_move_request(int family, const SaName& sa, const IpAddress& remote,
                        const std::optional<UdpPorts>& udp);
Message sa_delete_request(int family, const SaName& sa);
Message sa_flush_request(int family, std::uint32_t ifindex);
Message sa_get_request(int family, const SaName& sa);
Message sa_dump_request(int family);
/// `socket`: the descriptor of a bound UDP socket.
Message transport_add_request(int family, int socket);

/// nullopt: the message is not such an answer, or lacks what names its object.
std::optional<TunnelState> parse_tunnel(const nlmsghdr& message);
std::optional<SaState> parse_sa(const nlmsghdr& message);
std::optional<Event> parse_event(const nlmsghdr& message);

}  // namespace awtun::kernel
