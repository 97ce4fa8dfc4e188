// SPDX-License-Identifier: Apache-2.0
// What there is to show: a row a view. Its command is made from it in rows/show.h; what awiked puts into it
// and what awcli makes of that are a case of a switch each, without which neither compiles.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace awtun::config {

/// In the order of `show tech-support`, which comes last for it is made of the others.
enum class View : std::uint8_t {
  RunningConfig,
  StartupConfig,
  StartupConfigErrors,
  Reload,
  Interface,
  Routes,
  IsakmpSa,
  IsakmpSaBrief,
  IsakmpPeer,
  IsakmpCounters,
  IsakmpProfile,
  IsakmpKey,
  IpsecSa,
  IpsecSaBrief,
  IpsecPeer,
  IpsecCounters,
  IpsecPolicy,
  IpsecProfile,
  PkiTrustpoints,
  PkiCertificates,
  PkiCertificatesPem,
  TechSupport,
};

/// Who gets to see a view.
enum class Exposure : std::uint8_t {
  Support,    ///< Readers, and receivers of `show tech-support`, of which it is a part.
  Readers,    ///< Whoever may look.
  Operators,  ///< Whoever may change something: there are keys in it.
};

/// What a view may be narrowed to: the one value of its pattern.
enum class Narrowed : std::uint8_t { Never, ToTunnel, ToIsakmpProfile, ToIpsecProfile, ToTrustpoint };

struct ViewRow {
  View view;
  std::string_view name;  ///< Of its JSON, in the control protocol and among the schemas.
  Exposure exposure;
  Narrowed narrowed;
  std::string_view pattern;  ///< Of its command (pattern.h): keywords, then what narrows it.
  std::string_view help;

  /// "show ipsec sa": all of it.
  [[nodiscard]] constexpr std::string_view command() const { return pattern.substr(0, pattern.find(" [")); }
};

