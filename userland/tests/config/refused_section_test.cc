// SPDX-License-Identifier: Apache-2.0
// Lines that follow a refused one must not hit the section that the session was in before.
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

/// An operator in `interface tunnel0`, as it was before anything is refused.
struct InTunnel0 : Console {
  InTunnel0() {
    type({"configure terminal", "crypto isakmp profile p", "crypto ipsec profile p",
          "crypto pki trustpoint p", "interface tunnel0", "mtu 1400"});
    before = config;
  }
  Config before;

  void expect_refused(std::string_view line, const std::string& section) {
    EXPECT_EQ(refusal(line), "refused with the section `" + without_secrets(section, Audience::Author) + "`")
        << line;
    EXPECT_TRUE(config == before) << line;
  }
};

bool is_refused(const Outcome& outcome) {
  return std::holds_alternative<SyntaxError>(outcome) || std::holds_alternative<Refused>(outcome);
}

TEST(RefusedSection, ItsLinesDoNotHitTheOneBefore) {
  InTunnel0 console;
  EXPECT_TRUE(std::holds_alternative<SyntaxError>(console.execute("interface ppp0")));
  EXPECT_EQ(console.session.mode, Mode::Config);
  for (const char* line : {" ip address 10.1.1.1/24", " shutdown", "shutdown", "ip address 10.1.1.1/24",
                           "no mtu", "encapsulation ppp"})
    console.expect_refused(line, "interface ppp0");
}

TEST(RefusedSection, WhateverKindOfSectionAndOfRefusal) {
  for (const char* line :
       {"interface ppp0", "interface eth0.100 multipoint", "interface tunnel0 multipoint", "interface ppp 0",
        "interface", "interfce tunnel1", "intreface tunnel 1", "crypto isakmp profile default",
        "crypto ipsec profile default", "crypto isakmp prfile x", "crypto isakmp profile",
        "crypto ipsec map x", "crypto pki trustpiont x", "crypto map x", "cyrpto ipsec profile x", "crypto",
        "exit x", "end x"}) {
    InTunnel0 console;
    EXPECT_TRUE(is_refused(console.execute(line))) << line;
    EXPECT_EQ(console.session.mode, Mode::Config) << line;
    console.expect_refused(" shutdown", line);
    console.expect_refused("lifetime 3600", line);
    console.expect_refused("subject-name /CN=x", line);
  }
}

TEST(RefusedSection, EndsWithTheNextOneWithExitAndWithEnd) {
  InTunnel0 console;
  console.execute("interface ppp0");
  console.type({" interface tunnel1", " mtu 1300"});
  EXPECT_EQ(console.config.tunnels.at(1).mtu, 1300);
  console.execute("interface ppp0");
  console.type({"exit"});
  EXPECT_EQ(console.session, Session{Mode::Config});
  console.execute("interface ppp0");
  console.type({" exit", "ip route 10.0.0.0/8 tunnel0", "end"});
  EXPECT_EQ(console.session, Session{});
}

TEST(RefusedSection, EndsWithACommandThatIsOfNoSection) {
  InTunnel0 console;
  console.execute("interface ppp0");
  EXPECT_TRUE(is_refused(console.execute(" ip route 10.0.0.0/8 tunnel0"))) << "it is indented";
  EXPECT_TRUE(std::holds_alternative<Show>(console.execute("do show ipsec sa")));
  console.type({"! a remark", "", "ip route 10.0.0.0/8 tunnel0"});
  EXPECT_EQ(console.session, Session{Mode::Config});
}

TEST(RefusedSection, AnotherRefusedOneTakesItsPlace) {
  InTunnel0 console;
  console.execute("interface ppp0");
  console.execute("interface ppp1");
  console.expect_refused(" shutdown", "interface ppp1");
}

