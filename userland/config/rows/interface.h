// SPDX-License-Identifier: Apache-2.0
// Rows of `interface`, and those of Interface mode.
#pragma once

#include <algorithm>
#include <array>

#include "userland/config/rows/section.h"

namespace awtun::config::rows {

inline Answer enter_interface(const Context& context, Args& args) {
  const auto number = args.get<std::uint32_t>(0);
  context.config.tunnels.try_emplace(number);
  context.session = {Mode::Interface, number};
  return Done{};
}

inline Answer remove_interface(const Context& context, Args& args) {
  const auto number = args.get<std::uint32_t>(0);
  if (context.config.tunnels.erase(number) == 0) return Refused{tunnel_name(number) + " does not exist"};
  return Done{};
}

inline void emit_interfaces(const Scope& scope, Writer& out) {
  for (const auto& [number, tunnel] : scope.config.tunnels) {
    out.separator();
    out.line(number);
    out.rows(Mode::Interface, {.config = scope.config, .tunnel = &tunnel});
  }
}

/// In the order of the words of the `tunnel mode` row.
inline constexpr std::array kTunnelModes = {TunnelMode::IpsecIpv4, TunnelMode::IpsecIpv6};

inline Answer set_mode(const Context& context, Args& args) {
  context.tunnel().mode = kTunnelModes.at(args.get<std::uint32_t>(0));
  return Done{};
}

inline Answer reset_mode(const Context& context, Args& args) {
  TunnelMode& mode = context.tunnel().mode;
  if (args.has(0) && mode != kTunnelModes.at(args.get<std::uint32_t>(0))) {
    return Refused{"this is not the mode configured"};
  }
  mode = TunnelMode::None;
  return Done{};
}

inline void emit_mode(const Scope& scope, Writer& out) {
  for (std::uint32_t i = 0; i < kTunnelModes.size(); ++i) {
    if (scope.tunnel->mode == kTunnelModes.at(i)) out.line(i);
  }
}

inline Answer set_protection(const Context& context, Args&) {
  context.tunnel().protection = Protection{};
  return Done{};
}

inline Answer reset_protection(const Context& context, Args&) {
  context.tunnel().protection.reset();
  return Done{};
}

inline void emit_protection(const Scope& scope, Writer& out) {
  if (scope.tunnel->protection && !scope.tunnel->protection->profile) out.line();
}

inline Answer set_protection_by_profile(const Context& context, Args& args) {
  auto& name = args.get<std::string>(0);
  context.tunnel().protection = Protection{};
  if (name != kDefaultProfile) context.tunnel().protection->profile = std::move(name);
  return Done{};
}

inline Answer reset_protection_by_profile(const Context& context, Args& args) {
  auto& protection = context.tunnel().protection;
  if (!protection || protection->profile.value_or(std::string(kDefaultProfile)) != args.get<std::string>(0)) {
    return not_configured();
  }
  protection.reset();
  return Done{};
}

inline void emit_protection_by_profile(const Scope& scope, Writer& out) {
  if (scope.tunnel->protection && scope.tunnel->protection->profile) {
    out.line(*scope.tunnel->protection->profile);
  }
}

inline Answer set_primary_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (!addresses.empty()) addresses.erase(addresses.begin());
  std::erase(addresses, address);
  addresses.insert(addresses.begin(), address);
  return Done{};
}

inline Answer add_secondary_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (addresses.empty()) return Refused{"a secondary address needs a primary one first"};
  if (addresses.front() == address) return Refused{"this is the primary address"};
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  return Done{};
}

inline Answer remove_ip_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  if (!args.has(0)) {
    addresses.clear();
  } else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0) {
    return Refused{"the interface does not have this address"};
  }
  return Done{};
}

inline void emit_primary_address(const Scope& scope, Writer& out) {
  if (!scope.tunnel->ip_addresses.empty()) out.line(scope.tunnel->ip_addresses.front());
}

inline void emit_secondary_addresses(const Scope& scope, Writer& out) {
  const auto& addresses = scope.tunnel->ip_addresses;
  for (std::size_t i = 1; i < addresses.size(); ++i) out.line(addresses[i]);
}

