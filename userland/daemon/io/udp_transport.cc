// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/udp_transport.h"

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "userland/daemon/io/socket_address.h"

namespace awtun::daemon {
namespace {

/// Octets. Ten thousand peers whose router has just come back speak at once.
constexpr int kBufferSize = 4 * 1024 * 1024;

constexpr std::array<std::uint8_t, 4> kNonEspMarker{};
constexpr std::uint8_t kKeepaliveOctet = 0xff;

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// CAP_NET_ADMIN may exceed the system's limit; without it what the limit allows has to do.
void enlarge_buffers(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kBufferSize))
    (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, kBufferSize);
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, kBufferSize))
    (void)set_option(fd, SOL_SOCKET, SO_SNDBUF, kBufferSize);
}

/// IKE messages may exceed the path's MTU and are to be fragmented then (RFC 7296 section 2).
bool set_options(int fd, Family family) {
  enlarge_buffers(fd);
  if (!set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1)) return false;
  if (family == Family::V4)
    return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) &&
           set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

Endpoint wildcard(Family family, std::uint16_t port) {
  return {*IpAddress::parse(family == Family::V4 ? "0.0.0.0" : "::"), port};
}

std::string why_not(int error) {
  std::string text = std::strerror(error);
  if (error == EADDRINUSE) text += " (another IKE daemon, such as strongSwan?)";
  return text;
}

bool has_marker(ByteView bytes) {
  return bytes.size() >= kNonEspMarker.size() &&
         std::equal(kNonEspMarker.begin(), kNonEspMarker.end(), bytes.begin());
}

bool is_keepalive(ByteView bytes) { return bytes.size() == 1 && bytes[0] == kKeepaliveOctet; }

}  // namespace

UdpTransport::UdpTransport(EventLoop& loop, IkePorts ports, Receiver receiver, Refused refused)
    : ports_(ports),
      receiver_(std::move(receiver)),
      refused_(std::move(refused)),
      flush_soon_(loop, [this] { flush(); }) {}

Result<std::unique_ptr<UdpTransport>, std::string> UdpTransport::open(EventLoop& loop, IkePorts ports,
                                                                      Receiver receiver, Refused refused) {
  std::unique_ptr<UdpTransport> made(new UdpTransport(loop, ports, std::move(receiver), std::move(refused)));
  for (const auto port : {ports.ike, ports.natt})
    for (const auto family : {Family::V4, Family::V6})
      if (auto listening = made->listen(loop, family, port); !listening) return Error{listening.error()};
  return made;
}

Result<void, std::string> UdpTransport::listen(EventLoop& loop, Family family, std::uint16_t port) {
  const int domain = family == Family::V4 ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd && errno == EAFNOSUPPORT && family == Family::V6) return {};
  const auto local = wildcard(family, port);
  const auto address = to_socket_address(local);
  if (!fd || !set_options(fd.get(), family) || ::bind(fd.get(), address.get(), address.size) != 0)
    return Error{"listen on UDP " + local.to_string() + ": " + why_not(errno)};
  sockets_.emplace_back(loop, std::move(fd), local, [this](Socket& readable) { receive(readable); });
  return {};
}

// ---------------------------------------------------------------- in

// One batch: a flood must not keep the loop from its timers and operators.
void UdpTransport::receive(Socket& socket) {
  batch_.receive(socket.fd.get(), [&](const IncomingDatagram& datagram) { take(socket, datagram); });
}

void UdpTransport::take(Socket& socket, const IncomingDatagram& datagram) {
  if (datagram.lost) count_lost(socket, *datagram.lost);
  auto bytes = datagram.bytes;
  if (socket.local.port == ports_.natt) {
    if (is_keepalive(bytes)) {
      ++counters_.keepalives;
      return;
    }
    if (!has_marker(bytes)) {
      ++counters_.not_ike;
      return;
    }
    bytes = bytes.subspan(kNonEspMarker.size());
  }
  ++counters_.received;
  receiver_({{datagram.local, socket.local.port}, datagram.remote, Bytes(bytes.begin(), bytes.end())});
}

// The kernel's count goes round.
void UdpTransport::count_lost(Socket& socket, std::uint32_t lost) {
  const std::uint32_t more = lost - socket.lost;
  socket.lost = lost;
  counters_.lost += more;
  if (more != 0)
    spdlog::debug("UDP port {}: {} datagrams dropped, the receive buffer was full", socket.local.port, more);
}

// ---------------------------------------------------------------- out

void UdpTransport::send(ike::Send send) {
  const ByteView marker = send.local.port == ports_.natt ? ByteView(kNonEspMarker) : ByteView();
  queue(send.local, send.remote, marker, std::move(send.bytes));
}

void UdpTransport::send(const ike::SendKeepalive& keepalive) {
  queue(keepalive.local, keepalive.remote, {}, {kKeepaliveOctet});
}

void UdpTransport::queue(const Endpoint& local, const Endpoint& remote, ByteView marker, Bytes bytes) {
  const auto* from = socket_for(remote.address.family(), local.port);
  if (from == nullptr) {
    ++counters_.not_sent;
    return refused_({std::move(bytes), "no UDP socket for " + local.to_string()});
  }
  outgoing_.push_back({from->fd.get(), local.address, remote, marker, std::move(bytes)});
  if (outgoing_.size() == kMaxBatch)
    flush();
  else
    flush_soon_.request();
}

// What leaves by one socket after another goes in one call; the order stays.
void UdpTransport::flush() {
  std::vector<ike::NotSent> refused;
  std::span<OutgoingDatagram> rest(outgoing_);
  while (!rest.empty()) {
    const auto other =
        std::ranges::find_if(rest, [&](const auto& next) { return next.socket != rest.front().socket; });
    const auto sent = send_batch(rest.first(static_cast<std::size_t>(other - rest.begin())));
    if (sent.error != 0) {
      ++counters_.not_sent;
      auto& first = rest.front();
      refused.push_back({std::move(first.bytes), std::strerror(sent.error)});
      spdlog::debug("send to {}: {}", first.remote.to_string(), refused.back().reason);
    } else {
      counters_.sent += sent.count;
    }
    rest = rest.subspan(sent.count);
  }
  outgoing_.clear();
  // The receiver of the error may send again.
  for (auto& one : refused) refused_(std::move(one));
}

const UdpTransport::Socket* UdpTransport::socket_for(Family family, std::uint16_t port) const {
  const auto found = std::ranges::find_if(sockets_, [&](const Socket& socket) {
    return socket.local.port == port && socket.local.address.family() == family;
  });
  return found == sockets_.end() ? nullptr : &*found;
}

std::vector<int> UdpTransport::natt_sockets() const {
  std::vector<int> found;
  for (const auto& socket : sockets_)
    if (socket.local.port == ports_.natt) found.push_back(socket.fd.get());
  return found;
}

}  // namespace awtun::daemon
