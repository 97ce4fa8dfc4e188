// SPDX-License-Identifier: Apache-2.0
// Owns and connects all parts of awiked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/apply/applier.h"
#include "userland/daemon/control/control_server.h"
#include "userland/daemon/control/operations.h"
#include "userland/daemon/drive/action_executor.h"
#include "userland/daemon/drive/engine_driver.h"
#include "userland/daemon/drive/key_log.h"
#include "userland/daemon/drive/message_trace.h"
#include "userland/daemon/drive/tunnel_table.h"
#include "userland/daemon/drive/worker_pool.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/log_watch.h"
#include "userland/daemon/io/udp_transport.h"
#include "userland/daemon/options.h"
#include "userland/daemon/pki/credentials.h"
#include "userland/daemon/pki/key_maker.h"
#include "userland/kernel/data_plane.h"
#include "userland/kernel/routing.h"

namespace awtun::daemon {

/// One running daemon. Everything it holds refers to something declared before it, so the members'
/// order is the order of their lives.
class Daemon {
 public:
  /// Everything up to the control socket: the startup configuration is in force when it returns. On
  /// error nothing has changed, but that tunnels which a dead daemon left behind may be gone.
  static Result<std::unique_ptr<Daemon>, std::string> start(const Options& options);

  /// Serves until SIGTERM or SIGINT, then notifies the peers, and removes tunnels and routes.
  void run();

 private:
  struct Ports {
    kernel::Routing routing;
    kernel::DataPlane data_plane;
    std::optional<KeyLog> key_log;
    Secret link_local_secret;
    Secret quick_crash_secret;
  };
  static Result<Ports, std::string> open_ports(const Options& options);

  Daemon(const Options& options, Ports ports);
  Result<void, std::string> open_transport();
  void trace(Way way, const Endpoint& peer, ByteView message) const;
  void add_credentials(ike::TunnelPolicy& policy);
  /// ESP in UDP is the kernel's.
  Result<void, std::string> hand_over_transports();
  void serve_kernel_events();
  /// How long ago authentic ESP came by an inbound SA.
  std::optional<ike::Duration> esp_heard(ike::TunnelId tunnel, std::uint32_t spi);
  void serve(const kernel::SaLimitReached& event);
  void serve(const kernel::PacketsWaiting& event);
  void serve(const kernel::PeerMoved& event);
  void serve(const kernel::PacketsRefused& event);
  void serve(const kernel::TransportLost& event);
  void serve(const kernel::VmForked& event);
  /// Events were lost: what they would have said stands in the SAs.
  void check_every_sa();
  void stop();

  Options options_;
  bool logs_messages_;  ///< even when no session debugs: by --log-level
  EventLoop loop_;
  Ports ports_;
  TunnelTable tunnels_;
  Credentials credentials_;
  KeyMaker keys_;
  std::unique_ptr<UdpTransport> transport_;
  WorkerPool workers_;
  std::optional<ActionExecutor> executor_;
  EngineDriver engine_;
  Applier applier_;
  std::optional<DaemonOperations> operations_;
  std::unique_ptr<ControlServer> control_;
  LogWatch log_watch_;
  ReadWatcher kernel_events_;
  SignalWatcher terminate_;
  SignalWatcher interrupt_;
  SignalWatcher hang_up_;
};

}  // namespace awtun::daemon
