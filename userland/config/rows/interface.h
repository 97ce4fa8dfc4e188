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

/// None: not supported.
inline constexpr std::array kTunnelModes = {
    Worded<TunnelMode>{TunnelMode::IpsecIpv4, {"ipv4", "Over IPv4"}},
    Worded<TunnelMode>{TunnelMode::IpsecIpv6, {"ipv6", "Over IPv6"}},
    Worded<TunnelMode>{TunnelMode::None,
                       {"multipoint", "Multipoint (one interface, many peers): not supported yet"}},
};
inline constexpr FixedText kTunnelModePattern = FixedText()
                                                << "tunnel mode ![ipsec " << choices_of(kTunnelModes) << "]";
inline constexpr FixedText kTunnelModeHelp =
    (FixedText() << "Tunnel settings\nKind of the tunnel\nIPsec\n").help(choices_of(kTunnelModes));

inline constexpr FixedText kDfPattern = FixedText()
                                        << "tunnel df ![" << choices_of(kWordsOf<DontFragment>) << "]";
inline constexpr FixedText kDfHelp = (FixedText() << "Tunnel settings\nDF bit of the outer packets\n")
                                         .help(choices_of(kWordsOf<DontFragment>));

inline Answer set_mode(const Context& context, Args& args) {
  const TunnelMode mode = kTunnelModes.at(args.get<std::uint32_t>(0)).value;
  if (mode == TunnelMode::None) return Refused{"tunnel mode ipsec multipoint is not supported yet"};
  context.tunnel().mode = mode;
  return Done{};
}

inline Answer refuse_gre(const Context&, Args&) { return Refused{"tunnel mode gre is not supported yet"}; }
inline Answer refuse_l2tp(const Context&, Args&) { return Refused{"tunnel mode l2tp is not supported yet"}; }

inline Answer set_source(const Context& context, Args& args) {
  context.tunnel().source = args.get<IpAddress>(0);
  context.tunnel().source_interface.reset();
  return Done{};
}

inline Answer set_source_interface(const Context& context, Args& args) {
  context.tunnel().source.reset();
  context.tunnel().source_interface = args.get<std::string>(0);
  return Done{};
}

/// Without an address: whatever it is.
inline Answer reset_source(const Context& context, Args& args) {
  Tunnel& tunnel = context.tunnel();
  if (args.has(0) && tunnel.source != args.get<IpAddress>(0)) return not_configured();
  tunnel.source.reset();
  tunnel.source_interface.reset();
  return Done{};
}

inline Answer reset_source_interface(const Context& context, Args& args) {
  auto& name = context.tunnel().source_interface;
  if (name != args.get<std::string>(0)) return not_configured();
  name.reset();
  return Done{};
}

inline void emit_source(const Scope& scope, Writer& out) {
  if (scope.tunnel->source) out.line(*scope.tunnel->source);
}

inline void emit_source_interface(const Scope& scope, Writer& out) {
  if (scope.tunnel->source_interface) out.line(*scope.tunnel->source_interface);
}

inline Answer set_destination(const Context& context, Args& args) {
  context.tunnel().destination = args.get<IpAddress>(0);
  return Done{};
}

inline Answer reset_destination(const Context& context, Args& args) {
  auto& destination = context.tunnel().destination;
  if (args.has(0) && destination != Destination(args.get<IpAddress>(0))) return not_configured();
  destination.reset();
  return Done{};
}

inline void emit_destination(const Scope& scope, Writer& out) {
  const auto& destination = scope.tunnel->destination;
  if (destination && std::holds_alternative<IpAddress>(*destination))
    out.line(std::get<IpAddress>(*destination));
}

inline Answer set_destination_host(const Context& context, Args& args) {
  context.tunnel().destination = HostName{args.get<std::string>(0), {}};
  return Done{};
}

inline Answer reset_destination_host(const Context& context, Args& args) {
  auto& destination = context.tunnel().destination;
  const HostName* host = destination_host(context.tunnel());
  if (host == nullptr || !equal_ignoring_case(host->name, args.get<std::string>(0))) return not_configured();
  destination.reset();
  return Done{};
}

inline void emit_destination_host(const Scope& scope, Writer& out) {
  if (const HostName* host = destination_host(*scope.tunnel)) out.line(host->name);
}

inline Answer set_dynamic_destination(const Context& context, Args&) {
  context.tunnel().destination = DynamicPeer{};
  return Done{};
}

inline Answer reset_dynamic_destination(const Context& context, Args&) {
  auto& destination = context.tunnel().destination;
  if (destination != Destination(DynamicPeer{})) return not_configured();
  destination.reset();
  return Done{};
}

