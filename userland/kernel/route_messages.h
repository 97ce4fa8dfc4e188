// SPDX-License-Identifier: Apache-2.0
// Links, addresses and routes of rtnetlink as values: building requests and reading answers,
// without a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/ip.h"
#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// The rtnl kind of the module's devices.
inline constexpr std::string_view kTunnelKind = "tunnel";
/// Marks the routes that belong to awtun (rtm_protocol; see rt_protos(5)).
inline constexpr std::uint8_t kRouteProtocol = 200;

struct TrafficCounters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t errors = 0;
  std::uint64_t dropped = 0;
};

struct Link {
  std::uint32_t index = 0;
  std::string name;
  std::string kind;   ///< empty for a device without rtnl kind
  std::string alias;  ///< ifAlias, the description
  bool admin_up = false;
  bool carrier = false;  ///< its line protocol is up: it is no tunnel that waits for SAs either
  std::uint32_t mtu = 0;
  TrafficCounters rx;
  TrafficCounters tx;
};

/// What to change of a link; what is unset stays.
struct LinkChange {
  std::optional<bool> up;
  std::optional<std::uint32_t> mtu;
  std::optional<std::string> alias;  ///< empty: none
};

struct InterfaceAddress {
  std::uint32_t ifindex = 0;
  IpPrefix prefix;  ///< with host bits
  /// What the kernel says of it (if_addr.h IFA_F_*); no part of what the address is.
  std::uint32_t flags = 0;

  bool operator==(const InterfaceAddress& other) const {
    return ifindex == other.ifindex && prefix == other.prefix;
  }
};

/// Where packets of a route are dropped in silence.
struct Blackhole {
  auto operator<=>(const Blackhole&) const = default;
};

/// A route of the main table.
struct Route {
  IpPrefix prefix;
  /// A device by its index, the address of a neighbour that the kernel looks up, or nowhere.
  std::variant<std::uint32_t, IpAddress, Blackhole> via;
  std::uint32_t metric = 1;

  auto operator<=>(const Route&) const = default;
};

Message create_link_request(std::string_view name, std::string_view kind);
Message delete_link_request(std::uint32_t index);
/// `change.up` unset leaves the state as it is.
Message change_link_request(std::uint32_t index, const LinkChange& change);
Message link_dump_request();
/// A tunnel has no neighbour who could own an address, so IPv6 addresses skip DAD (RFC 4862 5.4).
Message add_address_request(const InterfaceAddress& address);
Message delete_address_request(const InterfaceAddress& address);
Message address_dump_request();
Message add_route_request(const Route& route);
Message delete_route_request(const Route& route);
Message route_dump_request();

/// nullopt: the message is not such an answer.
std::optional<Link> parse_link(const nlmsghdr& message);
std::optional<InterfaceAddress> parse_address(const nlmsghdr& message);
/// The routes of one message: several when the kernel keeps next hops of one prefix together. None
/// when they are not awtun's own, neither unicast nor blackhole, or not in the main table. A route via a
/// neighbour names the neighbour even though the kernel adds the device it found.
std::vector<Route> parse_own_routes(const nlmsghdr& message);

}  // namespace awtun::kernel
