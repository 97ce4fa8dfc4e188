// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "userland/config/session.h"

namespace awtun::config {
namespace {

TEST(File, EmptyIsTheDefault) {
  EXPECT_EQ(*load(""), Config{});
  EXPECT_EQ(*load("! nothing\r\n\r\nend\r\n"), Config{});
  EXPECT_EQ(emit(Config{}), "!\nend\n");
}

TEST(File, SectionsFollowEachOtherWithoutExit) {
  const auto config =
      load("interface tunnel0\n mtu 1400\ninterface tunnel1\n shutdown\nip route 10.0.0.0/8 tunnel0");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tunnels.at(0).mtu, 1400);
  EXPECT_TRUE(config->tunnels.at(1).shutdown);
  EXPECT_EQ(config->routes.size(), 1U);
}

TEST(File, AnErrorNamesItsLineAndColumn) {
  const auto config = load("!\ninterface tunnel0\n mtu 9999\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().line, 3U);
  EXPECT_EQ(config.error().column, 5U);
  EXPECT_EQ(config.error().text, " mtu 9999");
  EXPECT_TRUE(config.error().syntax);
  EXPECT_EQ(config.error().expected, std::vector<std::string>{"<68-1582>"});
}

TEST(File, OnlyConfigurationBelongsInAFile) {
  for (const char* text :
       {"do show ipsec sa", "no interface tunnel0", "end\nmtu 1400", "exit\ninterface tunnel0"}) {
    const auto config = load(text);
    ASSERT_FALSE(config) << text;
    EXPECT_FALSE(config.error().syntax) << text;
  }
  EXPECT_TRUE(load("show ipsec sa").error().syntax);
  EXPECT_TRUE(load("end\n\n! good\n"));
}

TEST(File, NullIsOneInterfaceHoweverItIsWritten) {
  const auto config = load("ip route 10.0.0.0/8 NULL\nipv6 route 2001:db8::/32 null 254");
  ASSERT_TRUE(config);
  EXPECT_EQ(emit(*config), "!\nip route 10.0.0.0/8 Null\n!\nipv6 route 2001:db8::/32 Null 254\n!\nend\n");
  EXPECT_EQ(*config, *load("ip route 10.0.0.0/8 Null\nipv6 route 2001:db8::/32 Null 254"));
}

TEST(File, HiddenKeysAreNotWrittenAndNotRead) {
  const auto config = load("crypto isakmp key s3cret address 10.0.0.1");
  ASSERT_TRUE(config);
  const std::string hidden = emit(*config, Secrets::Hidden);
  EXPECT_EQ(hidden, "!\ncrypto isakmp key ******** address 10.0.0.1\n!\nend\n");
  EXPECT_FALSE(load(hidden));
}

TEST(File, OneInterfaceAlone) {
  const auto config = load("interface tunnel0\n mtu 1400\ninterface tunnel1\nip route 10.0.0.0/8 tunnel0");
  EXPECT_EQ(emit_interface(*config, 0), "!\ninterface tunnel0\n mtu 1400\n!\n");
  EXPECT_EQ(emit_interface(*config, 2), "");
  EXPECT_EQ(
      emit(*config),
      "!\ninterface tunnel0\n mtu 1400\n!\ninterface tunnel1\n!\nip route 10.0.0.0/8 tunnel0\n!\nend\n");
}

using Numbers = std::vector<std::size_t>;

Numbers lines_of_errors(const Loaded& loaded) {
  Numbers lines;
  for (const FileError& error : loaded.errors) lines.push_back(error.line);
  return lines;
}

const std::string kTunnel =
    "crypto isakmp key ouR4ecret address 10.2.2.2\ninterface tunnel0\n tunnel mode ipsec ipv4\n"
    " tunnel source 10.1.1.1\n tunnel destination 10.2.2.2\n tunnel protection ipsec\n";

TEST(GoodLines, AWrongLineStaysAlone) {
  const auto loaded = load_good_lines("hostname branch\n" + kTunnel);
  EXPECT_EQ(lines_of_errors(loaded), Numbers{1});
  EXPECT_EQ(loaded.errors[0].text, "hostname branch");
  EXPECT_TRUE(loaded.config == *load(kTunnel));
}

TEST(GoodLines, OfAGoodFileAreAll) {
  const auto loaded = load_good_lines(kTunnel + "ip route 10.0.0.0/8 tunnel0\n!\nend\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.config == *load(kTunnel + "ip route 10.0.0.0/8 tunnel0\n"));
}

TEST(GoodLines, AWrongSectionGoesWithItsLines) {
  const auto loaded =
      load_good_lines(kTunnel + "interface ppp0\n ip address 10.1.1.1/24\n shutdown\n!\n" +
                      "ip access-list x\n mtu 1300\ninterface tunnel1\n mtu 1400\n mtu 9\n end\n");
  EXPECT_EQ(lines_of_errors(loaded), (Numbers{7, 8, 9, 11, 12, 15}));
  EXPECT_EQ(loaded.config.tunnels.size(), 2U);
  EXPECT_FALSE(loaded.config.tunnels.at(0).shutdown || loaded.config.tunnels.at(0).mtu);
  EXPECT_EQ(loaded.config.tunnels.at(1).mtu, 1400);
}

TEST(GoodLines, ALineOfAWrongOneSaysWhereThatIsAndNotWhat) {
  const auto loaded =
      load_good_lines("interface tunnel0\nneighbor 10.0.0.2 ouR4ecret\n mtu 1300\nmtu 1300\n" +
                      std::string("exit\nospf ouR4ecret\n mtu 1300\nend\n"));
  ASSERT_EQ(lines_of_errors(loaded), (Numbers{2, 3, 4, 6, 7}));
  EXPECT_EQ(loaded.errors[1].message, "% refused with the section at line 2");
  EXPECT_EQ(loaded.errors[2].message, "% refused with the section at line 2");
  EXPECT_EQ(loaded.errors[4].message, "% refused with line 6 above it");
}

TEST(GoodLines, GoOnBehindAnEndInTheMiddle) {
  const auto loaded =
      load_good_lines("mtu 1400\nend\n! a remark\n" + kTunnel + "exit\nexit\ninterface tunnel1\nend\n");
  EXPECT_EQ(lines_of_errors(loaded), (Numbers{1, 2, 11}));
  EXPECT_EQ(loaded.config.tunnels.size(), 2U);
}

TEST(GoodLines, WhatNothingHasIsTakenOutWhereItIsUsed) {
  const auto loaded = load_good_lines(
      "crypto isakmp profile p\n pki trustpoint none\n lifetime 3600\ncrypto isakmp peer address 10.2.2.2 "
      "profile q\n"
      "interface tunnel0\n tunnel destination 10.2.2.2\n tunnel protection ipsec profile r\n mtu 1400\n"
      "interface tunnel1\n tunnel protection ipsec profile s\ncrypto ipsec profile s\nend\n");
  EXPECT_EQ(lines_of_errors(loaded), (Numbers{2, 4, 7}));
  EXPECT_FALSE(dangling_reference(loaded.config));
  EXPECT_EQ(loaded.config.isakmp_profiles.at("p").settings.lifetime, std::chrono::seconds(3600));
  EXPECT_FALSE(loaded.config.tunnels.at(0).protection);
  EXPECT_TRUE(loaded.config.tunnels.at(0).shutdown) << "the default profile is not that of its peer";
  EXPECT_TRUE(loaded.config.tunnels.at(1).protection);
  EXPECT_NE(loaded.errors[2].message.find("crypto ipsec profile r is used by"), std::string::npos);
}

/// What becomes of tunnel0 of a file.
struct Fate {
  bool shutdown = false;
  std::string consequence;  ///< Told with the first error.
};

Fate fate_of(const std::string& text) {
  const auto loaded = load_good_lines(text);
  if (loaded.errors.empty()) return {loaded.config.tunnels.at(0).shutdown, "no errors"};
  return {loaded.config.tunnels.at(0).shutdown, loaded.errors.front().consequence};
}

void expect_shut_down(const std::string& text) {
  const auto fate = fate_of(text);
  EXPECT_TRUE(fate.shutdown) << text;
  EXPECT_EQ(fate.consequence, "tunnel0 is shut down") << text;
}

void expect_up(const std::string& text) {
  const auto fate = fate_of(text);
  EXPECT_FALSE(fate.shutdown) << text;
  EXPECT_EQ(fate.consequence, "") << text;
}

TEST(GoodLines, ATunnelDoesNotProtectMoreForWantOfALine) {
  for (const char* line : {" tunnel remote selector 10.0.0.0/33",
                           " tunnel local selctor 10.0.0.0/8",
                           " tunnel remote selector 0 10.0.0.0/8",
                           " tunnel selector 10.0.0.0/8 10.1.0.0/16",
                           " tunnel local s 10.1.0.0/33",
                           " tu lo s 10.1.0.0/33",
                           " tunnel local se 10.1.0.0/16 extra",
                           " tunnl local selector 10.1.0.0/16",
                           " tunnel local slector 10.1.0.0/16",
                           " tunnel local-selector 10.1.0.0/16",
                           " traffic-selector local 10.1.0.0/16",
                           " Tunnel Local SELECTOR 10.1.0.0/33",
                           " tunnel local selector 10.1.0.0/16\x01",
                           "tunnl local selector 10.1.0.0/16",
                           "tunnel local slector 10.1.0.0/16",
                           " shutdwon",
                           "shutdwon",
                           " shut down",
                           " tunnel remote name a b",
                           " tunnel local nonsense",
                           " ip access-group 101 in",
                           " ip vrf forwarding red",
                           " tunnel protection ipsec profile a b",
                           " crypto map x",
                           " no tunnel local selector 10.0.0.0/33",
                           " exit\n tunnel local slector 10.1.0.0/16",
                           "exit\ntunnel local selector 10.1.0.0/16",
                           "interface tunnel0 multipoint\n shutdown",
                           "interface tunnel0 x",
                           "interface tunnl0",
                           "interfce tunnel0\n shutdown",
                           "interface tunnel 0-3",
                           "interface tunnel0\rshutdown\r"})
    expect_shut_down(kTunnel + line + "\n");
}

TEST(GoodLines, WhatIsRefusedWithAnotherLineIsLostToo) {
  for (const char* wrong : {"mtu 9", "ip address 1.2.3.4", "description", "tunnel ttl 300", "ip mtu 1400",
                            "ip nat outside", "hostname x", "router bgp 1", "crypto map x", "exit x"})
    for (const char* lost : {" tunnel remote selector 10.6.0.0/16", " shutdown"})
      EXPECT_TRUE(fate_of(kTunnel + wrong + "\n" + lost + "\n").shutdown) << wrong << "\n" << lost;
}

/// What protects a tunnel that comes up, and nothing else of it; empty: it does not.
std::string protection_of(const Config& config, std::uint32_t number) {
  const auto tunnel = config.tunnels.find(number);
  if (tunnel == config.tunnels.end() || tunnel->second.shutdown || !tunnel->second.protection) return {};
  Config one;
  one.isakmp_profiles["isakmp"] = isakmp_profile(config, number, tunnel->second);
  one.ipsec_profiles["ipsec"] = ipsec_profile(config, tunnel->second);
  one.tunnels[0].local_selectors = tunnel->second.local_selectors;
  one.tunnels[0].remote_selectors = tunnel->second.remote_selectors;
  const auto* key = find_key(config, number, tunnel->second);
  if (key == nullptr) return {};
  const auto octets = key->key.view();
  return emit(one, Secrets::Written) + std::string(octets.begin(), octets.end());
}

/// Three tunnels, whose profiles are found by address, by name and by number.
constexpr std::string_view kProtected =
    "crypto isakmp profile strong\n transform 1 integrity sha512 encryption aes256 group 20\n lifetime 3600\n"
    "!\ncrypto isakmp profile weak\n transform 1 integrity sha1 encryption aes128 group 2\n!\n"
    "crypto isakmp key ouR4ecret address 10.2.2.2\ncrypto isakmp key other hostname b.example.com\n"
    "crypto isakmp key third policy tunnel2\ncrypto isakmp key WEAK address 10.2.2.3\n"
    "crypto isakmp peer address 10.2.2.2 profile strong\n"
    "crypto isakmp peer hostname b.example.com profile strong\n"
    "crypto isakmp peer policy tunnel2 profile strong\ncrypto isakmp peer address 10.2.2.3 profile weak\n!\n"
    "crypto ipsec profile esp\n lifetime seconds 3600\n pfs 20\n"
    " transform 1 protocol esp integrity gcm16 encryption aes256\n!\n"
    "interface tunnel0\n tunnel mode ipsec ipv4\n tunnel destination 10.2.2.2\n"
    " tunnel local selector 1 10.5.0.0/16\n tunnel remote selector 1 10.6.0.0/16\n"
    " tunnel remote selector 2 10.7.0.0/16\n tunnel protection ipsec profile esp\n mtu 1400\n!\n"
    "interface tunnel1\n tunnel mode ipsec ipv4\n tunnel destination 10.2.2.3\n"
    " tunnel remote name b.example.com\n tunnel protection ipsec profile esp\n!\n"
    "interface tunnel2\n tunnel mode ipsec ipv4\n tunnel destination 10.2.2.3\n"
    " tunnel protection ipsec profile esp\n shutdown\n no shutdown\n!\nend\n";

/// The lines, indented as they are or not at all, with another one before the `at`th.
std::string with_line(const std::vector<std::string>& lines, bool indented, std::size_t at,
                      const std::string& another) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == at) text += another + "\n";
    text += lines[i].substr(indented ? 0 : lines[i].find_first_not_of(' ')) + "\n";
  }
  return text;
}

