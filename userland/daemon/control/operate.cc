// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/operate.h"

#include <algorithm>

namespace awtun::daemon {
namespace {

using What = config::Operate::What;

template <class Entry>
bool has_tunnel(const std::vector<Entry>& entries, ike::TunnelId tunnel) {
  return std::any_of(entries.begin(), entries.end(),
                     [tunnel](const Entry& entry) { return entry.tunnel == tunnel; });
}

/// Whether the tunnel leads to the peer, by its configuration or by where the peer is now.
bool leads_to(const config::Config& config, const ike::Status& status, ike::TunnelId tunnel,
              const IpAddress& peer) {
  const auto found = config.tunnels.find(tunnel);
  const auto* configured =
      found == config.tunnels.end() ? nullptr : config::destination_address(found->second);
  return (configured != nullptr && *configured == peer) ||
         std::any_of(status.ike_sas.begin(), status.ike_sas.end(),
                     [&](const auto& sa) { return sa.tunnel == tunnel && sa.remote.address == peer; });
}

bool is_meant(const config::Operate& wanted, const config::Config& config, const ike::Status& status,
              ike::TunnelId tunnel) {
  if (wanted.tunnel && *wanted.tunnel != tunnel) return false;
  return !wanted.peer || leads_to(config, status, tunnel, *wanted.peer);
}

/// Why the command cannot be carried out upon the tunnel; empty when it can.
std::string objection(What what, const ike::Status& status, ike::TunnelId tunnel) {
  if (what == What::ClearIsakmpSa) return {};
  if (!has_tunnel(status.ike_sas, tunnel)) return config::tunnel_name(tunnel) + " has no ISAKMP SA";
  const bool of_child = what == What::RekeyIpsecSa || what == What::ClearIpsecSa;
  if (of_child && !has_tunnel(status.child_sas, tunnel))
    return config::tunnel_name(tunnel) + " has no IPsec SA";
  return {};
}

ike::Input input_for(What what, ike::TunnelId tunnel) {
  if (what == What::ClearIsakmpSa) return ike::ClearSa{tunnel};
  if (what == What::ClearIpsecSa) return ike::ClearChildSa{tunnel};
  return ike::Rekey{tunnel, what == What::RekeyIpsecSa ? ike::Rekey::What::ChildSa : ike::Rekey::What::IkeSa};
}

}  // namespace

Result<std::vector<ike::Input>, std::string> inputs_for(const config::Operate& wanted,
                                                        const config::Config& config,
                                                        const ike::Status& status) {
  std::vector<ike::Input> inputs;
  if (wanted.what == What::ClearIsakmpCounters) return inputs;
  std::string why = "there is no such peer";
  if (wanted.tunnel) why = config::tunnel_name(*wanted.tunnel) + " has no ISAKMP SA";
  for (const auto& peer : status.peers) {
    if (!is_meant(wanted, config, status, peer.tunnel)) continue;
    if (auto reason = objection(wanted.what, status, peer.tunnel); !reason.empty())
      why = std::move(reason);
    else
      inputs.push_back(input_for(wanted.what, peer.tunnel));
  }
  if (inputs.empty()) return Error{std::move(why)};
  return inputs;
}

}  // namespace awtun::daemon