inline void emit_dynamic_destination(const Scope& scope, Writer& out) {
  if (has_dynamic_destination(*scope.tunnel)) out.line();
}

/// The number of a selector whose line gives none.
inline constexpr std::uint8_t kFirstSelector = 1;

template <auto Member>
Answer set_first_selector(const Context& context, Args& args) {
  (context.tunnel().*Member)[kFirstSelector] = args.get<IpPrefix>(0);
  return Done{};
}

/// Without a prefix: all of them.
template <auto Member>
Answer reset_selectors(const Context& context, Args& args) {
  auto& list = context.tunnel().*Member;
  if (!args.has(0)) {
    list.clear();
    return Done{};
  }
  const auto at = list.find(kFirstSelector);
  if (at == list.end() || at->second != args.get<IpPrefix>(0)) return not_configured();
  list.erase(at);
  return Done{};
}

template <auto Member>
void emit_first_selector(const Scope& scope, Writer& out) {
  const auto& list = scope.tunnel->*Member;
  if (const auto at = list.find(kFirstSelector); at != list.end()) out.line(at->second);
}

template <auto Member>
Answer set_selector(const Context& context, Args& args) {
  const auto number = static_cast<std::uint8_t>(args.get<std::uint32_t>(0));
  (context.tunnel().*Member)[number] = args.get<IpPrefix>(1);
  return Done{};
}

template <auto Member>
Answer reset_selector(const Context& context, Args& args) {
  auto& list = context.tunnel().*Member;
  const auto at = list.find(static_cast<std::uint8_t>(args.get<std::uint32_t>(0)));
  if (at == list.end() || (args.has(1) && at->second != args.get<IpPrefix>(1))) return not_configured();
  list.erase(at);
  return Done{};
}

template <auto Member>
void emit_selectors(const Scope& scope, Writer& out) {
  for (const auto& [number, prefix] : scope.tunnel->*Member)
    if (number != kFirstSelector) out.line(std::uint32_t{number}, prefix);
}

template <auto Member>
Answer set_mss(const Context& context, Args& args) {
  context.tunnel().*Member = MaximumSegment{static_cast<std::uint16_t>(args.get<std::uint32_t>(0))};
  return Done{};
}

template <auto Member>
Answer set_mss_of_path(const Context& context, Args&) {
  context.tunnel().*Member = MaximumSegment{};
  return Done{};
}

/// `end`: the help of `local` or `remote`.
constexpr FixedText numbered_selector_help(std::string_view end) {
  return FixedText() << "Tunnel settings\n"
                     << end << "\nTraffic selector; all traffic by default\nNumber of the selector, "
                     << kFirstSelector << " by default\nNetwork behind that end\n";
}
inline constexpr FixedText kLocalSelectorHelp = numbered_selector_help("Local end");
inline constexpr FixedText kRemoteSelectorHelp = numbered_selector_help("Remote end");

/// With a number, which its row has and that of `pmtu` has not, only that.
template <auto Member>
Answer reset_mss(const Context& context, Args& args) {
  auto& mss = context.tunnel().*Member;
  if (args.has(0) && (!mss || mss->octets != args.get<std::uint32_t>(0))) return not_configured();
  mss.reset();
  return Done{};
}

template <auto Member>
Answer reset_mss_of_path(const Context& context, Args&) {
  auto& mss = context.tunnel().*Member;
  if (mss != MaximumSegment{}) return not_configured();
  mss.reset();
  return Done{};
}

template <auto Member>
void emit_mss(const Scope& scope, Writer& out) {
  const auto& mss = scope.tunnel->*Member;
  if (mss && mss->octets) out.line(std::uint32_t{*mss->octets});
}

template <auto Member>
void emit_mss_of_path(const Scope& scope, Writer& out) {
  if (scope.tunnel->*Member == MaximumSegment{}) out.line();
}

inline Answer reset_mode(const Context& context, Args& args) {
  TunnelMode& mode = context.tunnel().mode;
  if (args.has(0) && mode != kTunnelModes.at(args.get<std::uint32_t>(0)).value)
    return Refused{"this tunnel mode is not configured"};
  mode = TunnelMode::None;
  return Done{};
}

inline void emit_mode(const Scope& scope, Writer& out) {
  if (scope.tunnel->mode != TunnelMode::None) out.line(choice_of(kTunnelModes, scope.tunnel->mode));
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
  if (!protection || protection->profile.value_or(std::string(kDefaultProfile)) != args.get<std::string>(0))
    return not_configured();
  protection.reset();
  return Done{};
}

