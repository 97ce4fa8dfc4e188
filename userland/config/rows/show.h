// SPDX-License-Identifier: Apache-2.0
// Rows of Exec mode: a command for each of kViews, and other spellings.
#pragma once

#include <array>
#include <utility>

#include "userland/config/choices.h"
#include "userland/config/grammar.h"

namespace awtun::config::rows {

/// Whether there is what a view is narrowed to by name.
inline bool is_there(const Config& config, Narrowed to, const std::string& name) {
  switch (to) {
    case Narrowed::Never:
    case Narrowed::ToTunnel:
      return true;
    case Narrowed::ToIsakmpProfile:
      return name == kDefaultProfile || config.isakmp_profiles.contains(name);
    case Narrowed::ToIpsecProfile:
      return name == kDefaultProfile || config.ipsec_profiles.contains(name);
    case Narrowed::ToTrustpoint:
      return config.trustpoints.contains(name);
  }
  return false;
}

inline Answer show(const ViewRow& row, const Context& context, Args& args) {
  Show wanted{.what = row.view, .filter = args.filter(), .json = args.json()};
  if (row.narrowed == Narrowed::Never || !args.has(0)) return wanted;
  if (row.narrowed == Narrowed::ToTunnel) {
    wanted.tunnel = args.get<std::uint32_t>(0);
    return wanted;
  }
  wanted.name = args.get<std::string>(0);
  if (is_there(context.config, row.narrowed, *wanted.name)) return wanted;
  const std::string kind = row.narrowed == Narrowed::ToTrustpoint ? "trustpoint " : "profile ";
  return Refused{"there is no " + kind + *wanted.name};
}

template <View What>
Answer show_view(const Context& context, Args& args) {
  return show(row_of(What), context, args);
}

template <std::size_t... Index>
constexpr auto rows_of_views(std::index_sequence<Index...>) {
  return std::array{Row{.mode = Mode::Exec,
                        .pattern = kViews[Index].pattern,
                        .help = kViews[Index].help,
                        .run = show_view<kViews[Index].view>,
                        .under_do = true,
                        .filtered = true}...};
}

inline constexpr auto kShow = rows_of_views(std::make_index_sequence<kViews.size()>());

inline constexpr FixedText kShowInterfacePattern = FixedText() << "show interface tunnel <number:0-"
                                                               << kMaxTunnelNumber << ">";
inline constexpr FixedText kShowRunningPattern =
    FixedText() << "show running-config interface tunnel <number:0-" << kMaxTunnelNumber << ">";

inline constexpr std::array kShowInOtherWords = {
    Row{.mode = Mode::Exec,
        .pattern = kShowInterfacePattern.view(),
        .help = "Show status and configuration\nTunnel interfaces\nOne tunnel interface\nIts number\n",
        .run = show_view<View::Interface>,
        .another_spelling = true,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = kShowRunningPattern.view(),
        .help = "Show status and configuration\nRunning configuration\nOf one interface\nTunnel "
                "interface\nIts number\n",
        .run = show_view<View::RunningConfig>,
        .another_spelling = true,
        .under_do = true,
        .filtered = true},
};

}  // namespace awtun::config::rows
