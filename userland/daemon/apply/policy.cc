// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/policy.h"

namespace awtun::daemon {
namespace {

/// The destination as the kernel has it: a peer that comes from anywhere has no address there.
std::optional<IpAddress> kernel_remote(const config::Tunnel& tunnel, Family family) {
  if (!tunnel.destination) return std::nullopt;
  // To the kernel the unspecified address is any peer's.
  if (const auto* address = config::destination_address(tunnel))
    return address->is_unspecified() ? std::nullopt : std::optional(*address);
  if (!config::has_dynamic_destination(tunnel)) return std::nullopt;
  return IpAddress::parse(family == Family::V4 ? "0.0.0.0" : "::");
}

std::uint16_t kernel_mss(const std::optional<config::MaximumSegment>& mss) {
  return mss ? mss->octets.value_or(kernel::kMssOfPath) : std::uint16_t{0};
}

/// All traffic where the configuration has no selectors.
std::vector<TrafficSelector> traffic_selectors(const config::SelectorList& list) {
  if (list.empty()) return {TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)};
  std::vector<TrafficSelector> made;
  for (const auto& [number, prefix] : list) made.push_back(TrafficSelector::of(prefix));
  return made;
}

}  // namespace

kernel::TunnelSettings tunnel_settings(const config::Tunnel& tunnel) {
  const auto family = config::delivery_family(tunnel.mode);
  if (!family || !tunnel.source) return {};
  const auto remote = kernel_remote(tunnel, *family);
  if (!remote || tunnel.source->family() != *family || remote->family() != *family) return {};
  return {.mode = tunnel.mode,
          .local = *tunnel.source,
          .remote = *remote,
          .df = tunnel.df,
          .ttl = tunnel.ttl.value_or(0),
          .dscp = tunnel.dscp,
          .mss_ipv4 = kernel_mss(tunnel.ip_mss),
          .mss_ipv6 = kernel_mss(tunnel.ipv6_mss)};
}

std::optional<ike::TunnelPolicy> make_policy(const config::Config& config, ike::TunnelId number) {
  const auto found = config.tunnels.find(number);
  if (found == config.tunnels.end()) return std::nullopt;
  const auto& tunnel = found->second;
  const auto settings = tunnel_settings(tunnel);
  if (tunnel.shutdown || !tunnel.protection || settings.mode == TunnelMode::None) return std::nullopt;
  ike::TunnelPolicy policy;
  policy.tunnel = number;
  policy.local = settings.local;
  if (const auto* destination = config::destination_address(tunnel)) policy.remote = *destination;
  // A dynamic peer is known by its name alone.
  if (!policy.remote && !tunnel.remote_name) return std::nullopt;
  policy.local_id = tunnel.local_name.value_or(ike::Identity::of(settings.local));
  policy.remote_id = tunnel.remote_name.value_or(ike::Identity::of(settings.remote));
  auto profile = config::isakmp_profile(config, number, tunnel);
  if (profile.trustpoint) policy.certificate = ike::CertificatePolicy{std::move(*profile.trustpoint), {}};
  policy.isakmp = std::move(profile.settings);
  policy.ipsec = config::ipsec_profile(config, tunnel);
  policy.local_selectors = traffic_selectors(tunnel.local_selectors);
  policy.remote_selectors = traffic_selectors(tunnel.remote_selectors);
  if (const auto* key = config::find_key(config, number, tunnel)) policy.preshared_key = key->key.copy();
  return policy;
}

void say_as_certified(ike::TunnelPolicy& policy, Bytes subject) {
  ike::Identity certified{ike::Identity::Type::DerAsn1Dn, std::move(subject)};
  if (certified.matches(policy.local_id)) policy.local_id = std::move(certified);
}

}  // namespace awtun::daemon
