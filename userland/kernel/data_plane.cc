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
  return std::string(sa.direction == Direction::In ? "inbound" : "outbound") + " SA " + spi;
}

}  // namespace

KernelResult<DataPlane> DataPlane::open() {
  auto requests = NetlinkSocket::open(NETLINK_GENERIC);
  if (!requests) return Error{requests.error()};
  auto events = NetlinkSocket::open(NETLINK_GENERIC);
  if (!events) return Error{events.error()};
  const auto numbers = resolve();
  if (!numbers) return Error{numbers.error()};
  if (auto subscribed = events->subscribe(numbers->event_group); !subscribed)
    return Error{subscribed.error()};
  return DataPlane(std::move(*requests), std::move(*events), *numbers);
}

// On a socket of its own: libnl counts sequence numbers that our requests do not keep to.
KernelResult<DataPlane::Numbers> DataPlane::resolve() {
  auto socket = NetlinkSocket::open(NETLINK_GENERIC);
  if (!socket) return Error{socket.error()};
  const int family = genl_ctrl_resolve(socket->handle(), AWTUN_GENL_NAME);
  if (family < 0)
    return Error{KernelError{ENOENT, "find the kernel module awtun", "generic netlink has no such family"}};
  const int group = genl_ctrl_resolve_grp(socket->handle(), AWTUN_GENL_NAME, AWTUN_GENL_MCGRP_EVENTS);
  if (group < 0) return Error{KernelError{ENOENT, "find the event group of awtun", {}}};
  return Numbers{family, group};
}

bool DataPlane::module_is_another() {
  const auto found = resolve();
  if (!found || found->family == numbers_.family) return false;
  numbers_ = *found;
  // Its old group went with it.
  (void)events_.subscribe(numbers_.event_group);
  return true;
}

// The kernel's answer to an unknown family is ENOENT, which may also mean an SA that is not there.
template <class Run>
auto DataPlane::with_numbers(Run run) {
  auto done = run();
  if (!done && done.error().code == ENOENT && module_is_another()) done = run();
  return done;
}

KernelResult<void> DataPlane::set_tunnel(std::uint32_t ifindex, const TunnelSettings& settings) {
  return with_numbers([&] {
    auto message = tunnel_set_request(numbers_.family, ifindex, settings);
    return requests_.request(message, "set the tunnel's mode and addresses");
  });
}

KernelResult<void> DataPlane::expect_sa(std::uint32_t ifindex, std::uint32_t spi) {
  return with_numbers([&] {
    auto message = sa_expect_request(numbers_.family, ifindex, spi);
    return requests_.request(message, "expect " + name_of({ifindex, Direction::In, spi}));
  });
}

KernelResult<void> DataPlane::add_sa(const SaSpec& sa) {
  return with_numbers([&] {
    auto message = sa_add_request(numbers_.family, sa);
    return requests_.request(message, "add " + name_of({sa.ifindex, sa.direction, sa.spi}));
  });
}

KernelResult<void> DataPlane::activate_sa(std::uint32_t ifindex, std::uint32_t spi) {
  return with_numbers([&] {
    auto message = sa_activate_request(numbers_.family, ifindex, spi);
    return requests_.request(message, "activate " + name_of({ifindex, Direction::Out, spi}));
  });
}

KernelResult<void> DataPlane::move_sa(std::uint32_t ifindex, std::uint32_t spi, const IpAddress& remote,
                                      const UdpPorts& ports) {
  const SaName sa{ifindex, Direction::Out, spi};
  return with_numbers([&] {
    auto message = sa_move_request(numbers_.family, sa, remote, ports);
    return requests_.request(message, "move " + name_of(sa));
  });
}

KernelResult<void> DataPlane::delete_sa(const SaName& sa) {
  return with_numbers([&] {
    auto message = sa_delete_request(numbers_.family, sa);
    return requests_.request(message, "delete " + name_of(sa));
  });
}

KernelResult<void> DataPlane::flush_sas(std::uint32_t ifindex) {
  return with_numbers([&] {
    auto message = sa_flush_request(numbers_.family, ifindex);
    return requests_.request(message, "flush the tunnel's SAs");
  });
}

KernelResult<void> DataPlane::add_transport(int socket) {
  return with_numbers([&] {
    auto message = transport_add_request(numbers_.family, socket);
    return requests_.request(message, "hand a UDP socket to the kernel");
  });
}

KernelResult<std::vector<TunnelState>> DataPlane::tunnels() {
  return with_numbers([&] {
    return dump<TunnelState>(
        requests_, [this] { return tunnel_dump_request(numbers_.family); }, "list the tunnels", parse_tunnel);
  });
}

KernelResult<std::vector<SaState>> DataPlane::sas() {
  return with_numbers([&] {
    return dump<SaState>(
        requests_, [this] { return sa_dump_request(numbers_.family); }, "list the SAs", parse_sa);
  });
}

KernelResult<SaState> DataPlane::sa(const SaName& name) {
  return with_numbers([&]() -> KernelResult<SaState> {
    SaState state;
    auto message = sa_get_request(numbers_.family, name);
    auto done = requests_.request(message, "look at the " + name_of(name), [&](const nlmsghdr& answer) {
      if (auto parsed = parse_sa(answer)) state = *std::move(parsed);
    });
    if (!done) return Error{done.error()};
    return state;
  });
}

Events DataPlane::drain_events() {
  Events waiting;
  waiting.lost = !events_.drain([&](const nlmsghdr& message) {
    if (auto event = parse_event(message)) waiting.events.push_back(*event);
  });
  return waiting;
}

}  // namespace awtun::kernel
