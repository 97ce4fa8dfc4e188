// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/applier.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "userland/base/overloaded.h"
#include "userland/daemon/apply/endpoints.h"
#include "userland/daemon/apply/policy.h"

namespace awtun::daemon {
namespace {

/// Changes come in bursts: an interface that goes up brings its addresses and routes.
constexpr std::chrono::milliseconds kSettleTime{50};
constexpr std::chrono::seconds kRetryInterval{5};

/// Success also when it fails with one of `harmless`: the kernel already is as it should be.
Result<void, std::string> unless(const kernel::KernelResult<void>& result,
                                 std::initializer_list<int> harmless) {
  if (!result && std::find(harmless.begin(), harmless.end(), result.error().code) != harmless.end())
    return {};
  return as_text(result);
}

bool is_tunnel_name(std::string_view name) {
  constexpr std::string_view stem = "tunnel";
  return name.size() > stem.size() && name.substr(0, stem.size()) == stem &&
         std::all_of(name.begin() + stem.size(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const kernel::Link* find_link(const std::vector<kernel::Link>& links, std::string_view name) {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const kernel::Link& link) { return link.name == name; });
  return found == links.end() ? nullptr : &*found;
}

/// What keeps a route out of the table. A link that goes up and down is no news for the log.
struct Obstacle {
  std::string why;
  bool news = true;
};

Result<kernel::Route, Obstacle> kernel_route(const config::StaticRoute& route,
                                             const std::vector<kernel::Link>& links) {
  kernel::Route made{route.prefix, std::uint32_t{0}, route.distance};
  if (const auto* neighbour = std::get_if<IpAddress>(&route.nexthop)) {
    made.via = *neighbour;
    return made;
  }
  const auto& name = std::get<config::InterfaceName>(route.nexthop).name;
  if (name == config::kNullInterface) {
    made.via = kernel::Blackhole{};
    return made;
  }
  const auto* link = find_link(links, name);
  if (link == nullptr) return Error{Obstacle{"there is no interface " + name}};
  if (!link->carrier) return Error{Obstacle{name + " is down", false}};
  made.via = link->index;
  return made;
}

}  // namespace

Applier::Applier(EventLoop& loop, kernel::Routing& routing, kernel::DataPlane& data_plane,
                 EngineDriver& engine, TunnelTable& tunnels, LinkLocal link_local,
                 AddCredentials add_credentials)
    : routing_(routing),
      data_plane_(data_plane),
      engine_(engine),
      tunnels_(tunnels),
      link_local_(std::move(link_local)),
      add_credentials_(std::move(add_credentials)),
      host_names_(loop, [this] { reconcile(); }),
      reconcile_soon_(loop, [this] { reconcile(); }),
      retry_(loop, [this] { reconcile(); }),
      changes_(loop, routing.event_fd(), [this] {
        routing_.drain_events();
        if (!reconcile_soon_.running()) reconcile_soon_.start(kSettleTime);
      }) {}

Result<void, std::string> Applier::remove_leftovers() {
  const auto links = routing_.links();
  if (!links) return Error{links.error().to_string()};
  for (const auto& link : *links) {
    if (link.kind != kernel::kTunnelKind || !is_tunnel_name(link.name)) continue;
    spdlog::info("{}: left over from an earlier run, recreating", link.name);
    if (auto deleted = unless(routing_.delete_link(link.index), {ENODEV}); !deleted) return deleted;
  }
  return {};
}

Result<void, std::string> Applier::apply(config::Config candidate) {
  auto wanted = looked_up(candidate);
  if (!wanted) return Error{std::move(wanted.error())};
  auto asked = as_asked_for(*std::move(wanted), candidate, running_, effective_);
  if (auto done = change_to(std::move(asked)); !done) return done;
  take_on(std::move(candidate));
  return {};
}

void Applier::begin(config::Config startup) {
  effective_ = startup;
  effective_.tunnels.clear();
  take_on(std::move(startup));
}

void Applier::take_on(config::Config config) {
  running_ = std::move(config);
  std::erase_if(refused_, [this](const auto& one) { return !running_.tunnels.contains(one.first); });
  host_names_.want(destination_hosts(running_));
  reconcile();
}

config::Config Applier::effective() const {
  auto all = effective_;
  for (const auto& [number, refused] : refused_) all.tunnels[number] = refused.tunnel;
  return all;
}

std::map<ike::TunnelId, std::string> Applier::waiting() const {
  std::map<ike::TunnelId, std::string> all;
  for (const auto& [number, tunnel] : effective_.tunnels) {
    const auto* host = config::destination_host(tunnel);
    const auto family = config::delivery_family(tunnel.mode);
    if (host == nullptr || host->address || !family) continue;
    if (const auto problem = host_names_.problem(host->name); !problem.empty())
      all[number] = host->name + ": " + problem;
    else if (const auto known = host_names_.addresses(host->name); !known.empty())
      all[number] = no_destination(host->name, known, *family);
  }
  for (const auto& [number, refused] : refused_) all[number] = refused.why;
  return all;
}

Result<config::Config, std::string> Applier::looked_up(const config::Config& config) {
  const bool by_interface = has_source_interface(config);
  const auto known = host_names_.addresses();
  if (!by_interface && known.empty()) return config;
  const auto addresses = routing_.addresses();
  if (!addresses) return Error{addresses.error().to_string()};
  auto found = with_destinations(config, known, no_peers(*addresses), effective_);
  if (!by_interface) return found;
  const auto links = routing_.links();
  if (!links) return Error{links.error().to_string()};
  return with_sources(std::move(found), *links, *addresses, effective_);
}

Applier::Done Applier::change_to(config::Config wanted) {
  const auto steps = plan(effective_, wanted, link_local_);
  const auto run = [this](const Step& step, const config::Config& towards) { return execute(step, towards); };
  const auto undo_failed = [](const std::string& why) { spdlog::error("undoing a change: {}", why); };
  if (auto done = carry_out(steps, effective_, wanted, run, undo_failed); !done) return done;
  effective_ = std::move(wanted);
  return {};
}

Applier::Done Applier::change_tunnel(ike::TunnelId number, const config::Config& wanted) {
  const auto steps = plan_tunnel(number, effective_, wanted, link_local_);
  const auto run = [this](const Step& step, const config::Config& towards) { return execute(step, towards); };
  const auto undo_failed = [](const std::string& why) { spdlog::error("undoing a change: {}", why); };
  if (auto done = carry_out(steps, effective_, wanted, run, undo_failed); !done) return done;
  effective_.tunnels[number] = wanted.tunnels.at(number);
  return {};
}

void Applier::renew_policies() {
  for (const auto& [number, tunnel] : effective_.tunnels) (void)start(number, effective_);
}

Applier::Done Applier::execute(const Step& step, const config::Config& towards) {
  return std::visit(
      Overloaded{
          [&](const CreateLink& s) { return create_link(s.tunnel); },
          [&](const DeleteLink& s) { return delete_link(s.tunnel); },
          [&](const SetDescription& s) {
            return change_link(s.tunnel, {.up = {}, .mtu = {}, .alias = s.to});
          },
          [&](const SetMtu& s) { return set_mtu(s.tunnel, s.to); },
          [&](const SetLinkUp& s) { return change_link(s.tunnel, {.up = s.to, .mtu = {}, .alias = {}}); },
          [&](const SetDelivery& s) { return set_delivery(s.tunnel, s.to); },
          [&](const AddAddress& s) { return add_address(s.tunnel, s.address); },
          [&](const RemoveAddress& s) { return remove_address(s.tunnel, s.address); },
          [&](const StopTunnel& s) { return stop(s.tunnel); },
          [&](const StartTunnel& s) { return start(s.tunnel, towards); },
          [&](const UpdateTunnel& s) { return start(s.tunnel, towards); },
      },
      step);
}

// ---------------------------------------------------------------- steps

Applier::Done Applier::create_link(ike::TunnelId tunnel) {
  const auto name = config::tunnel_name(tunnel);
  const auto index = routing_.create_tunnel_link(name);
  if (!index) return Error{index.error().to_string()};
  const auto links = routing_.links();
  const auto* link = links ? find_link(*links, name) : nullptr;
  tunnels_.insert(tunnel, {*index, link != nullptr ? link->mtu : 0});
  return {};
}

Applier::Done Applier::delete_link(ike::TunnelId tunnel) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return {};
  auto deleted = unless(routing_.delete_link(link->ifindex), {ENODEV});
  if (deleted) tunnels_.erase(tunnel);
  return deleted;
}

Applier::Done Applier::change_link(ike::TunnelId tunnel, const kernel::LinkChange& change) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return Error{config::tunnel_name(tunnel) + " does not exist"};
  return as_text(routing_.change_link(link->ifindex, change));
}