TEST(GoodLines, NoLineThatIsRefusedLoosensATunnel) {
  std::vector<std::string> lines;
  std::istringstream all{std::string(kProtected)};
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  const Config wanted = *load(kProtected);
  for (const std::string wrong : {"ip mtu 1400",
                                  "ip nat outside",
                                  "mtu 9",
                                  "l foo",
                                  "line vty x",
                                  "in foo",
                                  "crypto map X",
                                  "crypto foo bar",
                                  "crypto isakmp policy 10",
                                  "exec-timeout x",
                                  "exit x",
                                  "end x",
                                  "no foo",
                                  "foo",
                                  "router ospf 1",
                                  "shut down",
                                  "tunnel mod gre",
                                  "set peer 1.2.3.4",
                                  "lifetime kilobytes 1",
                                  "pfs group20",
                                  "version 3",
                                  "hostname x",
                                  "banner motd ^C",
                                  "# comment",
                                  " foo",
                                  " crypto map X",
                                  " ip nat outside",
                                  "\x01"})
    for (const bool indented : {true, false})
      for (std::size_t at = 0; at < lines.size(); ++at) {
        const auto text = with_line(lines, indented, at, wrong);
        const auto loaded = load_good_lines(text);
        EXPECT_FALSE(loaded.errors.empty()) << text;
        for (const std::uint32_t tunnel : {0U, 1U, 2U}) {
          const auto now = protection_of(loaded.config, tunnel);
          EXPECT_TRUE(now.empty() || now == protection_of(wanted, tunnel)) << "tunnel" << tunnel << "\n"
                                                                           << text;
        }
      }
}

