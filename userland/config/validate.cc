// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "userland/config/model.h"

namespace awtun::config {
namespace {

using Sentences = std::vector<std::string>;

/// `address` may be null: then there is nothing to check.
void check_family(const Tunnel& tunnel, const IpAddress* address, const std::string& word, Sentences& out) {
  const auto family = delivery_family(tunnel.mode);
  if (address != nullptr && family && address->family() != *family) {
    out.push_back("tunnel " + word + " " + address->to_string() + " is not of the family of tunnel mode " +
                  std::string(to_string(tunnel.mode)));
  }
}

void check_endpoints(const Tunnel& tunnel, Sentences& out) {
  const IpAddress* source = tunnel.source ? &*tunnel.source : nullptr;
  const IpAddress* destination = destination_address(tunnel);
  if (source == nullptr && !tunnel.source_interface) out.emplace_back("no tunnel source");
  check_family(tunnel, source, "source", out);
  if (!tunnel.destination) out.emplace_back("no tunnel destination");
  check_family(tunnel, destination, "destination", out);
  if (source != nullptr && destination != nullptr && *source == *destination)
    out.emplace_back("tunnel source and tunnel destination are the same address");
  if (has_dynamic_destination(tunnel) && !tunnel.remote_name)
    out.emplace_back("no tunnel remote name, which must identify a dynamic peer");
}

/// Whether a certificate may say that it is for one called so.
bool may_be_certified(const Identity& name) {
  return name.type == Identity::Type::Fqdn || name.type == Identity::Type::Rfc822 ||
         name.type == Identity::Type::DerAsn1Dn;
}

/// `word`: "local" or "remote"; `whose`: "our" or "the peer's".
void check_certified(const std::optional<Identity>& name, const std::string& word, const std::string& whose,
                     Sentences& out) {
  if (!name) {
    out.push_back("no tunnel " + word + " name, which " + whose + " certificate must have");
  } else if (!may_be_certified(*name)) {
    out.push_back("tunnel " + word + " name " + name->to_string() + " is of type " +
                  std::string(name->type_word()) + ", which is not supported with certificates");
  }
}

/// Our certificate must have the name that the tunnel goes by: as its subject, or, which the CN in the
/// subject then equals, as its alternative name.
void check_names(const Config& config, const NamedIsakmpProfile& profile, const Tunnel& tunnel,
                 Sentences& out) {
  const auto at = config.trustpoints.find(profile.trustpoint.value_or(""));
  if (at == config.trustpoints.end() || !tunnel.local_name) return;
  const auto& [name, trustpoint] = *at;
  const auto differs = [&](const std::string& what, const std::string& value) {
    out.push_back(what + " " + value + " of crypto pki trustpoint " + name +
                  " is not the tunnel local name " + tunnel.local_name->to_string());
  };
  const auto type = tunnel.local_name->type;
  if (type == Identity::Type::DerAsn1Dn && trustpoint.subject_name) {
    const auto subject = Identity::parse("dn " + *trustpoint.subject_name);
    if (!subject || !subject->matches(*tunnel.local_name)) differs("subject-name", *trustpoint.subject_name);
  }
  if (type == Identity::Type::Fqdn && trustpoint.subject_alt_name &&
      !Identity::fqdn(*trustpoint.subject_alt_name).matches(*tunnel.local_name))
    differs("subject-alt-name", *trustpoint.subject_alt_name);
}

template <class Profile>
bool offers_nothing(const Profile& profile) {
  return std::ranges::none_of(profile.transforms,
                              [](const auto& each) { return crypto::supported(each.second); });
}

void check_protection(const Config& config, std::uint32_t number, const Tunnel& tunnel, Sentences& out) {
  const NamedIsakmpProfile isakmp = isakmp_profile(config, number, tunnel);
  const std::string name(isakmp_profile_name(config, number, tunnel));
  if (offers_nothing(isakmp.settings)) out.push_back("crypto isakmp profile " + name + " has no transform");
  if (offers_nothing(ipsec_profile(config, tunnel)))
    out.push_back("crypto ipsec profile " + *tunnel.protection->profile + " has no transform");
  const auto by = [&isakmp](AuthMethod method) {
    return isakmp.settings.local_authentication == method || isakmp.settings.remote_authentication == method;
  };
  // Its key may be that of the address.
  const HostName* host = destination_host(tunnel);
  const bool unknown_yet = host != nullptr && !host->address;
  if (by(AuthMethod::PreShare) && find_key(config, number, tunnel) == nullptr && !unknown_yet)
    out.emplace_back("no crypto isakmp key for the peer");
  if (!by(AuthMethod::Certificate)) return;
  if (!isakmp.trustpoint) out.push_back("crypto isakmp profile " + name + " has no pki trustpoint");
  if (isakmp.settings.local_authentication == AuthMethod::Certificate)
    check_certified(tunnel.local_name, "local", "our", out);
  check_names(config, isakmp, tunnel, out);
  if (isakmp.settings.remote_authentication == AuthMethod::Certificate)
    check_certified(tunnel.remote_name, "remote", "the peer's", out);
}

Sentences check_tunnel(const Config& config, std::uint32_t number, const Tunnel& tunnel) {
  Sentences out;
  if (tunnel.mode == TunnelMode::None) out.emplace_back("no tunnel mode");
  check_endpoints(tunnel, out);
  if (!tunnel.protection)
    out.emplace_back("no tunnel protection ipsec");
  else
    check_protection(config, number, tunnel, out);
  return out;
}

}  // namespace

std::vector<Problem> validate(const Config& config) {
  std::vector<Problem> problems;
  for (const auto& [number, tunnel] : config.tunnels) {
    if (tunnel.shutdown) continue;
    for (std::string& text : check_tunnel(config, number, tunnel))
      problems.push_back({number, std::move(text)});
  }
  return problems;
}

}  // namespace awtun::config
