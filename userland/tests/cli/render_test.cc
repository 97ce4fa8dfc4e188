// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/render.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "userland/config/view.h"

namespace awtun::cli {
namespace {

const Json kIsakmp = Json::parse(R"({"schema":1,
  "sas":[{"tunnel":"tunnel0","local":"10.1.1.1","peer":"10.2.2.2","role":"initiator","state":"Established",
    "encryption":"AES256","integrity":"SHA256","group":14,"initiator_spi":"0123456789abcdef",
    "responder_spi":"fedcba9876543210","age":12,"rekey_in":80000,"expires_in":86388,"last_heard":3}],
  "peers":[{"tunnel":"tunnel0","local":"10.1.1.1","remote":"10.2.2.2","local_id":"10.1.1.1",
    "local_id_type":"ipv4","remote_id":"10.2.2.2","remote_id_type":"ipv4","preshared_key":true},
   {"tunnel":"tunnel1","local":"10.1.1.1","remote":"10.3.3.3","local_id":"a.example.com",
    "local_id_type":"fqdn","remote_id":"Site B","remote_id_type":"key-id","preshared_key":false,"retry_in":5,
    "unanswered":{"since":28,"exchange":"IKE_AUTH","sent":3,"hint":"is UDP port 4500 open both ways?"},
    "last_failure":{"ago":67,"exchange":"IKE_AUTH","refused_by":"peer","reason":"authentication failed",
      "ours":"pre-shared key for b.example.com","theirs":"unknown",
      "hint":"the pre-shared keys of the two sides differ, or the peer knows this side by another identity"}}]})");

TEST(Render, IsakmpSasAndPeers) {
  EXPECT_EQ(render("isakmp-sa", kIsakmp),
            "tunnel0: Established, initiator\n"
            "  Local          10.1.1.1\n"
            "  Peer           10.2.2.2\n"
            "  Algorithms     AES256, SHA256, group 14\n"
            "  Initiator SPI  0123456789abcdef\n"
            "  Responder SPI  fedcba9876543210\n"
            "  Lifetime       age 12 s, rekey in 22:13:20, expires in 23:59:48\n"
            "  Last heard     3 s ago\n"
            "\n"
            "Peers\n"
            "\n"
            "tunnel0: peer 10.2.2.2\n"
            "  Local            10.1.1.1\n"
            "  Our identity     10.1.1.1 (ipv4)\n"
            "  Peer's identity  10.2.2.2 (ipv4)\n"
            "  Pre-shared key   set\n"
            "\n"
            "tunnel1: peer 10.3.3.3\n"
            "  Local            10.1.1.1\n"
            "  Our identity     a.example.com (fqdn)\n"
            "  Peer's identity  Site B (key-id)\n"
            "  Pre-shared key   not set\n"
            "  Next attempt     in 5 s\n"
            "  No answer        for 28 s, to IKE_AUTH, sent 3 times\n"
            "    Hint           is UDP port 4500 open both ways?\n"
            "  Last failure     1 min 07 s ago, in IKE_AUTH, refused by the peer\n"
            "    Reason         authentication failed\n"
            "    Ours           pre-shared key for b.example.com\n"
            "    Theirs         unknown\n"
            "    Hint           the pre-shared keys of the two sides differ, or the peer\n"
            "                   knows this side by another identity\n");
}

TEST(Render, OfTheNetworksThatThePeerRefusesSomeAreShown) {
  Json data = kIsakmp;
  Json& peer = data["peers"][0];
  for (int i = 0; i < 6; ++i)
    peer["declined"].push_back({{"local_selectors", {fmt::format("10.1.{}.0/24", i)}},
                                {"remote_selectors", {"10.2.0.0/24"}},
                                {"reason", "TS_UNACCEPTABLE"}});
  EXPECT_NE(render("isakmp-sa", data)
                .find("  Peer refuses     local 10.1.0.0/24 remote 10.2.0.0/24 (TS_UNACCEPTABLE)\n"
                      "                   local 10.1.1.0/24 remote 10.2.0.0/24 (TS_UNACCEPTABLE)\n"
                      "                   local 10.1.2.0/24 remote 10.2.0.0/24 (TS_UNACCEPTABLE)\n"
                      "                   local 10.1.3.0/24 remote 10.2.0.0/24 (TS_UNACCEPTABLE)\n"
                      "                   and 2 more\n"),
            std::string::npos)
      << render("isakmp-sa", data);
}

TEST(Render, WhatCouldNotBeSentWasTried) {
  Json data = kIsakmp;
  data["peers"][1]["unanswered"]["not_sent"] = "Network is unreachable";
  EXPECT_THAT(render("isakmp-sa", data),
              testing::HasSubstr("  No answer        for 28 s, to IKE_AUTH, tried 3 times\n"
                                 "    Not sent       Network is unreachable\n"
                                 "    Hint           is UDP port 4500 open both ways?\n"));
}

TEST(Render, ProfilesMarkWhatIsNotSupported) {
  const Json profiles = Json::parse(R"({"schema":1,"profiles":[{"name":"default","built_in":true,"version":2,
    "local_authentication":"pre-share","remote_authentication":"pre-share","lifetime":86400,
    "dpd_interval":30,"used_by":[],"transforms":[
    {"number":8,"integrity":"SHA1","encryption":"AES128","group":16,"supported":true},
    {"number":9,"integrity":"SHA256","encryption":"3DES","group":14,"supported":false}]}]})");
  EXPECT_EQ(render("isakmp-profile", profiles),
            "ISAKMP profile default (built in)\n"
            "  IKE version            2\n"
            "  Our authentication     pre-share\n"
            "  Peer's authentication  pre-share\n"
            "  Lifetime               1 d 00:00:00\n"
            "  DPD interval           30 s\n"
            "  Transform  Integrity  Encryption   Group\n"
            "          8  SHA1       AES128          16\n"
            "          9  SHA256     3DES            14  not supported\n");
}

