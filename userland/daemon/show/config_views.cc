// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/config_views.h"

#include <functional>
#include <map>

#include "userland/base/overloaded.h"
#include "userland/daemon/apply/policy.h"
#include "userland/daemon/show/sa_views.h"

namespace awtun::daemon {
namespace {

/// The words of `address 10.2.2.2`.
Json key_selector(const config::KeySelector& selector) {
  return std::visit(Overloaded{[](const IpAddress& address) {
                                 return Json{{"by", "address"}, {"peer", address.to_string()}};
                               },
                               [](const config::PeerName& named) {
                                 return Json{{"by", "hostname"}, {"peer", named.identity.to_string()}};
                               },
                               [](const config::ByTunnel& policy) {
                                 return Json{{"by", "policy"}, {"peer", config::tunnel_name(policy.number)}};
                               }},
                    selector);
}

Json isakmp_transform(std::uint8_t number, const crypto::IkeSuite& suite) {
  const auto words = crypto::words_of(suite);
  return {{"number", number},
          {"integrity", crypto::capitals(words.integrity)},
          {"encryption", crypto::capitals(words.encryption)},
          {"group", suite.group},
          {"supported", crypto::supported(suite)}};
}

Json ipsec_transform(std::uint8_t number, const crypto::EspSuite& suite) {
  const auto words = crypto::words_of(suite);
  return {{"number", number},
          {"protocol", "ESP"},
          {"integrity", crypto::capitals(words.integrity)},
          {"encryption", crypto::capitals(words.encryption)},
          {"supported", crypto::supported(suite)}};
}

template <class Transforms, class One>
Json transforms_of(const Transforms& transforms, One one) {
  auto list = Json::array();
  for (const auto& [number, transform] : transforms) list.push_back(one(number, transform));
  return list;
}

/// The names of those that use each thing.
using Users = std::map<std::string, Json, std::less<>>;

void add_user(Users& users, std::string_view thing, std::string user) {
  users.try_emplace(std::string(thing), Json::array()).first->second.push_back(std::move(user));
}

/// The tunnels that use each profile: that which `profile_of` names.
template <class ProfileOf>
Users tunnels_by_profile(const config::Config& config, ProfileOf profile_of) {
  Users users;
  for (const auto& [number, tunnel] : config.tunnels)
    if (tunnel.protection) add_user(users, profile_of(number, tunnel), config::tunnel_name(number));
  return users;
}

Users tunnels_by_isakmp_profile(const config::Config& config) {
  return tunnels_by_profile(config, [&config](std::uint32_t number, const config::Tunnel& tunnel) {
    return config::isakmp_profile_name(config, number, tunnel);
  });
}

Users tunnels_by_ipsec_profile(const config::Config& config) {
  return tunnels_by_profile(
      config, [](std::uint32_t, const config::Tunnel& tunnel) { return config::ipsec_profile_name(tunnel); });
}

Users profiles_by_trustpoint(const config::Config& config) {
  Users users;
  for (const auto& [name, profile] : config.isakmp_profiles)
    if (profile.trustpoint) add_user(users, *profile.trustpoint, name);
  return users;
}

Json used_by(const Users& users, std::string_view thing) {
  const auto found = users.find(thing);
  return found == users.end() ? Json::array() : found->second;
}

Json isakmp_profile(const Users& users, std::string_view name, const IsakmpProfile& profile,
                    const std::optional<std::string>& trustpoint) {
  Json object{{"name", name},
              {"built_in", name == config::kDefaultProfile},
              {"version", 2},
              {"local_authentication", to_string(profile.local_authentication)},
              {"remote_authentication", to_string(profile.remote_authentication)},
              {"lifetime", profile.lifetime.count()},
              {"dpd_interval", profile.dpd_interval.count()}};
  if (trustpoint) object["trustpoint"] = *trustpoint;
  object["used_by"] = used_by(users, name);
  object["transforms"] = transforms_of(profile.transforms, isakmp_transform);
  return object;
}

Json ipsec_profile(const Users& users, std::string_view name, const IpsecProfile& profile) {
  Json object{
      {"name", name}, {"built_in", name == config::kDefaultProfile}, {"lifetime", profile.lifetime.count()}};
  if (profile.pfs_group) object["pfs_group"] = *profile.pfs_group;
  object["used_by"] = used_by(users, name);
  object["transforms"] = transforms_of(profile.transforms, ipsec_transform);
  return object;
}

/// "AES256, SHA256" of each transform that is offered, the preferred one first.
Json offers(const IpsecProfile& profile) {
  auto texts = Json::array();
  for (const auto& [number, suite] : profile.transforms)
    if (crypto::supported(suite)) texts.push_back(crypto::describe(suite));
  return texts;
}

Json policy_of(const config::Config& config, std::uint32_t number, const config::Tunnel& tunnel) {
  Json object{{"tunnel", config::tunnel_name(number)},
              {"mode", config::to_string(tunnel.mode)},
              {"isakmp_profile", config::isakmp_profile_name(config, number, tunnel)},
              {"ipsec_profile", config::ipsec_profile_name(tunnel)}};
  const auto policy = make_policy(config, number);
  object["complete"] = policy.has_value();
  if (policy) {
    object["local_selectors"] = selector_texts(policy->local_selectors);
    object["remote_selectors"] = selector_texts(policy->remote_selectors);
  }
  const auto profile = config::ipsec_profile(config, tunnel);
  object["offers"] = offers(profile);
  if (profile.pfs_group) object["pfs_group"] = *profile.pfs_group;
  object["lifetime"] = profile.lifetime.count();
  return object;
}

Json trustpoint_of(const Users& users, const std::string& name, const config::Trustpoint& trustpoint) {
  Json object{{"name", name}, {"enrollment", trustpoint.enrollment_terminal ? "terminal" : "none"}};
  if (trustpoint.subject_name) object["subject_name"] = *trustpoint.subject_name;
  if (trustpoint.subject_alt_name) object["subject_alt_name"] = *trustpoint.subject_alt_name;
  const auto pair = trustpoint.key_pair.value_or(config::KeyPair{});
  object["key_pair"] = {{"label", pair.label},
                        {"algorithm", pair.kind == config::KeyPair::Kind::Rsa ? "RSA" : "ECDSA"},
                        {"bits", pair.size()}};
  object["used_by"] = used_by(users, name);
  return object;
}

bool named(const std::optional<std::string>& wanted, std::string_view name) {
  return !wanted || *wanted == name;
}

}  // namespace

Json isakmp_key_view(const config::Config& config) {
  auto keys = Json::array();
  for (const auto& key : config.isakmp_keys) {
    auto object = key_selector(key.selector);
    object["key"] = std::string(key.key.view().begin(), key.key.view().end());
    keys.push_back(std::move(object));
  }
  return {{"schema", control::kSchema}, {"keys", std::move(keys)}};
}

Json isakmp_profile_view(const config::Config& config, const std::optional<std::string>& name) {
  const auto users = tunnels_by_isakmp_profile(config);
  auto profiles = Json::array();
  if (named(name, config::kDefaultProfile))
    profiles.push_back(isakmp_profile(users, config::kDefaultProfile, default_isakmp_profile(), {}));
  for (const auto& [own, profile] : config.isakmp_profiles)
    if (named(name, own))
      profiles.push_back(isakmp_profile(users, own, profile.settings, profile.trustpoint));
  return {{"schema", control::kSchema}, {"profiles", std::move(profiles)}};
}

Json ipsec_profile_view(const config::Config& config, const std::optional<std::string>& name) {
  const auto users = tunnels_by_ipsec_profile(config);
  auto profiles = Json::array();
  if (named(name, config::kDefaultProfile))
    profiles.push_back(ipsec_profile(users, config::kDefaultProfile, default_ipsec_profile()));
  for (const auto& [own, profile] : config.ipsec_profiles)
    if (named(name, own)) profiles.push_back(ipsec_profile(users, own, profile));
  return {{"schema", control::kSchema}, {"profiles", std::move(profiles)}};
}

Json ipsec_policy_view(const config::Config& config, Only only) {
  auto policies = Json::array();
  for (const auto& [number, tunnel] : config.tunnels)
    if (tunnel.protection && (!only || *only == number))
      policies.push_back(policy_of(config, number, tunnel));
  return {{"schema", control::kSchema}, {"policies", std::move(policies)}};
}

Json pki_trustpoints_view(const config::Config& config) {
  const auto users = profiles_by_trustpoint(config);
  auto trustpoints = Json::array();
  for (const auto& [name, trustpoint] : config.trustpoints)
    trustpoints.push_back(trustpoint_of(users, name, trustpoint));
  return {{"schema", control::kSchema}, {"trustpoints", std::move(trustpoints)}};
}

}  // namespace awtun::daemon
