// SPDX-License-Identifier: Apache-2.0
// THE command table. A second description of a command anywhere else is a bug.
#include "userland/config/grammar.h"

#include <algorithm>
#include <array>

namespace awtun::config {
namespace {

// --- Exec mode ------------------------------------------------------------------------------------

Answer configure_terminal(const Context& context, Args&) {
  context.session = {Mode::Config, std::nullopt};
  return Done{};
}

/// `show` of something, narrowed to the tunnel that the line may name.
template <View What>
Answer show(const Context&, Args& args) {
  return Show{What, args.has(0) ? std::optional(args.get<std::uint32_t>(0)) : std::nullopt};
}

template <Operate::What What>
Answer operate(const Context& context, Args& args) {
  const auto tunnel = args.get<std::uint32_t>(0);
  if (!context.config.tunnels.contains(tunnel)) return Refused{tunnel_name(tunnel) + " does not exist"};
  return Operate{What, tunnel};
}

Answer save(const Context&, Args&) { return SaveStartup{}; }
Answer quit(const Context&, Args&) { return Quit{}; }
Answer nothing(const Context&, Args&) { return Done{}; }

Answer to_exec(const Context& context, Args&) {
  context.session = {};
  return Done{};
}

Answer to_config(const Context& context, Args&) {
  context.session = {Mode::Config, std::nullopt};
  return Done{};
}

// --- crypto isakmp key ----------------------------------------------------------------------------

template <class Selector>
Selector selector_of(Args& args) {
  if constexpr (std::is_same_v<Selector, PeerName>) {
    return {args.get<std::string>(1)};
  } else if constexpr (std::is_same_v<Selector, TunnelPolicy>) {
    return {args.get<std::uint32_t>(1)};
  } else {
    return args.get<IpAddress>(1);
  }
}

template <class Selector>
Answer set_key(const Context& context, Args& args) {
  auto& keys = context.config.isakmp_keys;
  IsakmpKey key(selector_of<Selector>(args), std::move(args.get<Secret>(0)));
  const auto at = std::ranges::lower_bound(keys, key.selector, {}, &IsakmpKey::selector);
  if (at != keys.end() && at->selector == key.selector) {
    *at = std::move(key);
  } else {
    keys.insert(at, std::move(key));
  }
  return Done{};
}

template <class Selector>
Answer remove_key(const Context& context, Args& args) {
  auto& keys = context.config.isakmp_keys;
  const auto at = std::ranges::find(keys, KeySelector(selector_of<Selector>(args)), &IsakmpKey::selector);
  if (at == keys.end()) return Refused{"there is no such key"};
  if (args.has(0) && !at->key.equals(args.get<Secret>(0).view())) {
    return Refused{"the key configured there is another one; leave the key out to remove it"};
  }
  keys.erase(at);
  return Done{};
}

template <class Selector>
void emit_keys(const Scope& scope, Writer& out) {
  for (const IsakmpKey& key : scope.config.isakmp_keys) {
    const auto* selector = std::get_if<Selector>(&key.selector);
    if (selector == nullptr) continue;
    if constexpr (std::is_same_v<Selector, PeerName>) {
      out.line(key.key.copy(), selector->name);
    } else if constexpr (std::is_same_v<Selector, TunnelPolicy>) {
      out.line(key.key.copy(), selector->number);
    } else {
      out.line(key.key.copy(), *selector);
    }
  }
}

// --- interface ------------------------------------------------------------------------------------

Answer enter_interface(const Context& context, Args& args) {
  const auto number = args.get<std::uint32_t>(0);
  context.config.tunnels.try_emplace(number);
  context.session = {Mode::Interface, number};
  return Done{};
}

Answer remove_interface(const Context& context, Args& args) {
  const auto number = args.get<std::uint32_t>(0);
  if (context.config.tunnels.erase(number) == 0) return Refused{tunnel_name(number) + " does not exist"};
  return Done{};
}

void emit_interfaces(const Scope& scope, Writer& out) {
  for (const auto& [number, tunnel] : scope.config.tunnels) {
    out.separator();
    out.line(number);
    out.rows(Mode::Interface, {scope.config, &tunnel});
  }
}

// --- static routes --------------------------------------------------------------------------------

StaticRoute route_of(Args& args) {
  StaticRoute route{args.get<IpPrefix>(0), InterfaceName{}};
  route.nexthop = args.get<Nexthop>(1);
  if (args.has(2)) route.distance = static_cast<std::uint8_t>(args.get<std::uint32_t>(2));
  return route;
}

std::vector<StaticRoute>::iterator find_route(std::vector<StaticRoute>& routes, const StaticRoute& wanted) {
  return std::ranges::find_if(routes, [&wanted](const StaticRoute& route) {
    return route.prefix == wanted.prefix && route.nexthop == wanted.nexthop;
  });
}

Answer set_route(const Context& context, Args& args) {
  auto& routes = context.config.routes;
  const StaticRoute route = route_of(args);
  if (const auto same = find_route(routes, route); same != routes.end()) routes.erase(same);
  routes.insert(std::ranges::lower_bound(routes, route), route);
  return Done{};
}

Answer remove_route(const Context& context, Args& args) {
  auto& routes = context.config.routes;
  const StaticRoute wanted = route_of(args);
  const auto at = find_route(routes, wanted);
  if (at == routes.end() || (args.has(2) && at->distance != wanted.distance)) {
    return Refused{"there is no such route"};
  }
  routes.erase(at);
  return Done{};
}

template <Family F>
void emit_routes(const Scope& scope, Writer& out) {
  for (const StaticRoute& route : scope.config.routes) {
    if (route.prefix.address.family() != F) continue;
    if (route.distance == StaticRoute{}.distance) {
      out.line(route.prefix, route.nexthop);
    } else {
      out.line(route.prefix, route.nexthop, std::uint32_t{route.distance});
    }
  }
}

// --- Interface mode: settings that are one member of Tunnel ---------------------------------------

/// How a member of Tunnel holds the value of a command line.
template <class Stored>
struct Holder {
  using Typed = Stored;
};
template <>
struct Holder<std::uint16_t> {
  using Typed = std::uint32_t;
};

/// A row for one std::optional member: set by the value, reset by `no`, written where it is set.
template <auto Member>
constexpr Row setting(std::string_view pattern, std::string_view help) {
  using Stored = typename std::remove_reference_t<decltype(std::declval<Tunnel&>().*Member)>::value_type;
  using Typed = typename Holder<Stored>::Typed;
  return {.mode = Mode::Interface,
          .pattern = pattern,
          .help = help,
          .run = [](const Context& context, Args& args) -> Answer {
            context.tunnel().*Member = static_cast<Stored>(args.get<Typed>(0));
            return Done{};
          },
          .no = [](const Context& context, Args& args) -> Answer {
            auto& member = context.tunnel().*Member;
            if (args.has(0) && member != static_cast<Stored>(args.get<Typed>(0))) {
              return Refused{"this is not the value configured"};
            }
            member.reset();
            return Done{};
          },
          .emit =
              [](const Scope& scope, Writer& out) {
                if (const auto& member = scope.tunnel->*Member) out.line(static_cast<Typed>(*member));
              }};
}

/// A row for one bool member, false by default.
template <bool Tunnel::*Member>
constexpr Row flag(std::string_view pattern, std::string_view help) {
  return {
      .mode = Mode::Interface,
      .pattern = pattern,
      .help = help,
      .run = [](const Context& context, Args&) -> Answer { return context.tunnel().*Member = true, Done{}; },
      .no = [](const Context& context, Args&) -> Answer { return context.tunnel().*Member = false, Done{}; },
      .emit =
          [](const Scope& scope, Writer& out) {
            if (scope.tunnel->*Member) out.line();
          }};
}

// --- Interface mode: the rest ---------------------------------------------------------------------

/// In the order of the words of the `tunnel mode` row.
constexpr std::array kModes = {TunnelMode::IpsecIpv4, TunnelMode::IpsecIpv6};

Answer set_mode(const Context& context, Args& args) {
  context.tunnel().mode = kModes.at(args.get<std::uint32_t>(0));
  return Done{};
}

Answer reset_mode(const Context& context, Args& args) {
  TunnelMode& mode = context.tunnel().mode;
  if (args.has(0) && mode != kModes.at(args.get<std::uint32_t>(0))) {
    return Refused{"this is not the mode configured"};
  }
  mode = TunnelMode::None;
  return Done{};
}

void emit_mode(const Scope& scope, Writer& out) {
  for (std::uint32_t i = 0; i < kModes.size(); ++i) {
    if (scope.tunnel->mode == kModes.at(i)) out.line(i);
  }
}

Answer set_protection(const Context& context, Args&) {
  context.tunnel().protection.emplace();
  return Done{};
}

Answer reset_protection(const Context& context, Args&) {
  context.tunnel().protection.reset();
  return Done{};
}

void emit_protection(const Scope& scope, Writer& out) {
  if (scope.tunnel->protection) out.line();
}

Answer set_primary_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (!addresses.empty()) addresses.erase(addresses.begin());
  std::erase(addresses, address);
  addresses.insert(addresses.begin(), address);
  return Done{};
}

Answer add_secondary_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (addresses.empty()) return Refused{"a secondary address needs a primary one first"};
  if (addresses.front() == address) return Refused{"this is the primary address"};
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  return Done{};
}

