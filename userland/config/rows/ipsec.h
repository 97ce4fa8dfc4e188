// SPDX-License-Identifier: Apache-2.0
// Rows of `crypto ipsec`, and those of IPsec profile mode.
#pragma once

#include <array>

#include "userland/config/rows/profile.h"

namespace awtun::config::rows {

// In the order of the words of the row.
inline constexpr std::array kIpsecEncryption = {Encryption::Aes256, Encryption::Aes192, Encryption::Aes128,
                                                Encryption::Des3};
inline constexpr std::array kIpsecIntegrity = {Integrity::Sha512, Integrity::Sha256, Integrity::Sha1,
                                               Integrity::Gcm16,  Integrity::Gcm12,  Integrity::Gcm8};

inline Answer set_pfs(const Context& context, Args& args) {
  context.ipsec_profile().pfs_group = kGroups.at(args.get<std::uint32_t>(0));
  return Done{};
}

inline Answer reset_pfs(const Context& context, Args& args) {
  auto& group = context.ipsec_profile().pfs_group;
  if (args.has(0) && group != kGroups.at(args.get<std::uint32_t>(0))) return not_configured();
  group.reset();
  return Done{};
}

inline void emit_pfs(const Scope& scope, Writer& out) {
  if (const auto& group = scope.ipsec_profile->pfs_group) out.line(index_in(kGroups, *group));
}

inline IpsecTransform ipsec_transform_of(Args& args) {
  return {kIpsecEncryption.at(args.get<std::uint32_t>(2)), kIpsecIntegrity.at(args.get<std::uint32_t>(1))};
}

inline Answer set_ipsec_transform(const Context& context, Args& args) {
  return set_transform(context.ipsec_profile().transforms, args, ipsec_transform_of(args));
}

inline Answer remove_ipsec_transform(const Context& context, Args& args) {
  auto& transforms = context.ipsec_profile().transforms;
  return args.has(1) ? remove_transform<IpsecTransform>(transforms, args, ipsec_transform_of(args))
                     : remove_transform(transforms, args);
}

inline void emit_ipsec_transforms(const Scope& scope, Writer& out) {
  for (const auto& [number, transform] : scope.ipsec_profile->transforms) {
    out.line(std::uint32_t{number}, index_in(kIpsecIntegrity, transform.integrity),
             index_in(kIpsecEncryption, transform.encryption));
  }
}

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
        .help = "Security\nIPsec\nConfigure an IPsec profile, making it where there is none\nIts name\n",
        .run = enter_profile<&Config::ipsec_profiles, Mode::IpsecProfile>,
        .no = remove_profile<&Config::ipsec_profiles>,
        .emit = emit_ipsec_profiles,
        .section = true},

    // IPsec profile mode, in the order in which running-config writes it.
    parameter<&IpsecProfile::lifetime>("lifetime seconds ![<seconds:300-31449600>]",
                                       "Lifetime of the IPsec SAs, 8 hours by default\nIn time\nSeconds\n"),
    Row{.mode = Mode::IpsecProfile,
        .pattern = "pfs ![{2|5|14|15|16|18|19|20|21|31}]",
        .help = "Perfect forward secrecy: a key agreement of its own for each IPsec SA\nMODP, 1024 bits: "
                "weak\nMODP, 1536 bits: weak\nMODP, 2048 bits\nMODP, 3072 bits\nMODP, 4096 bits\nMODP, 8192 "
                "bits: slow\nECP, 256 bits\nECP, 384 bits\nECP, 521 bits\nCurve25519\n",
        .run = set_pfs,
        .no = reset_pfs,
        .emit = emit_pfs},
    Row{.mode = Mode::IpsecProfile,
        .pattern = "transform <number:1-255> ![protocol esp integrity {sha512|sha256|sha1|gcm16|gcm12|gcm8} "
                   "encryption {aes256|aes192|aes128|3des}]",
        .help = "One combination of algorithms\nIts number; the lowest is preferred\nIPsec "
                "protocol\nEncapsulating Security "
                "Payload\nIntegrity\nHMAC-SHA-512\nHMAC-SHA-256\nHMAC-SHA-1\nGalois/Counter Mode, ICV of 16 "
                "octets\nGalois/Counter Mode, ICV of 12 octets\nGalois/Counter Mode, ICV of 8 "
                "octets\nEncryption\nAES, 256-bit key\nAES, 192-bit key\nAES, 128-bit key\nNot supported\n",
        .run = set_ipsec_transform,
        .no = remove_ipsec_transform,
        .emit = emit_ipsec_transforms},
};

}  // namespace awtun::config::rows