Applier::Done Applier::set_mtu(ike::TunnelId tunnel, std::optional<std::uint32_t> mtu) {
  const auto link = tunnels_.find(tunnel);
  return change_link(tunnel, {.up = {}, .mtu = mtu.value_or(link ? link->default_mtu : 0), .alias = {}});
}

Applier::Done Applier::set_delivery(ike::TunnelId tunnel, const kernel::TunnelSettings& settings) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return Error{config::tunnel_name(tunnel) + " does not exist"};
  return as_text(data_plane_.set_tunnel(link->ifindex, settings));
}

Applier::Done Applier::add_address(ike::TunnelId tunnel, const IpPrefix& address) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return Error{config::tunnel_name(tunnel) + " does not exist"};
  return unless(routing_.add_address({link->ifindex, address}), {EEXIST});
}

Applier::Done Applier::remove_address(ike::TunnelId tunnel, const IpPrefix& address) {
  const auto link = tunnels_.find(tunnel);
  if (!link) return {};
  return unless(routing_.delete_address({link->ifindex, address}), {EADDRNOTAVAIL, ENODEV});
}

// The engine deletes its SAs by itself; the flush makes sure of it, since the endpoints of a tunnel
// with SAs cannot change.
Applier::Done Applier::stop(ike::TunnelId tunnel) {
  engine_.handle(ike::RemoveTunnel{tunnel});
  const auto link = tunnels_.find(tunnel);
  if (!link) return {};
  return unless(data_plane_.flush_sas(link->ifindex), {ENODEV});
}

