// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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

template <class Profile>
bool offers_nothing(const Profile& profile) {
  return std::ranges::none_of(profile.transforms, [](const auto& each) { return each.second.supported(); });
}

void check_protection(const Config& config, std::uint32_t number, const Tunnel& tunnel, Sentences& out) {
  const NamedIsakmpProfile isakmp = isakmp_profile(config, number, tunnel);
  const std::string name(isakmp_profile_name(config, number, tunnel));
  if (offers_nothing(isakmp.settings)) out.push_back("crypto isakmp profile " + name + " has no transform");
  if (offers_nothing(ipsec_profile(config, tunnel))) {
    out.push_back("crypto ipsec profile " + *tunnel.protection->profile + " has no transform");
  }
  const auto by = [&isakmp](AuthMethod method) {
    return isakmp.settings.local_authentication == method || isakmp.settings.remote_authentication == method;
  };
  if (by(AuthMethod::PreShare) && find_key(config, number, tunnel) == nullptr) {
    out.emplace_back("no crypto isakmp key for the peer");
  }
  if (!by(AuthMethod::Certificate)) return;
  if (!isakmp.trustpoint) out.push_back("crypto isakmp profile " + name + " has no pki trustpoint");
  if (isakmp.settings.local_authentication == AuthMethod::Certificate && !tunnel.local_name) {
    out.emplace_back("no tunnel local name, which our certificate must have");
  }
  if (isakmp.settings.remote_authentication == AuthMethod::Certificate && !tunnel.remote_name) {
    out.emplace_back("no tunnel remote name, which the peer's certificate must have");
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
  } else {
    check_protection(config, number, tunnel, out);
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
