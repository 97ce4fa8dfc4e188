// SPDX-License-Identifier: Apache-2.0
// The difference between two configurations as steps that can be undone. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/model.h"
#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"
#include "userland/kernel/route_messages.h"

namespace awtun::daemon {

struct CreateLink {
  ike::TunnelId tunnel;
  bool operator==(const CreateLink&) const = default;
};
struct DeleteLink {
  ike::TunnelId tunnel;
  bool operator==(const DeleteLink&) const = default;
};
struct SetDescription {
  ike::TunnelId tunnel;
  std::string from, to;
  bool operator==(const SetDescription&) const = default;
};
/// nullopt: what the link had when it was made.
struct SetMtu {
  ike::TunnelId tunnel;
  std::optional<std::uint32_t> from, to;
  bool operator==(const SetMtu&) const = default;
};
struct SetLinkUp {
  ike::TunnelId tunnel;
  bool to;
  bool operator==(const SetLinkUp&) const = default;
};
struct SetDelivery {
  ike::TunnelId tunnel;
  kernel::TunnelSettings from, to;
  bool operator==(const SetDelivery&) const = default;
};
struct AddAddress {
  ike::TunnelId tunnel;
  IpPrefix address;
  bool operator==(const AddAddress&) const = default;
};
struct RemoveAddress {
  ike::TunnelId tunnel;
  IpPrefix address;
  bool operator==(const RemoveAddress&) const = default;
};
/// Take the tunnel from the engine and its SAs from the kernel.
struct StopTunnel {
  ike::TunnelId tunnel;
  bool operator==(const StopTunnel&) const = default;
};
/// Hand the tunnel's policy, made from the configuration that the steps lead to, to the engine.
struct StartTunnel {
  ike::TunnelId tunnel;
  bool operator==(const StartTunnel&) const = default;
};
/// The engine has the tunnel and gets its new policy; SAs that it does not concern stay.
struct UpdateTunnel {
  ike::TunnelId tunnel;
  bool operator==(const UpdateTunnel&) const = default;
};

using Step = std::variant<CreateLink, DeleteLink, SetDescription, SetMtu, SetLinkUp, SetDelivery, AddAddress,
                          RemoveAddress, StopTunnel, StartTunnel, UpdateTunnel>;
using Steps = std::vector<Step>;

/// The link-local address that `ipv6 enable` gives a tunnel.
using LinkLocal = std::function<IpPrefix(ike::TunnelId)>;

/// Every address that the tunnel is to have, in the order of the configuration.
std::vector<IpPrefix> tunnel_addresses(const config::Tunnel& tunnel, ike::TunnelId number,
                                       const LinkLocal& link_local);

/// What leads from `from` to `to`, routes excepted (see plan_routes): what goes, goes first; what
/// carries traffic comes last.
Steps plan(const config::Config& from, const config::Config& to, const LinkLocal& link_local);

/// The same for one tunnel, which may be in either or both.
Steps plan_tunnel(ike::TunnelId number, const config::Config& from, const config::Config& to,
                  const LinkLocal& link_local);

/// The step that undoes `step`.
Step reverse(const Step& step);

/// Carries out one step; an error says why it could not be.
using Execute = std::function<Result<void, std::string>(const Step&, const config::Config& towards)>;

/// Carries out all steps that lead from one configuration to another, or none: when one fails, those
/// before it are undone, the last first. Failures to undo go to `undo_failed`.
Result<void, std::string> carry_out(const Steps& steps, const config::Config& from, const config::Config& to,
                                    const Execute& execute,
                                    const std::function<void(const std::string&)>& undo_failed);

/// What to change of the installed routes.
struct RoutePlan {
  std::vector<kernel::Route> remove;
  std::vector<kernel::Route> add;
};
/// `wanted`: with what each was made of.
RoutePlan plan_routes(const std::map<kernel::Route, const config::StaticRoute*>& wanted,
                      const std::vector<kernel::Route>& installed);

}  // namespace awtun::daemon
