// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/sa_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "userland/daemon/show/status_index.h"

namespace awtun::daemon {
namespace {

/// Seconds since `when`; nothing is put where it is not known.
void put_since(Json& object, const char* key, std::optional<ike::Time> when, ike::Time now) {
  if (when) object[key] = seconds_between(*when, now);
}

void put_until(Json& object, const char* key, std::optional<ike::Time> when, ike::Time now) {
  if (when) object[key] = std::max<std::int64_t>(0, seconds_between(now, *when));
}

/// The prefix whose addresses are exactly those of the selector.
std::optional<IpPrefix> as_prefix(const TrafficSelector& selector) {
  const auto first = selector.first.bytes();
  const auto last = selector.last.bytes();
  unsigned length = 0;
  while (length < first.size() * 8 && ((first[length / 8] ^ last[length / 8]) & (0x80U >> (length % 8))) == 0)
    ++length;
  const IpPrefix prefix{selector.first, static_cast<std::uint8_t>(length)};
  if (TrafficSelector::of(prefix) != selector) return std::nullopt;
  return prefix;
}

/// Selectors that name whole prefixes, which they mostly do, as an operator would write them.
Json selectors(const std::vector<TrafficSelector>& list) {
  auto texts = Json::array();
  for (const auto& selector : list) {
    const auto prefix = as_prefix(selector);
    texts.push_back(prefix ? prefix->to_string() : selector.to_string());
  }
  return texts;
}

/// "dynamic": a peer that may come from anywhere has not come yet.
std::string peer_address(const ike::PeerStatus& peer) {
  return peer.remote ? peer.remote->to_string() : "dynamic";
}

Json ike_sa(const ike::IkeSaStatus& sa, ike::Time now) {
  Json object{{"tunnel", config::tunnel_name(sa.tunnel)},
              {"local", sa.local.address.to_string()},
              {"peer", sa.remote.address.to_string()},
              {"role", sa.initiator ? "initiator" : "responder"},
              {"state", ike::to_string(sa.state)}};
  if (sa.suite) {
    const auto words = crypto::words_of(*sa.suite);
    object["encryption"] = crypto::capitals(words.encryption);
    object["integrity"] = crypto::capitals(words.integrity);
    object["group"] = sa.suite->group;
  }
  object["initiator_spi"] = fmt::format("{:016x}", sa.initiator_spi);
  object["responder_spi"] = fmt::format("{:016x}", sa.responder_spi);
  put_since(object, "age", sa.established, now);
  put_until(object, "rekey_in", sa.rekey_at, now);
  put_until(object, "expires_in", sa.expires, now);
  put_since(object, "last_heard", sa.last_heard, now);
  return object;
}

Json failure(const ike::Failure& failed, ike::Time now) {
  return {{"ago", seconds_between(failed.when, now)},
          {"exchange", failed.exchange},
          {"refused_by", failed.refused_by ? ike::to_string(*failed.refused_by) : ""},
          {"reason", failed.reason},
          {"ours", failed.ours},
          {"theirs", failed.theirs},
          {"hint", failed.hint}};
}

Json unanswered(const ike::Unanswered& request, ike::Time now) {
  Json object{{"since", seconds_between(request.since, now)},
              {"exchange", request.exchange},
              {"sent", request.sent},
              {"hint", request.hint}};
  if (!request.not_sent.empty()) object["not_sent"] = request.not_sent;
  return object;
}

Json declined(const std::vector<ike::Declined>& list) {
  auto result = Json::array();
  for (const auto& [networks, reason] : list)
    result.push_back({{"local_selectors", selectors(networks.local)},
                      {"remote_selectors", selectors(networks.remote)},
                      {"reason", reason}});
  return result;
}

Json peer(const ike::PeerStatus& status, ike::Time now) {
  Json object{{"tunnel", config::tunnel_name(status.tunnel)},
              {"local", status.local.to_string()},
              {"remote", peer_address(status)},
              {"local_id", status.local_id.value()},
              {"local_id_type", status.local_id.type_word()},
              {"remote_id", status.remote_id.value()},
              {"remote_id_type", status.remote_id.type_word()},
              {"preshared_key", status.preshared_key_set}};
  put_until(object, "retry_in", status.next_attempt, now);
  if (!status.declined.empty()) object["declined"] = declined(status.declined);
  if (status.unanswered) object["unanswered"] = unanswered(*status.unanswered, now);
  if (status.last_failure) object["last_failure"] = failure(*status.last_failure, now);
  return object;
}

Json inbound_counters(const kernel::SaState* sa) {
  const kernel::SaState none{};
  const auto& counted = sa != nullptr ? *sa : none;
  return {{"packets", counted.packets},
          {"bytes", counted.bytes},
          {"replay", counted.drop_replay},
          {"auth_failed", counted.drop_auth},
          {"malformed", counted.drop_malformed}};
}

Json outbound_counters(const kernel::SaState* sa) {
  const kernel::SaState none{};
  const auto& counted = sa != nullptr ? *sa : none;
  return {{"packets", counted.packets}, {"bytes", counted.bytes}};
}

/// How the SA's packets travel, as the kernel has it.
void put_delivery(Json& object, const kernel::SaState& out) {
  object["encapsulation"] = out.udp ? "udp" : "none";
  if (out.remote && out.udp)
    object["peer_endpoint"] = Endpoint{*out.remote, out.udp->remote}.to_string();
  else if (out.remote)
    object["peer_endpoint"] = out.remote->to_string();
}

Json child_sa(const ike::ChildSaStatus& sa, const ike::PeerStatus* peer_status, const kernel::SaState* in,
              const kernel::SaState* out, ike::Time now) {
  const auto words = crypto::words_of(sa.suite);
  Json object{{"tunnel", config::tunnel_name(sa.tunnel)},
              {"local", peer_status != nullptr ? peer_status->local.to_string() : ""},
              {"peer", peer_status != nullptr ? peer_address(*peer_status) : ""},
              {"state", ike::to_string(sa.state)},
              {"encryption", crypto::capitals(words.encryption)},
              {"integrity", crypto::capitals(words.integrity)},
              {"inbound_spi", fmt::format("0x{:08x}", sa.inbound_spi)},
              {"outbound_spi", fmt::format("0x{:08x}", sa.outbound_spi)}};
  if (sa.pfs != crypto::GroupId::None) object["pfs_group"] = sa.pfs;
  put_since(object, "age", sa.established, now);
  put_until(object, "rekey_in", sa.rekey_at, now);
  put_until(object, "expires_in", sa.expires, now);
  object["local_selectors"] = selectors(sa.local_selectors);
  object["remote_selectors"] = selectors(sa.remote_selectors);
  if (sa.selectors_cut) object["selectors_cut"] = true;
  object["in"] = inbound_counters(in);
  object["out"] = outbound_counters(out);
  object["esn"] = (out != nullptr && out->esn) || (in != nullptr && in->esn);
  if (out != nullptr) put_delivery(object, *out);
  object["driver"] = out != nullptr ? out->driver : in != nullptr ? in->driver : "";
  return object;
}

}  // namespace

Json isakmp_sa_view(const ike::Status& status, ike::Time now, Only only) {
  auto sas = Json::array();
  for (const auto& sa : status.ike_sas)
    if (shown(sa.tunnel, only)) sas.push_back(ike_sa(sa, now));
  auto peers = Json::array();
  for (const auto& known : status.peers)
    if (shown(known.tunnel, only)) peers.push_back(peer(known, now));
  return {{"schema", control::kSchema}, {"sas", std::move(sas)}, {"peers", std::move(peers)}};
}

Json ipsec_sa_view(const ike::Status& status, ike::Time now, const std::vector<kernel::SaState>& kernel_sas,
                   const TunnelTable& tunnels, Only only) {
  const StatusIndex index(status);
  const auto kernel_index = index_by(kernel_sas, &kernel::SaState::name);
  auto sas = Json::array();
  for (const auto& sa : status.child_sas) {
    if (!shown(sa.tunnel, only)) continue;
    const auto link = tunnels.find(sa.tunnel).value_or(TunnelLink{});
    const auto* in = find_in(kernel_index, kernel::SaName{link.ifindex, Direction::In, sa.inbound_spi});
    const auto* out = find_in(kernel_index, kernel::SaName{link.ifindex, Direction::Out, sa.outbound_spi});
    sas.push_back(child_sa(sa, index.peer(sa.tunnel), in, out, now));
  }
  return {{"schema", control::kSchema}, {"sas", std::move(sas)}};
}

Json selector_texts(const std::vector<TrafficSelector>& list) { return selectors(list); }

Json peer_view(const ike::PeerStatus& status, ike::Time now) { return peer(status, now); }

}  // namespace awtun::daemon
