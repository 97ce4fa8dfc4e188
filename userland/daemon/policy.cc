// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/policy.h"

namespace awtun::daemon {
namespace {

kernel::TunnelMode kernel_mode(config::TunnelMode mode) {
  switch (mode) {
    case config::TunnelMode::None:
      return kernel::TunnelMode::Unset;
    case config::TunnelMode::IpsecIpv4:
      return kernel::TunnelMode::IpsecIpv4;
    case config::TunnelMode::IpsecIpv6:
      return kernel::TunnelMode::IpsecIpv6;
  }
  return kernel::TunnelMode::Unset;
}

ike::Identity identity(const std::optional<std::string>& name, const IpAddress& address) {
  return name ? ike::Identity::fqdn(*name) : ike::Identity::of(address);
}

bool same_key(const std::optional<Secret>& a, const std::optional<Secret>& b) {
  return a.has_value() == b.has_value() && (!a || a->equals(b->view()));
}

bool same(const ike::TunnelPolicy& a, const ike::TunnelPolicy& b) {
  return a.tunnel == b.tunnel && a.local == b.local && a.remote == b.remote && a.local_id == b.local_id &&
         a.remote_id == b.remote_id && same_key(a.preshared_key, b.preshared_key) &&
         a.certificate == b.certificate && a.transport_mode == b.transport_mode && a.isakmp == b.isakmp &&
         a.ipsec == b.ipsec && a.local_selectors == b.local_selectors &&
         a.remote_selectors == b.remote_selectors;
}

}  // namespace

kernel::TunnelSettings tunnel_settings(const config::Tunnel& tunnel) {
  const auto family = config::delivery_family(tunnel.mode);
  if (!family || !tunnel.source || !tunnel.destination) return {};
  if (tunnel.source->family() != *family || tunnel.destination->family() != *family) return {};
  return {kernel_mode(tunnel.mode), *tunnel.source, *tunnel.destination};
}

std::optional<ike::TunnelPolicy> make_policy(const config::Config& config, ike::TunnelId number) {
  const auto found = config.tunnels.find(number);
  if (found == config.tunnels.end()) return std::nullopt;
  const auto& tunnel = found->second;
  const auto settings = tunnel_settings(tunnel);
  if (tunnel.shutdown || !tunnel.protection || settings.mode == kernel::TunnelMode::Unset)
    return std::nullopt;
  ike::TunnelPolicy policy;
  policy.tunnel = number;
  policy.local = settings.local;
  policy.remote = settings.remote;
  policy.local_id = identity(tunnel.local_name, settings.local);
  policy.remote_id = identity(tunnel.remote_name, settings.remote);
  policy.isakmp = config::isakmp_profile(config, number, tunnel).settings;
  policy.ipsec = config::ipsec_profile(config, tunnel);
  if (const auto* key = config::find_key(config, number, tunnel)) policy.preshared_key = key->key.copy();
  return policy;
}

bool same_policy(const std::optional<ike::TunnelPolicy>& a, const std::optional<ike::TunnelPolicy>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

}  // namespace awtun::daemon
