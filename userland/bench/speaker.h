// SPDX-License-Identifier: Apache-2.0
// awiked without a kernel module: its sockets, its workers, its engine; SAs are counted, not installed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "userland/daemon/drive/engine_driver.h"
#include "userland/daemon/drive/worker_pool.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/udp_transport.h"
#include "userland/pki/trustpoint.h"

namespace awtun::bench {

class Speaker {
 public:
  /// `tunnel_up` is called whenever a tunnel gets its outbound SA. Throws when the sockets are taken.
  Speaker(pki::Credentials credentials, std::function<void()> tunnel_up);

  void set_tunnel(ike::TunnelPolicy policy);
  /// Until stop(), SIGTERM or `limit`.
  void run(std::chrono::seconds limit);
  void stop() { loop_.stop(); }

 private:
  Result<void, std::string> perform(ike::Action action);

  daemon::EventLoop loop_;
  pki::Credentials credentials_;
  std::function<void()> tunnel_up_;
  std::unique_ptr<daemon::UdpTransport> transport_;
  daemon::WorkerPool workers_;
  daemon::EngineDriver engine_;
  daemon::SignalWatcher terminate_;
};

}  // namespace awtun::bench
