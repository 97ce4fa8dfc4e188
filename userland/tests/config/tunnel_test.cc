// SPDX-License-Identifier: Apache-2.0
// What a tunnel may be told beside its endpoints, and trustpoints.
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

std::string syntax_error(Console& console, std::string_view line) {
  const Outcome outcome = console.execute(line);
  const auto* error = std::get_if<SyntaxError>(&outcome);
  EXPECT_NE(error, nullptr) << line;
  return error == nullptr ? "" : error->message;
}

TEST(TunnelOptions, SelectorsByTheirNumbers) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel local selector 10.1.0.0/16",
                "tunnel local selector 2 2001:db8:1::/48", "tunnel remote selector 1 10.2.0.0/16"});
  const Tunnel& tunnel = console.config.tunnels.at(0);
  EXPECT_EQ(tunnel.local_selectors,
            (SelectorList{{1, *IpPrefix::parse("10.1.0.0/16")}, {2, *IpPrefix::parse("2001:db8:1::/48")}}));
  EXPECT_EQ(emit_interface(console.config, 0),
            "!\ninterface tunnel0\n tunnel local selector 10.1.0.0/16\n"
            " tunnel local selector 2 2001:db8:1::/48\n tunnel remote selector 10.2.0.0/16\n!\n");
  console.refusal("no tunnel local selector 3");
  console.refusal("no tunnel local selector 10.9.0.0/16");
  console.type({"no tunnel local selector", "no tunnel remote selector 1 10.2.0.0/16"});
  EXPECT_EQ(console.config.tunnels.at(0), Tunnel{});
}

TEST(TunnelOptions, OfTheDeliveryPackets) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel df clear", "tunnel ttl 64",
                "tunnel dscp 0", "ip tcp adjust-mss 1300", "ipv6 tcp adjust-mss pmtu"});
  const Tunnel& tunnel = console.config.tunnels.at(0);
  EXPECT_EQ(tunnel.df, DontFragment::Clear);
  EXPECT_EQ(tunnel.ttl, 64);
  EXPECT_EQ(tunnel.dscp, 0);
  EXPECT_EQ(tunnel.ip_mss, MaximumSegment{1300});
  EXPECT_EQ(tunnel.ipv6_mss, MaximumSegment{});
  console.type({"tunnel df copy", "no tunnel ttl", "no tunnel dscp", "no ip tcp adjust-mss",
                "no ipv6 tcp adjust-mss"});
  EXPECT_EQ(console.config.tunnels.at(0), Tunnel{});
}

TEST(TunnelOptions, ADynamicPeerIsKnownByItsName) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile p",
                "transform 1 integrity sha256 encryption aes256 group 14",
                "crypto isakmp peer dynamic profile p", "crypto isakmp key k hostname b.example.com",
                "interface tunnel0", "tunnel mode ipsec ipv4", "tunnel source 10.0.0.1",
                "tunnel destination dynamic", "tunnel protection ipsec"});
  EXPECT_EQ(isakmp_profile_name(console.config, 0, console.config.tunnels.at(0)), "p");
  EXPECT_EQ(validate(console.config).front().text,
            "no tunnel remote name, which must identify a dynamic peer");
  console.type({"tunnel remote name b.example.com"});
  EXPECT_TRUE(validate(console.config).empty());
  console.refusal("no tunnel destination 10.0.0.2");
  console.type({"no tunnel destination dynamic", "tunnel destination dyn", "no tunnel destination"});
  EXPECT_EQ(console.config.tunnels.at(0).destination, std::nullopt);
}

TEST(TunnelOptions, WhatIsNotSupportedYetIsSaid) {
  Console console;
  console.type({"configure terminal", "interface tunnel0"});
  for (const char* line :
       {"tunnel mode gre", "tunnel mode gre ipv6", "tunnel mode gre multipoint", "tunnel mode l2tp v3",
        "tunnel mode l2tp v3 ipv6", "tunnel mode ipsec multipoint"}) {
    EXPECT_NE(console.refusal(line).find("not supported yet"), std::string::npos) << line;
  }
}

TEST(Tunnels, TheSourceIsAnAddressOrAnInterface) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel source eth0.7"});
  const Tunnel& tunnel = console.config.tunnels.at(0);
  EXPECT_EQ(tunnel.source_interface, "eth0.7");
  EXPECT_NE(emit(console.config).find("\n tunnel source eth0.7\n"), std::string::npos);
  console.type({"tunnel source 10.1.1.1"});
  EXPECT_EQ(tunnel.source, IpAddress::parse("10.1.1.1"));
  EXPECT_FALSE(tunnel.source_interface);
  console.type({"tunnel source Tunnel7"});
  EXPECT_FALSE(tunnel.source);
  EXPECT_EQ(tunnel.source_interface, "tunnel7");
  console.refusal("no tunnel source eth0");
  console.refusal("no tunnel source 10.1.1.1");
  console.type({"no tunnel source tunnel7"});
  EXPECT_FALSE(tunnel.source_interface);
  console.type({"tunnel source eth0", "no tunnel source"});
  EXPECT_EQ(tunnel, Tunnel{});
}

