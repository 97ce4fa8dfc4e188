// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/interface_views.h"
#include "userland/daemon/show/sa_views.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

constexpr ike::Time kT0{ike::Duration{1'000'000}};
constexpr ike::Time kLater = kT0 + std::chrono::seconds{12};

ike::Status established() {
  ike::Status status;
  status.ike_sas.push_back({0,
                            0x1122334455667788,
                            0x99aabbccddeeff00,
                            true,
                            ike::IkeSaStatus::State::Established,
                            {ip("10.1.1.1"), 500},
                            {ip("10.2.2.2"), 500},
                            crypto::IkeSuite{},
                            kT0,
                            kT0 + std::chrono::seconds{100},
                            kT0 + std::chrono::seconds{200},
                            kT0 + std::chrono::seconds{9}});
  status.child_sas.push_back({0,
                              0x12345678,
                              0x9abcdef0,
                              ike::ChildSaStatus::State::Installed,
                              {},
                              kT0,
                              std::nullopt,
                              kT0 + std::chrono::seconds{300},
                              {TrafficSelector::any(Family::V4)},
                              {TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)}});
  status.peers.push_back({0, ip("10.1.1.1"), ip("10.2.2.2"), ike::Identity::of(ip("10.1.1.1")),
                          ike::Identity::of(ip("10.2.2.2")), true, std::nullopt, std::nullopt});
  return status;
}

TunnelTable one_tunnel() {
  TunnelTable tunnels;
  tunnels.insert(0, {42, 1400});
  return tunnels;
}

InterfaceFacts facts(bool carrier) {
  InterfaceFacts made;
  kernel::Link link;
  link.index = 42;
  link.name = "tunnel0";
  link.admin_up = true;
  link.carrier = carrier;
  link.mtu = 1400;
  link.rx.packets = 5;
  made.links = {link};
  made.addresses = {{42, prefix("192.168.254.1/30")}, {1, prefix("127.0.0.1/8")}};
  made.tunnels = {{42, "tunnel0", std::nullopt, {{"tx_no_sa", 3}}}};
  return made;
}

TEST(Views, IsakmpSa) {
  const auto view = isakmp_sa_view(established(), kLater, std::nullopt);
  EXPECT_EQ(view["schema"], 1);
  EXPECT_EQ(view["sas"],
            Json::parse(R"([{"tunnel":"tunnel0","local":"10.1.1.1","peer":"10.2.2.2","role":"initiator",
    "state":"Established","encryption":"AES256","integrity":"SHA256","group":14,
    "initiator_spi":"1122334455667788","responder_spi":"99aabbccddeeff00",
    "age":12,"rekey_in":88,"expires_in":188,"last_heard":3}])"));
  EXPECT_EQ(view["peers"], Json::parse(R"([{"tunnel":"tunnel0","local":"10.1.1.1","remote":"10.2.2.2",
    "local_id":"10.1.1.1","local_id_type":"ipv4","remote_id":"10.2.2.2","remote_id_type":"ipv4",
    "preshared_key":true}])"));
}

TEST(Views, ConnectingSaShowsOnlyWhatIsKnown) {
  auto status = established();
  auto& sa = status.ike_sas[0];
  sa.suite = {};
  sa.established = sa.rekey_at = sa.expires = sa.last_heard = {};
  const auto shown = isakmp_sa_view(status, kLater, std::nullopt)["sas"][0];
  for (const char* member :
       {"encryption", "integrity", "group", "age", "rekey_in", "expires_in", "last_heard"})
    EXPECT_FALSE(shown.contains(member)) << member;
}

TEST(Views, FailureAndRetryOfAPeer) {
  auto status = established();
  status.peers[0].last_failure =
      ike::Failure{kT0, "IKE_AUTH", ike::Side::Peer, "authentication failed", "a", "b", "check the key"};
  status.peers[0].next_attempt = kLater + std::chrono::seconds{5};
  const auto peer = isakmp_sa_view(status, kLater, std::nullopt)["peers"][0];
  EXPECT_EQ(peer["retry_in"], 5);
  EXPECT_EQ(peer["last_failure"], Json::parse(R"({"ago":12,"exchange":"IKE_AUTH","refused_by":"peer",
    "reason":"authentication failed","ours":"a","theirs":"b","hint":"check the key"})"));
}

TEST(Views, NetworksThatThePeerRefuses) {
  auto status = established();
  status.peers[0].declined = {
      {{{TrafficSelector::any(Family::V6)}, {TrafficSelector::any(Family::V6)}}, "TS_UNACCEPTABLE"}};
  EXPECT_EQ(isakmp_sa_view(status, kLater, std::nullopt)["peers"][0]["declined"],
            Json::parse(R"([{"local_selectors":["::/0"],"remote_selectors":["::/0"],
              "reason":"TS_UNACCEPTABLE"}])"));
}

TEST(Views, ARequestThatIsNotAnswered) {
  auto status = established();
  status.peers[0].unanswered = ike::Unanswered{"DPD", kT0, 3, "", "is it reachable?"};
  EXPECT_EQ(isakmp_sa_view(status, kLater, std::nullopt)["peers"][0]["unanswered"],
            Json::parse(R"({"since":12,"exchange":"DPD","sent":3,"hint":"is it reachable?"})"));
  status.peers[0].unanswered->not_sent = "Network is unreachable";
  EXPECT_EQ(isakmp_sa_view(status, kLater, std::nullopt)["peers"][0]["unanswered"]["not_sent"],
            "Network is unreachable");
}

