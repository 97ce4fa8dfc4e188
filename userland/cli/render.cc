// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/render.h"

#include <fmt/format.h>

#include "userland/cli/block.h"
#include "userland/cli/fields.h"

namespace awtun::cli {
namespace {

/// `lead`, the time that `key` holds, `tail`; empty when there is none.
std::string time_of(const Json& object, const char* key, std::string_view lead, std::string_view tail = "") {
  const auto seconds = number_of(object, key);
  return seconds ? fmt::format("{}{}{}", lead, duration(*seconds), tail) : std::string{};
}

std::string lifetime(const Json& sa) {
  return enumerate({time_of(sa, "age", "age "), time_of(sa, "rekey_in", "rekey in "),
                    time_of(sa, "expires_in", "expires in ")});
}

std::string texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& text : list_of(object, key)) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return enumerate(texts);
}

/// "<number> <thing>s", empty when the number is missing.
std::string count_of(const Json& object, const char* key, std::string_view thing) {
  const std::string number = text_of(object, key);
  return number.empty() ? number : counted(number, thing);
}

std::string number_before(const Json& object, const char* key, std::string_view words) {
  const std::string number = text_of(object, key);
  return number.empty() ? number : number + " " + std::string(words);
}

std::string algorithms(const Json& sa) {
  const std::string group = text_of(sa, "group");
  return enumerate(
      {text_of(sa, "encryption"), text_of(sa, "integrity"), group.empty() ? "" : "group " + group});
}

std::string headline(const Json& object, std::initializer_list<const char*> keys) {
  std::vector<std::string> parts;
  for (const char* key : keys) parts.push_back(text_of(object, key));
  return text_of(object, "tunnel") + ": " + enumerate(parts);
}

std::string isakmp_sa(const Json& sa) {
  Block block(headline(sa, {"state", "role"}));
  block.add("Local", text_of(sa, "local"));
  block.add("Peer", text_of(sa, "peer"));
  block.add("Algorithms", algorithms(sa));
  block.add("Initiator SPI", text_of(sa, "initiator_spi"));
  block.add("Responder SPI", text_of(sa, "responder_spi"));
  block.add("Lifetime", lifetime(sa));
  block.add("Last heard", time_of(sa, "last_heard", "", " ago"));
  return block.str();
}

/// The last failure in words, as an operator would tell another.
void add_failure(const Json& failure, Block& block) {
  std::string where = text_of(failure, "exchange");
  if (!where.empty()) where = "in " + where;
  std::string who = text_of(failure, "refused_by");
  if (!who.empty()) who = "refused by " + std::string(who == "peer" ? "the peer" : who);
  block.add("Last failure", enumerate({time_of(failure, "ago", "", " ago"), where, who}));
  block.add("  Reason", text_of(failure, "reason"));
  block.add("  Ours", text_of(failure, "ours"));
  block.add("  Theirs", text_of(failure, "theirs"));
  block.add("  Hint", text_of(failure, "hint"));
}

std::string isakmp_peer(const Json& peer) {
  Block block(text_of(peer, "tunnel") + ": peer " + text_of(peer, "remote"));
  block.add("Local", text_of(peer, "local"));
  block.add("Our identity", text_of(peer, "local_id"));
  block.add("Peer's identity", text_of(peer, "remote_id"));
  if (has(peer, "preshared_key"))
    block.add("Pre-shared key", flag_of(peer, "preshared_key") ? "set" : "not set");
  block.add("Next attempt", time_of(peer, "retry_in", "in "));
  if (has(peer, "last_failure")) add_failure(object_of(peer, "last_failure"), block);
  return block.str();
}

