// SPDX-License-Identifier: Apache-2.0
// Between our addresses and those of the socket interface.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "userland/base/ip.h"

namespace awtun::daemon {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Endpoint& endpoint);

/// nullopt: neither IPv4 nor IPv6.
std::optional<Endpoint> to_endpoint(const sockaddr_storage& storage);

IpAddress to_address(const in_addr& raw);
IpAddress to_address(const in6_addr& raw);

}  // namespace awtun::daemon
