// SPDX-License-Identifier: Apache-2.0
#include "userland/config/model.h"

namespace awtun::config {
namespace {

using Sentences = std::vector<std::string>;

void check_endpoint(const Tunnel& tunnel, const std::optional<IpAddress>& address, const std::string& word,
                    Sentences& out) {
  if (!address) {
    out.push_back("no tunnel " + word);
    return;
  }
  const auto family = delivery_family(tunnel.mode);
  if (family && address->family() != *family) {
    out.push_back("tunnel " + word + " " + address->to_string() + " is not of the family of tunnel mode " +
                  std::string(to_string(tunnel.mode)));
  }
}

Sentences check_tunnel(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  Sentences out;
  if (tunnel.mode == TunnelMode::None) out.emplace_back("no tunnel mode");
  check_endpoint(tunnel, tunnel.source, "source", out);
  check_endpoint(tunnel, tunnel.destination, "destination", out);
  if (tunnel.source && tunnel.source == tunnel.destination) {
    out.emplace_back("tunnel source and tunnel destination are the same address");
  }
  if (!tunnel.protection) {
    out.emplace_back("no tunnel protection ipsec");
  } else if (find_key(config, number, tunnel) == nullptr) {
    out.emplace_back("no crypto isakmp key for the peer");
  }
  return out;
}

}  // namespace

std::vector<Problem> validate(const Config& config) {
  std::vector<Problem> problems;
  for (const auto& [number, tunnel] : config.tunnels) {
    if (tunnel.shutdown) continue;
    for (std::string& text : check_tunnel(config, number, tunnel)) {
      problems.push_back({number, std::move(text)});
    }
  }
  return problems;
}

}  // namespace awtun::config