Applier::Done Applier::start(ike::TunnelId tunnel, const config::Config& config) {
  auto policy = make_policy(config, tunnel);
  if (!policy) return {};
  if (policy->certificate) add_credentials_(*policy);
  engine_.handle(ike::SetTunnel{std::move(*policy)});
  return {};
}

// ---------------------------------------------------------------- reconciliation

void Applier::reconcile() {
  reconcile_soon_.stop();
  retry_.stop();
  bool done = forget_vanished_links();
  done = follow_addresses() && done;
  const auto links = routing_.links();
  if (links) {
    done = reconcile_addresses(*links) && done;
    done = reconcile_routes(*links) && done;
  } else {
    spdlog::error("{}", links.error().to_string());
  }
  if (!links || !done) retry_.start(kRetryInterval);
}

// Every tunnel by itself: what one cannot have, the others do not wait for.
bool Applier::follow_addresses() {
  auto wanted = looked_up(running_);
  if (!wanted) {
    spdlog::warn("{}", wanted.error());
    return false;
  }
  bool done = true;
  for (const auto& [number, tunnel] : running_.tunnels) done = follow(number, *wanted) && done;
  return done;
}

/// To what `wanted` has for the tunnel, or, when the kernel refuses that, to a tunnel without delivery.
bool Applier::follow(ike::TunnelId number, config::Config& wanted) {
  const auto has = effective_.tunnels.find(number);
  auto& tunnel = wanted.tunnels.at(number);
  const bool there = has != effective_.tunnels.end() && has->second == tunnel;
  const auto changed = there ? Done() : change_tunnel(number, wanted);
  if (changed) {
    refused_.erase(number);
    return true;
  }
  auto& refused = refused_[number];
  if (refused.why != changed.error())
    spdlog::warn("{}: {}; retrying", config::tunnel_name(number), changed.error());
  refused = {tunnel, changed.error()};
  tunnel.source.reset();
  if (const auto held = change_tunnel(number, wanted); !held) spdlog::debug("{}", held.error());
  return false;
}