std::string ipsec_sa(const Json& sa) {
  const Json& in = object_of(sa, "in");
  const Json& out = object_of(sa, "out");
  Block block(headline(sa, {"state"}));
  block.add("Local", text_of(sa, "local"));
  block.add("Peer", text_of(sa, "peer"));
  block.add("Algorithms", algorithms(sa));
  block.add("Inbound SPI", text_of(sa, "inbound_spi"));
  block.add("Outbound SPI", text_of(sa, "outbound_spi"));
  block.add("Lifetime", lifetime(sa));
  block.add("Local traffic", texts_of(sa, "local_selectors"));
  block.add("Remote traffic", texts_of(sa, "remote_selectors"));
  block.add("Received", enumerate({count_of(in, "packets", "packet"), count_of(in, "bytes", "byte")}));
  block.add("Refused", enumerate({number_before(in, "replay", "replayed"),
                                  number_before(in, "auth_failed", "not authentic"),
                                  number_before(in, "malformed", "malformed")}));
  block.add("Sent", enumerate({count_of(out, "packets", "packet"), count_of(out, "bytes", "byte")}));
  block.add("Driver", text_of(sa, "driver"));
  return block.str();
}

std::string traffic(const Json& counters) {
  return enumerate({count_of(counters, "packets", "packet"), count_of(counters, "bytes", "byte"),
                    count_of(counters, "errors", "error"), number_before(counters, "dropped", "dropped")});
}

/// The reasons that have drops.
std::string drops(const Json& counters) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counters.items()) {
    if (count.is_number() && count != 0) parts.push_back(name + " " + count.dump());
  }
  return enumerate(parts);
}

std::string interface(const Json& object) {
  const std::string reason = text_of(object, "reason");
  Block block(text_of(object, "name") + ": admin " + text_of(object, "admin") + ", link " +
              text_of(object, "link"));
  block.add("Reason", reason);
  block.add("Description", text_of(object, "description"));
  block.add("Mode", text_of(object, "mode"));
  block.add("Source", text_of(object, "source"));
  block.add("Destination", text_of(object, "destination"));
  block.add("Protection", text_of(object, "protection"));
  block.add("Addresses", texts_of(object, "addresses"));
  block.add("MTU", text_of(object, "mtu"));
  block.add("Received", traffic(object_of(object, "rx")));
  block.add("Sent", traffic(object_of(object, "tx")));
  block.add("Drops", drops(object_of(object, "drops")));
  return block.str();
}

/// The blocks of `list` with an empty line between them; `none` when there is none.
template <class RenderOne>
std::string blocks(const Json& list, std::string_view none, RenderOne render_one) {
  if (list.empty()) return std::string(none) + "\n";
  std::string out;
  for (const Json& each : list) out += (out.empty() ? "" : "\n") + render_one(each);
  return out;
}

/// Text that the daemon wrote as lines.
std::string lines(const Json& data) {
  std::string text = text_of(data, "text");
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace

std::string duration(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < kMinute) return fmt::format("{} s", seconds);
  if (seconds < kHour) return fmt::format("{} min {:02} s", seconds / kMinute, seconds % kMinute);
  const std::int64_t rest = seconds % kDay;
  const auto clock = fmt::format("{:02}:{:02}:{:02}", rest / kHour, rest % kHour / kMinute, rest % kMinute);
  return seconds < kDay ? clock : fmt::format("{} d {}", seconds / kDay, clock);
}

std::string render(std::string_view view, const Json& data) {
  if (view == "isakmp-sa") {
    const Json& peers = list_of(data, "peers");
    return blocks(list_of(data, "sas"), "No ISAKMP SA.", isakmp_sa) +
           (peers.empty() ? "" : "\nPeers\n\n" + blocks(peers, "", isakmp_peer));
  }
  if (view == "ipsec-sa") return blocks(list_of(data, "sas"), "No IPsec SA.", ipsec_sa);
  if (view == "interface") return blocks(list_of(data, "interfaces"), "No such interface.", interface);
  if (view == "running-config" || view == "startup-config" || view == "message") return lines(data);
  return view.empty() ? std::string{} : data.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace awtun::cli
