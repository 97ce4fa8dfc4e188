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

bool IsakmpKey::operator==(const IsakmpKey& other) const {
  return selector == other.selector && key.equals(other.key.view());
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

const IsakmpKey* find_key(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  const auto find = [&config](const KeySelector& selector) -> const IsakmpKey* {
    const auto at = std::ranges::find(config.isakmp_keys, selector, &IsakmpKey::selector);
    return at == config.isakmp_keys.end() ? nullptr : &*at;
  };
  const IsakmpKey* key = find(TunnelPolicy{number});
  if (key == nullptr && tunnel.remote_name) key = find(PeerName{*tunnel.remote_name});
  if (key == nullptr && tunnel.destination) key = find(*tunnel.destination);
  return key;
}

}  // namespace awtun::config