TEST(Render, KeysAndCounters) {
  EXPECT_EQ(render("isakmp-key", Json::parse(R"({"keys":[{"by":"address","peer":"10.2.2.2","key":"k1"},
    {"by":"hostname","peer":"b.example.com","key":"k2"}]})")),
            "For       Peer           Key\n"
            "address   10.2.2.2       k1\n"
            "hostname  b.example.com  k2\n");
  EXPECT_EQ(
      render("isakmp-counters", Json::parse(R"({"counters":{"ike_sa_established":1,"messages_sent":22}})")),
      "ISAKMP counters\n"
      "  IKE SA established  1\n"
      "  Messages sent       22\n");
}

TEST(Render, EveryViewOfTheGrammarIsText) {
  for (const auto& row : config::kViews) {
    const std::string text = render(row.name, {{"text", "lines"}});
    EXPECT_FALSE(text.empty()) << row.name;
    EXPECT_EQ(text.find('{'), text.npos) << row.name;
  }
}

const Json kIpsec = Json::parse(R"({"schema":1,"sas":[{"tunnel":"tunnel0","local":"2001:db8:1:1::1",
  "peer":"2001:db8:2:2::2","state":"Installed","encryption":"AES128","integrity":"GCM16",
  "inbound_spi":"0x12345678","outbound_spi":"0x9abcdef0","age":3700,"rekey_in":20000,"expires_in":200000,
  "local_selectors":["0.0.0.0/0","::/0"],"remote_selectors":["0.0.0.0/0","::/0"],
  "in":{"packets":1,"bytes":84,"replay":2,"auth_failed":3,"malformed":4},"out":{"packets":18446744073709551615,"bytes":85},
  "driver":"gcm-aes-aesni"}]})");

TEST(Render, IpsecSas) {
  EXPECT_EQ(render("ipsec-sa", kIpsec),
            "tunnel0: Installed\n"
            "  Local           2001:db8:1:1::1\n"
            "  Peer            2001:db8:2:2::2\n"
            "  Algorithms      AES128, GCM16\n"
            "  Inbound SPI     0x12345678\n"
            "  Outbound SPI    0x9abcdef0\n"
            "  Lifetime        age 01:01:40, rekey in 05:33:20, expires in 2 d 07:33:20\n"
            "  Local traffic   0.0.0.0/0, ::/0\n"
            "  Remote traffic  0.0.0.0/0, ::/0\n"
            "  Received        1 packet, 84 bytes\n"
            "  Refused         2 replayed, 3 not authentic, 4 malformed\n"
            "  Sent            18446744073709551615 packets, 85 bytes\n"
            "  Driver          gcm-aes-aesni\n");
}