Answer remove_ip_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ip_addresses;
  if (!args.has(0)) {
    addresses.clear();
  } else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0) {
    return Refused{"the interface does not have this address"};
  }
  return Done{};
}

void emit_primary_address(const Scope& scope, Writer& out) {
  if (!scope.tunnel->ip_addresses.empty()) out.line(scope.tunnel->ip_addresses.front());
}

void emit_secondary_addresses(const Scope& scope, Writer& out) {
  const auto& addresses = scope.tunnel->ip_addresses;
  for (std::size_t i = 1; i < addresses.size(); ++i) out.line(addresses[i]);
}

Answer add_ipv6_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ipv6_addresses;
  const auto& address = args.get<IpPrefix>(0);
  if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  return Done{};
}

Answer remove_ipv6_address(const Context& context, Args& args) {
  auto& addresses = context.tunnel().ipv6_addresses;
  if (!args.has(0)) {
    addresses.clear();
  } else if (std::erase(addresses, args.get<IpPrefix>(0)) == 0) {
    return Refused{"the interface does not have this address"};
  }
  return Done{};
}

void emit_ipv6_addresses(const Scope& scope, Writer& out) {
  for (const IpPrefix& address : scope.tunnel->ipv6_addresses) out.line(address);
}

// --- The table ------------------------------------------------------------------------------------

