// SPDX-License-Identifier: Apache-2.0
#include "userland/config/session.h"

#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

TEST(Session, TheManualsFirstExample) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key ouR4ecret address 10.2.2.2", "interface tunnel0",
                "tunnel mode ipsec ipv4", "tunnel source 10.1.1.1", "tunnel destination 10.2.2.2",
                "tunnel protection ipsec", "ip address 192.168.254.1/30", "exit",
                "ip route 192.168.20.0/24 tunnel0", "end"});
  EXPECT_EQ(console.session, Session{});
  EXPECT_EQ(emit(console.config),
            "!\n"
            "crypto isakmp key ouR4ecret address 10.2.2.2\n"
            "!\n"
            "interface tunnel0\n"
            " tunnel mode ipsec ipv4\n"
            " tunnel source 10.1.1.1\n"
            " tunnel destination 10.2.2.2\n"
            " tunnel protection ipsec\n"
            " ip address 192.168.254.1/30\n"
            "!\n"
            "ip route 192.168.20.0/24 tunnel0\n"
            "!\n"
            "end\n");
  EXPECT_TRUE(validate(console.config).empty());
}

TEST(Session, TheManualsSecondExample) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key ouR4ecret address 2001:db8:2:2::2",
                "interface tunnel0", "tunnel mode ipsec ipv6", "tunnel source 2001:db8:1:1::1",
                "tunnel destination 2001:db8:2:2::2", "tunnel protection ipsec", "ipv6 enable", "exit",
                "ipv6 route 2001:db8:10:20::/64 tunnel0"});
  const Tunnel& tunnel = console.config.tunnels.at(0);
  EXPECT_EQ(tunnel.mode, TunnelMode::IpsecIpv6);
  EXPECT_TRUE(tunnel.ipv6_enable);
  ASSERT_EQ(console.config.routes.size(), 1U);
  EXPECT_EQ(console.config.routes[0].nexthop, Nexthop(InterfaceName{"tunnel0"}));
  EXPECT_TRUE(validate(console.config).empty());
}

TEST(Session, ModesAndPrompts) {
  Console console;
  EXPECT_EQ(prompt(console.session, "r1"), "r1#");
  console.type({"conf t"});
  EXPECT_EQ(prompt(console.session, "r1"), "r1(config)#");
  console.type({"int tun3"});
  EXPECT_EQ(prompt(console.session, "r1"), "r1(config-if)#");
  EXPECT_EQ(console.session.tunnel, 3U);
  console.type({"exit"});
  EXPECT_EQ(console.session.mode, Mode::Config);
  console.type({"interface tunnel 4"});
  EXPECT_EQ(console.session.tunnel, 4U);
  console.type({"end", "end"});
  EXPECT_EQ(console.session.mode, Mode::Exec);
  EXPECT_TRUE(std::holds_alternative<Quit>(console.execute("exit")));
}

TEST(Session, InterfaceModeTakesConfigurationCommands) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "interface tunnel1", "shutdown",
                "ip route 10.9.0.0/16 tunnel1 200"});
  EXPECT_EQ(console.session, (Session{Mode::Config, std::nullopt}));
  EXPECT_TRUE(console.config.tunnels.at(1).shutdown);
  EXPECT_EQ(console.config.routes.at(0).distance, 200);
}

TEST(Session, OperationsNameATunnelThatExists) {
  Console console;
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("rekey ipsec sa tunnel0")));
  console.execute("configure terminal");
  console.execute("interface tunnel0");
  for (const auto& [line, what] : {std::pair{"do rekey ipsec sa tunnel0", Operate::What::RekeyIpsecSa},
                                   std::pair{"do rekey isakmp sa tunnel0", Operate::What::RekeyIsakmpSa},
                                   std::pair{"do clear isakmp sa tunnel0", Operate::What::ClearIsakmpSa}}) {
    const auto outcome = console.execute(line);
    const auto* operation = std::get_if<Operate>(&outcome);
    ASSERT_NE(operation, nullptr) << line;
    EXPECT_EQ(operation->what, what);
    EXPECT_EQ(operation->tunnel, 0U);
  }
}

TEST(Session, ExecCommandsAnswerWhatToShow) {
  Console console;
  const auto shown = [&console](std::string_view line) { return std::get<Show>(console.execute(line)); };
  EXPECT_EQ(shown("show isakmp sa").what, View::IsakmpSa);
  EXPECT_EQ(shown("show ipsec sa").what, View::IpsecSa);
  EXPECT_EQ(shown("show interface").tunnel, std::nullopt);
  EXPECT_EQ(shown("show interface tunnel5").tunnel, 5U);
  EXPECT_EQ(shown("show interface tunnel 6").tunnel, 6U);
  EXPECT_EQ(shown("show running-config").what, View::RunningConfig);
  EXPECT_EQ(shown("sh run int tunnel7").tunnel, 7U);
  EXPECT_EQ(shown("show startup-config").what, View::StartupConfig);
  for (const char* line : {"copy running-config startup-config", "write", "write memory", "wr"}) {
    EXPECT_TRUE(std::holds_alternative<SaveStartup>(console.execute(line))) << line;
  }
  const auto length = console.execute("terminal length 40");
  ASSERT_TRUE(std::holds_alternative<Terminal>(length));
  EXPECT_EQ(std::get<Terminal>(length).value, 40U);
  const auto silent = console.execute("no debug isakmp");
  ASSERT_TRUE(std::holds_alternative<Terminal>(silent));
  EXPECT_EQ(std::get<Terminal>(silent).what, Terminal::What::Debug);
  EXPECT_EQ(std::get<Terminal>(silent).value, 0U);
}

