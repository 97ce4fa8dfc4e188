// SPDX-License-Identifier: Apache-2.0
// What a `show` costs: the loop serves nothing else meanwhile, so four times the tunnels may cost about four
// times as much, and not sixteen.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>

#include "userland/daemon/show/config_views.h"
#include "userland/daemon/show/interface_views.h"
#include "userland/daemon/show/peer_views.h"
#include "userland/daemon/show/sa_views.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

constexpr ike::Time kLate{std::chrono::hours(1)};
constexpr std::uint32_t kFew = 750;
constexpr std::uint32_t kMany = 4 * kFew;

/// A system of `count` tunnels: half of the links are down; each tunnel has profiles of its own.
struct System {
  config::Config config;
  ike::Status status;
  InterfaceFacts facts;
  std::vector<kernel::SaState> sas;
  TunnelTable tunnels;

  explicit System(std::uint32_t count) {
    for (std::uint32_t number = 0; number < count; ++number) add(number);
    std::ranges::sort(config.isakmp_keys, {}, &config::IsakmpKey::selector);
  }

 private:
  void add(std::uint32_t number) {
    const auto name = std::to_string(number);
    const auto remote = ip("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1));
    add_key(config, remote, "ouR4ecret");
    auto& tunnel = config.tunnels[number];
    tunnel = first_example().tunnels.at(0);
    tunnel.destination = remote;
    tunnel.protection->profile = name;
    config.ipsec_profiles[name] = default_ipsec_profile();
    config.isakmp_profiles[name].trustpoint = name;
    config.trustpoints[name];
    status.peers.emplace_back().tunnel = number;
    status.ike_sas.emplace_back().tunnel = number;
    auto& child = status.child_sas.emplace_back();
    child.tunnel = number;
    child.inbound_spi = child.outbound_spi = number + 256;
    const auto ifindex = number + 10;
    tunnels.insert(number, {ifindex, 1400});
    auto& link = facts.links.emplace_back();
    link.index = ifindex;
    link.name = config::tunnel_name(number);
    link.carrier = number % 2 == 0;
    facts.addresses.push_back({ifindex, prefix("192.168.254.1/30")});
    facts.tunnels.push_back({ifindex, link.name, std::nullopt, {{"tx_no_sa", number}}});
    for (const auto direction : {Direction::In, Direction::Out})
      sas.emplace_back().name = {ifindex, direction, child.inbound_spi};
  }
};

double processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

using Show = Json (*)(const System&);

double cost(Show show, const System& system) {
  double least = std::numeric_limits<double>::max();
  for (int run = 0; run < 3; ++run) {
    const auto before = processor_time();
    EXPECT_FALSE(show(system).empty());
    least = std::min(least, processor_time() - before);
  }
  return least;
}

TEST(ViewCost, GrowsAsTheNumberOfTunnelsDoes) {
  const struct {
    const char* name;
    Show show;
  } shows[] = {
      {"isakmp peer", [](const System& s) { return isakmp_peer_view(s.config, s.status, kLate); }},
      {"ipsec peer", [](const System& s) { return ipsec_peer_view(s.config, s.status, kLate); }},
      {"isakmp sa brief", [](const System& s) { return isakmp_sa_brief_view(s.config, s.status, kLate); }},
      {"ipsec sa brief", [](const System& s) { return ipsec_sa_brief_view(s.config, s.status, kLate); }},
      {"isakmp sa", [](const System& s) { return isakmp_sa_view(s.status, kLate, std::nullopt); }},
      {"ipsec sa",
       [](const System& s) { return ipsec_sa_view(s.status, kLate, s.sas, s.tunnels, std::nullopt); }},
      {"interface",
       [](const System& s) { return interface_view(s.config, s.status, s.facts, std::nullopt); }},
      {"ipsec counters", [](const System& s) { return ipsec_counters_view(s.config, s.status, s.facts); }},
      {"isakmp profile", [](const System& s) { return isakmp_profile_view(s.config, std::nullopt); }},
      {"ipsec profile", [](const System& s) { return ipsec_profile_view(s.config, std::nullopt); }},
      {"ipsec policy", [](const System& s) { return ipsec_policy_view(s.config, std::nullopt); }},
      {"trustpoints", [](const System& s) { return pki_trustpoints_view(s.config); }},
  };
  const System few(kFew);
  const System many(kMany);
  for (const auto& each : shows)
    EXPECT_LT(cost(each.show, many), 9 * cost(each.show, few)) << "show " << each.name;
}

}  // namespace
}  // namespace awtun::daemon
