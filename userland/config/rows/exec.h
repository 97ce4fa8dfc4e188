// SPDX-License-Identifier: Apache-2.0
// Rows of Exec mode.
#pragma once

#include <array>

#include "userland/config/grammar.h"

namespace awtun::config::rows {

inline Answer configure_terminal(const Context& context, Args&) {
  context.session = {Mode::Config};
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

inline Answer save(const Context&, Args&) { return SaveStartup{}; }
inline Answer quit(const Context&, Args&) { return Quit{}; }
inline Answer nothing(const Context&, Args&) { return Done{}; }

inline constexpr std::array kExec = {
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
};

}  // namespace awtun::config::rows
