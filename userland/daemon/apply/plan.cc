// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/plan.h"

#include <algorithm>
#include <new>
#include <set>
#include <span>

#include "userland/base/overloaded.h"
#include "userland/daemon/apply/policy.h"

namespace awtun::daemon {
namespace {

using config::Config;
using config::Tunnel;

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// A tunnel that does not exist looks like one that is down and empty.
const Tunnel& absent_tunnel() {
  static const Tunnel tunnel = [] {
    Tunnel down;
    down.shutdown = true;
    return down;
  }();
  return tunnel;
}

/// One tunnel in both configurations, and the steps for it by phase.
struct TunnelDifference {
  ike::TunnelId number;
  const Tunnel* before;  ///< nullptr: does not exist
  const Tunnel* after;
  std::optional<ike::TunnelPolicy> policy_before;
  std::optional<ike::TunnelPolicy> policy_after;
  const LinkLocal& link_local;

  [[nodiscard]] const Tunnel& old_tunnel() const { return before != nullptr ? *before : absent_tunnel(); }
  [[nodiscard]] const Tunnel& new_tunnel() const { return after != nullptr ? *after : absent_tunnel(); }

  [[nodiscard]] bool delivery_changes() const {
    return tunnel_settings(old_tunnel()) != tunnel_settings(new_tunnel());
  }

  /// They cannot change under SAs, so such a change restarts the tunnel.
  [[nodiscard]] bool endpoints_change() const {
    const auto from = tunnel_settings(old_tunnel());
    const auto to = tunnel_settings(new_tunnel());
    return from.mode != to.mode || from.local != to.local || from.remote != to.remote;
  }

  void stop(Steps& steps) const {
    if (policy_before && (!policy_after || endpoints_change())) steps.emplace_back(StopTunnel{number});
  }

  void take_away(Steps& steps) const {
    const auto wanted = tunnel_addresses(new_tunnel(), number, link_local);
    if (!old_tunnel().shutdown && new_tunnel().shutdown) steps.emplace_back(SetLinkUp{number, false});
    for (const auto& address : tunnel_addresses(old_tunnel(), number, link_local))
      if (!contains(wanted, address)) steps.emplace_back(RemoveAddress{number, address});
  }

  void create_and_set(Steps& steps) const {
    const auto& from = old_tunnel();
    const auto& to = new_tunnel();
    if (before == nullptr) steps.emplace_back(CreateLink{number});
    if (from.description != to.description)
      steps.emplace_back(SetDescription{number, from.description.value_or(""), to.description.value_or("")});
    if (from.mtu != to.mtu) steps.emplace_back(SetMtu{number, from.mtu, to.mtu});
    if (delivery_changes())
      steps.emplace_back(SetDelivery{number, tunnel_settings(from), tunnel_settings(to)});
  }

  void bring_up(Steps& steps) const {
    const auto present = tunnel_addresses(old_tunnel(), number, link_local);
    for (const auto& address : tunnel_addresses(new_tunnel(), number, link_local))
      if (!contains(present, address)) steps.emplace_back(AddAddress{number, address});
    if (old_tunnel().shutdown && !new_tunnel().shutdown) steps.emplace_back(SetLinkUp{number, true});
  }

  void destroy(Steps& steps) const {
    if (after == nullptr) steps.emplace_back(DeleteLink{number});
  }

