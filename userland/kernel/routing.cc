// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/routing.h"

#include <linux/rtnetlink.h>

#include <cerrno>
#include <string>

#include "userland/kernel/dump.h"

namespace awtun::kernel {
namespace {

std::string route_name(const Route& route) { return "route " + route.prefix.to_string(); }

}  // namespace

KernelResult<Routing> Routing::open() {
  auto requests = NetlinkSocket::open(NETLINK_ROUTE);
  if (!requests) return Error{requests.error()};
  auto events = NetlinkSocket::open(NETLINK_ROUTE);
  if (!events) return Error{events.error()};
  for (const int group : {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR})
    if (auto subscribed = events->subscribe(group); !subscribed) return Error{subscribed.error()};
  return Routing(std::move(*requests), std::move(*events));
}

KernelResult<std::uint32_t> Routing::create_tunnel_link(std::string_view name) {
  auto message = create_link_request(name, kTunnelKind);
  if (auto made = requests_.request(message, "create interface " + std::string(name)); !made)
    return Error{made.error()};
  const auto all = links();
  if (!all) return Error{all.error()};
  for (const auto& link : *all)
    if (link.name == name) return link.index;
  return Error{KernelError{ENODEV, "find interface " + std::string(name), {}}};
}

KernelResult<void> Routing::delete_link(std::uint32_t index) {
  auto message = delete_link_request(index);
  return requests_.request(message, "delete the interface");
}

KernelResult<void> Routing::change_link(std::uint32_t index, const LinkChange& change) {
  auto message = change_link_request(index, change);
  return requests_.request(message, "change the interface");
}

KernelResult<void> Routing::add_address(const InterfaceAddress& address) {
  auto message = add_address_request(address);
  return requests_.request(message, "add address " + address.prefix.to_string());
}

KernelResult<void> Routing::delete_address(const InterfaceAddress& address) {
  auto message = delete_address_request(address);
  return requests_.request(message, "delete address " + address.prefix.to_string());
}

KernelResult<void> Routing::add_route(const Route& route) {
  auto message = add_route_request(route);
  return requests_.request(message, "add " + route_name(route));
}

KernelResult<void> Routing::delete_route(const Route& route) {
  auto message = delete_route_request(route);
  return requests_.request(message, "delete " + route_name(route));
}

KernelResult<std::vector<Link>> Routing::links() {
  return dump<Link>(requests_, link_dump_request, "list the interfaces", parse_link);
}

KernelResult<std::vector<InterfaceAddress>> Routing::addresses() {
  return dump<InterfaceAddress>(requests_, address_dump_request, "list the addresses", parse_address);
}

KernelResult<std::vector<Route>> Routing::own_routes() {
  auto batches = dump<std::vector<Route>>(
      requests_, route_dump_request, "list the routes",
      [](const nlmsghdr& message) { return std::optional(parse_own_routes(message)); });
  if (!batches) return Error{batches.error()};
  std::vector<Route> routes;
  for (const auto& batch : *batches) routes.insert(routes.end(), batch.begin(), batch.end());
  return routes;
}

void Routing::drain_events() {
  (void)events_.drain([](const nlmsghdr&) {});
}

}  // namespace awtun::kernel
