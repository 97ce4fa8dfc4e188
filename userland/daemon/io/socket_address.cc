// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/socket_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace awtun::daemon {
namespace {

template <class T>
IpAddress address_from(const T& raw) {
  return *IpAddress::from_bytes(ByteView(reinterpret_cast<const std::uint8_t*>(&raw), sizeof raw));
}

}  // namespace

IpAddress to_address(const in_addr& raw) { return address_from(raw); }
IpAddress to_address(const in6_addr& raw) { return address_from(raw); }

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress made;
  const auto octets = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(made.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    made.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(made.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    made.size = sizeof v6;
  }
  return made;
}

std::optional<Endpoint> to_endpoint(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return Endpoint{to_address(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return Endpoint{to_address(v6.sin6_addr), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

}  // namespace awtun::daemon
