// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/udp_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace awtun::daemon {
namespace {

constexpr std::size_t max_datagram = 65536;
/// A flood must not keep the loop from its timers and operators.
constexpr int batch = 64;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
};

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

template <class T>
std::optional<IpAddress> address_from(const T& raw) {
  return IpAddress::from_bytes(ByteView(reinterpret_cast<const std::uint8_t*>(&raw), sizeof raw));
}

std::optional<Endpoint> to_endpoint(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return Endpoint{*address_from(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return Endpoint{*address_from(v6.sin6_addr), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

/// The address that a datagram was sent to.
std::optional<IpAddress> local_address(msghdr& message) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      return address_from(info.ipi_addr);
    }
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      return address_from(info.ipi6_addr);
    }
  }
  return std::nullopt;
}

template <class Info>
void put_control(msghdr& message, int level, int type, const Info& info) {
  message.msg_controllen = CMSG_SPACE(sizeof info);
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

void put_source(msghdr& message, const IpAddress& source) {
  if (source.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, source.bytes().data(), sizeof info.ipi_spec_dst);
    put_control(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, source.bytes().data(), sizeof info.ipi6_addr);
    put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// IKE messages may exceed the path's MTU and are to be fragmented then (RFC 7296 section 2).
bool set_options(int fd, Family family) {
  if (family == Family::V4)
    return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
           set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

Endpoint wildcard(Family family, std::uint16_t port) {
  return {*IpAddress::parse(family == Family::V4 ? "0.0.0.0" : "::"), port};
}

}  // namespace

UdpTransport::UdpTransport(std::uint16_t port, Receiver receiver)
    : port_(port), receiver_(std::move(receiver)), buffer_(max_datagram) {}

Result<std::unique_ptr<UdpTransport>, std::string> UdpTransport::open(EventLoop& loop, std::uint16_t port,
                                                                      Receiver receiver) {
  std::unique_ptr<UdpTransport> made(new UdpTransport(port, std::move(receiver)));
  for (const auto family : {Family::V4, Family::V6})
    if (auto listening = made->listen(loop, family); !listening) return Error{listening.error()};
  return made;
}

Result<void, std::string> UdpTransport::listen(EventLoop& loop, Family family) {
  const int domain = family == Family::V4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd && errno == EAFNOSUPPORT && family == Family::V6) return {};
  const auto endpoint = wildcard(family, port_);
  const auto address = to_socket_address(endpoint);
  if (!fd || !set_options(fd.get(), family) ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0)
    return Error{"listen on UDP " + endpoint.to_string() + ": " + std::strerror(errno)};
  auto& mine = socket(family);
  mine.emplace(loop, std::move(fd), [this, &mine] { receive(*mine); });
  return {};
}

void UdpTransport::receive(const Socket& socket) {
  for (int count = 0; count < batch; ++count) {
    SocketAddress from;
    alignas(cmsghdr) std::array<char, 128> control{};
    iovec data{buffer_.data(), buffer_.size()};
    msghdr message{};
    message.msg_name = &from.storage;
    message.msg_namelen = from.size;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto size = ::recvmsg(socket.fd.get(), &message, 0);
    if (size < 0) return;
    const auto remote = to_endpoint(from.storage);
    const auto local = local_address(message);
    if (!remote || !local) continue;
    receiver_({{*local, port_}, *remote, Bytes(buffer_.begin(), buffer_.begin() + size)});
  }
}

Result<void, std::string> UdpTransport::send(const ike::Send& send) {
  const auto& from = socket(send.remote.address.family());
  if (!from) return Error{std::string("no socket of that address family")};
  auto to = to_socket_address(send.remote);
  alignas(cmsghdr) std::array<char, 128> control{};
  iovec data{const_cast<std::uint8_t*>(send.bytes.data()), send.bytes.size()};
  msghdr message{};
  message.msg_name = &to.storage;
  message.msg_namelen = to.size;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  put_source(message, send.local.address);
  if (::sendmsg(from->fd.get(), &message, 0) < 0) return Error{std::string(std::strerror(errno))};
  return {};
}

}  // namespace awtun::daemon
