// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/endpoints.h"

#include <algorithm>
#include <utility>

#include "userland/daemon/apply/source_address.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {
namespace {

std::optional<IpAddress> address_of(const std::vector<IpAddress>& known, Family family,
                                    const IpAddress* before) {
  if (before != nullptr && before->family() == family && std::ranges::find(known, *before) != known.end())
    return *before;
  const auto found = std::ranges::find(known, family, &IpAddress::family);
  return found == known.end() ? std::nullopt : std::optional(*found);
}

const IpAddress* destination_before(const config::Config& before, std::uint32_t number) {
  const auto found = before.tunnels.find(number);
  return found == before.tunnels.end() ? nullptr : config::destination_address(found->second);
}

const config::Tunnel* find_tunnel_of(const config::Config& config, std::uint32_t number) {
  const auto found = config.tunnels.find(number);
  return found == config.tunnels.end() ? nullptr : &found->second;
}

bool same_endpoints(const config::Tunnel& a, const config::Tunnel& b) {
  return a.mode == b.mode && a.source == b.source && a.source_interface == b.source_interface &&
         a.destination == b.destination;
}

}  // namespace

std::set<IpAddress> no_peers(const std::vector<kernel::InterfaceAddress>& ours) {
  std::set<IpAddress> all;
  for (const auto& one : ours) {
    all.insert(one.prefix.address);
    // RFC 919: all ones after the prefix; links of two addresses have none (RFC 3021).
    if (one.prefix.address.is_v4() && one.prefix.length <= 30)
      all.insert(TrafficSelector::of(one.prefix).last);
  }
  return all;
}

std::string no_destination(const std::string& host, const std::vector<IpAddress>& known, Family family) {
  const auto found = std::ranges::find(known, family, &IpAddress::family);
  if (found == known.end()) return host + " has no IPv" + (family == Family::V4 ? "4" : "6") + " address";
  return host + " resolves to " + found->to_string() + ", which is this router's own or a broadcast address";
}

config::Config as_asked_for(config::Config wanted, const config::Config& candidate,
                            const config::Config& running, const config::Config& effective) {
  for (const auto& [number, tunnel] : candidate.tunnels) {
    const auto* before = find_tunnel_of(running, number);
    if (before == nullptr || !same_endpoints(*before, tunnel)) continue;
    if (const auto* has = find_tunnel_of(effective, number)) {
      wanted.tunnels[number].source = has->source;
      wanted.tunnels[number].destination = has->destination;
    } else {
      wanted.tunnels.erase(number);
    }
  }
  return wanted;
}

bool has_source_interface(const config::Config& config) {
  return std::ranges::any_of(config.tunnels,
                             [](const auto& one) { return one.second.source_interface.has_value(); });
}

config::Config with_sources(config::Config config, const std::vector<kernel::Link>& links,
                            const std::vector<kernel::InterfaceAddress>& addresses,
                            const config::Config& before) {
  for (auto& [number, tunnel] : config.tunnels) {
    if (!tunnel.source_interface) continue;
    const auto family = config::delivery_family(tunnel.mode);
    const auto link = std::ranges::find(links, *tunnel.source_interface, &kernel::Link::name);
    const auto* had = find_tunnel_of(before, number);
    tunnel.source = std::nullopt;
    if (family && link != links.end())
      tunnel.source = choose_source(addresses, link->index, *family, config::destination_address(tunnel),
                                    had != nullptr && had->source ? &*had->source : nullptr);
  }
  return config;
}

std::set<std::string> destination_hosts(const config::Config& config) {
  std::set<std::string> names;
  for (const auto& [number, tunnel] : config.tunnels)
    if (const auto* host = config::destination_host(tunnel)) names.insert(host->name);
  return names;
}

config::Config with_destinations(config::Config config,
                                 const std::map<std::string, std::vector<IpAddress>>& known,
                                 const std::set<IpAddress>& not_theirs, const config::Config& before) {
  for (auto& [number, tunnel] : config.tunnels) {
    const auto* host = config::destination_host(tunnel);
    const auto family = config::delivery_family(tunnel.mode);
    if (host == nullptr || !family) continue;
    const auto found = known.find(host->name);
    if (found == known.end()) continue;
    auto theirs = found->second;
    std::erase_if(theirs, [&not_theirs](const IpAddress& one) { return not_theirs.contains(one); });
    tunnel.destination =
        config::HostName{host->name, address_of(theirs, *family, destination_before(before, number))};
  }
  return config;
}

}  // namespace awtun::daemon
