// SPDX-License-Identifier: Apache-2.0
#include "userland/config/model.h"

#include <algorithm>

namespace awtun::config {

std::string tunnel_name(std::uint32_t number) { return "tunnel" + std::to_string(number); }

IsakmpKey& IsakmpKey::operator=(const IsakmpKey& other) {
  if (this != &other) {
    selector = other.selector;
    key = other.key.copy();
  }
  return *this;
}

std::string_view to_string(TunnelMode mode) {
  switch (mode) {
    case TunnelMode::None:
      return "none";
    case TunnelMode::IpsecIpv4:
      return "ipsec ipv4";
    case TunnelMode::IpsecIpv6:
      return "ipsec ipv6";
  }
  return "none";
}

std::string to_string(const Nexthop& nexthop) {
  const auto* address = std::get_if<IpAddress>(&nexthop);
  return address != nullptr ? address->to_string() : std::get<InterfaceName>(nexthop).name;
}

std::optional<Family> delivery_family(TunnelMode mode) {
  switch (mode) {
    case TunnelMode::None:
      return std::nullopt;
    case TunnelMode::IpsecIpv4:
      return Family::V4;
    case TunnelMode::IpsecIpv6:
      return Family::V6;
  }
  return std::nullopt;
}

const IpAddress* destination_address(const Tunnel& tunnel) {
  if (const HostName* host = destination_host(tunnel)) return host->address ? &*host->address : nullptr;
  return tunnel.destination ? std::get_if<IpAddress>(&*tunnel.destination) : nullptr;
}

const HostName* destination_host(const Tunnel& tunnel) {
  return tunnel.destination ? std::get_if<HostName>(&*tunnel.destination) : nullptr;
}

bool has_dynamic_destination(const Tunnel& tunnel) {
  return tunnel.destination == Destination(DynamicPeer{});
}

std::optional<PeerName> peer_name(const Tunnel& tunnel) {
  if (tunnel.remote_name) return PeerName{*tunnel.remote_name};
  const HostName* host = destination_host(tunnel);
  return host != nullptr ? std::optional(PeerName{Identity::fqdn(host->name)}) : std::nullopt;
}

const IsakmpKey* find_key(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  const auto find = [&config](const KeySelector& selector) -> const IsakmpKey* {
    const auto at = std::ranges::lower_bound(config.isakmp_keys, selector, {}, &IsakmpKey::selector);
    return at == config.isakmp_keys.end() || at->selector != selector ? nullptr : &*at;
  };
  const IsakmpKey* key = find(ByTunnel{number});
  const auto peer = peer_name(tunnel);
  if (key == nullptr && peer) key = find(*peer);
  const IpAddress* address = destination_address(tunnel);
  if (key == nullptr && address != nullptr) key = find(*address);
  return key;
}

std::string_view isakmp_profile_name(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  const auto find = [&config](const PeerSelector& selector) -> const std::string* {
    const auto at = config.isakmp_peers.find(selector);
    return at == config.isakmp_peers.end() ? nullptr : &at->second;
  };
  const std::string* name = find(ByTunnel{number});
  const auto peer = peer_name(tunnel);
  if (name == nullptr && peer) name = find(*peer);
  const IpAddress* address = destination_address(tunnel);
  if (name == nullptr && address != nullptr) name = find(*address);
  if (name == nullptr && has_dynamic_destination(tunnel)) name = find(DynamicPeer{});
  return name == nullptr ? kDefaultProfile : std::string_view(*name);
}

std::string_view ipsec_profile_name(const Tunnel& tunnel) {
  const bool named = tunnel.protection && tunnel.protection->profile;
  return named ? std::string_view(*tunnel.protection->profile) : kDefaultProfile;
}

NamedIsakmpProfile isakmp_profile(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  const auto at = config.isakmp_profiles.find(std::string(isakmp_profile_name(config, number, tunnel)));
  if (at == config.isakmp_profiles.end()) return {default_isakmp_profile(), std::nullopt};
  return at->second;
}

IpsecProfile ipsec_profile(const Config& config, const Tunnel& tunnel) {
  const auto at = config.ipsec_profiles.find(std::string(ipsec_profile_name(tunnel)));
  return at == config.ipsec_profiles.end() ? default_ipsec_profile() : at->second;
}

}  // namespace awtun::config
