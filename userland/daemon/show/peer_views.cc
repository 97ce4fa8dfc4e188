// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/peer_views.h"

#include <array>

#include "userland/daemon/show/sa_views.h"
#include "userland/daemon/show/status_index.h"

namespace awtun::daemon {
namespace {

/// `sa` may be null.
template <class Sa>
std::string state_of(const config::Tunnel& tunnel, const ike::PeerStatus* known, const Sa* sa) {
  if (tunnel.shutdown) return "shut down";
  if (sa != nullptr) return std::string(ike::to_string(sa->state));
  if (tunnel.source_interface && !tunnel.source)
    return std::string(ike::to_string(ike::IkeSaStatus::State::NoAddress));
  return known != nullptr ? "Down" : "not configured";
}

/// `problem`: of the tunnel's configuration; may be null.
Json peer_of(const config::Config& config, const StatusIndex& status, const std::string* problem,
             ike::Time now, ike::TunnelId number) {
  const auto& tunnel = config.tunnels.at(number);
  const auto* known = status.peer(number);
  Json object = known != nullptr ? peer_view(*known, now) : Json{{"tunnel", config::tunnel_name(number)}};
  const auto profile = config::isakmp_profile(config, number, tunnel);
  object["state"] = state_of(tunnel, known, status.newest_ike_sa(number));
  if (problem != nullptr) object["problem"] = *problem;
  object["profile"] = config::isakmp_profile_name(config, number, tunnel);
  object["local_authentication"] = to_string(profile.settings.local_authentication);
  object["remote_authentication"] = to_string(profile.settings.remote_authentication);
  object["preshared_key"] = config::find_key(config, number, tunnel) != nullptr;
  if (profile.trustpoint) object["trustpoint"] = *profile.trustpoint;
  return object;
}

Json progress_of(const config::Tunnel& tunnel, const StatusIndex& status, ike::Time now,
                 ike::TunnelId number) {
  Json object{{"tunnel", config::tunnel_name(number)}};
  if (tunnel.source) object["local"] = tunnel.source->to_string();
  const auto* configured = config::destination_address(tunnel);
  if (configured != nullptr) object["peer"] = configured->to_string();
  const auto* sa = status.newest_ike_sa(number);
  if (sa != nullptr) object["peer"] = sa->remote.to_string();
  object["isakmp"] = state_of(tunnel, status.peer(number), sa);
  if (sa != nullptr && sa->established) object["age"] = seconds_between(*sa->established, now);
  if (sa != nullptr && sa->last_heard) object["last_heard"] = seconds_between(*sa->last_heard, now);
  object["ipsec_sas"] = status.child_sas(number);
  return object;
}

/// Where the peer is, or "dynamic"; empty: its name is being looked up.
std::string peer_in_brief(const config::Tunnel& tunnel, const ike::PeerStatus* known) {
  if (known != nullptr && known->remote) return known->remote->to_string();
  if (config::has_dynamic_destination(tunnel)) return "dynamic";
  const auto* configured = config::destination_address(tunnel);
  return configured != nullptr ? configured->to_string() : "";
}

/// The SAs that `newest` finds in the index.
template <class Sa>
Json brief_view(const config::Config& config, const ike::Status& status, ike::Time now,
                const Sa* (StatusIndex::*newest)(ike::TunnelId) const) {
  const StatusIndex index(status);
  auto tunnels = Json::array();
  std::size_t up = 0;
  for (const auto& [number, tunnel] : config.tunnels) {
    if (!tunnel.protection) continue;
    const auto* known = index.peer(number);
    const auto* sa = (index.*newest)(number);
    const auto state = state_of(tunnel, known, sa);
    if (sa != nullptr && !tunnel.shutdown && sa->is_up()) ++up;
    tunnels.push_back({{"tunnel", config::tunnel_name(number)}, {"state", state}});
    auto& object = tunnels.back();
    if (auto peer = peer_in_brief(tunnel, known); !peer.empty()) object["peer"] = std::move(peer);
    const std::optional<ike::Time> since = sa != nullptr ? sa->established : std::optional<ike::Time>();
    if (since) object["age"] = seconds_between(*since, now);
  }
  return {{"schema", control::kSchema}, {"tunnels", std::move(tunnels)}, {"up", up}};
}

template <class Counters>
struct CounterName {
  const char* name;
  std::uint64_t Counters::*member;
};

constexpr std::array kEngineCounters = {
    CounterName{"ike_sa_established_as_initiator", &ike::Counters::ike_sa_established_as_initiator},
    CounterName{"ike_sa_established_as_responder", &ike::Counters::ike_sa_established_as_responder},
    CounterName{"child_sa_established", &ike::Counters::child_sa_established},
    CounterName{"ike_rekeys", &ike::Counters::ike_rekeys},
    CounterName{"child_rekeys", &ike::Counters::child_rekeys},
    CounterName{"collisions", &ike::Counters::collisions},
    CounterName{"authentication_failures", &ike::Counters::authentication_failures},
    CounterName{"no_proposal_chosen", &ike::Counters::no_proposal_chosen},
    CounterName{"dead_peers", &ike::Counters::dead_peers},
    CounterName{"crashes_detected", &ike::Counters::crashes_detected},
    CounterName{"temporary_failures_sent", &ike::Counters::temporary_failures_sent},
    CounterName{"temporary_failures_received", &ike::Counters::temporary_failures_received},
    CounterName{"cookies_sent", &ike::Counters::cookies_sent},
    CounterName{"cookies_sent_under_load", &ike::Counters::cookies_sent_under_load},
    CounterName{"cookies_sent_at_limit", &ike::Counters::cookies_sent_at_limit},
    CounterName{"cookies_sent_for_size", &ike::Counters::cookies_sent_for_size},
    CounterName{"cookies_sent_to_refuse", &ike::Counters::cookies_sent_to_refuse},
    CounterName{"cookies_accepted", &ike::Counters::cookies_accepted},
    CounterName{"cookies_received", &ike::Counters::cookies_received},
    CounterName{"init_requests_limited", &ike::Counters::init_requests_limited},
    CounterName{"answers_limited", &ike::Counters::answers_limited},
    CounterName{"half_open_dropped", &ike::Counters::half_open_dropped},
    CounterName{"half_open_evicted", &ike::Counters::half_open_evicted},
    CounterName{"sa_limit_reached", &ike::Counters::sa_limit_reached},
    CounterName{"jobs_cancelled", &ike::Counters::jobs_cancelled},
    CounterName{"jobs_refused", &ike::Counters::jobs_refused},
    CounterName{"deletes_of_unknown_spi", &ike::Counters::deletes_of_unknown_spi},
    CounterName{"unknown_spi", &ike::Counters::unknown_spi},
    CounterName{"invalid_spi_sent", &ike::Counters::invalid_spi_sent},
    CounterName{"invalid_spi_received", &ike::Counters::invalid_spi_received},
    CounterName{"invalid_ike_spi_sent", &ike::Counters::invalid_ike_spi_sent},
    CounterName{"invalid_ike_spi_received", &ike::Counters::invalid_ike_spi_received},
    CounterName{"selectors_unacceptable", &ike::Counters::selectors_unacceptable},
    CounterName{"no_response", &ike::Counters::no_response},
    CounterName{"protocol_errors", &ike::Counters::protocol_errors},
    CounterName{"data_plane_failures", &ike::Counters::data_plane_failures},
    CounterName{"other_failures", &ike::Counters::other_failures},
    CounterName{"retransmissions", &ike::Counters::retransmissions},
    CounterName{"messages_received", &ike::Counters::messages_received},
    CounterName{"messages_sent", &ike::Counters::messages_sent},
    CounterName{"messages_malformed", &ike::Counters::messages_malformed},
    CounterName{"messages_unknown_sa", &ike::Counters::messages_unknown_sa},
    CounterName{"messages_bad_integrity", &ike::Counters::messages_bad_integrity},
};

/// Those that the messages above do not count.
constexpr std::array kDatagramCounters = {
    CounterName{"datagrams_not_sent", &DatagramCounters::not_sent},
    CounterName{"datagrams_lost", &DatagramCounters::lost},
    CounterName{"datagrams_not_ike", &DatagramCounters::not_ike},
};

template <class Counters, std::size_t N>
void put_counters(Json& object, const std::array<CounterName<Counters>, N>& names, const Counters& counters,
                  const Counters& cleared) {
  for (const auto& counter : names) object[counter.name] = counters.*counter.member - cleared.*counter.member;
}

}  // namespace

Json isakmp_peer_view(const config::Config& config, const ike::Status& status, ike::Time now) {
  const StatusIndex index(status);
  const auto problems = first_problems(config);
  auto peers = Json::array();
  for (const auto& [number, tunnel] : config.tunnels) {
    if (!tunnel.protection) continue;
    const auto problem = problems.find(number);
    peers.push_back(
        peer_of(config, index, problem == problems.end() ? nullptr : &problem->second, now, number));
  }
  return {{"schema", control::kSchema}, {"peers", std::move(peers)}};
}

Json ipsec_peer_view(const config::Config& config, const ike::Status& status, ike::Time now) {
  const StatusIndex index(status);
  auto peers = Json::array();
  for (const auto& [number, tunnel] : config.tunnels)
    if (tunnel.protection) peers.push_back(progress_of(tunnel, index, now, number));
  return {{"schema", control::kSchema}, {"peers", std::move(peers)}};
}

Json isakmp_sa_brief_view(const config::Config& config, const ike::Status& status, ike::Time now) {
  return brief_view(config, status, now, &StatusIndex::newest_ike_sa);
}

Json ipsec_sa_brief_view(const config::Config& config, const ike::Status& status, ike::Time now) {
  return brief_view(config, status, now, &StatusIndex::newest_child_sa);
}

Json isakmp_counters_view(const IsakmpCounters& counters, const IsakmpCounters& cleared) {
  auto values = Json::object();
  put_counters(values, kEngineCounters, counters.engine, cleared.engine);
  put_counters(values, kDatagramCounters, counters.datagrams, cleared.datagrams);
  return {{"schema", control::kSchema}, {"counters", std::move(values)}};
}

}  // namespace awtun::daemon