TEST(Tunnels, TheDestinationIsAnAddressAHostOrDynamic) {
  Console console;
  console.type({"configure terminal", "interface tunnel0", "tunnel destination b.example.com"});
  const Tunnel& tunnel = console.config.tunnels.at(0);
  EXPECT_EQ(tunnel.destination, Destination(HostName{"b.example.com", {}}));
  EXPECT_EQ(destination_address(tunnel), nullptr);
  EXPECT_NE(emit(console.config).find("\n tunnel destination b.example.com\n"), std::string::npos);
  console.refusal("no tunnel destination c.example.com");
  console.refusal("no tunnel destination dynamic");
  console.type({"tunnel destination dynamic"});
  EXPECT_TRUE(has_dynamic_destination(tunnel));
  console.type({"tunnel destination b.example.com", "no tunnel destination b.example.com"});
  EXPECT_EQ(tunnel, Tunnel{});
}

TEST(Tunnels, APeerIsKnownByItsRemoteNameElseByItsHostName) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key one hostname b.example.com",
                "crypto isakmp key two hostname spoke", "crypto isakmp key three address 10.2.2.2",
                "interface tunnel0", "tunnel destination b.example.com"});
  Tunnel tunnel = console.config.tunnels.at(0);
  ASSERT_NE(find_key(console.config, 0, tunnel), nullptr);
  EXPECT_EQ(find_key(console.config, 0, tunnel)->selector,
            KeySelector(PeerName{Identity::fqdn("b.example.com")}));
  tunnel.remote_name = Identity::fqdn("spoke");
  EXPECT_EQ(find_key(console.config, 0, tunnel)->selector, KeySelector(PeerName{Identity::fqdn("spoke")}));
  tunnel.remote_name = Identity::fqdn("other");
  EXPECT_EQ(find_key(console.config, 0, tunnel), nullptr);
  tunnel.destination = HostName{"b.example.com", IpAddress::parse("10.2.2.2")};
  EXPECT_EQ(find_key(console.config, 0, tunnel)->selector, KeySelector(*IpAddress::parse("10.2.2.2")));
}

TEST(Trustpoints, AsTyped) {
  Console console;
  console.type({"configure terminal", "crypto pki trustpoint t", "enrollment terminal",
                "subject-name /C=JP/O=Example Company/CN=a.example.com", "subject-alt-name a.example.com",
                "rsakeypair mine 3072"});
  const std::string text = emit(console.config);
  EXPECT_EQ(text,
            "!\ncrypto pki trustpoint t\n enrollment terminal\n"
            " subject-name /C=JP/O=Example Company/CN=a.example.com\n subject-alt-name a.example.com\n"
            " rsakeypair mine 3072\n!\nend\n");
  console.type({"eckeypair other 384"});
  EXPECT_EQ(console.config.trustpoints.at("t").key_pair, (KeyPair{KeyPair::Kind::Ec, "other", 384}));
  console.refusal("no rsakeypair");
  console.type({"no eckeypair", "no subject-name", "no subject-alt-name", "no enrollment"});
  EXPECT_EQ(console.config.trustpoints.at("t"), Trustpoint{});
}

TEST(Trustpoints, AddressesAreNoNames) {
  Console console;
  console.type({"configure terminal", "crypto pki trustpoint t"});
  for (const char* line : {"subject-name /CN=10.1.1.1", "subject-name /O=Example/CN=2001:db8::1",
                           "subject-alt-name 10.1.1.1", "subject-alt-name 2001:db8::1"}) {
    EXPECT_NE(syntax_error(console, line).find("IP address is not supported"), std::string::npos) << line;
  }
  for (const char* line : {"subject-name CN=a", "subject-name /", "subject-name /O=Example",
                           "subject-name /CN=", "subject-name /CN=a/CN=b", "subject-name /X=a/CN=b"})
    syntax_error(console, line);
}

TEST(Trustpoints, OneThatAProfileNamesCannotBeRemoved) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile p"});
  EXPECT_EQ(console.refusal("pki trustpoint t"),
            "crypto pki trustpoint t is used by crypto isakmp profile p and must exist");
  console.type({"crypto pki trustpoint t", "crypto isakmp profile p", "pki trustpoint t"});
  console.refusal("no crypto pki trustpoint t");
}

TEST(Filters, AShowCommandTakesAFilter) {
  Console console;
  const Show plain = std::get<Show>(console.execute("show ipsec sa"));
  EXPECT_FALSE(plain.filter);
  const Show shown = std::get<Show>(console.execute("show interface tunnel3 | include link up|down"));
  EXPECT_EQ(shown.tunnel, 3U);
  ASSERT_TRUE(shown.filter);
  EXPECT_EQ(shown.filter->what, Filter::What::Include);
  EXPECT_EQ(shown.filter->pattern, "link up|down");
  EXPECT_EQ(std::get<Show>(console.execute("show interface | count .")).filter->what, Filter::What::Count);
  EXPECT_TRUE(std::get<Show>(console.execute("show interface tunnel3 | json")).json);
  EXPECT_FALSE(shown.json);
  EXPECT_NE(syntax_error(console, "show ipsec sa |").find("Incomplete"), std::string::npos);
  EXPECT_NE(syntax_error(console, "show ipsec sa | json all").find("Invalid"), std::string::npos);
  EXPECT_NE(syntax_error(console, "show ipsec sa | include").find("Incomplete"), std::string::npos);
  EXPECT_NE(syntax_error(console, "show ipsec sa | foo x").find("Invalid"), std::string::npos);
}

}  // namespace
}  // namespace awtun::config::test