inline constexpr std::array kViews = {
    ViewRow{View::RunningConfig, "running-config", Exposure::Support, Narrowed::ToTunnel,
            "show running-config [interface <tunnel:tunnel>]",
            "Show status and configuration\nRunning configuration\nOf one interface\nTunnel interface\n"},
    ViewRow{View::StartupConfig, "startup-config", Exposure::Support, Narrowed::Never, "show startup-config",
            "Show status and configuration\nStartup configuration\n"},
    ViewRow{View::StartupConfigErrors, "startup-config-errors", Exposure::Support, Narrowed::Never,
            "show startup-config errors",
            "Show status and configuration\nStartup configuration\nIts lines that could not be loaded\n"},
    ViewRow{View::Reload, "reload", Exposure::Support, Narrowed::Never, "show reload",
            "Show status and configuration\nThe scheduled reload\n"},
    ViewRow{View::Interface, "interface", Exposure::Support, Narrowed::ToTunnel,
            "show interface [<tunnel:tunnel>]",
            "Show status and configuration\nTunnel interfaces\nOne tunnel interface\n"},
    ViewRow{View::Routes, "routes", Exposure::Support, Narrowed::Never, "show routes static",
            "Show status and configuration\nRoutes\nStatic routes, and why a route is not in use\n"},
    ViewRow{View::IsakmpSa, "isakmp-sa", Exposure::Support, Narrowed::ToTunnel,
            "show isakmp sa [<tunnel:tunnel>]",
            "Show status and configuration\nKey exchange (IKE)\nSecurity associations and peers\nOf one "
            "tunnel\n"},
    ViewRow{View::IsakmpSaBrief, "isakmp-sa-brief", Exposure::Readers, Narrowed::Never,
            "show isakmp sa brief",
            "Show status and configuration\nKey exchange (IKE)\nSecurity associations and peers\nOne line "
            "per tunnel\n"},
    ViewRow{View::IsakmpPeer, "isakmp-peer", Exposure::Support, Narrowed::Never, "show isakmp peer",
            "Show status and configuration\nKey exchange (IKE)\nPeers, their profiles, and the reason of the "
            "last failure\n"},
    ViewRow{View::IsakmpCounters, "isakmp-counters", Exposure::Support, Narrowed::Never,
            "show isakmp counters",
            "Show status and configuration\nKey exchange (IKE)\nCounters of events, by cause\n"},
    ViewRow{
        View::IsakmpProfile, "isakmp-profile", Exposure::Support, Narrowed::ToIsakmpProfile,
        "show isakmp profile [<profile:label>]",
        "Show status and configuration\nKey exchange (IKE)\nProfiles, the default one first\nOne profile\n"},
    ViewRow{View::IsakmpKey, "isakmp-key", Exposure::Operators, Narrowed::Never, "show isakmp key",
            "Show status and configuration\nKey exchange (IKE)\nPre-shared keys, in the clear\n"},
    ViewRow{View::IpsecSa, "ipsec-sa", Exposure::Support, Narrowed::ToTunnel,
            "show ipsec sa [<tunnel:tunnel>]",
            "Show status and configuration\nIPsec\nSecurity associations\nOf one tunnel\n"},
    ViewRow{View::IpsecSaBrief, "ipsec-sa-brief", Exposure::Readers, Narrowed::Never, "show ipsec sa brief",
            "Show status and configuration\nIPsec\nSecurity associations\nOne line per tunnel\n"},
    ViewRow{View::IpsecPeer, "ipsec-peer", Exposure::Support, Narrowed::Never, "show ipsec peer",
            "Show status and configuration\nIPsec\nPeers and negotiation state\n"},
    ViewRow{View::IpsecCounters, "ipsec-counters", Exposure::Support, Narrowed::Never, "show ipsec counters",
            "Show status and configuration\nIPsec\nPackets of the tunnels, and drops by reason\n"},
    ViewRow{View::IpsecPolicy, "ipsec-policy", Exposure::Support, Narrowed::Never, "show ipsec policy",
            "Show status and configuration\nIPsec\nProtected traffic and IPsec profiles\n"},
    ViewRow{View::IpsecProfile, "ipsec-profile", Exposure::Support, Narrowed::ToIpsecProfile,
            "show ipsec profile [<profile:label>]",
            "Show status and configuration\nIPsec\nProfiles, the default one first\nOne profile\n"},
    ViewRow{View::PkiTrustpoints, "pki-trustpoints", Exposure::Support, Narrowed::Never,
            "show crypto pki trustpoints",
            "Show status and configuration\nSecurity\nCertificates\nTrustpoints\n"},
    ViewRow{View::PkiCertificates, "pki-certificates", Exposure::Support, Narrowed::ToTrustpoint,
            "show crypto pki certificates [<trustpoint:label>]",
            "Show status and configuration\nSecurity\nCertificates\nCertificates of the trustpoints\nOf one "
            "trustpoint\n"},
    ViewRow{View::PkiCertificatesPem, "pki-certificates-pem", Exposure::Readers, Narrowed::ToTrustpoint,
            "show crypto pki certificates pem [<trustpoint:label>]",
            "Show status and configuration\nSecurity\nCertificates\nCertificates of the trustpoints\nAs PEM "
            "text, to copy\nOf one trustpoint\n"},
    ViewRow{View::TechSupport, "tech-support", Exposure::Readers, Narrowed::Never, "show tech-support",
            "Show status and configuration\nAll of it, without keys, to attach to a support request\n"},
};

namespace detail {

constexpr bool are_views() {
  if (kViews.size() != static_cast<std::size_t>(View::TechSupport) + 1) return false;
  for (std::size_t i = 0; i < kViews.size(); ++i) {
    const ViewRow& row = kViews[i];
    if (static_cast<std::size_t>(row.view) != i || row.name.empty()) return false;
    if ((row.narrowed == Narrowed::Never) != (row.command() == row.pattern)) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (kViews[j].name == row.name) return false;
  }
  return true;
}
static_assert(are_views(), "a row a view, in their order, each with a name of its own");

}  // namespace detail

constexpr const ViewRow& row_of(View view) { return kViews[static_cast<std::size_t>(view)]; }

/// The view that is called `name`, if this build has it.
constexpr std::optional<View> view_called(std::string_view name) {
  const auto* row = std::ranges::find(kViews, name, &ViewRow::name);
  return row == kViews.end() ? std::nullopt : std::optional(row->view);
}

}  // namespace awtun::config
