// SPDX-License-Identifier: Apache-2.0
// The command blocks of the manual, typed as it prints them, in its order.
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

/// What the operator sees and types: "awplus(config)# interface tunnel0", and the lines that are printed.
void type_block(Console& console, std::string_view block) {
  std::string printed;
  while (!block.empty()) {
    const std::string_view line = block.substr(0, block.find('\n'));
    block.remove_prefix(std::min(line.size() + 1, block.size()));
    if (!line.starts_with("awplus")) {
      EXPECT_EQ(printed, line);
      continue;
    }
    const std::string expected_prompt(line.substr(0, line.find(' ')));
    ASSERT_EQ(prompt(console.session, "awplus"), expected_prompt) << line;
    const Outcome outcome = console.execute(line.substr(line.find(' ') + 1));
    printed.clear();
    if (const auto* edit = std::get_if<Edit>(&outcome)) printed = edit->message;
    EXPECT_FALSE(std::holds_alternative<SyntaxError>(outcome) || std::holds_alternative<Refused>(outcome))
        << line;
  }
}

void expect_works(const Console& console) {
  EXPECT_TRUE(validate(console.config).empty()) << validate(console.config).front().text;
  const auto loaded = load(emit(console.config));
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(*loaded == console.config);
}

TEST(Manual, IpsecOverIpv4) {
  Console console;
  console.type({"configure terminal"});
  type_block(console, R"(awplus(config)# crypto isakmp key ouR4ecret address 10.2.2.2
awplus(config)# interface tunnel0
awplus(config-if)# tunnel mode ipsec ipv4
awplus(config-if)# tunnel source 10.1.1.1
awplus(config-if)# tunnel destination 10.2.2.2
awplus(config-if)# tunnel protection ipsec
awplus(config-if)# ip address 192.168.254.1/30
awplus(config-if)# exit
awplus(config)# ip route 192.168.20.0/24 tunnel0)");
  expect_works(console);
}

TEST(Manual, IpsecOverIpv6) {
  Console console;
  console.type({"configure terminal"});
  type_block(console, R"(awplus(config)# crypto isakmp key ouR4ecret address 2001:db8:2:2::2
awplus(config)# interface tunnel0
awplus(config-if)# tunnel mode ipsec ipv6
awplus(config-if)# tunnel source 2001:db8:1:1::1
awplus(config-if)# tunnel destination 2001:db8:2:2::2
awplus(config-if)# tunnel protection ipsec
awplus(config-if)# ipv6 enable
awplus(config-if)# exit
awplus(config)# ipv6 route 2001:db8:10:20::/64 tunnel0)");
  expect_works(console);
}

TEST(Manual, Certificates) {
  Console console;
  console.type({"configure terminal"});
  type_block(console, R"(awplus(config)# crypto pki trustpoint vpn_trust
Created trustpoint "vpn_trust".
awplus(ca-trustpoint)# enrollment terminal
awplus(ca-trustpoint)# subject-name /CN=test1.example.com
awplus(ca-trustpoint)# subject-alt-name test1.example.com
awplus(ca-trustpoint)# end)");
  console.type({"configure terminal"});
  type_block(console, R"(awplus(config)# crypto isakmp profile cert_vpn
awplus(config-isakmp-profile)# local authentication certificate
awplus(config-isakmp-profile)# remote authentication certificate
awplus(config-isakmp-profile)# pki trustpoint vpn_trust
awplus(config-isakmp-profile)# transform 1 integrity SHA256 encryption AES256 group 14
awplus(config-isakmp-profile)# exit
awplus(config)# crypto isakmp peer hostname test2.example.com profile cert_vpn
awplus(config)# interface tunnel0
awplus(config-if)# tunnel mode ipsec ipv4
awplus(config-if)# tunnel source 10.1.1.1
awplus(config-if)# tunnel destination 10.2.2.2
awplus(config-if)# tunnel local name test1.example.com
awplus(config-if)# tunnel remote name test2.example.com
awplus(config-if)# tunnel protection ipsec
awplus(config-if)# ip address 192.168.254.1/30
awplus(config-if)# exit
awplus(config)# ip route 192.168.20.0/24 tunnel0 )");
  expect_works(console);
  EXPECT_EQ(isakmp_profile_name(console.config, 0, console.config.tunnels.at(0)), "cert_vpn");
}

TEST(Manual, IsakmpProfilesOfPeers) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile legacy", "crypto isakmp profile legacy-aggr",
                "crypto isakmp profile myprof", "exit"});
  type_block(console, R"(awplus(config)# crypto isakmp peer address 10.2.2.2 profile legacy
awplus(config)# crypto isakmp peer dynamic profile legacy-aggr
awplus(config)# crypto isakmp peer policy tunnel0 profile myprof)");
  expect_works(console);
}

TEST(Manual, IpsecProfiles) {
  Console console;
  console.type({"configure terminal"});
  type_block(console, R"(awplus(config)# crypto ipsec profile legacy
awplus(config-ipsec-profile)# lifetime seconds 3600
awplus(config-ipsec-profile)# transform 1 protocol esp integrity sha1 encryption aes128)");
  console.type({"exit"});
  type_block(console, R"(awplus(config)# crypto ipsec profile shortlife
awplus(config-ipsec-profile)# lifetime seconds 3600
awplus(config-ipsec-profile)# transform 1 protocol esp integrity sha256 encryption aes256
awplus(config-ipsec-profile)# transform 2 protocol esp integrity sha256 encryption aes128)");
  console.type({"exit"});
  type_block(console, R"(awplus(config)# interface tunnel0
awplus(config-if)# tunnel protection ipsec profile legacy)");
  EXPECT_EQ(ipsec_profile(console.config, console.config.tunnels.at(0)).transforms.at(1),
            (*crypto::esp_suite("aes128", "sha1")));
}

TEST(Manual, WhatThereIsToSee) {
  Console console;
  for (const auto& [line, view] :
       {std::pair{"show isakmp sa", View::IsakmpSa}, std::pair{"show ipsec sa", View::IpsecSa},
        std::pair{"show isakmp counters", View::IsakmpCounters},
        std::pair{"show ipsec counters", View::IpsecCounters}, std::pair{"show ipsec peer", View::IpsecPeer},
        std::pair{"show ipsec policy", View::IpsecPolicy}, std::pair{"show isakmp key", View::IsakmpKey},
        std::pair{"show isakmp profile", View::IsakmpProfile},
        std::pair{"show ipsec profile", View::IpsecProfile},
        std::pair{"show isakmp peer", View::IsakmpPeer}}) {
    EXPECT_EQ(std::get<Show>(console.execute(line)).what, view) << line;
  }
}

}  // namespace
}  // namespace awtun::config::test