TEST(GoodLines, AValueThatIsTornMayBeThatOfAnyPeer) {
  const std::string named = kTunnel + " tunnel remote name b.example.com\n";
  for (const char* line : {"crypto isakmp peer hostname b example.com profile strong",
                           "crypto isakmp peer hostname b.example.comprofile strong"}) {
    expect_shut_down(line + std::string("\n") + named);
    expect_up(line + std::string("\n") + kTunnel);
  }
  for (const char* line :
       {"crypto isakmp peer address 10.2.2.22 10.2.2.2 profile strong",
        "crypto isakmp peer policy tunnel1 tunnel0 profile strong",
        "crypto isakmp key K address 10.9.9.9crypto isakmp peer address 10.2.2.2 profile p",
        "ip route 10.0.0.0/8 null crypto isakmp peer address 10.2.2.2 profile p",
        "set crypto isakmp peer address 10.2.2.2 profile p",
        "- crypto isakmp peer address 10.2.2.2 profile p"})
    expect_shut_down(line + std::string("\n") + kTunnel);
}

TEST(GoodLines, ATunnelStaysUpWithoutALineThatCannotLoosenIt) {
  for (const char* line : {" mtu 9",
                           " description",
                           " ip address 10.1.1.1/33",
                           " ip addr 10.1.1.1",
                           " ip address 1.2.3.4/24 dhcp",
                           " ipv6 address x",
                           " ipv6 enable x",
                           " ip tcp adjust-mss 1",
                           " ipv6 tcp adjust-mss 9999",
                           " tunnel df x",
                           " tunnel ttl 0",
                           " tunnel dscp 64",
                           " no mtu x",
                           " do show ipsec sa",
                           "ip route 10.0.0.0/33 tunnel0",
                           "interface ppp0\n pki trustpoint x\n shutdown",
                           "interface eth0 x",
                           "interface tunnel1 x",
                           "!\nhostname branch",
                           "!\nvlan 10\n name x"})
    expect_up(kTunnel + line + "\n");
  for (const char* line : {"hostname branch", "router bgp 1\n neighbor 10.0.0.1", "interface ppp0", "vlan 10",
                           "tunnel local slector 10.1.0.0/16"})
    expect_up(line + std::string("\n") + kTunnel);
}

