// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/nat.h"

namespace awtun::sim {

void Nat::renumber(IpAddress address) {
  flush();
  outer_ = address;
}

Endpoint Nat::out(Time now, const Endpoint& inner) {
  if (forwarded_.contains(inner.port)) return {outer_, inner.port};
  const auto [found, fresh] = mappings_.try_emplace(inner, Mapping{next_port_, now});
  if (fresh || !alive(now, found->second)) found->second.port = next_port_++;
  found->second.used = now;
  return {outer_, found->second.port};
}

std::optional<Endpoint> Nat::in(Time now, const Endpoint& outer) const {
  if (outer.address != outer_) return std::nullopt;
  if (forwarded_.contains(outer.port)) return Endpoint{inner_, outer.port};
  for (const auto& [inner, mapping] : mappings_)
    if (mapping.port == outer.port && alive(now, mapping)) return inner;
  return std::nullopt;
}

}  // namespace awtun::sim
