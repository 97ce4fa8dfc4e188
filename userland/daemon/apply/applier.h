// SPDX-License-Identifier: Apache-2.0
// Makes the kernel and the engine agree with the running configuration, and keeps them so.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/model.h"
#include "userland/daemon/apply/host_names.h"
#include "userland/daemon/apply/plan.h"
#include "userland/daemon/drive/engine_driver.h"
#include "userland/daemon/drive/tunnel_table.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/kernel/data_plane.h"
#include "userland/kernel/routing.h"

namespace awtun::daemon {

/// Owns the running configuration. Interfaces named tunnel<N> of kind "tunnel", in the namespace the
/// daemon runs in, are its own, and so are the routes with kernel::kRouteProtocol. What else the
/// machine's operator adds to them stays.
class Applier {
 public:
  /// Adds to a policy with a trustpoint what its certificates say.
  using AddCredentials = std::function<void(ike::TunnelPolicy&)>;

  /// Refers to its ports, which must outlive it. `tunnels` is kept in step with the kernel's links.
  Applier(EventLoop& loop, kernel::Routing& routing, kernel::DataPlane& data_plane, EngineDriver& engine,
          TunnelTable& tunnels, LinkLocal link_local, AddCredentials add_credentials);

  /// Deletes the interfaces that a daemon which died left behind; their SAs go with them.
  Result<void, std::string> remove_leftovers();

  /// Makes `candidate` the running configuration, or says why not and changes nothing. Routes that
  /// cannot be installed yet do not count, nor do tunnels whose addresses were looked up and have become
  /// such as the kernel refuses: they are tried again until they can.
  Result<void, std::string> apply(config::Config candidate);

  /// The first configuration. A tunnel that the kernel refuses waits by itself.
  void begin(config::Config startup);

  /// Sends every tunnel's policy to the engine again, since its trustpoint may have changed.
  void renew_policies();

  [[nodiscard]] const config::Config& running() const { return running_; }
  /// The same, with interfaces and host names looked up: what the kernel and the engine have, or are to have.
  [[nodiscard]] config::Config effective() const;
  struct RouteState {
    config::StaticRoute route;
    std::string waits;  ///< why it is not in the table; empty: it is
  };
  /// The static routes, in the order of the configuration.
  [[nodiscard]] std::vector<RouteState> routes() const;
  /// Why tunnels are without the delivery that they are to have.
  [[nodiscard]] std::map<ike::TunnelId, std::string> waiting() const;

 private:
  using Done = Result<void, std::string>;

  /// `config` is the running configuration from now on; whatever effective_ lacks of it follows.
  void take_on(config::Config config);
  [[nodiscard]] Result<config::Config, std::string> looked_up(const config::Config& config);
  /// From effective_ to `wanted`, or nothing.
  Done change_to(config::Config wanted);
  /// The same for one tunnel, which both or `wanted` alone have.
  Done change_tunnel(ike::TunnelId number, const config::Config& wanted);
  Done execute(const Step& step, const config::Config& towards);
  Done create_link(ike::TunnelId tunnel);
  Done delete_link(ike::TunnelId tunnel);
  Done change_link(ike::TunnelId tunnel, const kernel::LinkChange& change);
  Done set_mtu(ike::TunnelId tunnel, std::optional<std::uint32_t> mtu);
  Done set_delivery(ike::TunnelId tunnel, const kernel::TunnelSettings& settings);
  Done add_address(ike::TunnelId tunnel, const IpPrefix& address);
  Done remove_address(ike::TunnelId tunnel, const IpPrefix& address);
  Done stop(ike::TunnelId tunnel);
  Done start(ike::TunnelId tunnel, const config::Config& config);

  /// Puts back what vanished since: interfaces, addresses, routes; and follows the addresses that were looked
  /// up. What cannot be done now (false below) is tried again in a while.
  void reconcile();
  bool follow_addresses();
  bool follow(ike::TunnelId number, config::Config& wanted);
  bool forget_vanished_links();
  bool reconcile_addresses(const std::vector<kernel::Link>& links);
  bool reconcile_routes(const std::vector<kernel::Link>& links);

  kernel::Routing& routing_;
  kernel::DataPlane& data_plane_;
  EngineDriver& engine_;
  TunnelTable& tunnels_;
  LinkLocal link_local_;
  AddCredentials add_credentials_;
  config::Config running_;
  config::Config effective_;  ///< with those of refused_ as far as the kernel has them
  /// What the kernel has refused, with the last reason.
  struct Refused {
    config::Tunnel tunnel;
    std::string why;
  };
  std::map<ike::TunnelId, Refused> refused_;
  HostNames host_names_;
  Timer reconcile_soon_;
  Timer retry_;
  ReadWatcher changes_;
  std::map<config::StaticRoute, std::string> waiting_routes_;  ///< with the last reason, logged once
};

}  // namespace awtun::daemon