TEST(RefusedSection, AMistakeInACommandOfASectionDoesNotLeaveIt) {
  InTunnel0 console;
  for (const char* line :
       {"mtu 9", "ip address 10.1.1.1", "ip address 10.1.1.1/24 dhcp", "show ipsec sa", "do show nonsense",
        " mtuu 1400", " ip vrf red", "no tunnel source 10.0.0.1", "no router bgp 1", "description", "ip",
        "ip a", "t", "tunnel protection ipsec profile none", "tunnel mode gre", "tunnel source 300.1.1.1",
        // Of configuration mode, but leading into no section.
        "ip route 10.0.0.1/8 tunnel0", "no ip route 10.0.0.0/8 tunnel0", "no interface tunnel9",
        "no interface ppp0", "exec-timeout x", "crypto isakmp key K address 300.1.1.1",
        "crypto isakmp peer address 10.0.0.2 profile none",
        // Mistyped by a letter or two.
        "ip adress 10.1.1.1/24", "shutdwon", "shudown", "tunnle source 10.1.1.1", "tunnel protction ipsec",
        "descripton x"}) {
    EXPECT_TRUE(is_refused(console.execute(line))) << line;
    EXPECT_EQ(console.session.mode, Mode::Interface) << line;
  }
  console.type({"mtu 1300"});
  EXPECT_EQ(console.config.tunnels.at(0).mtu, 1300);
}

TEST(RefusedSection, ALineThatIsNoCommandOfTheSectionLeavesIt) {
  for (const char* line : {"intface ppp0",
                           "intrface tunnel1 point-to-point",
                           "interface-range tunnel1-3",
                           "router bgp 1",
                           "vlan 10",
                           "mtuu 1400",
                           "\x01mtu 1400",
                           "ip vrf red",
                           "ip access-list extended x",
                           "ip sla 1",
                           "ip dhcp pool x",
                           "ip nat pool",
                           "ip prefix-list x",
                           "ipv6 access-list x",
                           "ipv6 dhcp pool x",
                           "ip tunnel1",
                           "tunnel-group 1",
                           "tunnel nonsense",
                           "mtu-profile x",
                           "shutdown-group 5",
                           "description-list",
                           "default interface tunnel1",
                           "do interface tunnel1",
                           "do router bgp 1",
                           "do do interface tunnel1",
                           "d interface ppp0",
                           "line aux 0",
                           "cyrpto map x",
                           "hostname branch",
                           "ip ruote 10.0.0.0/8 tunnel0",
                           "interface range tunnel1-2",
                           "track 1 interface tunnel0",
                           "ip vrf red\x01"}) {
    InTunnel0 console;
    EXPECT_TRUE(is_refused(console.execute(line))) << line;
    EXPECT_EQ(console.session.mode, Mode::Config) << line;
    console.expect_refused("ip address 10.1.1.1/24", line);
    console.expect_refused("shutdown", line);
    console.type({"interface tunnel0", "mtu 1300"});
    EXPECT_EQ(console.config.tunnels.at(0).mtu, 1300) << line;
  }
}

TEST(RefusedSection, WhatIsIndentedBelongsToTheRefusedLineAboveIt) {
  InTunnel0 console;
  EXPECT_TRUE(is_refused(console.execute("ip adress x")));
  EXPECT_EQ(console.refusal(" shutdown"), "refused with the line `ip adress x` above it");
  console.type({"!"});
  EXPECT_EQ(console.refusal(" mtu 1300"), "refused with the line `ip adress x` above it");
  EXPECT_TRUE(console.config == console.before);
  EXPECT_TRUE(is_refused(console.execute(" mtu 5")));
  console.type({"mtu 1300", " shutdown"});
  EXPECT_TRUE(console.config.tunnels.at(0).shutdown);
}

TEST(RefusedSection, AnIndentedMistakeTakesNothingAlong) {
  InTunnel0 console;
  console.execute("interface tunnel0");
  EXPECT_TRUE(is_refused(console.execute(" mtu 5")));
  console.type({" shutdown"});
}

TEST(RefusedSection, WhereTheSectionWasRemovedByAnother) {
  InTunnel0 console;
  console.config.tunnels.clear();
  console.before = console.config;
  for (const char* line : {"mtu 1300", " shutdown", "description x"})
    EXPECT_EQ(console.refusal(line), "tunnel0 no longer exists") << line;
  EXPECT_TRUE(console.config == console.before);
}

TEST(RefusedSection, AfterItsRemovalThereIsNone) {
  InTunnel0 console;
  console.type({"interface tunnel1", "no interface tunnel1"});
  EXPECT_EQ(console.session, Session{Mode::Config});
  EXPECT_TRUE(is_refused(console.execute(" shutdown")));
}

TEST(RefusedSection, TheReasonShowsNoKey) {
  InTunnel0 console;
  console.execute("crypto isakmp kye ouR4ecret address 10.2.2.2");
  EXPECT_EQ(console.refusal(" shutdown").find("ouR4ecret"), std::string::npos);
}