/// They are created again by what follows. False: the kernel did not answer.
bool Applier::forget_vanished_links() {
  const auto links = routing_.links();
  if (!links) return false;
  std::set<std::uint32_t> present;
  for (const auto& link : *links) present.insert(link.index);
  for (const auto& [number, tunnel] : running_.tunnels) {
    const auto link = tunnels_.find(number);
    if (!link || present.contains(link->ifindex)) continue;
    spdlog::warn("{}: deleted by another program, recreating", config::tunnel_name(number));
    tunnels_.erase(number);
    engine_.handle(ike::RemoveTunnel{number});
    effective_.tunnels.erase(number);
  }
  return true;
}

// The kernel takes IPv6 addresses away when an interface goes down.
bool Applier::reconcile_addresses(const std::vector<kernel::Link>& links) {
  const auto present = routing_.addresses();
  if (!present) return false;
  bool done = true;
  for (const auto& [number, tunnel] : running_.tunnels) {
    const auto* link = find_link(links, config::tunnel_name(number));
    if (link == nullptr || !link->admin_up) continue;
    for (const auto& address : tunnel_addresses(tunnel, number, link_local_)) {
      const kernel::InterfaceAddress wanted{link->index, address};
      if (std::find(present->begin(), present->end(), wanted) != present->end()) continue;
      if (const auto added = add_address(number, address); !added) {
        spdlog::warn("{}: {}", link->name, added.error());
        done = false;
      }
    }
  }
  return done;
}

// A route by an interface that is down would hide one of greater distance.
bool Applier::reconcile_routes(const std::vector<kernel::Link>& links) {
  const auto installed = routing_.own_routes();
  if (!installed) return false;
  std::map<kernel::Route, const config::StaticRoute*> wanted;
  const auto before = std::exchange(waiting_routes_, {});
  const auto wait = [&](const config::StaticRoute& route, const Obstacle& obstacle) {
    const auto known = before.find(route);
    if (obstacle.news && (known == before.end() || known->second != obstacle.why))
      spdlog::info("the route to {} is not installed: {}", route.prefix.to_string(), obstacle.why);
    waiting_routes_.emplace(route, obstacle.why);
  };
  for (const auto& route : running_.routes)
    if (auto made = kernel_route(route, links))
      wanted.emplace(*std::move(made), &route);
    else
      wait(route, made.error());
  const auto changes = plan_routes(wanted, *installed);
  for (const auto& route : changes.remove)
    if (const auto removed = unless(routing_.delete_route(route), {ESRCH}); !removed)
      spdlog::warn("{}", removed.error());
  bool done = true;
  for (const auto& made : changes.add)
    if (const auto added = unless(routing_.add_route(made), {EEXIST}); !added) {
      wait(*wanted.at(made), {added.error()});
      done = false;
    }
  return done;
}

std::vector<Applier::RouteState> Applier::routes() const {
  std::vector<RouteState> states;
  for (const auto& route : running_.routes) {
    const auto why = waiting_routes_.find(route);
    states.push_back({route, why == waiting_routes_.end() ? "" : why->second});
  }
  return states;
}

}  // namespace awtun::daemon