TEST(Session, EachViewIsShownByItsCommand) {
  Console console;
  for (const auto& row : kViews) {
    const auto outcome = console.execute(std::string(row.command()) + " | json");
    ASSERT_TRUE(std::holds_alternative<Show>(outcome)) << row.name;
    EXPECT_EQ(std::get<Show>(outcome).what, row.view) << row.name;
    EXPECT_TRUE(std::get<Show>(outcome).json) << row.name;
    EXPECT_EQ(view_called(row.name), row.view);
  }
  EXPECT_EQ(view_called("message"), std::nullopt);
}

TEST(Session, DoRunsExecCommandsAndStaysInItsMode) {
  Console console;
  console.type({"configure terminal", "interface tunnel0"});
  EXPECT_EQ(std::get<Show>(console.execute("do show ipsec sa")).what, View::IpsecSa);
  EXPECT_EQ(std::get<Show>(console.execute("do sh int tunnel 9")).tunnel, 9U);
  EXPECT_TRUE(std::holds_alternative<SaveStartup>(console.execute("do write")));
  EXPECT_EQ(console.session.mode, Mode::Interface);
  const auto error = std::get<SyntaxError>(console.execute("do configure terminal"));
  EXPECT_EQ(error.column, 3U);
}

TEST(Session, NothingIsDoneForBlankLinesAndComments) {
  Console console;
  for (const char* line : {"", "   ", "\t", "!", "  ! crypto isakmp key x"}) {
    EXPECT_TRUE(std::holds_alternative<Done>(console.execute(line))) << line;
  }
}

TEST(Session, TheSameAgainIsNoEdit) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel source 10.1.1.1"});
  EXPECT_TRUE(std::holds_alternative<Done>(console.execute("tunnel source 10.1.1.1")));
  EXPECT_TRUE(std::holds_alternative<Done>(console.execute("no mtu")));
  EXPECT_TRUE(std::holds_alternative<Done>(console.execute("interface tunnel0")));
}

TEST(Session, NoTakesTheValueOrLeavesItOut) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel source 10.1.1.1", "tunnel mode ipsec ipv4",
                "description one two", "ip address 10.0.0.1/24", "ip address 10.0.1.1/24 secondary"});
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no tunnel source 10.1.1.2")));
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no tunnel mode ipsec ipv6")));
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no ip address 10.0.0.9/24")));
  console.type({"no tunnel source", "no tunnel mode", "no description", "no ip address"});
  EXPECT_EQ(console.config.tunnels.at(0), Tunnel{});
}

TEST(Session, PrimaryAndSecondaryAddresses) {
  Console console;
  console.type({"configure terminal", "interface tunnel0"});
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("ip address 10.0.1.1/24 secondary")));
  console.type({"ip address 10.0.0.1/24", "ip address 10.0.1.1/24 secondary", "ip address 10.0.2.1/24"});
  const std::vector<IpPrefix> expected = {*IpPrefix::parse("10.0.2.1/24"), *IpPrefix::parse("10.0.1.1/24")};
  EXPECT_EQ(console.config.tunnels.at(0).ip_addresses, expected);
}

TEST(Session, KeysByAddressNameAndTunnel) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key c policy tunnel0",
                "crypto isakmp key b hostname b.example.com", "crypto isakmp key a address 10.0.0.1",
                "crypto isakmp key new address 10.0.0.1"});
  EXPECT_EQ(emit(console.config),
            "!\ncrypto isakmp key new address 10.0.0.1\n!\ncrypto isakmp key b hostname b.example.com\n!\n"
            "crypto isakmp key c policy tunnel0\n!\nend\n");
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no crypto isakmp key wrong policy tunnel0")));
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no crypto isakmp key address 10.0.0.2")));
  console.type({"no crypto isakmp key policy tunnel0", "no crypto isakmp key hostname b.example.com",
                "no crypto isakmp key new address 10.0.0.1"});
  EXPECT_EQ(console.config, Config{});
}

TEST(Session, RoutesByPrefixAndNextHop) {
  Console console;
  console.type({"configure terminal", "ip route 0.0.0.0/0 10.0.0.1", "ip route 0.0.0.0/0 10.0.0.2 5",
                "ip route 0.0.0.0/0 10.0.0.1 9", "ipv6 route ::/0 Tunnel5"});
  EXPECT_EQ(emit(console.config),
            "!\nip route 0.0.0.0/0 10.0.0.1 9\nip route 0.0.0.0/0 10.0.0.2 5\n!\nipv6 route ::/0 "
            "tunnel5\n!\nend\n");
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no ip route 0.0.0.0/0 10.0.0.1 8")));
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no ip route 0.0.0.0/0 10.0.0.3")));
  console.type(
      {"no ip route 0.0.0.0/0 10.0.0.1", "no ip route 0.0.0.0/0 10.0.0.2 5", "no ipv6 route ::/0 tunnel5"});
  EXPECT_EQ(console.config, Config{});
}

TEST(Session, ATunnelRemovedByAnother) {
  Console console;
  console.type({"configure terminal", "interface tunnel0"});
  console.config = {};
  const auto refused = std::get<Refused>(console.execute("mtu 1400"));
  EXPECT_EQ(refused.reason, "tunnel0 no longer exists");
  EXPECT_EQ(console.session, (Session{Mode::Config, std::nullopt}));
  console.type({"interface tunnel0", "no interface tunnel0"});
  EXPECT_EQ(console.session.mode, Mode::Config);
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no interface tunnel0")));
}

TEST(Session, ARefusalLeavesTheSessionAlone) {
  Console console;
  console.type({"configure terminal", "interface tunnel0"});
  EXPECT_TRUE(std::holds_alternative<Refused>(console.execute("no ip route 10.0.0.0/8 10.0.0.1")));
  EXPECT_EQ(console.session.mode, Mode::Interface);
}

}  // namespace
}  // namespace awtun::config::test