  void start(Steps& steps) const {
    if (!policy_after) return;
    if (!policy_before || endpoints_change())
      steps.emplace_back(StartTunnel{number});
    else if (policy_before != policy_after)
      steps.emplace_back(UpdateTunnel{number});
  }
};

const Tunnel* find_tunnel(const Config& config, ike::TunnelId number) {
  const auto found = config.tunnels.find(number);
  return found == config.tunnels.end() ? nullptr : &found->second;
}

TunnelDifference difference_of(ike::TunnelId number, const Config& from, const Config& to,
                               const LinkLocal& link_local) {
  return {number,
          find_tunnel(from, number),
          find_tunnel(to, number),
          make_policy(from, number),
          make_policy(to, number),
          link_local};
}

std::vector<TunnelDifference> differences(const Config& from, const Config& to, const LinkLocal& link_local) {
  std::set<ike::TunnelId> numbers;
  for (const auto& [number, tunnel] : from.tunnels) numbers.insert(number);
  for (const auto& [number, tunnel] : to.tunnels) numbers.insert(number);
  std::vector<TunnelDifference> found;
  for (const auto number : numbers) found.push_back(difference_of(number, from, to, link_local));
  return found;
}

Steps in_phases(std::span<const TunnelDifference> tunnels) {
  Steps steps;
  for (const auto phase :
       {&TunnelDifference::stop, &TunnelDifference::take_away, &TunnelDifference::create_and_set,
        &TunnelDifference::bring_up, &TunnelDifference::destroy, &TunnelDifference::start})
    for (const auto& tunnel : tunnels) (tunnel.*phase)(steps);
  return steps;
}

}  // namespace

std::vector<IpPrefix> tunnel_addresses(const Tunnel& tunnel, ike::TunnelId number,
                                       const LinkLocal& link_local) {
  auto addresses = tunnel.ip_addresses;
  addresses.insert(addresses.end(), tunnel.ipv6_addresses.begin(), tunnel.ipv6_addresses.end());
  if (tunnel.ipv6_enable)
    if (const auto address = link_local(number); !contains(addresses, address)) addresses.push_back(address);
  return addresses;
}

Steps plan(const Config& from, const Config& to, const LinkLocal& link_local) {
  return in_phases(differences(from, to, link_local));
}

Steps plan_tunnel(ike::TunnelId number, const Config& from, const Config& to, const LinkLocal& link_local) {
  const auto difference = difference_of(number, from, to, link_local);
  return in_phases({&difference, 1});
}

Step reverse(const Step& step) {
  return std::visit(Overloaded{
                        [](const CreateLink& s) -> Step { return DeleteLink{s.tunnel}; },
                        [](const DeleteLink& s) -> Step { return CreateLink{s.tunnel}; },
                        [](const SetDescription& s) -> Step {
                          return SetDescription{s.tunnel, s.to, s.from};
                        },
                        [](const SetMtu& s) -> Step {
                          return SetMtu{s.tunnel, s.to, s.from};
                        },
                        [](const SetLinkUp& s) -> Step {
                          return SetLinkUp{s.tunnel, !s.to};
                        },
                        [](const SetDelivery& s) -> Step {
                          return SetDelivery{s.tunnel, s.to, s.from};
                        },
                        [](const AddAddress& s) -> Step {
                          return RemoveAddress{s.tunnel, s.address};
                        },
                        [](const RemoveAddress& s) -> Step {
                          return AddAddress{s.tunnel, s.address};
                        },
                        [](const StopTunnel& s) -> Step { return StartTunnel{s.tunnel}; },
                        [](const StartTunnel& s) -> Step { return StopTunnel{s.tunnel}; },
                        [](const UpdateTunnel& s) -> Step { return UpdateTunnel{s.tunnel}; },
                    },
                    step);
}

/// What was done before is undone then too.
static Result<void, std::string> execute_unless_out_of_memory(const Execute& execute, const Step& step,
                                                              const Config& towards) {
  try {
    return execute(step, towards);
  } catch (const std::bad_alloc&) {
    return Error{std::string("out of memory")};
  }
}

Result<void, std::string> carry_out(const Steps& steps, const Config& from, const Config& to,
                                    const Execute& execute,
                                    const std::function<void(const std::string&)>& undo_failed) {
  for (std::size_t done = 0; done < steps.size(); ++done) {
    auto result = execute_unless_out_of_memory(execute, steps[done], to);
    if (result) continue;
    while (done-- > 0)
      if (auto undone = execute_unless_out_of_memory(execute, reverse(steps[done]), from); !undone)
        undo_failed(undone.error());
    return result;
  }
  return {};
}

RoutePlan plan_routes(const std::map<kernel::Route, const config::StaticRoute*>& wanted,
                      const std::vector<kernel::Route>& installed) {
  const std::set<kernel::Route> present(installed.begin(), installed.end());
  RoutePlan changes;
  for (const auto& route : present)
    if (!wanted.contains(route)) changes.remove.push_back(route);
  for (const auto& [route, unused] : wanted)
    if (!present.contains(route)) changes.add.push_back(route);
  return changes;
}

}  // namespace awtun::daemon
