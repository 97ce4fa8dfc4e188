// SPDX-License-Identifier: Apache-2.0
// Names by which one part of a configuration refers to another.
#include <algorithm>

#include "userland/base/overloaded.h"
#include "userland/config/model.h"

namespace awtun::config {
namespace {

std::string describe(const PeerSelector& peer) {
  return "crypto isakmp peer " +
         std::visit(Overloaded{[](const IpAddress& address) { return "address " + address.to_string(); },
                               [](const PeerName& named) { return "hostname " + named.identity.to_string(); },
                               [](const DynamicPeer&) { return std::string("dynamic"); },
                               [](const ByTunnel& policy) { return "policy " + tunnel_name(policy.number); }},
                    peer);
}

bool is_missing(const Config& config, const NamedIsakmpProfile& profile) {
  return profile.trustpoint && !config.trustpoints.contains(*profile.trustpoint);
}
bool is_missing_isakmp_profile(const Config& config, std::string_view name) {
  return name != kDefaultProfile && !config.isakmp_profiles.contains(std::string(name));
}
bool is_missing(const Config& config, const Tunnel& tunnel) {
  const bool named = tunnel.protection && tunnel.protection->profile;
  return named && !config.ipsec_profiles.contains(*tunnel.protection->profile);
}

Reference reference_of(const std::string& name, const NamedIsakmpProfile& profile) {
  return {"crypto isakmp profile " + name, "crypto pki trustpoint " + profile.trustpoint.value_or("")};
}
Reference reference_of(const PeerSelector& peer, const std::string& profile) {
  return {describe(peer), "crypto isakmp profile " + profile};
}
Reference reference_of(std::uint32_t number, const Tunnel& tunnel) {
  return {"interface " + tunnel_name(number), "crypto ipsec profile " + *tunnel.protection->profile};
}

/// Before its binding goes, and the default profile would take its place. The address behind the name of a
/// host may be any.
void shut_down_tunnels_without_profile(Config& config) {
  const bool address_lost = std::ranges::any_of(config.isakmp_peers, [&](const auto& peer) {
    return std::holds_alternative<IpAddress>(peer.first) && is_missing_isakmp_profile(config, peer.second);
  });
  for (auto& [number, tunnel] : config.tunnels) {
    const bool may_have_it = address_lost && destination_host(tunnel) != nullptr;
    if (may_have_it || is_missing_isakmp_profile(config, isakmp_profile_name(config, number, tunnel)))
      tunnel.shutdown = true;
  }
}

}  // namespace

std::string Reference::missing() const { return thing + " is used by " + user + " and must exist"; }

std::optional<std::string> dangling_reference(const Config& config) {
  for (const auto& [name, profile] : config.isakmp_profiles)
    if (is_missing(config, profile)) return reference_of(name, profile).missing();
  for (const auto& [peer, profile] : config.isakmp_peers)
    if (is_missing_isakmp_profile(config, profile)) return reference_of(peer, profile).missing();
  for (const auto& [number, tunnel] : config.tunnels)
    if (is_missing(config, tunnel)) return reference_of(number, tunnel).missing();
  return std::nullopt;
}

std::vector<Reference> references(const Config& config) {
  std::vector<Reference> all;
  for (const auto& [name, profile] : config.isakmp_profiles)
    if (profile.trustpoint) all.push_back(reference_of(name, profile));
  for (const auto& [peer, profile] : config.isakmp_peers) all.push_back(reference_of(peer, profile));
  for (const auto& [number, tunnel] : config.tunnels)
    if (tunnel.protection && tunnel.protection->profile) all.push_back(reference_of(number, tunnel));
  return all;
}

std::vector<Reference> remove_dangling_references(Config& config) {
  std::vector<Reference> removed;
  shut_down_tunnels_without_profile(config);
  for (auto& [name, profile] : config.isakmp_profiles) {
    if (!is_missing(config, profile)) continue;
    removed.push_back(reference_of(name, profile));
    profile.trustpoint.reset();
  }
  std::erase_if(config.isakmp_peers, [&](const auto& each) {
    const bool gone = is_missing_isakmp_profile(config, each.second);
    if (gone) removed.push_back(reference_of(each.first, each.second));
    return gone;
  });
  for (auto& [number, tunnel] : config.tunnels) {
    if (!is_missing(config, tunnel)) continue;
    removed.push_back(reference_of(number, tunnel));
    tunnel.protection.reset();
  }
  return removed;
}

}  // namespace awtun::config