TEST(GoodLines, ATunnelDoesNotFallBackToAnotherProfileOrKey) {
  for (const char* line :
       {"crypto isakmp peer address 10.2.2.2 profile strong vrf red", "crypto isakmp peer address 10.2.2.2",
        "crypto isakmp peer adress 10.2.2.2 profile strong",
        "crypto isakmp peer address 10.2.2 profile strong",
        "crypto iskamp peer address 10.2.2.2 profile strong", "cyrpto isakmp peer address 10.2.2.2 profile p",
        "\xef\xbb\xbf"
        "crypto isakmp peer address 10.2.2.2 profile strong",
        "isakmp peer address 10.2.2.2 profile strong", "crypto isakmp peer policy tunnel0 profile a b",
        "crypto isakmp key K policy tunnel0 newword", "crypto isakmp key st\x01rong policy tunnel0",
        "crypto isakmp key ******** policy tunnel0", "crypto isakmp keyring x",
        "crypto isakmp profile default\n pki trustpoint x", "crypto isakmp profile Default",
        "crypto isakmp profile strong/1\n version 2", "crypto ipsec profile default\n pfs 31"})
    expect_shut_down(line + std::string("\n") + kTunnel);
}

TEST(GoodLines, ALineForAnotherPeerShutsNothingDown) {
  for (const char* line :
       {"crypto isakmp peer address 10.2.2.3 profile strong vrf red", "crypto isakmp peer dynamic profile",
        "crypto isakmp key K hostname x newword", "crypto isakmp key K policy tunnel1 newword",
        "crypto ipsec profile p q", "crypto pki trustpoint t u"})
    expect_up(line + std::string("\n") + kTunnel);
}