inline Answer add_ipv6_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ipv6_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  return Done{};
}

inline Answer remove_ipv6_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ipv6_addresses;
  if (!args.has(0)) {
    addresses.clear();
  } else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0) {
    return Refused{"the interface does not have this address"};
  }
  return Done{};
}

inline void emit_ipv6_addresses(const Scope& scope, Writer& out) {
  for (const IpPrefix& address : scope.tunnel->ipv6_addresses) out.line(address);
}

inline constexpr std::array kInterface = {
    Row{.mode = Mode::Config,
        .pattern = "interface <tunnel:tunnel>",
        .help = "Configure an interface, making it where there is none\nTunnel interface\n",
        .run = enter_interface,
        .no = remove_interface,
        .emit = emit_interfaces},
    Row{.mode = Mode::Config,
        .pattern = "interface tunnel <number:0-65535>",
        .help = "Configure an interface, making it where there is none\nTunnel interface\nIts number\n",
        .run = enter_interface,
        .no = remove_interface,
        .another_spelling = true},

    // Interface mode, in the order in which running-config writes it.
    setting<&Tunnel::description>("description ![<text:line>]", "Describe the interface\nThe description\n"),
    Row{.mode = Mode::Interface,
        .pattern = "tunnel mode ![ipsec {ipv4|ipv6}]",
        .help = "Tunnel settings\nKind of the tunnel\nIPsec\nOver IPv4\nOver IPv6\n",
        .run = set_mode,
        .no = reset_mode,
        .emit = emit_mode},
    setting<&Tunnel::source>("tunnel source ![<address:address>]",
                             "Tunnel settings\nSource of the delivery packets\nOur address\n"),
    setting<&Tunnel::destination>(
        "tunnel destination ![<address:address>]",
        "Tunnel settings\nDestination of the delivery packets\nThe peer's address\n"),
    setting<&Tunnel::local_name>("tunnel local name ![<name:name>]",
                                 "Tunnel settings\nOur side\nOur IKE identity\nThe name\n"),
    setting<&Tunnel::remote_name>("tunnel remote name ![<name:name>]",
                                  "Tunnel settings\nThe peer's side\nThe peer's IKE identity\nThe name\n"),
    Row{.mode = Mode::Interface,
        .pattern = "tunnel protection ![ipsec]",
        .help = "Tunnel settings\nProtect the delivery packets\nBy IPsec\n",
        .run = set_protection,
        .no = reset_protection,
        .emit = emit_protection},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel protection ipsec profile <profile:label>",
        .help = "Tunnel settings\nProtect the delivery packets\nBy IPsec\nBy another IPsec profile than the "
                "default one\nThe profile\n",
        .run = set_protection_by_profile,
        .no = reset_protection_by_profile,
        .emit = emit_protection_by_profile},
    Row{.mode = Mode::Interface,
        .pattern = "ip address ![<address:ipv4-interface>]",
        .help = "IPv4\nAddress of the interface\nAddress and prefix length\n",
        .run = set_primary_address,
        .no = remove_ip_address,
        .emit = emit_primary_address},
    Row{.mode = Mode::Interface,
        .pattern = "ip address <address:ipv4-interface> secondary",
        .help = "IPv4\nAddress of the interface\nAddress and prefix length\nBeside the primary address\n",
        .run = add_secondary_address,
        .no = remove_ip_address,
        .emit = emit_secondary_addresses},
    flag<&Tunnel::ipv6_enable>("ipv6 enable", "IPv6\nMake the link-local address\n"),
    Row{.mode = Mode::Interface,
        .pattern = "ipv6 address ![<address:ipv6-interface>]",
        .help = "IPv6\nAddress of the interface\nAddress and prefix length\n",
        .run = add_ipv6_address,
        .no = remove_ipv6_address,
        .emit = emit_ipv6_addresses},
    setting<&Tunnel::mtu>("mtu ![<octets:68-1582>]", "Largest packet that the interface takes\nOctets\n"),
    flag<&Tunnel::shutdown>("shutdown", "Take the interface out of service\n"),
};

}  // namespace awtun::config::rows
