// SPDX-License-Identifier: Apache-2.0
// Rows of Exec mode, but for `show`.
#pragma once

#include <array>

#include "userland/config/grammar.h"

namespace awtun::config::rows {

inline Answer configure_terminal(const Context& context, Args&) {
  context.session = {Mode::Config};
  return Done{};
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
        .help = "Clear SAs or counters\nIPsec\nSecurity associations\nOf this tunnel\n",
        .run = operate<Operate::What::ClearIpsecSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp counters",
        .help = "Clear SAs or counters\nKey exchange (IKE)\nCounters\n",
        .run = operate<Operate::What::ClearIsakmpCounters>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp sa [<tunnel:tunnel>] [force]",
        .help = "Clear SAs or counters\nKey exchange (IKE)\nSecurity associations\nOf this tunnel\nAccepted "
                "for compatibility; has no effect\n",
        .run = operate<Operate::What::ClearIsakmpSa>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "clear isakmp sa peer <peer:address> [force]",
        .help = "Clear SAs or counters\nKey exchange (IKE)\nSecurity associations\nOf the tunnels to a "
                "peer\nAddress of the peer\nAccepted for compatibility; has no effect\n",
        .run = clear_isakmp_sa_of_peer,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "configure replace <file:line>",
        .help = "Enter configuration mode\nReplace the running configuration with a file, changing only what "
                "differs\nPath of a local file\n",
        .run = replace},
    Row{.mode = Mode::Exec,
        .pattern = "configure terminal",
        .help = "Enter configuration mode\nFrom this terminal\n",
        .run = configure_terminal},
    Row{.mode = Mode::Exec,
        .pattern = "copy running-config startup-config",
        .help = "Copy a configuration\nRunning configuration\nStartup configuration\n",
        .run = save,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki authenticate <trustpoint:label>",
        .help = "Security\nCertificates\nPaste the certificate of the trusted CA\nTrustpoint\n",
        .run = certify<Certify::What::Authenticate>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki enroll <trustpoint:label>",
        .help = "Security\nCertificates\nGenerate a key pair and print a certificate request\nTrustpoint\n",
        .run = certify<Certify::What::Enroll>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki import <trustpoint:label> crl terminal",
        .help = "Security\nCertificates\nImport a certificate or a revocation list\nTrustpoint\nCertificate "
                "revocation list\nFrom this terminal\n",
        .run = certify<Certify::What::ImportRevocationList>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "crypto pki import <trustpoint:label> pem terminal",
        .help = "Security\nCertificates\nImport a certificate or a revocation list\nTrustpoint\nCertificate "
                "of this router\nFrom this terminal\n",
        .run = certify<Certify::What::ImportCertificate>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "debug isakmp",
        .help = "Show the log with debugging messages\nEvery message of the key exchange (IKE)\n",
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
        .help = "Load the startup configuration, changing only what differs\n",
        .run = reload,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "reload cancel",
        .help = "Load the startup configuration, changing only what differs\nCancel the scheduled reload\n",
        .run = cancel_reload,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "reload in <minutes:1-1440>",
        .help = "Load the startup configuration, changing only what differs\nSchedule the reload; `reload "
                "cancel` cancels it\nMinutes from now\n",
        .run = reload_in,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "terminal length <lines:0-512>",
        .help = "Terminal settings of this session\nLines per page; the height of the window by "
                "default\nLines; 0 turns paging off\n",
        .run = terminal_length,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "terminal monitor",
        .help = "Terminal settings of this session\nShow the log of awiked as it is written\n",
        .run = terminal<Terminal::What::Monitor, true>,
        .no = terminal<Terminal::What::Monitor, false>,
        .under_do = true},
    Row{.mode = Mode::Exec,
        .pattern = "write [memory]",
        .help = "Save the running configuration for the next start\nTo the startup configuration\n",
        .run = save,
        .under_do = true},
};

}  // namespace awtun::config::rows