inline void emit_protection_by_profile(const Scope& scope, Writer& out) {
  if (scope.tunnel->protection && scope.tunnel->protection->profile)
    out.line(*scope.tunnel->protection->profile);
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
  if (addresses.empty()) return Refused{"a secondary address requires a primary address"};
  if (addresses.front() == address) return Refused{"a secondary address must differ from the primary one"};
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  return Done{};
}

inline Answer remove_ip_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  if (!args.has(0))
    addresses.clear();
  else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0)
    return Refused{"the interface does not have this address"};
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
  if (!args.has(0))
    addresses.clear();
  else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0)
    return Refused{"the interface does not have this address"};
  return Done{};
}

inline void emit_ipv6_addresses(const Scope& scope, Writer& out) {
  for (const IpPrefix& address : scope.tunnel->ipv6_addresses) out.line(address);
}

inline constexpr FixedText kInterfaceNumberPattern = FixedText() << "interface tunnel <number:0-"
                                                                 << kMaxTunnelNumber << ">";

inline constexpr std::array kInterface = {
    Row{.mode = Mode::Config,
        .pattern = "interface <tunnel:tunnel>",
        .help = "Configure an interface, creating it if it does not exist\nTunnel interface\n",
        .run = enter_interface,
        .no = remove_interface,
        .emit = emit_interfaces,
        .section = true},
    Row{.mode = Mode::Config,
        .pattern = kInterfaceNumberPattern.view(),
        .help = "Configure an interface, creating it if it does not exist\nTunnel interface\nIts number\n",
        .run = enter_interface,
        .no = remove_interface,
        .section = true,
        .another_spelling = true},

    // Interface mode, in the order in which running-config writes it.
    setting<&Tunnel::description>("description ![<text:line>]", "Description of the interface\nText\n"),
    Row{.mode = Mode::Interface,
        .pattern = kTunnelModePattern.view(),
        .help = kTunnelModeHelp.view(),
        .run = set_mode,
        .no = reset_mode,
        .emit = emit_mode},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel mode gre [{ipv6|multipoint}]",
        .help = "Tunnel settings\nKind of the tunnel\nGeneric Routing Encapsulation: not supported yet\nOver "
                "IPv6\nMultipoint: one interface, many peers\n",
        .run = refuse_gre},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel mode l2tp v3 [ipv6]",
        .help = "Tunnel settings\nKind of the tunnel\nL2TP: not supported yet\nVersion 3\nOver IPv6\n",
        .run = refuse_l2tp},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel source ![<address:address>]",
        .help = "Tunnel settings\nSource address of the outer packets\nLocal address\n",
        .run = set_source,
        .no = reset_source,
        .emit = emit_source},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel source <interface:interface>",
        .help =
            "Tunnel settings\nSource address of the outer packets\nInterface whose current address is used\n",
        .run = set_source_interface,
        .no = reset_source_interface,
        .emit = emit_source_interface},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel destination ![<address:address>]",
        .help = "Tunnel settings\nDestination address of the outer packets\nThe peer's address\n",
        .run = set_destination,
        .no = reset_destination,
        .emit = emit_destination},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel destination dynamic",
        .help =
            "Tunnel settings\nDestination address of the outer packets\nAccept the peer from any address\n",
        .run = set_dynamic_destination,
        .no = reset_dynamic_destination,
        .emit = emit_dynamic_destination},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel destination <name:hostname>",
        .help = "Tunnel settings\nDestination address of the outer packets\nThe peer's DNS name, resolved "
                "periodically\n",
        .run = set_destination_host,
        .no = reset_destination_host,
        .emit = emit_destination_host},
    setting<&Tunnel::local_name>("tunnel local name ![<name:identity>]",
                                 "Tunnel settings\nLocal end\nIKE identity of this router\nAn address, host "
                                 "name, user@host or subject, or a type and a name\n"),
    setting<&Tunnel::remote_name>("tunnel remote name ![<name:identity>]",
                                  "Tunnel settings\nRemote end\nIKE identity of the peer\nAn address, host "
                                  "name, user@host or subject, or a type and a name\n"),
    Row{.mode = Mode::Interface,
        .pattern = "tunnel local selector ![<prefix:network>]",
        .help =
            "Tunnel settings\nLocal end\nTraffic selector; all traffic by default\nNetwork behind that end\n",
        .run = set_first_selector<&Tunnel::local_selectors>,
        .no = reset_selectors<&Tunnel::local_selectors>,
        .emit = emit_first_selector<&Tunnel::local_selectors>},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel local selector <number:1-255> ![<prefix:network>]",
        .help = kLocalSelectorHelp.view(),
        .run = set_selector<&Tunnel::local_selectors>,
        .no = reset_selector<&Tunnel::local_selectors>,
        .emit = emit_selectors<&Tunnel::local_selectors>},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel remote selector ![<prefix:network>]",
        .help = "Tunnel settings\nRemote end\nTraffic selector; all traffic by default\nNetwork behind that "
                "end\n",
        .run = set_first_selector<&Tunnel::remote_selectors>,
        .no = reset_selectors<&Tunnel::remote_selectors>,
        .emit = emit_first_selector<&Tunnel::remote_selectors>},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel remote selector <number:1-255> ![<prefix:network>]",
        .help = kRemoteSelectorHelp.view(),
        .run = set_selector<&Tunnel::remote_selectors>,
        .no = reset_selector<&Tunnel::remote_selectors>,
        .emit = emit_selectors<&Tunnel::remote_selectors>},
    parameter<&Tunnel::df>(kDfPattern.view(), kDfHelp.view()),
    setting<&Tunnel::ttl>("tunnel ttl ![<hops:1-255>]",
                          "Tunnel settings\nTTL or hop limit of the outer packets\nHops\n"),
    setting<&Tunnel::dscp>(
        "tunnel dscp ![<dscp:0-63>]",
        "Tunnel settings\nDSCP of the outer packets; copied from the inner packet by default\nDSCP\n"),
    Row{.mode = Mode::Interface,
        .pattern = "tunnel protection ![ipsec]",
        .help = "Tunnel settings\nProtect the traffic of the tunnel\nIPsec\n",
        .run = set_protection,
        .no = reset_protection,
        .emit = emit_protection},
    Row{.mode = Mode::Interface,
        .pattern = "tunnel protection ipsec profile <profile:label>",
        .help = "Tunnel settings\nProtect the traffic of the tunnel\nIPsec\nIPsec profile; the default "
                "profile if omitted\nIts name\n",
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
        .help = "IPv4\nAddress of the interface\nAddress and prefix length\nAdditional address\n",
        .run = add_secondary_address,
        .no = remove_ip_address,
        .emit = emit_secondary_addresses},
    flag<&Tunnel::ipv6_enable>("ipv6 enable", "IPv6\nCreate the link-local address\n"),
    Row{.mode = Mode::Interface,
        .pattern = "ipv6 address ![<address:ipv6-interface>]",
        .help = "IPv6\nAddress of the interface\nAddress and prefix length\n",
        .run = add_ipv6_address,
        .no = remove_ipv6_address,
        .emit = emit_ipv6_addresses},
    Row{.mode = Mode::Interface,
        .pattern = "ip tcp adjust-mss ![<octets:64-1460>]",
        .help = "IPv4\nTCP\nLimit the maximum segment size (MSS) of TCP connections\nOctets\n",
        .run = set_mss<&Tunnel::ip_mss>,
        .no = reset_mss<&Tunnel::ip_mss>,
        .emit = emit_mss<&Tunnel::ip_mss>},
    Row{.mode = Mode::Interface,
        .pattern = "ip tcp adjust-mss pmtu",
        .help = "IPv4\nTCP\nLimit the maximum segment size (MSS) of TCP connections\nDerive the limit from "
                "the path MTU\n",
        .run = set_mss_of_path<&Tunnel::ip_mss>,
        .no = reset_mss_of_path<&Tunnel::ip_mss>,
        .emit = emit_mss_of_path<&Tunnel::ip_mss>},
    Row{.mode = Mode::Interface,
        .pattern = "ipv6 tcp adjust-mss ![<octets:64-1440>]",
        .help = "IPv6\nTCP\nLimit the maximum segment size (MSS) of TCP connections\nOctets\n",
        .run = set_mss<&Tunnel::ipv6_mss>,
        .no = reset_mss<&Tunnel::ipv6_mss>,
        .emit = emit_mss<&Tunnel::ipv6_mss>},
    Row{.mode = Mode::Interface,
        .pattern = "ipv6 tcp adjust-mss pmtu",
        .help = "IPv6\nTCP\nLimit the maximum segment size (MSS) of TCP connections\nDerive the limit from "
                "the path MTU\n",
        .run = set_mss_of_path<&Tunnel::ipv6_mss>,
        .no = reset_mss_of_path<&Tunnel::ipv6_mss>,
        .emit = emit_mss_of_path<&Tunnel::ipv6_mss>},
    setting<&Tunnel::mtu>("mtu ![<octets:68-1582>]", "MTU of the interface\nOctets\n"),
    flag<&Tunnel::shutdown>("shutdown", "Shut the interface down\n"),
};

}  // namespace awtun::config::rows