constexpr std::array kRows = {
    // Exec mode.
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp sa <tunnel:tunnel>",
        .help = "Delete, to be made anew\nKey exchange (IKE)\nSecurity associations\nOf this tunnel\n",
        .run = operate<Operate::What::ClearIsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "configure terminal",
        .help = "Enter configuration mode\nFrom this terminal\n",
        .run = configure_terminal},
    Row{.mode = Mode::Exec,
        .pattern = "copy running-config startup-config",
        .help = "Copy a configuration\nThe configuration in use\nThe configuration of the next start\n",
        .run = save,
        .under_do = true},
    Row{.mode = Mode::Exec, .pattern = "end", .help = "Return to exec mode\n", .run = nothing},
    Row{.mode = Mode::Exec, .pattern = "exit", .help = "Leave this mode\n", .run = quit},
    Row{.mode = Mode::Exec,
        .pattern = "rekey ipsec sa <tunnel:tunnel>",
        .help =
            "Negotiate new keys now, without interruption\nIPsec\nSecurity associations\nOf this tunnel\n",
        .run = operate<Operate::What::RekeyIpsecSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "rekey isakmp sa <tunnel:tunnel>",
        .help = "Negotiate new keys now, without interruption\nKey exchange (IKE)\nSecurity associations\n"
                "Of this tunnel\n",
        .run = operate<Operate::What::RekeyIsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show interface [<tunnel:tunnel>]",
        .help = "Show what the system does\nTunnel interfaces\nOne tunnel interface\n",
        .run = show<View::Interface>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show interface tunnel <number:0-65535>",
        .help = "Show what the system does\nTunnel interfaces\nOne tunnel interface\nIts number\n",
        .run = show<View::Interface>,
        .another_spelling = true,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec sa",
        .help = "Show what the system does\nIPsec\nSecurity associations\n",
        .run = show<View::IpsecSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp sa",
        .help = "Show what the system does\nKey exchange (IKE)\nSecurity associations and peers\n",
        .run = show<View::IsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show running-config [interface <tunnel:tunnel>]",
        .help = "Show what the system does\nThe configuration in use\nOf one interface\nTunnel interface\n",
        .run = show<View::RunningConfig>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show running-config interface tunnel <number:0-65535>",
        .help = "Show what the system does\nThe configuration in use\nOf one interface\nTunnel interface\n"
                "Its number\n",
        .run = show<View::RunningConfig>,
        .another_spelling = true,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show startup-config",
        .help = "Show what the system does\nThe configuration of the next start\n",
        .run = show<View::StartupConfig>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "terminal length <lines:0-512>",
        .help = "Terminal settings\nLines of a page; accepted, and without effect\nLines, 0 for no paging\n",
        .run = nothing,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "write [memory]",
        .help = "Save the running configuration for the next start\nTo permanent memory\n",
        .run = save,
        .under_do = true},

    // Configuration mode.
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] address <peer:address>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nOf the peer at an address\n"
                "Address of the peer\n",
        .run = set_key<IpAddress>,
        .no = remove_key<IpAddress>,
        .emit = emit_keys<IpAddress>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] hostname <peer:name>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nOf the peer with a name\n"
                "The peer's IKE identity (its tunnel local name)\n",
        .run = set_key<PeerName>,
        .no = remove_key<PeerName>,
        .emit = emit_keys<PeerName>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] policy <tunnel:tunnel>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nOf the peer behind a tunnel\n"
                "Tunnel interface\n",
        .run = set_key<TunnelPolicy>,
        .no = remove_key<TunnelPolicy>,
        .emit = emit_keys<TunnelPolicy>},
    Row{.mode = Mode::Config,
        .pattern = "do <command:command>",
        .help = "Run an exec command\nThe command\n"},
    Row{.mode = Mode::Config, .pattern = "end", .help = "Return to exec mode\n", .run = to_exec},
    Row{.mode = Mode::Config, .pattern = "exit", .help = "Leave this mode\n", .run = to_exec},
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
    Row{.mode = Mode::Config,
        .pattern = "ip route <prefix:ipv4-network> <nexthop:ipv4-nexthop> [<distance:1-255>]",
        .help = "IPv4\nStatic route\nDestination network\nNext hop, or the interface that leads there\n"
                "Administrative distance, 1 by default\n",
        .run = set_route,
        .no = remove_route,
        .emit = emit_routes<Family::V4>},
    Row{.mode = Mode::Config,
        .pattern = "ipv6 route <prefix:ipv6-network> <nexthop:ipv6-nexthop> [<distance:1-255>]",
        .help = "IPv6\nStatic route\nDestination network\nNext hop, or the interface that leads there\n"
                "Administrative distance, 1 by default\n",
        .run = set_route,
        .no = remove_route,
        .emit = emit_routes<Family::V6>},

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
    Row{.mode = Mode::Interface,
        .pattern = "do <command:command>",
        .help = "Run an exec command\nThe command\n"},
    Row{.mode = Mode::Interface, .pattern = "end", .help = "Return to exec mode\n", .run = to_exec},
    Row{.mode = Mode::Interface, .pattern = "exit", .help = "Leave this mode\n", .run = to_config},
};