TEST(Views, IpsecSaIsJoinedWithTheKernelsCounters) {
  kernel::SaState in;
  in.name = {42, Direction::In, 0x12345678};
  in.packets = 7;
  in.drop_replay = 2;
  kernel::SaState out;
  out.name = {42, Direction::Out, 0x9abcdef0};
  out.bytes = 900;
  out.esn = true;
  out.remote = ip("10.2.2.2");
  out.udp = kernel::UdpPorts{4500, 4500};
  out.driver = "gcm-aesni";
  const auto view = ipsec_sa_view(established(), kLater, {out, in}, one_tunnel(), std::nullopt);
  EXPECT_EQ(view["sas"],
            Json::parse(R"([{"tunnel":"tunnel0","local":"10.1.1.1","peer":"10.2.2.2","state":"Installed",
    "encryption":"AES256","integrity":"SHA256","inbound_spi":"0x12345678","outbound_spi":"0x9abcdef0",
    "age":12,"expires_in":288,"local_selectors":["0.0.0.0/0"],"remote_selectors":["0.0.0.0/0","::/0"],
    "in":{"packets":7,"bytes":0,"replay":2,"auth_failed":0,"malformed":0},"out":{"packets":0,"bytes":900},
    "esn":true,"encapsulation":"udp","peer_endpoint":"10.2.2.2:4500","driver":"gcm-aesni"}])"));
}

TEST(Views, IpsecSaTellsTheGroupOfItsKeys) {
  auto status = established();
  status.child_sas.at(0).pfs = crypto::GroupId::Modp2048;
  EXPECT_EQ(ipsec_sa_view(status, kLater, {}, one_tunnel(), std::nullopt)["sas"][0]["pfs_group"], 14);
}

TEST(Views, IpsecSaTellsThatSelectorsWereLeftOut) {
  auto status = established();
  EXPECT_FALSE(
      ipsec_sa_view(status, kLater, {}, one_tunnel(), std::nullopt)["sas"][0].contains("selectors_cut"));
  status.child_sas.at(0).selectors_cut = true;
  EXPECT_EQ(ipsec_sa_view(status, kLater, {}, one_tunnel(), std::nullopt)["sas"][0]["selectors_cut"], true);
}

TEST(Views, SelectorsAreWrittenAsPrefixesWhereTheyAreSome) {
  auto status = established();
  auto odd = TrafficSelector::of(prefix("192.0.2.0/24"));
  odd.last = ip("192.0.2.9");
  status.child_sas[0].local_selectors = {TrafficSelector::of(prefix("192.0.2.4/32")),
                                         TrafficSelector::of(prefix("2001:db8::/33")), odd};
  const auto sa = ipsec_sa_view(status, kLater, {}, one_tunnel(), std::nullopt)["sas"][0];
  EXPECT_EQ(sa["local_selectors"], Json::parse(R"(["192.0.2.4/32","2001:db8::/33","192.0.2.0-192.0.2.9"])"));
}

TEST(Views, OnlyNarrowsToOneTunnel) {
  EXPECT_TRUE(isakmp_sa_view(established(), kLater, 5)["sas"].empty());
  EXPECT_TRUE(ipsec_sa_view(established(), kLater, {}, one_tunnel(), 5)["sas"].empty());
  EXPECT_EQ(isakmp_sa_view(established(), kLater, 0)["sas"].size(), 1U);
}

TEST(Views, InterfaceThatIsUp) {
  const auto view = interface_view(first_example(), established(), facts(true), std::nullopt);
  EXPECT_EQ(view["interfaces"], Json::parse(R"([{"name":"tunnel0","mode":"ipsec ipv4","source":"10.1.1.1",
    "destination":"10.2.2.2","protection":"ipsec","admin":"up","link":"up","addresses":["192.168.254.1/30"],
    "mtu":1400,"rx":{"packets":5,"bytes":0,"errors":0,"dropped":0},
    "tx":{"packets":0,"bytes":0,"errors":0,"dropped":0},"drops":{"tx_no_sa":3}}])"));
}

std::string reason(const config::Config& config, const ike::Status& status, const InterfaceFacts& known) {
  return interface_view(config, status, known, std::nullopt)["interfaces"][0]["reason"];
}

TEST(Views, InterfaceThatIsDownSaysWhy) {
  auto status = established();
  EXPECT_EQ(reason(first_example(), status, facts(false)), "negotiating");
  status.peers[0].last_failure =
      ike::Failure{kT0, "IKE_AUTH", ike::Side::Peer, "authentication failed", "", "", ""};
  EXPECT_EQ(reason(first_example(), status, facts(false)), "authentication failed");
  EXPECT_EQ(reason(first_example(), status, {}), "the interface does not exist");
  InterfaceFacts waiting = facts(false);
  waiting.waiting[0] = "b.example.com: it resolves to 0.0.0.0";
  EXPECT_EQ(reason(first_example(), status, waiting), "b.example.com: it resolves to 0.0.0.0");
  auto config = first_example();
  config.tunnels[0].source.reset();
  EXPECT_EQ(reason(config, status, facts(false)), config::validate(config).front().text);
  config.tunnels[0].shutdown = true;
  EXPECT_EQ(reason(config, status, facts(false)), "administratively down");
}

}  // namespace
}  // namespace awtun::daemon
