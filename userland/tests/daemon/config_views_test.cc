// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/config_views.h"

#include <gtest/gtest.h>

#include "userland/daemon/show/interface_views.h"
#include "userland/daemon/show/peer_views.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

constexpr ike::Time kNow{ike::Duration{5'000'000}};

config::Config with_profiles() {
  auto config = first_example();
  config.isakmp_profiles["legacy"].settings.transforms[3] =
      *crypto::ike_suite("aes128", "sha1", crypto::GroupId::Modp1024);
  config.isakmp_peers[ip("10.2.2.2")] = "legacy";
  config.ipsec_profiles["shortlife"].lifetime = std::chrono::hours{1};
  config.ipsec_profiles["shortlife"].pfs_group = crypto::GroupId::Ecp256;
  config.ipsec_profiles["shortlife"].transforms[1] = *crypto::esp_suite("aes256", "gcm16");
  config.tunnels[0].protection->profile = "shortlife";
  return config;
}

TEST(ConfigViews, KeysInTheClear) {
  EXPECT_EQ(isakmp_key_view(first_example())["keys"],
            Json::parse(R"([{"by":"address","peer":"10.2.2.2","key":"ouR4ecret"}])"));
}

TEST(ConfigViews, TheDefaultProfileStandsBesideTheOthers) {
  const auto view = isakmp_profile_view(with_profiles(), std::nullopt);
  ASSERT_EQ(view["profiles"].size(), 2U);
  const auto& standard = view["profiles"][0];
  EXPECT_EQ(standard["name"], "default");
  EXPECT_EQ(standard["built_in"], true);
  EXPECT_EQ(standard["lifetime"], 86400);
  EXPECT_EQ(standard["dpd_interval"], 30);
  ASSERT_EQ(standard["transforms"].size(), 12U);
  EXPECT_EQ(standard["transforms"][7]["supported"], true);
  EXPECT_EQ(
      standard["transforms"][8],
      Json::parse(R"({"number":9,"integrity":"SHA256","encryption":"3DES","group":14,"supported":false})"));
  EXPECT_EQ(view["profiles"][1]["used_by"], Json::parse(R"(["tunnel0"])"));
  EXPECT_EQ(isakmp_profile_view(with_profiles(), "legacy")["profiles"].size(), 1U);
}

TEST(ConfigViews, IpsecProfile) {
  const auto view = ipsec_profile_view(with_profiles(), "shortlife");
  EXPECT_EQ(view["profiles"], Json::parse(R"([{"name":"shortlife","built_in":false,"lifetime":3600,
    "pfs_group":19,"used_by":["tunnel0"],"transforms":[{"number":1,"protocol":"ESP","integrity":"GCM16",
    "encryption":"AES256","supported":true}]}])"));
  EXPECT_EQ(ipsec_profile_view(with_profiles(), "default")["profiles"][0]["transforms"].size(), 10U);
}

TEST(ConfigViews, Policy) {
  auto config = with_profiles();
  config.tunnels[0].local_selectors[1] = prefix("192.168.10.0/24");
  EXPECT_EQ(ipsec_policy_view(config, std::nullopt)["policies"],
            Json::parse(R"([{"tunnel":"tunnel0","mode":"ipsec ipv4","isakmp_profile":"legacy",
    "ipsec_profile":"shortlife","complete":true,"local_selectors":["192.168.10.0/24"],
    "remote_selectors":["0.0.0.0/0","::/0"],"offers":["AES256/GCM16"],"pfs_group":19,"lifetime":3600}])"));
}

TEST(ConfigViews, Trustpoints) {
  config::Config config;
  config.trustpoints["t"].subject_name = "/CN=a";
  EXPECT_EQ(pki_trustpoints_view(config)["trustpoints"],
            Json::parse(R"([{"name":"t","enrollment":"none","subject_name":"/CN=a",
    "key_pair":{"label":"server-default","algorithm":"RSA","bits":2048},"used_by":[]}])"));
}

ike::Status trying() {
  ike::Status status;
  ike::PeerStatus peer{};
  peer.local = ip("10.1.1.1");
  peer.remote = ip("10.2.2.2");
  peer.local_id = ike::Identity::of(ip("10.1.1.1"));
  peer.remote_id = ike::Identity::of(ip("10.2.2.2"));
  peer.last_failure =
      ike::Failure{kNow, "IKE_AUTH", ike::Side::Peer, "authentication failed", "a", "b", "check the key"};
  peer.next_attempt = kNow + std::chrono::seconds{5};
  status.peers.push_back(peer);
  return status;
}

TEST(PeerViews, IsakmpPeerHasProfileKeyAndFailure) {
  const auto peer = isakmp_peer_view(with_profiles(), trying(), kNow)["peers"][0];
  EXPECT_EQ(peer["profile"], "legacy");
  EXPECT_EQ(peer["preshared_key"], true);
  EXPECT_EQ(peer["state"], "Down");
  EXPECT_EQ(peer["retry_in"], 5);
  EXPECT_EQ(peer["last_failure"]["hint"], "check the key");
}

