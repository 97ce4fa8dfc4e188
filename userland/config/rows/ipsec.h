// SPDX-License-Identifier: Apache-2.0
// Rows of `crypto ipsec`, and those of IPsec profile mode.
#pragma once

#include <array>

#include "userland/config/rows/profile.h"

namespace awtun::config::rows {

inline constexpr TransformChoices kIpsecChoices = [] {
  TransformChoices made;
  for (const auto& row : crypto::kHashes)
    if (row.kernel != AWTUN_AUTH_NONE) made.integrity.add(row.word);
  for (const auto& row : crypto::kEncryptions) {
    made.integrity.add(row.ipsec_integrity);
    made.encryption.add(row.ipsec);
  }
  return made;
}();

inline Answer set_pfs(const Context& context, Args& args) {
  context.ipsec_profile().pfs_group = group_of(args.get<std::uint32_t>(0));
  return Done{};
}

inline Answer reset_pfs(const Context& context, Args& args) {
  auto& group = context.ipsec_profile().pfs_group;
  if (args.has(0) && group != group_of(args.get<std::uint32_t>(0))) return not_configured();
  group.reset();
  return Done{};
}

inline void emit_pfs(const Scope& scope, Writer& out) {
  if (const auto& group = scope.ipsec_profile->pfs_group) out.line(choice_of(*group));
}

inline std::optional<crypto::EspSuite> esp_suite_of(Args& args) {
  if (!args.has(1)) return std::nullopt;
  return crypto::esp_suite(kIpsecChoices.encryption_of(args), kIpsecChoices.integrity_of(args));
}

inline Answer set_ipsec_transform(const Context& context, Args& args) {
  return set_transform(context.ipsec_profile().transforms, args, kIpsecChoices, esp_suite_of(args));
}

inline Answer remove_ipsec_transform(const Context& context, Args& args) {
  return remove_transform(context.ipsec_profile().transforms, args, esp_suite_of(args));
}

inline void emit_ipsec_transforms(const Scope& scope, Writer& out) {
  for (const auto& [number, suite] : scope.ipsec_profile->transforms) {
    const auto words = crypto::words_of(suite);
    out.line(std::uint32_t{number}, kIpsecChoices.integrity.index_of(words.integrity),
             kIpsecChoices.encryption.index_of(words.encryption));
  }
}

inline constexpr FixedText kIpsecTransformPattern =
    FixedText() << "transform <number:1-255> ![protocol esp integrity " << kIpsecChoices.integrity
                << " encryption " << kIpsecChoices.encryption << "]";
inline constexpr FixedText kIpsecTransformHelp =
    (FixedText()
     << "Transform: a combination of algorithms\nIts number; the lowest is preferred\nIPsec protocol\n"
        "Encapsulating Security Payload\nIntegrity\n")
        .help(kIpsecChoices.integrity)
        .line("Encryption")
        .help(kIpsecChoices.encryption);

inline constexpr FixedText kPfsPattern = FixedText() << "pfs ![" << kGroupChoices << "]";
inline constexpr FixedText kPfsHelp =
    (FixedText() << "Perfect forward secrecy: a separate key exchange for each IPsec SA\n")
        .help(kGroupChoices);

inline constexpr FixedText kIpsecLifetimePattern = FixedText() << "lifetime seconds ![<seconds:300-"
                                                               << kMaxLifetime.count() << ">]";
inline constexpr FixedText kIpsecLifetimeHelp = FixedText() << "Lifetime of the IPsec SAs, "
                                                            << IpsecProfile::kDefaultLifetime.count()
                                                            << " hours by default\nIn time\nSeconds\n";

inline void emit_ipsec_profiles(const Scope& scope, Writer& out) {
  for (const auto& [name, profile] : scope.config.ipsec_profiles) {
    out.separator();
    out.line(name);
    out.rows(Mode::IpsecProfile, {.config = scope.config, .ipsec_profile = &profile});
  }
}

inline constexpr std::array kIpsec = {
    Row{.mode = Mode::Config,
        .pattern = "crypto ipsec profile <profile:label>",
        .help = "Security\nIPsec\nConfigure an IPsec profile, creating it if it does not exist\nIts name\n",
        .run = enter_profile<&Config::ipsec_profiles, Mode::IpsecProfile>,
        .no = remove_profile<&Config::ipsec_profiles>,
        .emit = emit_ipsec_profiles,
        .section = true},

    // IPsec profile mode, in the order in which running-config writes it.
    parameter<&IpsecProfile::lifetime>(kIpsecLifetimePattern.view(), kIpsecLifetimeHelp.view()),
    Row{.mode = Mode::IpsecProfile,
        .pattern = kPfsPattern.view(),
        .help = kPfsHelp.view(),
        .run = set_pfs,
        .no = reset_pfs,
        .emit = emit_pfs},
    Row{.mode = Mode::IpsecProfile,
        .pattern = kIpsecTransformPattern.view(),
        .help = kIpsecTransformHelp.view(),
        .run = set_ipsec_transform,
        .no = remove_ipsec_transform,
        .emit = emit_ipsec_transforms},
};

}  // namespace awtun::config::rows
