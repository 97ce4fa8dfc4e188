// SPDX-License-Identifier: Apache-2.0
// The UDP sockets of IKE.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/event_loop.h"
#include "userland/daemon/unique_fd.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// One UDP port on every local address, IPv4 and IPv6. Each datagram comes with the local address it
/// was sent to, and one sent leaves from the local address it names (IP_PKTINFO).
class UdpTransport {
 public:
  using Receiver = std::function<void(ike::Datagram)>;

  /// Without IPv6 in the kernel, IPv4 alone. An error says which socket failed and why.
  static Result<std::unique_ptr<UdpTransport>, std::string> open(EventLoop& loop, std::uint16_t port,
                                                                 Receiver receiver);

  Result<void, std::string> send(const ike::Send& send);

 private:
  struct Socket {
    Socket(EventLoop& loop, UniqueFd opened, const std::function<void()>& readable)
        : fd(std::move(opened)), watcher(loop, fd.get(), readable) {}
    UniqueFd fd;
    ReadWatcher watcher;
  };

  UdpTransport(std::uint16_t port, Receiver receiver);
  Result<void, std::string> listen(EventLoop& loop, Family family);
  void receive(const Socket& socket);
  std::optional<Socket>& socket(Family family) { return family == Family::V4 ? v4_ : v6_; }

  std::uint16_t port_;
  Receiver receiver_;
  Bytes buffer_;
  std::optional<Socket> v4_;
  std::optional<Socket> v6_;
};

}  // namespace awtun::daemon
