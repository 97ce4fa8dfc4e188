// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/routers.h"

namespace awtun::sim {

IsakmpProfile quick_isakmp_profile() {
  IsakmpProfile profile;
  profile.transforms[1] = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519);
  return profile;
}

ike::TunnelPolicy tunnel_policy(World& world, std::size_t local, std::size_t remote, ike::TunnelId tunnel,
                                const IsakmpProfile& isakmp, std::string_view key) {
  ike::TunnelPolicy policy;
  policy.tunnel = tunnel;
  policy.local = world.node(local).address;
  policy.remote = world.public_address(remote);
  policy.local_id = ike::Identity::of(policy.local);
  policy.remote_id = ike::Identity::of(world.node(remote).address);
  policy.preshared_key = Secret(as_octets(key));
  policy.isakmp = isakmp;
  policy.ipsec = default_ipsec_profile();
  return policy;
}

std::vector<Networks> both_families() {
  std::vector<Networks> result;
  for (const Family family : {Family::V4, Family::V6})
    result.push_back({{TrafficSelector::any(family)}, {TrafficSelector::any(family)}});
  return result;
}

}  // namespace awtun::sim