TEST(Render, IpsecSaOfFewerSelectorsThanAsked) {
  Json view = kIpsec;
  view["sas"][0]["selectors_cut"] = true;
  EXPECT_NE(render("ipsec-sa", view).find("  Left out        selectors beyond 16 per side\n"),
            std::string::npos);
}

TEST(Render, IpsecSaWithPfs) {
  Json view = kIpsec;
  view["sas"][0]["pfs_group"] = 14;
  const std::string text = render("ipsec-sa", view);
  EXPECT_NE(text.find("  Algorithms      AES128, GCM16\n  PFS             group 14\n"), std::string::npos);
}

const Json kInterface = Json::parse(R"({"schema":1,"interfaces":[{"name":"tunnel0","description":"to site B",
  "mode":"ipsec ipv4","source":"10.1.1.1","destination":"10.2.2.2","protection":"ipsec","admin":"up","link":"down",
  "reason":"negotiating","addresses":["192.168.254.1/30","fe80::1/64"],"mtu":1400,
  "rx":{"packets":5,"bytes":6,"errors":7,"dropped":8},"tx":{"packets":9,"bytes":10,"errors":1,"dropped":12},
  "drops":{"tx_no_sa":13,"rx_replay":0}},{"name":"tunnel1","mode":"none","admin":"up","link":"down"}]})");

TEST(Render, Interfaces) {
  EXPECT_EQ(render("interface", kInterface),
            "tunnel0: admin up, link down\n"
            "  Reason       negotiating\n"
            "  Description  to site B\n"
            "  Mode         ipsec ipv4\n"
            "  Source       10.1.1.1\n"
            "  Destination  10.2.2.2\n"
            "  Protection   ipsec\n"
            "  Addresses    192.168.254.1/30, fe80::1/64\n"
            "  MTU          1400\n"
            "  Received     5 packets, 6 bytes, 7 errors, 8 dropped\n"
            "  Sent         9 packets, 10 bytes, 1 error, 12 dropped\n"
            "  Drops        tx_no_sa 13\n"
            "\n"
            "tunnel1: admin up, link down\n"
            "  Mode  none\n");
}

/// Every string in `data`, however deep, stands in `text`, line breaks aside.
void expect_strings(const Json& data, const std::string& text) {
  if (data.is_string()) {
    EXPECT_NE(text.find(data.get<std::string>().substr(0, 40)), text.npos) << data;
  }
  if (data.is_structured()) {
    for (const Json& each : data) expect_strings(each, text);
  }
}

TEST(Render, NothingIsLost) {
  expect_strings(kIsakmp["sas"], render("isakmp-sa", kIsakmp));
  expect_strings(kIsakmp["peers"], render("isakmp-sa", kIsakmp));
  expect_strings(kIpsec, render("ipsec-sa", kIpsec));
  expect_strings(kInterface, render("interface", kInterface));
}

