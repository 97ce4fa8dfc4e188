// SPDX-License-Identifier: Apache-2.0
// The UDP sockets of IKE.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "userland/base/result.h"
#include "userland/daemon/io/datagram_batch.h"
#include "userland/daemon/io/datagram_counters.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/unique_fd.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

struct IkePorts {
  std::uint16_t ike = ike::kIkePort;
  std::uint16_t natt = ike::kNattPort;
};

/// The ports of IKE on every local address, IPv4 and IPv6. Each datagram comes with the local address
/// it was sent to, and one sent leaves from the local address and port it names. On the port of NAT
/// traversal the non-ESP marker (RFC 3948 2.2) comes and goes here.
class UdpTransport {
 public:
  using Receiver = std::function<void(ike::Datagram)>;
  /// Of what cannot be sent; what follows it is sent even so.
  using Refused = std::function<void(ike::NotSent)>;

  /// Without IPv6 in the kernel, IPv4 alone. An error says which socket failed and why.
  static Result<std::unique_ptr<UdpTransport>, std::string> open(EventLoop& loop, IkePorts ports,
                                                                 Receiver receiver, Refused refused);

  /// Datagrams leave in their order once the events that the loop has at hand are served, or by flush().
  void send(ike::Send send);
  void send(const ike::SendKeepalive& keepalive);
  void flush();

  /// The sockets of NAT traversal, for the kernel to take ESP out of.
  [[nodiscard]] std::vector<int> natt_sockets() const;
  [[nodiscard]] const DatagramCounters& counters() const { return counters_; }

 private:
  struct Socket {
    Socket(EventLoop& loop, UniqueFd opened, Endpoint bound, const std::function<void(Socket&)>& readable)
        : fd(std::move(opened)),
          local(bound),
          watcher(loop, fd.get(), [this, readable] { readable(*this); }) {}
    UniqueFd fd;
    Endpoint local;          ///< any address of a family, and the port
    std::uint32_t lost = 0;  ///< as the kernel counts
    ReadWatcher watcher;
  };

  UdpTransport(EventLoop& loop, IkePorts ports, Receiver receiver, Refused refused);
  Result<void, std::string> listen(EventLoop& loop, Family family, std::uint16_t port);
  void receive(Socket& socket);
  void take(Socket& socket, const IncomingDatagram& datagram);
  void count_lost(Socket& socket, std::uint32_t lost);
  void queue(const Endpoint& local, const Endpoint& remote, ByteView marker, Bytes bytes);
  [[nodiscard]] const Socket* socket_for(Family family, std::uint16_t port) const;

  IkePorts ports_;
  Receiver receiver_;
  Refused refused_;
  ReceiveBatch batch_;
  std::vector<OutgoingDatagram> outgoing_;
  DatagramCounters counters_;
  std::list<Socket> sockets_;
  Deferred flush_soon_;
};

}  // namespace awtun::daemon
