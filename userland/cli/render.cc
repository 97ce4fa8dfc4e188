// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "userland/cli/phrases.h"
#include "userland/cli/render_config.h"
#include "userland/control/protocol.h"

namespace awtun::cli {
namespace {

std::string headline(const Json& object, std::initializer_list<const char*> keys) {
  std::vector<std::string> parts;
  for (const char* key : keys) parts.push_back(text_of(object, key));
  return text_of(object, "tunnel") + ": " + enumerate(parts);
}

std::string isakmp_sa(const Json& sa) {
  Block block(headline(sa, {"state", "role"}));
  block.add("Local", text_of(sa, "local"));
  block.add("Peer", text_of(sa, "peer"));
  block.add("Algorithms", algorithms_of(sa));
  block.add("Initiator SPI", text_of(sa, "initiator_spi"));
  block.add("Responder SPI", text_of(sa, "responder_spi"));
  block.add("Lifetime", lifetime_of(sa));
  block.add("Last heard", time_of(sa, "last_heard", "", " ago"));
  return block.str();
}

std::string peer_of_sas(const Json& peer) {
  Block block(text_of(peer, "tunnel") + ": peer " + text_of(peer, "remote"));
  block.add("Local", text_of(peer, "local"));
  block.add("Our identity", identity_of(peer, "local_id"));
  block.add("Peer's identity", identity_of(peer, "remote_id"));
  if (has(peer, "preshared_key"))
    block.add("Pre-shared key", flag_of(peer, "preshared_key") ? "set" : "not set");
  block.add("Next attempt", time_of(peer, "retry_in", "in "));
  if (has(peer, "declined")) add_declined(peer, block);
  if (has(peer, "unanswered")) add_unanswered(object_of(peer, "unanswered"), block);
  if (has(peer, "last_failure")) add_failure(object_of(peer, "last_failure"), block);
  return block.str();
}

std::string ipsec_sa(const Json& sa) {
  const Json& in = object_of(sa, "in");
  const Json& out = object_of(sa, "out");
  Block block(headline(sa, {"state"}));
  block.add("Local", text_of(sa, "local"));
  block.add("Peer", text_of(sa, "peer"));
  block.add("Algorithms", algorithms_of(sa));
  if (has(sa, "pfs_group")) block.add("PFS", "group " + text_of(sa, "pfs_group"));
  block.add("Sequence numbers", has(sa, "esn") ? (flag_of(sa, "esn") ? "64 bits (ESN)" : "32 bits") : "");
  const bool udp = text_of(sa, "encapsulation") == "udp";
  block.add("Sent to", text_of(sa, "peer_endpoint") + (udp ? ", in UDP" : ""));
  block.add("Inbound SPI", text_of(sa, "inbound_spi"));
  block.add("Outbound SPI", text_of(sa, "outbound_spi"));
  block.add("Lifetime", lifetime_of(sa));
  block.add("Local traffic", texts_of(sa, "local_selectors"));
  block.add("Remote traffic", texts_of(sa, "remote_selectors"));
  if (has(sa, "selectors_cut")) block.add("Left out", "selectors beyond 16 per side");
  block.add("Received", enumerate({count_of(in, "packets", "packet"), count_of(in, "bytes", "byte")}));
  block.add("Refused", enumerate({number_before(in, "replay", "replayed"),
                                  number_before(in, "auth_failed", "not authentic"),
                                  number_before(in, "malformed", "malformed")}));
  block.add("Sent", enumerate({count_of(out, "packets", "packet"), count_of(out, "bytes", "byte")}));
  block.add("Driver", text_of(sa, "driver"));
  return block.str();
}

std::string interface(const Json& object) {
  const std::string reason = text_of(object, "reason");
  Block block(text_of(object, "name") + ": admin " + text_of(object, "admin") + ", link " +
              text_of(object, "link"));
  block.add("Reason", reason);
  block.add("Description", text_of(object, "description"));
  block.add("Mode", text_of(object, "mode"));
  block.add("Source", enumerate({text_of(object, "source_interface"), text_of(object, "source")}));
  block.add("Destination", enumerate({text_of(object, "destination_host"), text_of(object, "destination")}));
  block.add("Protection", text_of(object, "protection"));
  block.add("Addresses", texts_of(object, "addresses"));
  block.add("MTU", text_of(object, "mtu"));
  block.add("Received", traffic_of(object_of(object, "rx")));
  block.add("Sent", traffic_of(object_of(object, "tx")));
  block.add("Drops", drops_of(object_of(object, "drops")));
  return block.str();
}

/// Text that the daemon wrote as lines.
std::string lines(const Json& data) {
  std::string text = text_of(data, "text");
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

std::string isakmp_sas(const Json& data) {
  const Json& peers = list_of(data, "peers");
  return blocks(list_of(data, "sas"), "No ISAKMP SA.", isakmp_sa) +
         (peers.empty() ? "" : "\nPeers\n\n" + blocks(peers, "", peer_of_sas));
}

std::string reload(const Json& data) {
  return data.contains("in") ? "Reload " + time_of(data, "in", "in ") + "\n" : "No reload is scheduled.\n";
}

std::string route(const Json& data) {
  const bool installed = data.value("installed", false);
  return printable(fmt::format("{} by {}, distance {}{}", text_of(data, "prefix"), text_of(data, "next_hop"),
                               text_of(data, "distance"),
                               installed ? "" : ": waits, " + text_of(data, "reason"))) +
         "\n";
}

std::string routes(const Json& data) {
  std::string out;
  for (const Json& each : list_of(data, "routes")) out += route(each);
  return out.empty() ? "No static route.\n" : out;
}

std::string startup_error(const Json& error) {
  const std::string line = text_of(error, "line");
  Block block(line.empty() ? "The whole" : "Line " + line);
  block.add("Text", text_of(error, "text"));
  block.add("Reason", text_of(error, "reason"));
  return block.str();
}

std::string startup_errors(const Json& data) {
  return blocks(list_of(data, "errors"), "No errors.", startup_error);
}

std::string ipsec_sas(const Json& data) { return blocks(list_of(data, "sas"), "No IPsec SA.", ipsec_sa); }

/// A column is as wide as what it may hold, but for the peer's address, which is mostly shorter.
std::string brief_line(const std::string& tunnel, const std::string& peer, std::size_t width,
                       const std::string& state, const std::string& age) {
  std::string line = fmt::format("{:<11}  {:<{}}  {:<11}  {}", tunnel, peer, width, state, age);
  line.erase(line.find_last_not_of(' ') + 1);
  return printable(std::move(line)) + "\n";
}

std::string sas_in_brief(const Json& data) {
  const Json& tunnels = list_of(data, "tunnels");
  if (tunnels.empty()) return "No protected tunnel.\n";
  std::size_t width = 4;
  for (const Json& each : tunnels) width = std::max(width, text_of(each, "peer").size());
  std::string out = brief_line("Tunnel", "Peer", width, "State", "Age");
  for (const Json& each : tunnels)
    out += brief_line(text_of(each, "tunnel"), text_of(each, "peer"), width, text_of(each, "state"),
                      time_of(each, "age"));
  return out + counted(std::to_string(tunnels.size()), "tunnel") + ", " + text_of(data, "up") + " up\n";
}

std::string interfaces(const Json& data) {
  return blocks(list_of(data, "interfaces"), "No such interface.", interface);
}

/// Each view under its command.
std::string tech_support(const Json& data) {
  std::string out = "awiked " + text_of(data, "version") + ", Linux " + text_of(data, "kernel") + ", " +
                    text_of(data, "time") + "\n";
  for (const Json& part : list_of(data, "views")) {
    out += "\n--- " + text_of(part, "command") + "\n";
    const std::string error = text_of(part, "error");
    out += error.empty() ? render(text_of(part, "view"), part.value("data", Json())) : "% " + error + "\n";
  }
  return out;
}

std::string text_of_view(config::View view, const Json& data) {
  switch (view) {
    case config::View::RunningConfig:
    case config::View::StartupConfig:
    case config::View::PkiCertificatesPem:
      return lines(data);
    case config::View::StartupConfigErrors:
      return startup_errors(data);
    case config::View::Reload:
      return reload(data);
    case config::View::Interface:
      return interfaces(data);
    case config::View::Routes:
      return routes(data);
    case config::View::IsakmpSa:
      return isakmp_sas(data);
    case config::View::IsakmpSaBrief:
    case config::View::IpsecSaBrief:
      return sas_in_brief(data);
    case config::View::IsakmpPeer:
      return render_isakmp_peers(data);
    case config::View::IsakmpCounters:
      return render_isakmp_counters(data);
    case config::View::IsakmpProfile:
      return render_isakmp_profiles(data);
    case config::View::IsakmpKey:
      return render_isakmp_keys(data);
    case config::View::IpsecSa:
      return ipsec_sas(data);
    case config::View::IpsecPeer:
      return render_ipsec_peers(data);
    case config::View::IpsecCounters:
      return render_ipsec_counters(data);
    case config::View::IpsecPolicy:
      return render_ipsec_policies(data);
    case config::View::IpsecProfile:
      return render_ipsec_profiles(data);
    case config::View::PkiTrustpoints:
      return render_trustpoints(data);
    case config::View::PkiCertificates:
      return render_certificates(data);
    case config::View::TechSupport:
      return tech_support(data);
  }
  return {};
}

}  // namespace

std::string render(std::string_view view, const Json& data) {
  if (view == control::kMessage) return lines(data);
  if (const auto known = config::view_called(view)) return text_of_view(*known, data);
  return view.empty() ? std::string{} : data.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace awtun::cli