TEST(PeerViews, AnIncompleteTunnelSaysWhatItLacks) {
  auto config = first_example();
  config.tunnels[0].source.reset();
  const auto peer = isakmp_peer_view(config, {}, kNow)["peers"][0];
  EXPECT_EQ(peer["problem"], "no tunnel source");
  EXPECT_EQ(peer["state"], "not configured");
}

TEST(PeerViews, IpsecPeer) {
  auto status = trying();
  status.ike_sas.push_back({});
  status.ike_sas[0].state = ike::IkeSaStatus::State::Established;
  status.ike_sas[0].remote = {ip("10.2.2.2"), 4500};
  status.ike_sas[0].established = kNow - std::chrono::seconds{9};
  status.child_sas.push_back({});
  EXPECT_EQ(ipsec_peer_view(first_example(), status, kNow)["peers"],
            Json::parse(R"([{"tunnel":"tunnel0","local":"10.1.1.1","peer":"10.2.2.2:4500",
    "isakmp":"Established","age":9,"ipsec_sas":1}])"));
}

/// Six tunnels of first_example(): up, being rekeyed, connecting, of a dynamic peer, shut down, unprotected.
config::Config many_tunnels() {
  auto config = first_example();
  for (const std::uint32_t number : {10, 2, 3, 4, 5}) config.tunnels[number] = config.tunnels.at(0);
  config.tunnels.at(3).destination = config::DynamicPeer{};
  config.tunnels.at(4).shutdown = true;
  config.tunnels.at(5).protection.reset();
  return config;
}

ike::Status status_of_many() {
  ike::Status status;
  for (const ike::TunnelId tunnel : {10U, 3U, 2U, 0U}) {
    auto& peer = status.peers.emplace_back();
    peer.tunnel = tunnel;
    if (tunnel != 3) peer.remote = ip("10.2.2.2");
  }
  const auto add = [](auto& sas, ike::TunnelId tunnel, auto state, std::optional<int> age) {
    auto& sa = sas.emplace_back();
    sa.tunnel = tunnel;
    sa.state = state;
    if (age) sa.established = kNow - std::chrono::seconds{*age};
  };
  add(status.ike_sas, 10, ike::IkeSaStatus::State::Connecting, std::nullopt);
  add(status.ike_sas, 0, ike::IkeSaStatus::State::Established, 9);
  add(status.ike_sas, 0, ike::IkeSaStatus::State::Deleting, 99);
  add(status.ike_sas, 2, ike::IkeSaStatus::State::Rekeying, 7);
  add(status.child_sas, 0, ike::ChildSaStatus::State::Replaced, 99);
  add(status.child_sas, 0, ike::ChildSaStatus::State::Installed, 5);
  return status;
}

TEST(PeerViews, SasInBriefAreALineATunnelByNumber) {
  const auto isakmp = isakmp_sa_brief_view(many_tunnels(), status_of_many(), kNow);
  EXPECT_EQ(isakmp, Json::parse(R"({"schema":1,"tunnels":[
    {"tunnel":"tunnel0","state":"Established","peer":"10.2.2.2","age":9},
    {"tunnel":"tunnel2","state":"Rekeying","peer":"10.2.2.2","age":7},
    {"tunnel":"tunnel3","state":"Down","peer":"dynamic"},
    {"tunnel":"tunnel4","state":"shut down","peer":"10.2.2.2"},
    {"tunnel":"tunnel10","state":"Connecting","peer":"10.2.2.2"}],"up":2})"));
  const auto ipsec = ipsec_sa_brief_view(many_tunnels(), status_of_many(), kNow);
  EXPECT_EQ(ipsec["tunnels"][0], Json::parse(R"({"tunnel":"tunnel0","state":"Installed","peer":"10.2.2.2",
    "age":5})"));
  EXPECT_EQ(ipsec["tunnels"][1]["state"], "Down");
  EXPECT_EQ(ipsec["up"], 1);
}

TEST(PeerViews, EveryCounterIsShownSinceItWasCleared) {
  IsakmpCounters counters;
  counters.engine.ike_rekeys = 7;
  counters.datagrams.not_sent = 3;
  IsakmpCounters cleared;
  cleared.engine.ike_rekeys = 5;
  cleared.datagrams.not_sent = 2;
  const auto view = isakmp_counters_view(counters, cleared);
  EXPECT_EQ(view["counters"]["ike_rekeys"], 2);
  EXPECT_EQ(view["counters"]["datagrams_not_sent"], 1);
  EXPECT_EQ(view["counters"].size(), sizeof(ike::Counters) / sizeof(std::uint64_t) + 3);
}

}  // namespace
}  // namespace awtun::daemon
