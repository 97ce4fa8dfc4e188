// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/data_plane.h"

#include <linux/awtun.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <cerrno>
#include <string>

#include "userland/kernel/dump.h"

namespace awtun::kernel {
namespace {

std::string name_of(const SaName& sa) {
  char spi[16];
  (void)snprintf(spi, sizeof spi, "0x%08x", sa.spi);
  return std::string(sa.direction == SaDirection::In ? "inbound" : "outbound") + " SA " + spi;
}

}  // namespace

KernelResult<DataPlane> DataPlane::open() {
  auto requests = NetlinkSocket::open(NETLINK_GENERIC);
  if (!requests) return Error{requests.error()};
  auto events = NetlinkSocket::open(NETLINK_GENERIC);
  if (!events) return Error{events.error()};
  const int family = genl_ctrl_resolve(requests->handle(), AWTUN_GENL_NAME);
  if (family < 0)
    return Error{KernelError{ENOENT, "find the kernel module awtun", "generic netlink has no such family"}};
  const int group = genl_ctrl_resolve_grp(requests->handle(), AWTUN_GENL_NAME, AWTUN_GENL_MCGRP_EVENTS);
  if (group < 0) return Error{KernelError{ENOENT, "find the event group of awtun", {}}};
  if (auto subscribed = events->subscribe(group); !subscribed) return Error{subscribed.error()};
  return DataPlane(std::move(*requests), std::move(*events), family);
}

KernelResult<void> DataPlane::set_tunnel(std::uint32_t ifindex, const TunnelSettings& settings) {
  auto message = tunnel_set_request(family_, ifindex, settings);
  return requests_.request(message, "set the tunnel's mode and addresses");
}

KernelResult<void> DataPlane::add_sa(const SaSpec& sa) {
  auto message = sa_add_request(family_, sa);
  return requests_.request(message, "add " + name_of({sa.ifindex, sa.direction, sa.spi}));
}

KernelResult<void> DataPlane::activate_sa(std::uint32_t ifindex, std::uint32_t spi) {
  auto message = sa_activate_request(family_, ifindex, spi);
  return requests_.request(message, "activate " + name_of({ifindex, SaDirection::Out, spi}));
}

KernelResult<void> DataPlane::delete_sa(const SaName& sa) {
  auto message = sa_delete_request(family_, sa);
  return requests_.request(message, "delete " + name_of(sa));
}

KernelResult<void> DataPlane::flush_sas(std::uint32_t ifindex) {
  auto message = sa_flush_request(family_, ifindex);
  return requests_.request(message, "flush the tunnel's SAs");
}

KernelResult<std::vector<TunnelState>> DataPlane::tunnels() {
  return dump<TunnelState>(
      requests_, [this] { return tunnel_dump_request(family_); }, "list the tunnels", parse_tunnel);
}

KernelResult<std::vector<SaState>> DataPlane::sas() {
  return dump<SaState>(
      requests_, [this] { return sa_dump_request(family_); }, "list the SAs", parse_sa);
}

SaEvents DataPlane::drain_events() {
  SaEvents waiting;
  waiting.lost = !events_.drain([&](const nlmsghdr& message) {
    if (const auto event = parse_event(message)) waiting.events.push_back(*event);
  });
  return waiting;
}

}  // namespace awtun::kernel