// --- Forms, built and checked by the compiler -----------------------------------------------------

constexpr std::size_t count_forms() {
  std::size_t count = 0;
  for (const Row& row : kRows) count += row.no ? 2 : 1;
  return count;
}

constexpr auto kForms = [] {
  std::array<Form, count_forms()> forms;
  std::size_t next = 0;
  for (const Row& row : kRows) {
    forms[next++] = {&row, false, PatternParser(row.pattern, row.help, false).parse()};
    if (row.no) forms[next++] = {&row, true, PatternParser(row.pattern, row.help, true).parse()};
  }
  return forms;
}();

constexpr bool same_token(const Token& a, const Token& b) {
  return a.keyword == b.keyword && a.text == b.text && a.type == b.type && a.minimum == b.minimum &&
         a.maximum == b.maximum;
}

/// What `?` says of a word does not depend on the row that is asked.
constexpr bool same_help_for_same_words(const Form& a, const Form& b) {
  for (std::size_t i = 0; i < a.pattern.size && i < b.pattern.size; ++i) {
    if (!same_token(a.pattern.tokens[i], b.pattern.tokens[i])) return true;
    if (a.pattern.tokens[i].help != b.pattern.tokens[i].help) return false;
  }
  return true;
}

/// An action finds its values by number, so every value a positive form lacks must be one of the last.
constexpr bool omissible_values_come_last(const Form& form) {
  std::size_t skipped_until = 0;
  for (std::size_t i = 0; i < form.pattern.size; ++i) {
    const Token& token = form.pattern.tokens[i];
    if (token.skip_to != 0) skipped_until = token.skip_to;
    if (!token.keyword && !form.negated && i >= skipped_until && skipped_until != 0) return false;
  }
  return true;
}

constexpr bool lint() {
  for (const Form& a : kForms) {
    const Row& row = *a.row;
    if (!omissible_values_come_last(a)) return false;
    if (row.mode != Mode::Exec && row.no && !row.another_spelling && !row.emit) return false;
    if (row.mode == Mode::Exec && (row.no || row.emit)) return false;
    if (row.mode != Mode::Exec && row.under_do) return false;
    for (const Form& b : kForms) {
      if (&a == &b || a.row->mode != b.row->mode || a.negated != b.negated) continue;
      if (a.row->pattern == b.row->pattern || !same_help_for_same_words(a, b)) return false;
    }
  }
  return true;
}
static_assert(lint());

constexpr std::uint64_t fnv1a(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return (hash ^ 0xffU) * 0x100000001b3ULL;  // no octet of a pattern: rows cannot run together
}

constexpr std::uint64_t kHash = [] {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const Row& row : kRows) {
    hash = fnv1a(hash, std::string_view("012").substr(static_cast<std::size_t>(row.mode), 1));
    hash = fnv1a(hash, row.no ? "no" : "");
    hash = fnv1a(hash, row.pattern);
  }
  return hash;
}();

}  // namespace

std::span<const Form> forms() { return kForms; }
std::uint64_t grammar_hash() { return kHash; }

}  // namespace awtun::config
