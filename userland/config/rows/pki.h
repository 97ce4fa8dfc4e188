// SPDX-License-Identifier: Apache-2.0 Rows of `crypto pki`, and those of trustpoint mode.
#pragma once

#include <array>

#include "userland/config/rows/section.h"

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

// In the order of the words of the row.
inline constexpr std::array<std::uint16_t, 3> kCurves = {256, 384, 521};

template <KeyPair::Kind Kind>
KeyPair key_pair_of(Args& args) {
  KeyPair pair{Kind, args.get<std::string>(0), std::nullopt};
  if (!args.has(1)) return pair;
  const auto number = args.get<std::uint32_t>(1);
  pair.bits = Kind == KeyPair::Kind::Ec ? kCurves.at(number) : static_cast<std::uint16_t>(number);
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
    const auto at = std::ranges::find(kCurves, *pair->bits) - kCurves.begin();
    out.line(pair->label, static_cast<std::uint32_t>(at));
  }
}

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
        .pattern = "rsakeypair ![<label:label>] [<bits:2048-8192>]",
        .help = "RSA key pair of this router's certificate\nIts label; server-default by default\n"
                "Its size, 2048 by default\n",
        .run = set_key_pair<KeyPair::Kind::Rsa>,
        .no = reset_key_pair<KeyPair::Kind::Rsa>,
        .emit = emit_key_pair<KeyPair::Kind::Rsa>},
    Row{.mode = Mode::Trustpoint,
        .pattern = "eckeypair ![<label:label>] [{256|384|521}]",
        .help = "Elliptic curve key pair of this router's certificate\nIts label; server-default by default\n"
                "Curve P-256, the default\nCurve P-384\nCurve P-521\n",
        .run = set_key_pair<KeyPair::Kind::Ec>,
        .no = reset_key_pair<KeyPair::Kind::Ec>,
        .emit = emit_key_pair<KeyPair::Kind::Ec>},
};

}  // namespace awtun::config::rows
