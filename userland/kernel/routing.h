// SPDX-License-Identifier: Apache-2.0
// The port to rtnetlink: tunnel links, addresses, routes. Carries out and reports; decides nothing.
#pragma once

#include <string_view>
#include <vector>

#include "userland/kernel/netlink.h"
#include "userland/kernel/route_messages.h"

namespace awtun::kernel {

/// Links, addresses and routes of the network namespace that open() was called in. Nothing is made
/// idempotent here: EEXIST, ENODEV, EADDRNOTAVAIL, ESRCH come back as they are.
class Routing {
 public:
  static KernelResult<Routing> open();

  /// Makes a link of kind "tunnel" and returns its index. EEXIST: the name is taken; EOPNOTSUPP:
  /// the kernel has no such kind.
  KernelResult<std::uint32_t> create_tunnel_link(std::string_view name);
  KernelResult<void> delete_link(std::uint32_t index);
  KernelResult<void> change_link(std::uint32_t index, const LinkChange& change);

  KernelResult<void> add_address(const InterfaceAddress& address);
  KernelResult<void> delete_address(const InterfaceAddress& address);

  KernelResult<void> add_route(const Route& route);
  KernelResult<void> delete_route(const Route& route);

  KernelResult<std::vector<Link>> links();
  KernelResult<std::vector<InterfaceAddress>> addresses();
  /// The routes that carry kRouteProtocol.
  KernelResult<std::vector<Route>> own_routes();

  /// Readable when a link or an address changed.
  [[nodiscard]] int event_fd() const { return events_.fd(); }
  /// Throws the events away: they say that the tables changed, the tables say how. So events that
  /// the kernel had to drop do no harm.
  void drain_events();

 private:
  Routing(NetlinkSocket requests, NetlinkSocket events)
      : requests_(std::move(requests)), events_(std::move(events)) {}

  NetlinkSocket requests_;
  NetlinkSocket events_;
};

}  // namespace awtun::kernel
