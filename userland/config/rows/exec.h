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
