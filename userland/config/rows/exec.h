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

/// `show` of something, narrowed to the tunnel or the profile that the line may name.
template <View What>
Answer show(const Context&, Args& args) {
  return Show{.what = What, .filter = args.filter(), .json = args.json()};
}
template <View What>
Answer show_tunnel(const Context&, Args& args) {
  const auto tunnel = args.has(0) ? std::optional(args.get<std::uint32_t>(0)) : std::nullopt;
  return Show{.what = What, .tunnel = tunnel, .filter = args.filter(), .json = args.json()};
}
template <View What, auto Profiles>
Answer show_profile(const Context& context, Args& args) {
  const auto name = args.has(0) ? std::optional(args.get<std::string>(0)) : std::nullopt;
  if (name && *name != kDefaultProfile && !(context.config.*Profiles).contains(*name)) {
    return Refused{"there is no profile " + *name};
  }
  return Show{.what = What, .name = name, .filter = args.filter(), .json = args.json()};
}

template <View What>
Answer show_trustpoint(const Context& context, Args& args) {
  const auto name = args.has(0) ? std::optional(args.get<std::string>(0)) : std::nullopt;
  if (name && !context.config.trustpoints.contains(*name)) return Refused{"there is no trustpoint " + *name};
  return Show{.what = What, .name = name, .filter = args.filter(), .json = args.json()};
}

/// An operation on all tunnels, or on the one that the line names.
template <Operate::What What>
Answer operate(const Context& context, Args& args) {
  if (!args.has(0)) return Operate{.what = What};
  const auto tunnel = args.get<std::uint32_t>(0);
  if (!context.config.tunnels.contains(tunnel)) return Refused{tunnel_name(tunnel) + " does not exist"};
  return Operate{.what = What, .tunnel = tunnel};
}

inline Answer clear_isakmp_sa_of_peer(const Context&, Args& args) {
  return Operate{.what = Operate::What::ClearIsakmpSa, .peer = args.get<IpAddress>(0)};
}

template <Certify::What What>
Answer certify(const Context& context, Args& args) {
  const auto& name = args.get<std::string>(0);
  if (!context.config.trustpoints.contains(name)) return Refused{"there is no trustpoint " + name};
  return Certify{What, name};
}

inline Answer replace(const Context&, Args& args) { return Replace{args.get<std::string>(0)}; }
inline Answer reload(const Context&, Args&) { return Reload{Reload::What::Now}; }
inline Answer reload_in(const Context&, Args& args) {
  return Reload{Reload::What::In, args.get<std::uint32_t>(0)};
}
inline Answer cancel_reload(const Context&, Args&) { return Reload{Reload::What::Cancel}; }
inline Answer terminal_length(const Context&, Args& args) {
  return Terminal{Terminal::What::Length, args.get<std::uint32_t>(0)};
}
template <Terminal::What What, bool On>
Answer terminal(const Context&, Args&) {
  return Terminal{What, On ? 1U : 0U};
}
inline Answer save(const Context&, Args&) { return SaveStartup{}; }
inline Answer quit(const Context&, Args&) { return Quit{}; }
inline Answer nothing(const Context&, Args&) { return Done{}; }