TEST(Render, FitsTheScreen) {
  for (const auto& text :
       {render("isakmp-sa", kIsakmp), render("ipsec-sa", kIpsec), render("interface", kInterface)}) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(end - at, 80U) << text.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(Render, EmptyViewsSaySo) {
  EXPECT_EQ(render("isakmp-sa", Json::parse(R"({"sas":[],"peers":[]})")), "No ISAKMP SA.\n");
  EXPECT_EQ(render("ipsec-sa", Json::object()), "No IPsec SA.\n");
  EXPECT_EQ(render("interface", Json{}), "No such interface.\n");
}

TEST(Render, TextViewsAsTheyAre) {
  EXPECT_EQ(render("running-config", {{"text", "!\nend\n"}}), "!\nend\n");
  EXPECT_EQ(render("message", {{"text", "saved"}}), "saved\n");
  EXPECT_EQ(render("", {}), "");
}

TEST(Render, ForeignTextStaysOnItsLine) {
  const Json data =
      Json::parse(R"({"sas":[{"tunnel":"tunnel0","state":"\u001b[2J\nfake","peer":"x\u0007y\u009bz支"}]})");
  EXPECT_EQ(render("ipsec-sa", data), "tunnel0: ?[2J?fake\n  Peer  x?y?z支\n");
}

TEST(Render, ValuesOfTheWrongTypeAreLeftOut) {
  const Json data =
      Json::parse(R"({"sas":[1,{"tunnel":[],"state":{},"age":"x","in":7,"local_selectors":{"a":1}}],
                                    "peers":"none"})");
  EXPECT_NO_THROW(render("isakmp-sa", data));
  EXPECT_NO_THROW(render("ipsec-sa", data));
  EXPECT_NO_THROW(render("interface", data));
  EXPECT_NO_THROW(render("unknown", data));
}

TEST(Render, ARouteThatWaitsSaysWhy) {
  EXPECT_EQ(render("routes", {{"schema", 1}, {"routes", Json::array()}}), "No static route.\n");
  EXPECT_EQ(
      render("routes",
             {{"schema", 1},
              {"routes",
               {{{"prefix", "10.0.0.0/8"},
                 {"next_hop", "tunnel0"},
                 {"distance", 1},
                 {"installed", false},
                 {"reason", "tunnel0 is down"}},
                {{"prefix", "10.0.0.0/8"}, {"next_hop", "Null"}, {"distance", 254}, {"installed", true}}}}}),
      "10.0.0.0/8 by tunnel0, distance 1: waits, tunnel0 is down\n"
      "10.0.0.0/8 by Null, distance 254\n");
}

TEST(Render, SasInBriefFitALineAndAreCounted) {
  const Json data = Json::parse(R"({"schema":1,"tunnels":[
    {"tunnel":"tunnel0","state":"Established","peer":"10.2.2.2","age":9},
    {"tunnel":"tunnel7","state":"not configured"},
    {"tunnel":"tunnel12","state":"Down","peer":"dynamic"}],"up":1})");
  const std::string expected =
      "Tunnel       Peer      State        Age\n"
      "tunnel0      10.2.2.2  Established  9 s\n"
      "tunnel7                not configured\n"
      "tunnel12     dynamic   Down\n"
      "3 tunnels, 1 up\n";
  EXPECT_EQ(render("isakmp-sa-brief", data), expected);
  EXPECT_EQ(render("ipsec-sa-brief", data), expected);
  EXPECT_EQ(render("ipsec-sa-brief", Json::object()), "No protected tunnel.\n");
}

TEST(Render, SasInBriefHave80ColumnsWithTheLongestOfAll) {
  const Json data = Json::parse(R"({"tunnels":[{"tunnel":"tunnel65535","state":"Established","age":2591999,
    "peer":"2001:db8:1111:2222:3333:4444:5555:6666"}],"up":1})");
  const std::string text = render("isakmp-sa-brief", data);
  EXPECT_EQ(text.substr(text.find('\n') + 1),
            "tunnel65535  2001:db8:1111:2222:3333:4444:5555:6666  Established  29 d 23:59:59\n"
            "1 tunnel, 1 up\n");
  EXPECT_LE(text.find('\n', text.find('\n') + 1) - text.find('\n') - 1, 80U);
}

TEST(Render, TechSupportIsEveryViewUnderItsCommand) {
  const Json data =
      Json::parse(R"({"version": "0.1", "kernel": "6.1", "time": "2026-01-01T00:00:00Z", "views": [
      {"command": "show reload", "view": "reload", "data": {"schema": 1, "in": 61}},
      {"command": "show ipsec sa", "error": "no kernel"}]})");
  EXPECT_EQ(render("tech-support", data),
            "awiked 0.1, Linux 6.1, 2026-01-01T00:00:00Z\n"
            "\n--- show reload\n"
            "Reload in 1 min 01 s\n"
            "\n--- show ipsec sa\n"
            "% no kernel\n");
}

TEST(Render, StartupErrors) {
  EXPECT_EQ(render("startup-config-errors", Json::parse(R"({"schema":1,"file":"/f","errors":[]})")),
            "No errors.\n");
  EXPECT_EQ(render("startup-config-errors",
                   Json::parse(R"({"schema":1,"file":"/f","errors":[{"reason":"Is a directory"},
                                   {"line":3,"text":"hostname branch","reason":"invalid"}]})")),
            "The whole\n  Reason  Is a directory\n\nLine 3\n  Text    hostname branch\n  Reason  invalid\n");
}

}  // namespace
}  // namespace awtun::cli
