// SPDX-License-Identifier: Apache-2.0
#include "userland/tests/config/samples.h"

#include <algorithm>
#include <array>

namespace awtun::config::test {
namespace {

std::string number(Random& random, std::uint32_t low, std::uint32_t high) {
  return std::to_string(low + pick(random, high - low + 1));
}

std::string ipv4(Random& random) {
  return "10." + number(random, 0, 255) + "." + number(random, 0, 255) + "." + number(random, 1, 254);
}

std::string ipv6(Random& random) {
  return "2001:db8:" + number(random, 1, 9999) + "::" + number(random, 1, 9999);
}

std::string name(Random& random) { return "site" + number(random, 1, 99) + ".example.com"; }

std::string network(Random& random) {
  return pick(random, 2) == 0 ? "10." + number(random, 0, 255) + ".0.0/" + number(random, 16, 32)
                              : "2001:db8:" + number(random, 1, 9999) + "::/" + number(random, 48, 128);
}

/// Of few, so that one is at times the name of a profile that there is.
std::string label(Random& random) { return "prof" + number(random, 0, 3); }

std::string secret(Random& random) {
  constexpr std::string_view kCharacters = "abcXYZ019!#$%&?.,;:\"'\\|~";
  std::string text = "k";
  for (std::uint32_t left = pick(random, 20); left > 0; --left) {
    text += kCharacters[pick(random, static_cast<std::uint32_t>(kCharacters.size()))];
  }
  return text;
}

/// Of every type, as it reads or behind its type.
std::string identity_text(Random& random) {
  const std::string texts[] = {name(random),
                               ipv4(random),
                               ipv6(random),
                               "Site@" + name(random),
                               "/C=JP/O=Example  Corp/OU=a\\/b\\+c+L=x/CN=" + name(random),
                               "O=支社, CN=" + name(random),
                               "fqdn " + ipv4(random),
                               "email " + name(random),
                               "key-id " + name(random),
                               "key-id Site  number " + number(random, 1, 99),
                               "key-id 0x00ff" + number(random, 10, 99)};
  return texts[pick(random, 11)];
}

std::string value(const Token& token, Random& random) {
  switch (token.type) {
    case ParamType::Choice:
      return std::string(
          part(token.text, '|', pick(random, static_cast<std::uint32_t>(count_parts(token.text, '|')))));
    case ParamType::Number:
      return number(random, token.minimum, token.maximum);
    case ParamType::Tunnel:
      return "tunnel" + number(random, 0, kMaxTunnelNumber);
    case ParamType::Address:
      return pick(random, 2) == 0 ? ipv4(random) : ipv6(random);
    case ParamType::Network:
      return network(random);
    case ParamType::Ipv4Network:
      return "10." + number(random, 0, 255) + ".0.0/" + number(random, 16, 32);
    case ParamType::Ipv6Network:
      return "2001:db8:" + number(random, 1, 9999) + "::/" + number(random, 48, 128);
    case ParamType::Ipv4Interface:
      return ipv4(random) + "/" + number(random, 31, 32);
    case ParamType::Ipv6Interface:
      return ipv6(random) + "/" + number(random, 1, 128);
    case ParamType::Ipv4Nexthop:
      return pick(random, 2) == 0 ? ipv4(random) : "eth" + number(random, 0, 9);
    case ParamType::Ipv6Nexthop:
      return pick(random, 2) == 0 ? ipv6(random) : "tunnel" + number(random, 0, kMaxTunnelNumber);
    case ParamType::Name:
      return name(random);
    case ParamType::Identity:
      return pick(random, 2) == 0 ? name(random) : ipv6(random);
    case ParamType::Label:
      return label(random);
    case ParamType::Hostname:
      return name(random);
    case ParamType::Interface:
      return "eth" + number(random, 0, 9);
    case ParamType::Subject:
      return "/C=JP/O=Example/CN=" + name(random);
    case ParamType::Secret:
      return secret(random);
    case ParamType::Line:
      return "Line to  site " + number(random, 1, 99) + " (支社)";
    case ParamType::Command:
      return "show ipsec sa";
  }
  return {};
}

template <class T>
std::optional<T> maybe(Random& random, T value) {
  return pick(random, 2) == 0 ? std::nullopt : std::optional(std::move(value));
}

template <class T, std::size_t N>
T any_of(Random& random, const std::array<T, N>& values) {
  return values.at(pick(random, N));
}

crypto::GroupId sample_group(Random& random) { return any_of(random, crypto::kGroups).id; }

/// One that the rows know and that is supported.
crypto::IkeSuite sample_ike_suite(Random& random) {
  for (;;) {
    const auto suite = crypto::ike_suite(any_of(random, crypto::kEncryptions).isakmp.text,
                                         any_of(random, crypto::kHashes).word.text, sample_group(random));
    if (suite && crypto::supported(*suite)) return *suite;
  }
}

crypto::EspSuite sample_esp_suite(Random& random) {
  for (;;) {
    const auto& encryption = any_of(random, crypto::kEncryptions);
    const auto suite = crypto::esp_suite(
        encryption.ipsec.text,
        encryption.aead() ? encryption.ipsec_integrity.text : any_of(random, crypto::kHashes).word.text);
    if (suite && crypto::supported(*suite)) return *suite;
  }
}

NamedIsakmpProfile sample_isakmp_profile(Random& random) {
  NamedIsakmpProfile profile;
  const auto authentication = [&random] {
    return any_of(random, std::array{AuthMethod::PreShare, AuthMethod::Certificate});
  };
  profile.settings.lifetime = std::chrono::seconds{600 + pick(random, 31449000)};
  profile.settings.dpd_interval = std::chrono::seconds{10 + pick(random, 86390)};
  profile.settings.local_authentication = authentication();
  profile.settings.remote_authentication = authentication();
  for (auto left = pick(random, 5); left > 0; --left) {
    const auto number = static_cast<std::uint8_t>(1 + pick(random, 255));
    profile.settings.transforms[number] = sample_ike_suite(random);
  }
  return profile;
}

IpsecProfile sample_ipsec_profile(Random& random) {
  IpsecProfile profile;
  profile.lifetime = std::chrono::seconds{300 + pick(random, 31449300)};
  profile.pfs_group = maybe(random, sample_group(random));
  for (auto left = pick(random, 5); left > 0; --left) {
    const auto number = static_cast<std::uint8_t>(1 + pick(random, 255));
    profile.transforms[number] = sample_esp_suite(random);
  }
  return profile;
}

/// The name of one of `map`, or nothing.
template <class T>
std::optional<std::string> any_name(Random& random, const std::map<std::string, T>& map) {
  const auto index = pick(random, static_cast<std::uint32_t>(map.size()) + 1);
  return index == map.size() ? std::nullopt : std::optional(std::next(map.begin(), index)->first);
}

Trustpoint sample_trustpoint(Random& random) {
  Trustpoint trustpoint;
  trustpoint.enrollment_terminal = pick(random, 2) == 0;
  trustpoint.subject_name = maybe(random, "/O=Example/CN=" + name(random));
  trustpoint.subject_alt_name = maybe(random, name(random));
  const auto curve = any_of(random, std::array<std::uint16_t, 3>{256, 384, 521});
  const auto size = static_cast<std::uint16_t>(2048 + pick(random, 6145));
  const bool rsa = pick(random, 2) == 0;
  trustpoint.key_pair = maybe(random, KeyPair{rsa ? KeyPair::Kind::Rsa : KeyPair::Kind::Ec, label(random),
                                              maybe(random, rsa ? size : curve)});
  return trustpoint;
}

void add_profiles(Config& config, Random& random) {
  for (auto left = pick(random, 4); left > 0; --left)
    config.trustpoints[label(random)] = sample_trustpoint(random);
  for (auto left = pick(random, 4); left > 0; --left) {
    auto& profile = config.isakmp_profiles[label(random)] = sample_isakmp_profile(random);
    profile.trustpoint = any_name(random, config.trustpoints);
  }
  for (auto left = pick(random, 4); left > 0; --left)
    config.ipsec_profiles[label(random)] = sample_ipsec_profile(random);
  for (auto left = pick(random, 6); left > 0; --left) {
    const PeerSelector choices[] = {*IpAddress::parse(ipv4(random)), *IpAddress::parse(ipv6(random)),
                                    PeerName{*Identity::guess(name(random))}, DynamicPeer{},
                                    ByTunnel{pick(random, 65536)}};
    config.isakmp_peers[choices[pick(random, 5)]] =
        any_name(random, config.isakmp_profiles).value_or(std::string(kDefaultProfile));
  }
}

SelectorList sample_selectors(Random& random) {
  SelectorList list;
  for (auto left = pick(random, 4); left > 0; --left)
    list[static_cast<std::uint8_t>(1 + pick(random, 255))] = *IpPrefix::parse(network(random));
  return list;
}

MaximumSegment sample_mss(Random& random) {
  return {maybe(random, static_cast<std::uint16_t>(64 + pick(random, 1377)))};
}

void add_options(Tunnel& tunnel, Random& random) {
  tunnel.local_selectors = sample_selectors(random);
  tunnel.remote_selectors = sample_selectors(random);
  tunnel.df = any_of(random, std::array{DontFragment::Set, DontFragment::Clear, DontFragment::Copy});
  tunnel.ttl = maybe(random, static_cast<std::uint8_t>(1 + pick(random, 255)));
  tunnel.dscp = maybe(random, static_cast<std::uint8_t>(pick(random, 64)));
  tunnel.ip_mss = maybe(random, sample_mss(random));
  tunnel.ipv6_mss = maybe(random, sample_mss(random));
}

Tunnel sample_tunnel(Random& random) {
  Tunnel tunnel;
  tunnel.mode = static_cast<TunnelMode>(pick(random, 3));
  const auto address = [&random] {
    return *IpAddress::parse(pick(random, 2) == 0 ? ipv4(random) : ipv6(random));
  };
  tunnel.source = maybe(random, address());
  tunnel.destination = maybe(random, Destination(address()));
  if (pick(random, 4) == 0) tunnel.destination = DynamicPeer{};
  if (pick(random, 4) == 0) tunnel.destination = HostName{name(random) + ".example.com", {}};
  if (pick(random, 4) == 0) {
    tunnel.source.reset();
    tunnel.source_interface = "eth" + std::to_string(pick(random, 9));
  }
  add_options(tunnel, random);
  tunnel.local_name = maybe(random, *Identity::parse(identity_text(random)));
  tunnel.remote_name = maybe(random, *Identity::parse(identity_text(random)));
  tunnel.protection = maybe(random, Protection{});
  for (auto left = pick(random, 4); left > 0; --left)
    tunnel.ip_addresses.push_back(*IpPrefix::parse(ipv4(random) + "/32"));
  for (auto left = pick(random, 4); left > 0; --left)
    tunnel.ipv6_addresses.push_back(*IpPrefix::parse(ipv6(random) + "/64"));
  tunnel.ipv6_enable = pick(random, 2) == 0;
  tunnel.description = maybe(random, std::string("to  ! the site 支社"));
  tunnel.shutdown = pick(random, 2) == 0;
  tunnel.mtu = maybe(random, static_cast<std::uint16_t>(68 + pick(random, 1515)));
  return tunnel;
}

/// Sorted by `key`, of equal ones one.
template <class T, class Key>
void make_canonical(std::vector<T>& list, Key key) {
  std::ranges::sort(list, {}, key);
  list.erase(std::ranges::unique(list, {}, key).begin(), list.end());
}

}  // namespace

std::uint32_t pick(Random& random, std::uint32_t bound) {
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
}

SampleLine sample(const Form& form, Random& random) {
  SampleLine line;
  for (std::size_t at = 0; at < form.pattern.size;) {
    const Token& token = form.pattern.tokens[at];
    if (token.skip_to != 0 && pick(random, 2) == 0) {
      at = token.skip_to;
      continue;
    }
    line.push_back({&token, token.keyword ? std::string(token.text) : value(token, random)});
    if (!token.keyword && takes_rest_of_line(token.type)) break;
    ++at;
  }
  return line;
}

SampleLine restate(const Form& form, const SampleLine& line) {
  SampleLine out;
  for (std::size_t at = 0; at < form.pattern.size; ++at) {
    const Token& token = form.pattern.tokens[at];
    const auto same = std::ranges::find_if(line, [&token](const SampleWord& word) {
      return !word.token->keyword && word.token->argument == token.argument;
    });
    if (token.keyword) {
      out.push_back({&token, std::string(token.text)});
    } else if (same != line.end()) {
      out.push_back({&token, same->text});
    }
  }
  return out;
}

std::string join(const SampleLine& line) {
  std::string out;
  for (const SampleWord& word : line) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

Config sample_config(Random& random) {
  Config config;
  add_profiles(config, random);
  for (auto left = pick(random, 6); left > 0; --left) {
    const KeySelector choices[] = {*IpAddress::parse(ipv4(random)), *IpAddress::parse(ipv6(random)),
                                   PeerName{*Identity::guess(name(random))}, ByTunnel{pick(random, 65536)}};
    const std::string key = secret(random);
    config.isakmp_keys.emplace_back(choices[pick(random, 4)], Secret(Bytes(key.begin(), key.end())));
  }
  for (auto left = pick(random, 4); left > 0; --left) {
    Tunnel& tunnel = config.tunnels[pick(random, 65536)] = sample_tunnel(random);
    if (tunnel.protection) tunnel.protection->profile = any_name(random, config.ipsec_profiles);
  }
  for (auto left = pick(random, 6); left > 0; --left) {
    const bool v4 = pick(random, 2) == 0;
    const IpPrefix prefix = *IpPrefix::parse(v4 ? "10." + number(random, 0, 3) + ".0.0/16" : "2001:db8::/32");
    const Nexthop address = *IpAddress::parse(v4 ? ipv4(random) : ipv6(random));
    const Nexthop interface = InterfaceName{"tunnel" + number(random, 0, 9)};
    config.routes.push_back({prefix, pick(random, 2) == 0 ? address : interface,
                             static_cast<std::uint8_t>(1 + pick(random, 255))});
  }
  make_canonical(config.isakmp_keys, &IsakmpKey::selector);
  make_canonical(config.routes,
                 [](const StaticRoute& route) { return std::pair(route.prefix, route.nexthop); });
  return config;
}

}  // namespace awtun::config::test