TEST(GoodLines, AnAddressMayBeBehindTheNameOfAHost) {
  const std::string to_host = kTunnel + " tunnel destination hub.example.com\n";
  expect_shut_down("crypto isakmp peer address 10.9.9.9 profile strong vrf red\n" + to_host);
  expect_shut_down("crypto isakmp key K hostname hub.example.com x\n" + to_host);
  EXPECT_TRUE(fate_of("crypto isakmp peer address 10.9.9.9 profile strong\n" + to_host).shutdown);
}

TEST(GoodLines, AWrongLineOfAProfileShutsDownWhoUsesIt) {
  const std::string by_peer = "crypto isakmp peer address 10.2.2.2 profile strong\n" + kTunnel;
  for (const char* line : {" remote authentication eap", " remote authentication certificat-rsa",
                           " remot authentification certificate", "remote authentication eap", " version 1",
                           " transform 1 integrity md5 encryption aes256 group 21", " lifetime 5"}) {
    expect_shut_down("crypto isakmp profile strong\n" + std::string(line) + "\n" + by_peer);
    expect_up("crypto isakmp profile other\n" + std::string(line) + "\n" + kTunnel);
  }
  const std::string by_name = kTunnel + " tunnel protection ipsec profile p\n";
  for (const char* line : {" pfs 32", " psf 31", " lifetime 3600"})
    expect_shut_down("crypto ipsec profile p\n" + std::string(line) + "\n" + by_name);
  expect_shut_down("crypto ipsec profile p\ncrypto ipsec profile p q\n pfs 31\n" + by_name);
  expect_shut_down("crypto pki trustpoint t\n revocation-check crl\ncrypto isakmp profile strong\n" +
                   std::string(" pki trustpoint t\n") + by_peer);
}