inline constexpr std::array kExec = {
    Row{.mode = Mode::Exec,
        .pattern = "clear ipsec sa [<tunnel:tunnel>]",
        .help = "Delete or set to zero\nIPsec\nSecurity associations\nOf this tunnel\n",
        .run = operate<Operate::What::ClearIpsecSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp counters",
        .help = "Delete or set to zero\nKey exchange (IKE)\nCounters\n",
        .run = operate<Operate::What::ClearIsakmpCounters>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp sa [<tunnel:tunnel>] [force]",
        .help = "Delete or set to zero\nKey exchange (IKE)\nSecurity associations\nOf this tunnel\nAccepted, "
                "and without effect: the peer is never waited for\n",
        .run = operate<Operate::What::ClearIsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp sa peer <peer:address> [force]",
        .help = "Delete or set to zero\nKey exchange (IKE)\nSecurity associations\nOf the tunnels to a "
                "peer\nAddress of the peer\nAccepted, and without effect: the peer is never waited for\n",
        .run = clear_isakmp_sa_of_peer,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "configure replace <file:line>",
        .help = "Enter configuration mode\nMake a file the running configuration, changing only what "
                "differs\nFile of this side\n",
        .run = replace},
    Row{.mode = Mode::Exec,
        .pattern = "configure terminal",
        .help = "Enter configuration mode\nFrom this terminal\n",
        .run = configure_terminal},
    Row{.mode = Mode::Exec,
        .pattern = "copy running-config startup-config",
        .help = "Copy a configuration\nThe configuration in use\nThe configuration of the next start\n",
        .run = save,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki authenticate <trustpoint:label>",
        .help = "Security\nCertificates\nPaste the certificate of the CA that is trusted\nTrustpoint\n",
        .run = certify<Certify::What::Authenticate>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki enroll <trustpoint:label>",
        .help =
            "Security\nCertificates\nPrint a request for our certificate, making its key pair\nTrustpoint\n",
        .run = certify<Certify::What::Enroll>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki import <trustpoint:label> crl terminal",
        .help = "Security\nCertificates\nPaste what the CA has made\nTrustpoint\nIts revocation "
                "list\nFrom this terminal\n",
        .run = certify<Certify::What::ImportRevocationList>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki import <trustpoint:label> pem terminal",
        .help = "Security\nCertificates\nPaste what the CA has made\nTrustpoint\nOur "
                "certificate\nFrom this terminal\n",
        .run = certify<Certify::What::ImportCertificate>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "debug isakmp",
        .help = "Show the daemon's log with more in it\nEvery message of the key exchange\n",
        .run = terminal<Terminal::What::Debug, true>,
        .no = terminal<Terminal::What::Debug, false>,
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
        .help = "Negotiate new keys now, without interruption\nKey exchange (IKE)\nSecurity associations\nOf "
                "this tunnel\n",
        .run = operate<Operate::What::RekeyIsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "reload",
        .help = "Make the startup configuration the running one, changing only what differs\n",
        .run = reload,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "reload cancel",
        .help = "Make the startup configuration the running one, changing only what differs\nNot after "
                "all\n",
        .run = cancel_reload,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "reload in <minutes:1-1440>",
        .help = "Make the startup configuration the running one, changing only what differs\nLater, unless "
                "cancelled: the way back from a mistake\nMinutes\n",
        .run = reload_in,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "show crypto pki certificates [<trustpoint:label>]",
        .help = "Show what the system does\nSecurity\nCertificates\nCertificates of the trustpoints\nOf one "
                "trustpoint\n",
        .run = show_trustpoint<View::PkiCertificates>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show crypto pki certificates pem [<trustpoint:label>]",
        .help = "Show what the system does\nSecurity\nCertificates\nCertificates of the trustpoints\nAs PEM "
                "text, to copy\nOf one trustpoint\n",
        .run = show_trustpoint<View::PkiCertificatesPem>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show crypto pki trustpoints",
        .help = "Show what the system does\nSecurity\nCertificates\nTrustpoints\n",
        .run = show<View::PkiTrustpoints>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show interface [<tunnel:tunnel>]",
        .help = "Show what the system does\nTunnel interfaces\nOne tunnel interface\n",
        .run = show_tunnel<View::Interface>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show interface tunnel <number:0-65535>",
        .help = "Show what the system does\nTunnel interfaces\nOne tunnel interface\nIts number\n",
        .run = show_tunnel<View::Interface>,
        .another_spelling = true,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec counters",
        .help = "Show what the system does\nIPsec\nPackets of the tunnels, and why they were dropped\n",
        .run = show<View::IpsecCounters>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec peer",
        .help = "Show what the system does\nIPsec\nThe peers and how far they are\n",
        .run = show<View::IpsecPeer>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec policy",
        .help = "Show what the system does\nIPsec\nWhat is protected, and how\n",
        .run = show<View::IpsecPolicy>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec profile [<profile:label>]",
        .help = "Show what the system does\nIPsec\nProfiles, the default one first\nOne profile\n",
        .run = show_profile<View::IpsecProfile, &Config::ipsec_profiles>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show ipsec sa [<tunnel:tunnel>]",
        .help = "Show what the system does\nIPsec\nSecurity associations\nOf one tunnel\n",
        .run = show_tunnel<View::IpsecSa>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp counters",
        .help = "Show what the system does\nKey exchange (IKE)\nEvents, by cause\n",
        .run = show<View::IsakmpCounters>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp key",
        .help = "Show what the system does\nKey exchange (IKE)\nPre-shared keys, in the clear\n",
        .run = show<View::IsakmpKey>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp peer",
        .help = "Show what the system does\nKey exchange (IKE)\nThe peers, their profiles, and why the last "
                "negotiation failed\n",
        .run = show<View::IsakmpPeer>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp profile [<profile:label>]",
        .help =
            "Show what the system does\nKey exchange (IKE)\nProfiles, the default one first\nOne profile\n",
        .run = show_profile<View::IsakmpProfile, &Config::isakmp_profiles>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show isakmp sa [<tunnel:tunnel>]",
        .help =
            "Show what the system does\nKey exchange (IKE)\nSecurity associations and peers\nOf one tunnel\n",
        .run = show_tunnel<View::IsakmpSa>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show reload",
        .help = "Show what the system does\nThe reload that waits\n",
        .run = show<View::Reload>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show running-config [interface <tunnel:tunnel>]",
        .help = "Show what the system does\nThe configuration in use\nOf one interface\nTunnel interface\n",
        .run = show_tunnel<View::RunningConfig>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show running-config interface tunnel <number:0-65535>",
        .help = "Show what the system does\nThe configuration in use\nOf one interface\nTunnel "
                "interface\nIts number\n",
        .run = show_tunnel<View::RunningConfig>,
        .another_spelling = true,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show startup-config",
        .help = "Show what the system does\nThe configuration of the next start\n",
        .run = show<View::StartupConfig>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show startup-config errors",
        .help = "Show what the system does\nThe configuration of the next start\nIts lines that cannot be "
                "loaded\n",
        .run = show<View::StartupConfigErrors>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "show tech-support",
        .help = "Show what the system does\nAll of it, without keys, to send to someone who helps\n",
        .run = show<View::TechSupport>,
        .under_do = true,
        .filtered = true},
    Row{.mode = Mode::Exec,
        .pattern = "terminal length <lines:0-512>",
        .help =
            "Settings of this session's terminal\nLines of a page, instead of what the window has\nLines, 0 "
            "for no pages\n",
        .run = terminal_length,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "terminal monitor",
        .help = "Settings of this session's terminal\nShow the daemon's log as it is written\n",
        .run = terminal<Terminal::What::Monitor, true>,
        .no = terminal<Terminal::What::Monitor, false>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "write [memory]",
        .help = "Save the running configuration for the next start\nTo permanent memory\n",
        .run = save,
        .under_do = true},
};

}  // namespace awtun::config::rows
