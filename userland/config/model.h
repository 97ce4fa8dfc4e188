// SPDX-License-Identifier: Apache-2.0
// The configuration as plain values: what the command line edits, the startup file stores and the
// daemon compares with what runs. Nothing here has a side effect.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/base/traffic.h"
#include "userland/crypto/identity.h"
#include "userland/crypto/profile.h"

namespace awtun::config {

/// Number of the highest tunnel interface: names are "tunnel0" to "tunnel65535".
inline constexpr std::uint32_t kMaxTunnelNumber = 65535;

/// "tunnel<number>", the name of the network device too.
std::string tunnel_name(std::uint32_t number);

/// A peer known by its IKE identity (its tunnel's `tunnel remote name`). Those are equal that match.
struct PeerName {
  Identity identity;
  auto operator<=>(const PeerName& other) const { return identity.key() <=> other.identity.key(); }
  bool operator==(const PeerName& other) const { return identity.matches(other.identity); }
};

/// A peer known by the tunnel that reaches it.
struct ByTunnel {
  std::uint32_t number = 0;
  auto operator<=>(const ByTunnel&) const = default;
};

/// Whom a key is for: `address <ip>`, `hostname <name>` or `policy <tunnel>`.
using KeySelector = std::variant<IpAddress, PeerName, ByTunnel>;

/// `crypto isakmp key`. Copyable, unlike Secret: a candidate configuration is a copy of the running
/// one, keys included. Each copy is zeroised by its own destructor.
struct IsakmpKey {
  KeySelector selector;
  Secret key;

  IsakmpKey(KeySelector whom, Secret secret) : selector(std::move(whom)), key(std::move(secret)) {}
  IsakmpKey(const IsakmpKey& other) : selector(other.selector), key(other.key.copy()) {}
  IsakmpKey& operator=(const IsakmpKey& other);
  IsakmpKey(IsakmpKey&&) noexcept = default;
  IsakmpKey& operator=(IsakmpKey&&) noexcept = default;
  ~IsakmpKey() = default;

  bool operator==(const IsakmpKey& other) const = default;
};

/// `crypto isakmp profile`; the values of its parameters are the engine's.
struct NamedIsakmpProfile {
  IsakmpProfile settings;
  std::optional<std::string> trustpoint;  ///< `pki trustpoint`

  bool operator==(const NamedIsakmpProfile&) const = default;
};

/// The name of the profiles that exist without being configured.
inline constexpr std::string_view kDefaultProfile = "default";

/// Every peer whose address is not fixed: `tunnel destination dynamic`.
struct DynamicPeer {
  auto operator<=>(const DynamicPeer&) const = default;
};

/// Whom an ISAKMP profile is for: `address <ip>`, `hostname <name>`, `dynamic` or `policy <tunnel>`.
using PeerSelector = std::variant<IpAddress, PeerName, DynamicPeer, ByTunnel>;

/// "ipsec ipv4", "ipsec ipv6", "none".
std::string_view to_string(TunnelMode mode);
/// The family of the delivery packets; nullopt for None.
std::optional<Family> delivery_family(TunnelMode mode);

/// The key pair of a trustpoint: `rsakeypair <label> [<bits>]` or `eckeypair <label> [<bits>]`.
struct KeyPair {
  static constexpr std::string_view kDefaultLabel = "server-default";
  static constexpr std::uint16_t kDefaultRsaBits = 2048;
  static constexpr std::uint16_t kDefaultEcBits = 256;

  enum class Kind : std::uint8_t { Rsa, Ec } kind = Kind::Rsa;
  std::string label{kDefaultLabel};
  std::optional<std::uint16_t> bits;  ///< Unset: the default of the kind.

  [[nodiscard]] std::uint16_t size() const {
    return bits.value_or(kind == Kind::Rsa ? kDefaultRsaBits : kDefaultEcBits);
  }
  bool operator==(const KeyPair&) const = default;
};

/// `crypto pki trustpoint`: where a CA's certificate, our key pair and our certificate belong together.
struct Trustpoint {
  bool enrollment_terminal = false;             ///< Certificates come and go by copy and paste.
  std::optional<std::string> subject_name;      ///< "/O=Example/CN=test1.example.com"
  std::optional<std::string> subject_alt_name;  ///< "test1.example.com"
  std::optional<KeyPair> key_pair;              ///< Unset: KeyPair{}.

  bool operator==(const Trustpoint&) const = default;
};

/// A peer whose address the DNS knows: `tunnel destination <hostname>`.
struct HostName {
  std::string name;
  std::optional<IpAddress> address;  ///< Unset unless it has been looked up.

  bool operator==(const HostName&) const = default;
};

/// Where a tunnel leads: to an address, by whatever name, or to a peer that comes from any.
using Destination = std::variant<IpAddress, HostName, DynamicPeer>;

/// `adjust-mss`: the largest TCP segment to let a connection agree upon.
struct MaximumSegment {
  std::optional<std::uint16_t> octets;  ///< Unset: as much as the path carries.

  bool operator==(const MaximumSegment&) const = default;
};

/// Traffic selectors of one side by their numbers.
using SelectorList = std::map<std::uint8_t, IpPrefix>;

/// `tunnel protection ipsec`.
struct Protection {
  std::optional<std::string> profile;  ///< Unset: the default IPsec profile.