TEST(GoodLines, ManyAreShutDownInAShortSentence) {
  std::string text = "crypto ipsec profile p\n";
  for (int i = 0; i < 20000; ++i) text += " pfs 32\n";
  for (int i = 0; i < 20000; ++i)
    text += "interface tunnel" + std::to_string(i) + "\n tunnel protection ipsec profile p\n";
  const auto loaded = load_good_lines(text);
  EXPECT_EQ(loaded.errors.size(), 20000U);
  for (const auto& error : loaded.errors)
    EXPECT_EQ(error.consequence, "tunnel0 and 19999 more are shut down");
}

TEST(GoodLines, WhatIsBehindTooManyErrorsMayHaveProtected) {
  std::string text = kTunnel;
  for (std::size_t i = 0; i < kMaxFileErrors; ++i) text += " mtu 9\n";
  const auto loaded = load_good_lines(text + " tunnel local selector 10.1.0.0/16\n");
  EXPECT_TRUE(loaded.config.tunnels.at(0).shutdown);
  EXPECT_EQ(loaded.errors.back().consequence, "tunnel0 is shut down");
  EXPECT_EQ(loaded.errors.front().consequence, "");
}

TEST(GoodLines, TextThatIsNoConfigurationIsReadWithoutACrash) {
  const std::string noise(
      "\xff\xfe"
      "i\0n\0t\0\n\0",
      10);
  for (const std::string& text : {std::string("\xef\xbb\xbf!\n"), noise, std::string(100000, 'x'),
                                  std::string(20, '\0') + "\n", std::string("interface ppp0\rmtu 1400\r")}) {
    const auto loaded = load_good_lines(text + "\n" + kTunnel);
    EXPECT_GE(loaded.errors.size(), 1U);
    for (const auto& error : loaded.errors) EXPECT_LE(error.text.size(), 8192U);
    EXPECT_TRUE(loaded.config == *load(kTunnel));
  }
}

TEST(GoodLines, ThereIsAnEndToErrors) {
  std::string text;
  for (int i = 0; i < 150000; ++i) text += "x\n";
  const auto loaded = load_good_lines(text);
  EXPECT_EQ(loaded.errors.size(), kMaxFileErrors + 1);
  EXPECT_EQ(loaded.errors.back().line, kMaxFileErrors + 1);
}

TEST(ExecTimeout, IsTheSameHoweverItIsWritten) {
  const auto timeout = [](const std::string& text) { return load(text)->exec_timeout.count(); };
  EXPECT_EQ(timeout(""), 600);
  EXPECT_EQ(timeout("exec-timeout 0 0"), 0);
  EXPECT_EQ(timeout("line console 0\n exec-timeout 5\n"), 300);
  EXPECT_EQ(timeout("line vty 0 4\n exec-timeout 0 90\nline con 0"), 90);
  EXPECT_EQ(emit(*load("exec-timeout 0 90")), "!\nexec-timeout 1 30\n!\nend\n");
  EXPECT_EQ(emit(*load("exec-timeout 10 0")), "!\nend\n");
  EXPECT_EQ(timeout("exec-timeout 35791 2147483"), 35791 * 60 + 2147483);
  EXPECT_EQ(emit(*load("exec-timeout 35791 2147483")), "!\nexec-timeout 35791 2147483\n!\nend\n");
  EXPECT_EQ(timeout("exec-timeout 5\nno exec-timeout"), 600);
}

TEST(ExecTimeout, LeavesTimeToTypeALine) {
  EXPECT_EQ(load("exec-timeout 0 59").error().message,
            "% exec-timeout must be 0 (never) or at least 1 minute");
  EXPECT_EQ(load("exec-timeout 0 60")->exec_timeout.count(), 60);
  const auto loaded = load_good_lines("line vty 0 4\n exec-timeout 0 1\nend\n");
  EXPECT_EQ(lines_of_errors(loaded), Numbers{2});
  EXPECT_EQ(loaded.config.exec_timeout, kDefaultExecTimeout);
}

}  // namespace
}  // namespace awtun::config
