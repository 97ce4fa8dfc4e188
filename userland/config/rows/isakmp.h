// SPDX-License-Identifier: Apache-2.0
// Rows of `crypto isakmp`, and those of ISAKMP profile mode.
#pragma once

#include <algorithm>
#include <array>

#include "userland/config/rows/profile.h"

namespace awtun::config::rows {

inline constexpr TransformChoices kIsakmpChoices = [] {
  TransformChoices made;
  for (const auto& row : crypto::kHashes) made.integrity.add(row.word);
  for (const auto& row : crypto::kEncryptions) made.encryption.add(row.isakmp);
  return made;
}();

inline Answer set_version(const Context&, Args& args) {
  if (args.get<std::uint32_t>(0) == 0) return Refused{"IKE version 1 is not supported"};
  return Done{};
}

inline std::optional<crypto::IkeSuite> ike_suite_of(Args& args) {
  if (!args.has(1)) return std::nullopt;
  return crypto::ike_suite(kIsakmpChoices.encryption_of(args), kIsakmpChoices.integrity_of(args),
                           group_of(args.get<std::uint32_t>(3)));
}

inline Answer set_isakmp_transform(const Context& context, Args& args) {
  return set_transform(context.isakmp_profile().settings.transforms, args, kIsakmpChoices,
                       ike_suite_of(args));
}

inline Answer remove_isakmp_transform(const Context& context, Args& args) {
  return remove_transform(context.isakmp_profile().settings.transforms, args, ike_suite_of(args));
}

inline void emit_isakmp_transforms(const Scope& scope, Writer& out) {
  for (const auto& [number, suite] : scope.isakmp_profile->settings.transforms) {
    const auto words = crypto::words_of(suite);
    out.line(std::uint32_t{number}, kIsakmpChoices.integrity.index_of(words.integrity),
             kIsakmpChoices.encryption.index_of(words.encryption), choice_of(suite.group));
  }
}

inline constexpr FixedText kIsakmpTransformPattern =
    FixedText() << "transform <number:1-255> ![integrity " << kIsakmpChoices.integrity << " encryption "
                << kIsakmpChoices.encryption << " group " << kGroupChoices << "]";
inline constexpr FixedText kIsakmpTransformHelp =
    (FixedText() << "Transform: a combination of algorithms\nIts number; the lowest is preferred\nIntegrity "
                    "and pseudo-random function; with an AEAD such as AES-GCM only the latter\n")
        .help(kIsakmpChoices.integrity)
        .line("Encryption")
        .help(kIsakmpChoices.encryption)
        .line("Diffie-Hellman group")
        .help(kGroupChoices);

inline constexpr Choices kAuthChoices = choices_of(kWordsOf<AuthMethod>);
inline constexpr FixedText kLocalAuthPattern = FixedText()
                                               << "local authentication ![" << kAuthChoices << "]";
inline constexpr FixedText kLocalAuthHelp =
    (FixedText() << "Local end\nAuthentication method of this router\n").help(kAuthChoices);
inline constexpr FixedText kRemoteAuthPattern = FixedText()
                                                << "remote authentication ![" << kAuthChoices << "]";
inline constexpr FixedText kRemoteAuthHelp =
    (FixedText() << "Remote end\nAuthentication method of the peer\n").help(kAuthChoices);

inline constexpr FixedText kIsakmpLifetimePattern = FixedText() << "lifetime ![<seconds:600-"
                                                                << kMaxLifetime.count() << ">]";
inline constexpr FixedText kIsakmpLifetimeHelp = FixedText() << "Lifetime of the ISAKMP SA, "
                                                             << IsakmpProfile::kDefaultLifetime.count()
                                                             << " hours by default\nSeconds\n";
inline constexpr FixedText kDpdHelp = FixedText() << "Idle time before a dead peer detection probe, "
                                                  << IsakmpProfile::kDefaultDpdInterval.count()
                                                  << " by default\nSeconds\n";

inline Answer set_trustpoint_of_profile(const Context& context, Args& args) {
  context.isakmp_profile().trustpoint = std::move(args.get<std::string>(0));
  return Done{};
}

inline Answer reset_trustpoint_of_profile(const Context& context, Args& args) {
  auto& trustpoint = context.isakmp_profile().trustpoint;
  if (args.has(0) && trustpoint != args.get<std::string>(0)) return not_configured();
  trustpoint.reset();
  return Done{};
}

inline void emit_trustpoint_of_profile(const Scope& scope, Writer& out) {
  if (scope.isakmp_profile->trustpoint) out.line(*scope.isakmp_profile->trustpoint);
}

inline void emit_isakmp_profiles(const Scope& scope, Writer& out) {
  for (const auto& [name, profile] : scope.config.isakmp_profiles) {
    out.separator();
    out.line(name);
    out.rows(Mode::IsakmpProfile, {.config = scope.config, .isakmp_profile = &profile});
  }
}

/// The peer that a line names, its value being the one at `index`.
template <class Selector>
Selector selector_of(Args& args, std::size_t index) {
  if constexpr (std::is_same_v<Selector, PeerName>)
    return {args.get<Identity>(index)};
  else if constexpr (std::is_same_v<Selector, ByTunnel>)
    return {args.get<std::uint32_t>(index)};
  else
    return args.get<IpAddress>(index);
}

/// The inverse: the value of a selector.
inline Value value_of(const PeerName& peer) { return peer.identity; }
inline Value value_of(const ByTunnel& policy) { return policy.number; }
inline Value value_of(const IpAddress& address) { return address; }

template <class Selector>
Answer set_key(const Context& context, Args& args) {
  auto& keys = context.config.isakmp_keys;
  IsakmpKey key(selector_of<Selector>(args, 1), std::move(args.get<Secret>(0)));
  const auto at = std::ranges::lower_bound(keys, key.selector, {}, &IsakmpKey::selector);
  if (at != keys.end() && at->selector == key.selector)
    *at = std::move(key);
  else
    keys.insert(at, std::move(key));
  return Done{};
}

template <class Selector>
Answer remove_key(const Context& context, Args& args) {
  auto& keys = context.config.isakmp_keys;
  const KeySelector selector(selector_of<Selector>(args, 1));
  const auto at = std::ranges::lower_bound(keys, selector, {}, &IsakmpKey::selector);
  if (at == keys.end() || at->selector != selector) return Refused{"there is no such key"};
  if (args.has(0) && at->key != args.get<Secret>(0))
    return Refused{"another key is configured; omit the key to remove it"};
  keys.erase(at);
  return Done{};
}

template <class Selector>
void emit_keys(const Scope& scope, Writer& out) {
  for (const IsakmpKey& key : scope.config.isakmp_keys)
    if (const auto* selector = std::get_if<Selector>(&key.selector))
      out.line(key.key.copy(), value_of(*selector));
}

/// `profile <name>` stands behind the selector's value, if it has one.
template <class Selector>
constexpr std::size_t kProfileIndex = std::is_same_v<Selector, DynamicPeer> ? 0 : 1;

template <class Selector>
PeerSelector peer_of(Args& args) {
  if constexpr (std::is_same_v<Selector, DynamicPeer>)
    return DynamicPeer{};
  else
    return selector_of<Selector>(args, 0);
}

template <class Selector>
Answer set_peer(const Context& context, Args& args) {
  context.config.isakmp_peers[peer_of<Selector>(args)] = args.get<std::string>(kProfileIndex<Selector>);
  return Done{};
}

template <class Selector>
Answer remove_peer(const Context& context, Args& args) {
  auto& peers = context.config.isakmp_peers;
  const auto at = peers.find(peer_of<Selector>(args));
  if (at == peers.end()) return Refused{"there is no such peer"};
  const auto index = kProfileIndex<Selector>;
  if (args.has(index) && at->second != args.get<std::string>(index)) return not_configured();
  peers.erase(at);
  return Done{};
}

template <class Selector>
void emit_peers(const Scope& scope, Writer& out) {
  for (const auto& [peer, profile] : scope.config.isakmp_peers) {
    const auto* selector = std::get_if<Selector>(&peer);
    if (selector == nullptr) continue;
    if constexpr (std::is_same_v<Selector, DynamicPeer>)
      out.line(profile);
    else
      out.line(value_of(*selector), profile);
  }
}

inline constexpr std::array kIsakmp = {
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp profile <profile:label>",
        .help = "Security\nKey exchange (IKE)\nConfigure an ISAKMP profile, creating it if it does not "
                "exist\nIts name\n",
        .run = enter_profile<&Config::isakmp_profiles, Mode::IsakmpProfile>,
        .no = remove_profile<&Config::isakmp_profiles>,
        .emit = emit_isakmp_profiles,
        .section = true},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] address <peer:address>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nPeer at an address\nAddress of the "
                "peer\n",
        .run = set_key<IpAddress>,
        .no = remove_key<IpAddress>,
        .emit = emit_keys<IpAddress>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] hostname <peer:identity>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nPeer with an IKE identity\nIKE "
                "identity of the peer (its tunnel local name)\n",
        .run = set_key<PeerName>,
        .no = remove_key<PeerName>,
        .emit = emit_keys<PeerName>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp key ![<key:secret>] policy <tunnel:tunnel>",
        .help = "Security\nKey exchange (IKE)\nPre-shared key\nThe key\nPeer of a tunnel\nTunnel interface\n",
        .run = set_key<ByTunnel>,
        .no = remove_key<ByTunnel>,
        .emit = emit_keys<ByTunnel>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp peer address <peer:address> ![profile <profile:label>]",
        .help = "Security\nKey exchange (IKE)\nISAKMP profile of a peer\nPeer at an address\nAddress of the "
                "peer\nThe ISAKMP profile\nIts name\n",
        .run = set_peer<IpAddress>,
        .no = remove_peer<IpAddress>,
        .emit = emit_peers<IpAddress>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp peer dynamic ![profile <profile:label>]",
        .help = "Security\nKey exchange (IKE)\nISAKMP profile of a peer\nPeers without a fixed address\nThe "
                "ISAKMP profile\nIts name\n",
        .run = set_peer<DynamicPeer>,
        .no = remove_peer<DynamicPeer>,
        .emit = emit_peers<DynamicPeer>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp peer hostname <peer:name> ![profile <profile:label>]",
        .help = "Security\nKey exchange (IKE)\nISAKMP profile of a peer\nPeer with an IKE identity\nIKE "
                "identity of the peer (its tunnel local name)\nThe ISAKMP profile\nIts name\n",
        .run = set_peer<PeerName>,
        .no = remove_peer<PeerName>,
        .emit = emit_peers<PeerName>},
    Row{.mode = Mode::Config,
        .pattern = "crypto isakmp peer policy <tunnel:tunnel> ![profile <profile:label>]",
        .help = "Security\nKey exchange (IKE)\nISAKMP profile of a peer\nPeer of a tunnel\nTunnel "
                "interface\nThe ISAKMP profile\nIts name\n",
        .run = set_peer<ByTunnel>,
        .no = remove_peer<ByTunnel>,
        .emit = emit_peers<ByTunnel>},

    // ISAKMP profile mode, in the order in which running-config writes it.
    Row{.mode = Mode::IsakmpProfile,
        .pattern = "version {1|2}",
        .help = "IKE version\nIKEv1, not supported\nIKEv2\n",
        .run = set_version},
    parameter<&IsakmpProfile::lifetime>(kIsakmpLifetimePattern.view(), kIsakmpLifetimeHelp.view()),
    parameter<&IsakmpProfile::dpd_interval>("dpd-interval ![<seconds:10-86400>]", kDpdHelp.view()),
    parameter<&IsakmpProfile::local_authentication>(kLocalAuthPattern.view(), kLocalAuthHelp.view()),
    parameter<&IsakmpProfile::remote_authentication>(kRemoteAuthPattern.view(), kRemoteAuthHelp.view()),
    Row{.mode = Mode::IsakmpProfile,
        .pattern = "pki trustpoint ![<trustpoint:label>]",
        .help = "Certificates\nTrustpoint that holds the certificates\nIts name\n",
        .run = set_trustpoint_of_profile,
        .no = reset_trustpoint_of_profile,
        .emit = emit_trustpoint_of_profile},
    Row{.mode = Mode::IsakmpProfile,
        .pattern = kIsakmpTransformPattern.view(),
        .help = kIsakmpTransformHelp.view(),
        .run = set_isakmp_transform,
        .no = remove_isakmp_transform,
        .emit = emit_isakmp_transforms},
};

}  // namespace awtun::config::rows
