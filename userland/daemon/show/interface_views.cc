// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/interface_views.h"

#include <string>
#include <unordered_map>

#include "userland/daemon/show/status_index.h"

namespace awtun::daemon {
namespace {

Json traffic(const kernel::TrafficCounters& counters) {
  return {{"packets", counters.packets},
          {"bytes", counters.bytes},
          {"errors", counters.errors},
          {"dropped", counters.dropped}};
}

/// Of a link, which may be null.
Json received(const kernel::Link* link) {
  return traffic(link != nullptr ? link->rx : kernel::TrafficCounters{});
}
Json sent(const kernel::Link* link) {
  return traffic(link != nullptr ? link->tx : kernel::TrafficCounters{});
}

/// What interface_view() is made of, each part found at once.
class InterfaceSources {
 public:
  InterfaceSources(const config::Config& configured, const ike::Status& status, const InterfaceFacts& facts)
      : config(configured),
        engine(status),
        problems(first_problems(configured)),
        waiting(facts.waiting),
        links(index_by(facts.links, &kernel::Link::name)),
        tunnels(index_by(facts.tunnels, &kernel::TunnelState::ifindex)) {
    for (const auto& address : facts.addresses)
      addresses_[address.ifindex].push_back(address.prefix.to_string());
  }

  /// `link` may be null.
  [[nodiscard]] Json addresses(const kernel::Link* link) const {
    const auto found = link != nullptr ? addresses_.find(link->index) : addresses_.end();
    return found == addresses_.end() ? Json::array() : Json(found->second);
  }

  const config::Config& config;
  StatusIndex engine;
  std::map<ike::TunnelId, std::string> problems;
  const std::map<ike::TunnelId, std::string>& waiting;
  std::map<std::string, const kernel::Link*> links;
  std::map<std::uint32_t, const kernel::TunnelState*> tunnels;

 private:
  std::unordered_map<std::uint32_t, std::vector<std::string>> addresses_;
};

/// What keeps a link down: the configuration first, then the kernel, then the peer.
std::string why_down(const InterfaceSources& sources, ike::TunnelId number, const kernel::Link* link) {
  const auto& tunnel = sources.config.tunnels.at(number);
  if (tunnel.shutdown) return "administratively down";
  for (const auto* reasons : {&sources.problems, &sources.waiting})
    if (const auto why = reasons->find(number); why != reasons->end()) return why->second;
  if (tunnel.source_interface && !tunnel.source) return *tunnel.source_interface + " has no address for it";
  if (const auto* host = config::destination_host(tunnel); host != nullptr && !host->address)
    return host->name + " is being looked up";
  if (link == nullptr) return "the interface does not exist";
  if (!link->admin_up) return "administratively down, not by awiked";
  const auto* peer_status = sources.engine.peer(number);
  if (peer_status == nullptr || !peer_status->last_failure) return "negotiating";
  return peer_status->last_failure->reason;
}

Json drops_of(const InterfaceSources& sources, const kernel::Link* link) {
  auto drops = Json::object();
  const auto* tunnel = link != nullptr ? find_in(sources.tunnels, link->index) : nullptr;
  if (tunnel != nullptr)
    for (const auto& counter : tunnel->drops) drops[counter.name] = counter.packets;
  return drops;
}

Json interface(const InterfaceSources& sources, ike::TunnelId number) {
  const auto& tunnel = sources.config.tunnels.at(number);
  const auto name = config::tunnel_name(number);
  const auto* link = find_in(sources.links, name);
  const bool up = link != nullptr && link->carrier;
  Json object{{"name", name}};
  if (tunnel.description) object["description"] = *tunnel.description;
  object["mode"] = config::to_string(tunnel.mode);
  if (tunnel.source) object["source"] = tunnel.source->to_string();
  if (tunnel.source_interface) object["source_interface"] = *tunnel.source_interface;
  if (const auto* address = config::destination_address(tunnel))
    object["destination"] = address->to_string();
  else if (config::has_dynamic_destination(tunnel))
    object["destination"] = "dynamic";
  if (const auto* host = config::destination_host(tunnel)) object["destination_host"] = host->name;
  if (tunnel.protection) object["protection"] = "ipsec";
  object["admin"] = tunnel.shutdown ? "down" : "up";
  object["link"] = up ? "up" : "down";
  if (!up) object["reason"] = why_down(sources, number, link);
  object["addresses"] = sources.addresses(link);
  object["mtu"] = link != nullptr ? link->mtu : 0;
  object["rx"] = received(link);
  object["tx"] = sent(link);
  object["drops"] = drops_of(sources, link);
  return object;
}

}  // namespace

Json interface_view(const config::Config& config, const ike::Status& status, const InterfaceFacts& facts,
                    Only only) {
  const InterfaceSources sources(config, status, facts);
  auto interfaces = Json::array();
  for (const auto& [number, tunnel] : config.tunnels)
    if (shown(number, only)) interfaces.push_back(interface(sources, number));
  return {{"schema", control::kSchema}, {"interfaces", std::move(interfaces)}};
}

Json ipsec_counters_view(const config::Config& config, const ike::Status& status,
                         const InterfaceFacts& facts) {
  const InterfaceSources sources(config, status, facts);
  auto tunnels = Json::array();
  for (const auto& [number, tunnel] : config.tunnels) {
    if (!tunnel.protection) continue;
    const auto* link = find_in(sources.links, config::tunnel_name(number));
    tunnels.push_back({{"tunnel", config::tunnel_name(number)},
                       {"received", received(link)},
                       {"sent", sent(link)},
                       {"drops", drops_of(sources, link)}});
  }
  return {{"schema", control::kSchema}, {"tunnels", std::move(tunnels)}};
}

}  // namespace awtun::daemon
