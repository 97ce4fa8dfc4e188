// SPDX-License-Identifier: Apache-2.0
// Names by which one part of a configuration refers to another.
#include "userland/base/overloaded.h"
#include "userland/config/model.h"

namespace awtun::config {
namespace {

std::string describe(const PeerSelector& peer) {
  return "crypto isakmp peer " +
         std::visit(
             Overloaded{[](const IpAddress& address) { return "address " + address.to_string(); },
                        [](const PeerName& named) { return "hostname " + named.name; },
                        [](const DynamicPeer&) { return std::string("dynamic"); },
                        [](const TunnelPolicy& policy) { return "policy " + tunnel_name(policy.number); }},
             peer);
}

std::string missing(const std::string& what, const std::string& user) {
  return "there must be a " + what + ": " + user + " uses it";
}

}  // namespace

std::optional<std::string> dangling_reference(const Config& config) {
  for (const auto& [name, profile] : config.isakmp_profiles) {
    if (profile.trustpoint && !config.trustpoints.contains(*profile.trustpoint)) {
      return missing("crypto pki trustpoint " + *profile.trustpoint, "crypto isakmp profile " + name);
    }
  }
  for (const auto& [peer, profile] : config.isakmp_peers) {
    if (profile != kDefaultProfile && !config.isakmp_profiles.contains(profile)) {
      return missing("crypto isakmp profile " + profile, describe(peer));
    }
  }
  for (const auto& [number, tunnel] : config.tunnels) {
    if (!tunnel.protection || !tunnel.protection->profile) continue;
    const std::string& profile = *tunnel.protection->profile;
    if (!config.ipsec_profiles.contains(profile)) {
      return missing("crypto ipsec profile " + profile, "interface " + tunnel_name(number));
    }
  }
  return std::nullopt;
}

}  // namespace awtun::config