  bool operator==(const Protection&) const = default;
};

/// One `interface tunnel<N>`. A partly filled one is legal: it is simply not up.
struct Tunnel {
  TunnelMode mode = TunnelMode::None;
  std::optional<IpAddress> source;
  /// The source is the address of this interface; `source` is unset unless it has been looked up.
  std::optional<std::string> source_interface;
  std::optional<Destination> destination;
  std::optional<Identity> local_name;   ///< Our IKE identity; unset: the source address.
  std::optional<Identity> remote_name;  ///< The peer's IKE identity; unset: the destination address.
  SelectorList local_selectors;         ///< Empty: all traffic.
  SelectorList remote_selectors;        ///< Empty: all traffic.
  DontFragment df = DontFragment::Copy;
  std::optional<std::uint8_t> ttl;   ///< Unset: that of the route.
  std::optional<std::uint8_t> dscp;  ///< Unset: that of the inner packet.
  std::optional<Protection> protection;
  std::optional<MaximumSegment> ip_mss;    ///< Of TCP over IPv4; unset: as it is.
  std::optional<MaximumSegment> ipv6_mss;  ///< Of TCP over IPv6; unset: as it is.
  std::vector<IpPrefix> ip_addresses;      ///< The first is the primary address, the rest `secondary`.
  bool ipv6_enable = false;                ///< Make the IPv6 link-local address.
  std::vector<IpPrefix> ipv6_addresses;
  std::optional<std::string> description;
  bool shutdown = false;             ///< Administratively down.
  std::optional<std::uint16_t> mtu;  ///< Octets of the inner packet; unset: the kernel's computation.

  bool operator==(const Tunnel&) const = default;
};

/// The name of a network device as the kernel spells it; tunnels in the form tunnel_name() gives.
struct InterfaceName {
  std::string name;
  auto operator<=>(const InterfaceName&) const = default;
};

/// The interface that drops what is routed to it; in a configuration in any case.
inline constexpr std::string_view kNullInterface = "Null";

using Nexthop = std::variant<InterfaceName, IpAddress>;
std::string to_string(const Nexthop& nexthop);

/// `ip route` and `ipv6 route`; the family is the prefix's. Several next hops for one prefix may
/// stand beside each other.
struct StaticRoute {
  IpPrefix prefix;  ///< No host bits set.
  Nexthop nexthop;
  static constexpr std::uint8_t kDefaultDistance = 1;
  std::uint8_t distance = kDefaultDistance;  ///< 1-255, the lowest of a prefix wins.

  auto operator<=>(const StaticRoute&) const = default;
};

/// `exec-timeout` where it is not configured.
inline constexpr std::chrono::minutes kDefaultExecTimeout{10};

/// A whole configuration. Canonical: two that mean the same compare equal, however they were typed.
struct Config {
  std::map<std::string, Trustpoint> trustpoints;
  std::map<std::string, NamedIsakmpProfile> isakmp_profiles;
  std::vector<IsakmpKey> isakmp_keys;                ///< Sorted by selector, one key a selector.
  std::map<PeerSelector, std::string> isakmp_peers;  ///< The names of their ISAKMP profiles.
  std::map<std::string, IpsecProfile> ipsec_profiles;
  std::map<std::uint32_t, Tunnel> tunnels;
  std::vector<StaticRoute> routes;                          ///< Sorted; one entry a (prefix, nexthop).
  std::chrono::seconds exec_timeout = kDefaultExecTimeout;  ///< After which an idle session ends; 0: never.

  bool operator==(const Config&) const = default;
};

/// The address of the tunnel's destination; null when it has none.
const IpAddress* destination_address(const Tunnel& tunnel);
/// The host name of its destination, likewise.
const HostName* destination_host(const Tunnel& tunnel);
bool has_dynamic_destination(const Tunnel& tunnel);

/// The name by which the configuration speaks of the peer: `tunnel remote name`, else the host name of its
/// destination.
std::optional<PeerName> peer_name(const Tunnel& tunnel);

/// The key that `tunnel` uses: by its policy, else by its peer's name, else by its destination. Null when
/// none matches. The pointer lives as long as `config` is unchanged.
const IsakmpKey* find_key(const Config& config, std::uint32_t number, const Tunnel& tunnel);

/// The name of the ISAKMP profile for `tunnel`: by its policy, else by its peer's name, else by its
/// destination, else the default one.
std::string_view isakmp_profile_name(const Config& config, std::uint32_t number, const Tunnel& tunnel);
/// The same for its IPsec profile.
std::string_view ipsec_profile_name(const Tunnel& tunnel);
/// The profiles of `tunnel`.
NamedIsakmpProfile isakmp_profile(const Config& config, std::uint32_t number, const Tunnel& tunnel);
IpsecProfile ipsec_profile(const Config& config, const Tunnel& tunnel);

/// The first name in `config` that nothing has, as a sentence without full stop: such a configuration
/// is refused. nullopt: there is none.
std::optional<std::string> dangling_reference(const Config& config);

/// A name by which one part of a configuration uses another.
struct Reference {
  std::string user;   ///< "interface tunnel0"
  std::string thing;  ///< "crypto ipsec profile legacy"

  auto operator<=>(const Reference&) const = default;
  /// What is said when nothing has the name.
  [[nodiscard]] std::string missing() const;
};
/// All of them.
std::vector<Reference> references(const Config& config);
/// Takes all out that nothing has, and returns them. A tunnel whose ISAKMP profile goes with one is shut
/// down, lest it falls back to the default one.
std::vector<Reference> remove_dangling_references(Config& config);

/// Something that keeps a part of the configuration from working, though every line is legal.
struct Problem {
  std::optional<std::uint32_t> tunnel;  ///< Unset: a problem of the whole.
  std::string text;                     ///< One sentence without full stop, for an operator.

  bool operator==(const Problem&) const = default;
};

/// Every reason why a tunnel of `config` that is not shut down cannot come up: no mode, source or
/// destination missing or of the wrong family, no protection, no key, a profile that offers nothing.
/// Empty: nothing stands in the way.
std::vector<Problem> validate(const Config& config);

}  // namespace awtun::config