TEST(WithoutSecrets, WhatMayBeAKeyIsHidden) {
  EXPECT_EQ(without_secrets("crypto isakmp key ouR4ecret address 10.2.2.2", Audience::Author),
            "crypto isakmp key ******** address 10.2.2.2");
  for (const char* line :
       {"crypto isakmp key ouR4ecret address 10.2.2", "crypto isakmp key ouR4ecret adress 10.2.2.2",
        "crypto isakmp kye ouR4ecret address 10.2.2.2", "cyrpto isakmp key ouR4ecret address 10.2.2.2",
        "crypto isakmp keyouR4ecret", "pre-shared-key ouR4ecret", "tacacs password 7 ouR4ecret",
        "crypto isakmp key ouR4ecret", "no crypto isakmp key ouR4ecret adress"})
    EXPECT_EQ(without_secrets(line, Audience::Author).find("ouR4ecret"), std::string::npos)
        << without_secrets(line, Audience::Author);
  EXPECT_EQ(without_secrets("  hostname branch", Audience::Author), "hostname branch");
  EXPECT_EQ(without_secrets("crypto map X 10", Audience::Author), "crypto map X 10");
  EXPECT_EQ(without_secrets("crypto iskamp kye ouR4ecret", Audience::Author),
            "crypto ******** ******** ********");
  EXPECT_EQ(without_secrets("\xff\x01y", Audience::Author), "??y");
  EXPECT_EQ(without_secrets(std::string(1000, 'x'), Audience::Author), std::string(160, 'x') + "...");
}

TEST(WithoutSecrets, OthersSeeNoWordOfALineThatIsNoCommand) {
  for (const char* line :
       {"crpyto isakmp kye ouR4ecret address 10.2.2.2", "username bob credential ouR4ecret",
        "enable ouR4ecret", "ikev2 local-auth ouR4ecret", "crypto isakmp ky ouR4ecret address 10.2.2.2",
        // The rest of a line that was wrapped, or of a file that was pasted.
        " ouR4ecret address 10.2.2.2", "ouR4ecret", "ouR4ecret address", "ouR4ecret/with+base64==",
        "\"ouR4ecret\" hostname branch", "ouR4ecret: PSK", "-----ouR4ecret-----", "\touR4ecret\t",
        // Of other systems, the first words of which are ours too.
        "ip ospf md5 ouR4ecret", "ip nhrp authentication ouR4ecret", "ipv6 x ouR4ecret", "line con ouR4ecret",
        "crypto isakmp ouR4ecret", "crypto isakmp peer address 10.0.0.2 ouR4ecret", "tunnel ppp ouR4ecret",
        "do ospf ouR4ecret", "d ospf ouR4ecret", "no ospf ouR4ecret", "shutdown ouR4ecret",
        "do crypto isakmp kye ouR4ecret", "do do ospf ouR4ecret",
        // A file with line ends of another system is one line.
        "description x\rcrypto isakmp key ouR4ecret address 10.2.2.2", "shutdown\rouR4ecret\r",
        "description \x0b ospf\x0bouR4ecret", "description \xff ouR4ecret"})
    EXPECT_EQ(without_secrets(line, Audience::Others).find("ouR4ecret"), std::string::npos)
        << without_secrets(line, Audience::Others);
  EXPECT_EQ(without_secrets("hostname branch", Audience::Others), "hostname ********");
  EXPECT_EQ(without_secrets("tunnel protection ipsce profile p", Audience::Others),
            "tunnel protection ******** profile ********");
}

TEST(WithoutSecrets, OfACommandOthersSeeAllButItsSecret) {
  for (const char* line :
       {"interface tunnel0", "description of a branch", "ip address 10.1.1.1/24",
        "remote authentication certificate", "crypto pki trustpoint t", "show ipsec sa", "do show isakmp key",
        "no shutdown", "interface", "tunnel protection ipsec profile"})
    EXPECT_EQ(without_secrets(line, Audience::Others), line);
  EXPECT_EQ(without_secrets("crypto isakmp key ouR4ecret hostname branch", Audience::Others),
            "crypto isakmp key ******** hostname branch");
}

TEST(Errors, ALineHasALimit) {
  Console console;
  const auto error = std::get<SyntaxError>(console.execute(std::string(20000000, 'x')));
  EXPECT_NE(error.message.find("a line must not exceed 8192 octets"), std::string::npos);
}

}  // namespace
}  // namespace awtun::config::test
