// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/host_lookup.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>

namespace awtun::daemon {
namespace {

constexpr int kFirstTimeOutMs = 2000;
constexpr int kTries = 3;

std::optional<IpAddress> address_of(const ares_addrinfo_node& node) {
  const auto octets = [](const auto& field) {
    return IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&field), sizeof(field)});
  };
  if (node.ai_family == AF_INET) return octets(reinterpret_cast<const sockaddr_in*>(node.ai_addr)->sin_addr);
  if (node.ai_family == AF_INET6)
    return octets(reinterpret_cast<const sockaddr_in6*>(node.ai_addr)->sin6_addr);
  return std::nullopt;
}

/// Why a peer cannot be at `address`; empty when it can.
std::string_view objection_to(const IpAddress& address) {
  const auto why = not_a_host(address);
  return why.empty() && is_link_local(address) ? "the address must not be link-local" : why;
}

HostLookup::Answer answer_of(int status, const ares_addrinfo* found) {
  if (status != ARES_SUCCESS) return Error{std::string(ares_strerror(status))};
  HostAddresses host{{}, std::chrono::seconds::max()};
  std::string objection = "the name has no address";
  for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
    const auto address = address_of(*node);
    if (!address) continue;
    if (const auto why = objection_to(*address); !why.empty()) {
      objection = "it resolves to " + address->to_string() + ": " + std::string(why);
      continue;
    }
    host.addresses.push_back(*address);
    host.valid = std::min(host.valid, std::chrono::seconds(node->ai_ttl));
  }
  if (host.addresses.empty()) return Error{std::move(objection)};
  return host;
}

}  // namespace

HostLookup::HostLookup(EventLoop& loop, const std::string& name, Done done, const std::string& servers)
    : loop_(loop),
      done_(std::move(done)),
      ready_(loop, [this] { process(); }),
      timeout_(loop, [this] { ready_.request(); }) {
  ares_options options{};
  options.timeout = kFirstTimeOutMs;
  options.tries = kTries;
  if (ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
    throw std::bad_alloc();
  if (!servers.empty()) ares_set_servers_ports_csv(channel_, servers.c_str());
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, answered, this);
  ready_.request();
}

// Notifies answered(), which must not count any longer, that the question is dropped.
HostLookup::~HostLookup() { ares_destroy(channel_); }

void HostLookup::answered(void* self, int status, int /*timeouts*/, ares_addrinfo* found) {
  static_cast<HostLookup*>(self)->answer_ = answer_of(status, found);
  ares_freeaddrinfo(found);
}

void HostLookup::process() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> open{};
  const int events = ares_getsock(channel_, open.data(), open.size());
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    const auto fd = open.at(static_cast<std::size_t>(i));
    if (ARES_GETSOCK_READABLE(events, i) || ARES_GETSOCK_WRITABLE(events, i))
      ares_process_fd(channel_, fd, fd);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  watch();
  if (answer_) done_(*std::exchange(answer_, std::nullopt));
}

void HostLookup::watch() {
  sockets_.clear();
  timeout_.stop();
  if (answer_) return;
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> open{};
  const int events = ares_getsock(channel_, open.data(), open.size());
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    const bool readable = ARES_GETSOCK_READABLE(events, i) != 0;
    const bool writable = ARES_GETSOCK_WRITABLE(events, i) != 0;
    if (readable || writable)
      sockets_.push_back(std::make_unique<SocketWatcher>(loop_, open.at(static_cast<std::size_t>(i)),
                                                         readable, writable, [this] { ready_.request(); }));
  }
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) != nullptr)
    timeout_.start(std::chrono::milliseconds(wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1));
}

}  // namespace awtun::daemon
