// SPDX-License-Identifier: Apache-2.0
// Rows of `crypto pki`, and those of trustpoint mode.
#pragma once

#include <array>

#include "userland/config/rows/section.h"
#include "userland/crypto/signature.h"

namespace awtun::config::rows {

inline Answer enter_trustpoint(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  const bool made = context.config.trustpoints.try_emplace(name).second;
  context.session = {Mode::Trustpoint, std::nullopt, name};
  return Done{made ? "Created trustpoint \"" + name + "\"." : ""};
}

inline Answer remove_trustpoint(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  if (context.config.trustpoints.erase(name) == 0) return Refused{"there is no trustpoint " + name};
  return Done{"Removed trustpoint \"" + name + "\" with its certificates."};
}

inline void emit_trustpoints(const Scope& scope, Writer& out) {
  for (const auto& [name, trustpoint] : scope.config.trustpoints) {
    out.separator();
    out.line(name);
    out.rows(Mode::Trustpoint, {.config = scope.config, .trustpoint = &trustpoint});
  }
}

/// By the bits of their keys.
inline constexpr std::array kCurves{
    Worded<std::uint16_t>{256, {"256", "Curve P-256, the default"}},
    Worded<std::uint16_t>{384, {"384", "Curve P-384"}},
    Worded<std::uint16_t>{521, {"521", "Curve P-521"}},
};
static_assert(kCurves.front().value == KeyPair::kDefaultEcBits);

template <KeyPair::Kind Kind>
KeyPair key_pair_of(Args& args) {
  KeyPair pair{Kind, args.get<std::string>(0), std::nullopt};
  if (!args.has(1)) return pair;
  const auto number = args.get<std::uint32_t>(1);
  pair.bits = Kind == KeyPair::Kind::Ec ? kCurves.at(number).value : static_cast<std::uint16_t>(number);
  return pair;
}

template <KeyPair::Kind Kind>
Answer set_key_pair(const Context& context, Args& args) {
  context.trustpoint().key_pair = key_pair_of<Kind>(args);
  return Done{};
}

template <KeyPair::Kind Kind>
Answer reset_key_pair(const Context& context, Args& args) {
  auto& pair = context.trustpoint().key_pair;
  const bool configured = pair && pair->kind == Kind;
  const bool wanted = !args.has(0) || (configured && *pair == key_pair_of<Kind>(args));
  if (!wanted || (pair && !configured)) return not_configured();
  pair.reset();
  return Done{};
}

template <KeyPair::Kind Kind>
void emit_key_pair(const Scope& scope, Writer& out) {
  const auto& pair = scope.trustpoint->key_pair;
  if (!pair || pair->kind != Kind) return;
  if (!pair->bits) {
    out.line(pair->label);
  } else if constexpr (Kind == KeyPair::Kind::Rsa) {
    out.line(pair->label, std::uint32_t{*pair->bits});
  } else {
    out.line(pair->label, choice_of(kCurves, *pair->bits));
  }
}

inline constexpr FixedText kRsaPattern = FixedText()
                                         << "rsakeypair ![<label:label>] [<bits:" << crypto::kMinRsaBits
                                         << "-" << crypto::kMaxRsaBits << ">]";
inline constexpr FixedText kRsaHelp = FixedText() << "RSA key pair of this router's certificate\nIts label; "
                                                  << KeyPair::kDefaultLabel << " by default\nIts size, "
                                                  << KeyPair::kDefaultRsaBits << " by default\n";
inline constexpr FixedText kEcPattern = FixedText()
                                        << "eckeypair ![<label:label>] [" << choices_of(kCurves) << "]";
inline constexpr FixedText kEcHelp =
    (FixedText() << "Elliptic curve key pair of this router's certificate\nIts label; "
                 << KeyPair::kDefaultLabel << " by default\n")
        .help(choices_of(kCurves));

inline constexpr std::array kPki = {
    Row{.mode = Mode::Config,
        .pattern = "crypto pki trustpoint <trustpoint:label>",
        .help =
            "Security\nCertificates\nConfigure a trustpoint, creating it if it does not exist\nIts name\n",
        .run = enter_trustpoint,
        .no = remove_trustpoint,
        .emit = emit_trustpoints,
        .section = true},

    // Trustpoint mode, in the order in which running-config writes it.
    flag<&Trustpoint::enrollment_terminal>("enrollment ![terminal]",
                                           "Enrollment method\nCopy and paste in the terminal\n"),
    setting<&Trustpoint::subject_name>("subject-name ![<subject:subject>]",
                                       "Subject of this router's certificate; its CN is the tunnel local "
                                       "name\nFor example /O=Example/CN=test1.example.com\n"),
    setting<&Trustpoint::subject_alt_name>(
        "subject-alt-name ![<name:hostname>]",
        "Alternative name of this router's certificate\nThe tunnel local name\n"),
    Row{.mode = Mode::Trustpoint,
        .pattern = kRsaPattern.view(),
        .help = kRsaHelp.view(),
        .run = set_key_pair<KeyPair::Kind::Rsa>,
        .no = reset_key_pair<KeyPair::Kind::Rsa>,
        .emit = emit_key_pair<KeyPair::Kind::Rsa>},
    Row{.mode = Mode::Trustpoint,
        .pattern = kEcPattern.view(),
        .help = kEcHelp.view(),
        .run = set_key_pair<KeyPair::Kind::Ec>,
        .no = reset_key_pair<KeyPair::Kind::Ec>,
        .emit = emit_key_pair<KeyPair::Kind::Ec>},
};

}  // namespace awtun::config::rows
