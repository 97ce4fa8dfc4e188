// SPDX-License-Identifier: Apache-2.0
// What the commands of operators do to a daemon, and what they show of it.
#pragma once

#include <filesystem>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/apply/applier.h"
#include "userland/daemon/apply/replacement.h"
#include "userland/daemon/apply/startup_file.h"
#include "userland/daemon/control/commands.h"
#include "userland/daemon/drive/engine_driver.h"
#include "userland/daemon/drive/tunnel_table.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/udp_transport.h"
#include "userland/daemon/pki/credentials.h"
#include "userland/daemon/pki/key_maker.h"
#include "userland/daemon/show/interface_views.h"
#include "userland/daemon/show/peer_views.h"
#include "userland/kernel/data_plane.h"
#include "userland/kernel/routing.h"

namespace awtun::daemon {

class DaemonOperations final : public Operations {
 public:
  /// What they work on, and must outlive them.
  struct Parts {
    EventLoop& loop;
    kernel::Routing& routing;
    kernel::DataPlane& data_plane;
    const TunnelTable& tunnels;
    Credentials& credentials;
    KeyMaker& keys;
    const UdpTransport& transport;
    EngineDriver& engine;
    Applier& applier;
  };

  DaemonOperations(const Parts& parts, std::filesystem::path startup_config);

  /// The first configuration. Whatever is wrong with it, there is a command line to mend it by.
  void begin();
  /// What is stored for the trustpoints has changed.
  void renew_credentials();

  [[nodiscard]] std::string hostname() const override { return hostname_; }
  [[nodiscard]] const config::Config& running() const override { return parts_.applier.running(); }
  Result<void, std::string> apply(config::Config candidate) override;
  Result<control::Turn, std::string> save_startup(const control::Enclosed& enclosed) override;
  Result<Json, std::string> show(const config::Show& wanted) override;
  Result<void, std::string> operate(const config::Operate& wanted) override;
  Result<control::Turn, std::string> certify(const config::Certify& step,
                                             const control::Enclosed& enclosed) override;
  Result<control::Turn, std::string> replace(const config::Replace& wanted,
                                             const control::Enclosed& enclosed) override;
  Result<control::Turn, std::string> reload(const config::Reload& wanted,
                                            const control::Enclosed& enclosed) override;

 private:
  void reload_now();
  Result<void, std::string> apply_loaded(const Startup& startup);
  /// The engine's, and which SAs are cut off by this system at this moment.
  [[nodiscard]] ike::Status status() const;
  Result<Json, std::string> show_ipsec_sas(Only only);
  Result<Json, std::string> show_interfaces(Only only);
  Result<Json, std::string> show_ipsec_counters();
  Result<InterfaceFacts, std::string> interface_facts();
  Result<Json, std::string> show_startup();

  Parts parts_;
  std::string hostname_;
  StartupFile startup_;
  DelayedReload delayed_reload_;
  IsakmpCounters cleared_counters_;  ///< those of the time when an operator set them to zero
};

}  // namespace awtun::daemon
