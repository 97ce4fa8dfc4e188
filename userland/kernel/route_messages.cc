// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/route_messages.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

namespace awtun::kernel {
namespace {

std::uint8_t family_number(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

void put_address(Message& message, const InterfaceAddress& address) {
  auto& header = message.append<ifaddrmsg>();
  header.ifa_family = family_number(address.prefix.address);
  header.ifa_prefixlen = address.prefix.length;
  header.ifa_index = address.ifindex;
  message.put(IFA_LOCAL, address.prefix.address);
  message.put(IFA_ADDRESS, address.prefix.address);
}

void put_route(Message& message, const Route& route) {
  auto& header = message.append<rtmsg>();
  header.rtm_family = family_number(route.prefix.address);
  header.rtm_dst_len = route.prefix.length;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  const auto* device = std::get_if<std::uint32_t>(&route.via);
  header.rtm_type = std::holds_alternative<Blackhole>(route.via) ? RTN_BLACKHOLE : RTN_UNICAST;
  header.rtm_scope = device != nullptr && route.prefix.address.is_v4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (route.prefix.length > 0) message.put(RTA_DST, route.prefix.address);
  if (device != nullptr) message.put_u32(RTA_OIF, *device);
  if (const auto* neighbour = std::get_if<IpAddress>(&route.via)) message.put(RTA_GATEWAY, *neighbour);
  message.put_u32(RTA_PRIORITY, route.metric);
}

TrafficCounters counters(std::uint64_t packets, std::uint64_t bytes, std::uint64_t errors,
                         std::uint64_t dropped) {
  return {packets, bytes, errors, dropped};
}

using Via = decltype(Route::via);

/// The next hops of RTA_MULTIPATH: a list of struct rtnexthop, each followed by its attributes.
std::vector<Via> parse_multipath(ByteView list) {
  std::vector<Via> found;
  while (list.size() >= sizeof(rtnexthop)) {
    rtnexthop hop{};
    std::memcpy(&hop, list.data(), sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > list.size()) break;
    const Attributes attributes(list.subspan(sizeof hop, hop.rtnh_len - sizeof hop));
    if (const auto gateway = attributes.address(RTA_GATEWAY))
      found.emplace_back(*gateway);
    else
      found.emplace_back(static_cast<std::uint32_t>(hop.rtnh_ifindex));
    list = list.subspan(std::min<std::size_t>(list.size(), RTNH_ALIGN(hop.rtnh_len)));
  }
  return found;
}

std::vector<Via> next_hops(const Attributes& route) {
  if (const auto gateway = route.address(RTA_GATEWAY)) return {*gateway};
  if (const auto device = route.u32(RTA_OIF)) return {*device};
  if (const auto list = route.bytes(RTA_MULTIPATH)) return parse_multipath(*list);
  return {};
}

IpAddress any(bool v4) {
  constexpr std::array<std::uint8_t, 16> zero{};
  return *IpAddress::from_bytes(ByteView(zero).first(v4 ? 4 : 16));
}

}  // namespace

Message create_link_request(std::string_view name, std::string_view kind) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.append<ifinfomsg>();
  message.put_string(IFLA_IFNAME, name);
  message.nest(IFLA_LINKINFO, [&] { message.put_string(IFLA_INFO_KIND, kind); });
  return message;
}

Message delete_link_request(std::uint32_t index) {
  Message message(RTM_DELLINK, 0);
  message.append<ifinfomsg>().ifi_index = static_cast<int>(index);
  return message;
}

Message change_link_request(std::uint32_t index, const LinkChange& change) {
  Message message(RTM_NEWLINK, 0);
  auto& header = message.append<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  if (change.up) {
    header.ifi_change = IFF_UP;
    header.ifi_flags = *change.up ? static_cast<unsigned>(IFF_UP) : 0U;
  }
  if (change.mtu) message.put_u32(IFLA_MTU, *change.mtu);
  if (change.alias) message.put_string(IFLA_IFALIAS, *change.alias);
  return message;
}

Message link_dump_request() {
  Message message(RTM_GETLINK, NLM_F_DUMP);
  message.append<ifinfomsg>();
  return message;
}

Message add_address_request(const InterfaceAddress& address) {
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  put_address(message, address);
  if (!address.prefix.address.is_v4()) message.put_u32(IFA_FLAGS, IFA_F_NODAD);
  return message;
}

Message delete_address_request(const InterfaceAddress& address) {
  Message message(RTM_DELADDR, 0);
  put_address(message, address);
  return message;
}

Message address_dump_request() {
  Message message(RTM_GETADDR, NLM_F_DUMP);
  message.append<ifaddrmsg>();
  return message;
}

Message add_route_request(const Route& route) {
  // APPEND, not EXCL: a second next hop for one prefix and distance stands beside the first.
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
  put_route(message, route);
  return message;
}

Message delete_route_request(const Route& route) {
  Message message(RTM_DELROUTE, 0);
  put_route(message, route);
  return message;
}

Message route_dump_request() {
  Message message(RTM_GETROUTE, NLM_F_DUMP);
  message.append<rtmsg>();
  return message;
}

std::optional<Link> parse_link(const nlmsghdr& message) {
  const auto* header = header_of<ifinfomsg>(message);
  if (message.nlmsg_type != RTM_NEWLINK || header == nullptr) return std::nullopt;
  const auto attributes = attributes_of(message, sizeof *header);
  Link link;
  link.index = static_cast<std::uint32_t>(header->ifi_index);
  link.name = attributes.string(IFLA_IFNAME).value_or("");
  link.alias = attributes.string(IFLA_IFALIAS).value_or("");
  link.admin_up = (header->ifi_flags & IFF_UP) != 0;
  link.carrier = (header->ifi_flags & IFF_RUNNING) != 0;
  link.mtu = attributes.u32(IFLA_MTU).value_or(0);
  if (const auto info = attributes.nest(IFLA_LINKINFO)) link.kind = info->string(IFLA_INFO_KIND).value_or("");
  if (const auto raw = attributes.bytes(IFLA_STATS64)) {
    rtnl_link_stats64 stats{};
    std::memcpy(&stats, raw->data(), std::min(raw->size(), sizeof stats));
    link.rx = counters(stats.rx_packets, stats.rx_bytes, stats.rx_errors, stats.rx_dropped);
    link.tx = counters(stats.tx_packets, stats.tx_bytes, stats.tx_errors, stats.tx_dropped);
  }
  return link;
}

std::optional<InterfaceAddress> parse_address(const nlmsghdr& message) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (message.nlmsg_type != RTM_NEWADDR || header == nullptr) return std::nullopt;
  const auto attributes = attributes_of(message, sizeof *header);
  // On a point-to-point link IFA_ADDRESS is the peer; IFA_LOCAL, where it is, is ours.
  auto address = attributes.address(IFA_LOCAL);
  if (!address) address = attributes.address(IFA_ADDRESS);
  if (!address) return std::nullopt;
  return InterfaceAddress{header->ifa_index, IpPrefix{*address, header->ifa_prefixlen},
                          attributes.u32(IFA_FLAGS).value_or(header->ifa_flags)};
}

std::vector<Route> parse_own_routes(const nlmsghdr& message) {
  const auto* header = header_of<rtmsg>(message);
  if (message.nlmsg_type != RTM_NEWROUTE || header == nullptr) return {};
  const bool blackhole = header->rtm_type == RTN_BLACKHOLE;
  if (header->rtm_protocol != kRouteProtocol || (!blackhole && header->rtm_type != RTN_UNICAST)) return {};
  if (header->rtm_table != RT_TABLE_MAIN || (header->rtm_flags & RTM_F_CLONED) != 0) return {};
  const auto attributes = attributes_of(message, sizeof *header);
  Route route;
  route.prefix.address = attributes.address(RTA_DST).value_or(any(header->rtm_family == AF_INET));
  route.prefix.length = header->rtm_dst_len;
  route.metric = attributes.u32(RTA_PRIORITY).value_or(0);
  std::vector<Route> routes;
  // Of IPv6 the kernel names a device, the loopback interface.
  for (const auto& via : blackhole ? std::vector<Via>{Blackhole{}} : next_hops(attributes)) {
    route.via = via;
    routes.push_back(route);
  }
  return routes;
}

}  // namespace awtun::kernel
