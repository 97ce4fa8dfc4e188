// SPDX-License-Identifier: Apache-2.0
// The addresses of one host name, from /etc/hosts and the DNS, without holding up the loop.
#pragma once

#include <ares.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "userland/base/ip.h"
#include "userland/base/result.h"
#include "userland/daemon/io/event_loop.h"

namespace awtun::daemon {

/// What a host name stands for.
struct HostAddresses {
  std::vector<IpAddress> addresses;  ///< of both families; at least one; only such as a peer can have
  std::chrono::seconds valid;        ///< the shortest TTL among them; 0 for those of /etc/hosts
};

/// One question. It is dropped when this goes.
class HostLookup {
 public:
  using Answer = Result<HostAddresses, std::string>;
  /// Called by the loop, once, and not before the constructor is done.
  using Done = std::function<void(Answer)>;

  /// Asks the servers of /etc/resolv.conf, read again each time, or `servers`: "127.0.0.1:5353".
  HostLookup(EventLoop& loop, const std::string& name, Done done, const std::string& servers = {});
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;
  ~HostLookup();

 private:
  static void answered(void* self, int status, int timeouts, ares_addrinfo* found);
  void process();
  /// Watches the sockets that the question has open now, and its next time-out.
  void watch();

  EventLoop& loop_;
  Done done_;
  std::optional<Answer> answer_;
  ares_channel channel_ = nullptr;
  /// A watcher may not go while it calls back: what it saw is served here.
  Deferred ready_;
  Timer timeout_;
  std::vector<std::unique_ptr<SocketWatcher>> sockets_;
};

}  // namespace awtun::daemon
