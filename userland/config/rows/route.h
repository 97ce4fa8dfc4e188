// SPDX-License-Identifier: Apache-2.0
// Rows of static routes.
#pragma once

#include <algorithm>
#include <array>
#include <tuple>

#include "userland/config/choices.h"
#include "userland/config/grammar.h"

namespace awtun::config::rows {

inline StaticRoute route_of(Args& args) {
  StaticRoute route{args.get<IpPrefix>(0), InterfaceName{}};
  route.nexthop = args.get<Nexthop>(1);
  if (args.has(2)) route.distance = static_cast<std::uint8_t>(args.get<std::uint32_t>(2));
  return route;
}

inline std::vector<StaticRoute>::iterator find_route(std::vector<StaticRoute>& routes,
                                                     const StaticRoute& wanted) {
  const auto way = [](const StaticRoute& route) { return std::tie(route.prefix, route.nexthop); };
  const auto at = std::ranges::lower_bound(routes, way(wanted), {}, way);
  return at != routes.end() && way(*at) == way(wanted) ? at : routes.end();
}

inline Answer set_route(const Context& context, Args& args) {
  auto& routes = context.config.routes;
  const StaticRoute route = route_of(args);
  if (const auto same = find_route(routes, route); same != routes.end()) routes.erase(same);
  routes.insert(std::ranges::lower_bound(routes, route), route);
  return Done{};
}

inline Answer remove_route(const Context& context, Args& args) {
  auto& routes = context.config.routes;
  const StaticRoute wanted = route_of(args);
  const auto at = find_route(routes, wanted);
  if (at == routes.end() || (args.has(2) && at->distance != wanted.distance))
    return Refused{"there is no such route"};
  routes.erase(at);
  return Done{};
}

template <Family F>
void emit_routes(const Scope& scope, Writer& out) {
  for (const StaticRoute& route : scope.config.routes) {
    if (route.prefix.address.family() != F) continue;
    if (route.distance == StaticRoute::kDefaultDistance)
      out.line(route.prefix, route.nexthop);
    else
      out.line(route.prefix, route.nexthop, std::uint32_t{route.distance});
  }
}

/// `family`: the help of the first word.
constexpr FixedText route_help(std::string_view family) {
  return FixedText() << family
                     << "\nStatic route\nDestination network\nNext-hop address, outgoing interface, or Null "
                        "to drop\nAdministrative distance, "
                     << StaticRoute::kDefaultDistance << " by default\n";
}
inline constexpr FixedText kIpRouteHelp = route_help("IPv4");
inline constexpr FixedText kIpv6RouteHelp = route_help("IPv6");

inline constexpr std::array kRoute = {
    Row{.mode = Mode::Config,
        .pattern = "ip route <prefix:ipv4-network> <nexthop:ipv4-nexthop> [<distance:1-255>]",
        .help = kIpRouteHelp.view(),
        .run = set_route,
        .no = remove_route,
        .emit = emit_routes<Family::V4>},
    Row{.mode = Mode::Config,
        .pattern = "ipv6 route <prefix:ipv6-network> <nexthop:ipv6-nexthop> [<distance:1-255>]",
        .help = kIpv6RouteHelp.view(),
        .run = set_route,
        .no = remove_route,
        .emit = emit_routes<Family::V6>},
};

}  // namespace awtun::config::rows
