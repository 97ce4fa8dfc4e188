// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/endpoints.h"

#include <algorithm>
#include <utility>

namespace awtun::daemon {
namespace {

/// fe80::/10: of use on one link alone.
bool is_link_local(const IpAddress& address) {
  return !address.is_v4() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0U) == 0x80;
}

std::optional<IpAddress> address_of(const std::string& interface, Family family,
                                    const std::vector<kernel::Link>& links,
                                    const std::vector<kernel::InterfaceAddress>& addresses) {
  const auto link = std::ranges::find(links, interface, &kernel::Link::name);
  if (link == links.end()) return std::nullopt;
  const auto found = std::ranges::find_if(addresses, [&](const kernel::InterfaceAddress& one) {
    return one.ifindex == link->index && one.prefix.address.family() == family &&
           !is_link_local(one.prefix.address);
  });
  return found == addresses.end() ? std::nullopt : std::optional(found->prefix.address);
}

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

}  // namespace

bool has_source_interface(const config::Config& config) {
  return std::ranges::any_of(config.tunnels,
                             [](const auto& one) { return one.second.source_interface.has_value(); });
}

config::Config with_sources(config::Config config, const std::vector<kernel::Link>& links,
                            const std::vector<kernel::InterfaceAddress>& addresses) {
  for (auto& [number, tunnel] : config.tunnels) {
    const auto family = config::delivery_family(tunnel.mode);
    if (tunnel.source_interface)
      tunnel.source = family ? address_of(*tunnel.source_interface, *family, links, addresses) : std::nullopt;
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
                                 const config::Config& before) {
  for (auto& [number, tunnel] : config.tunnels) {
    const auto* host = config::destination_host(tunnel);
    const auto family = config::delivery_family(tunnel.mode);
    if (host == nullptr || !family) continue;
    const auto found = known.find(host->name);
    if (found == known.end()) continue;
    tunnel.destination =
        config::HostName{host->name, address_of(found->second, *family, destination_before(before, number))};
  }
  return config;
}

}  // namespace awtun::daemon
