// SPDX-License-Identifier: Apache-2.0
// `tunnel local name`, `tunnel remote name`, and the keys and profiles of a peer by its name.
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

using Type = Identity::Type;

TEST(PeerIdentity, EveryTypeIsTypedShownAndRemoved) {
  for (const char* name :
       {"172.31.0.5", "2001:db8::5", "Site-B.example.com", "Site@example.com", "/C=JP/O=Example Corp/CN=r1",
        "fqdn 172.31.0.5", "email site-b", "key-id Site  B", "key-id 0x00ff"}) {
    SCOPED_TRACE(name);
    for (const std::string side : {"local", "remote"}) {
      const std::string line = "tunnel " + side + " name " + name;
      Console console;
      console.type({"configure terminal", "interface tunnel0", line});
      EXPECT_NE(emit(console.config).find("\n " + line + "\n"), std::string::npos) << emit(console.config);
      console.refusal("no tunnel " + side + " name other");
      console.type({"no " + line});
      EXPECT_EQ(console.config.tunnels.at(0), Tunnel{});
      console.type({line, "no tunnel " + side + " name"});
      EXPECT_EQ(console.config.tunnels.at(0), Tunnel{});
    }
  }
}

TEST(PeerIdentity, TheCaseOfANameMayBeChanged) {
  Console console;
  console.type(
      {"configure terminal", "interface tunnel0", "tunnel local name site-b", "tunnel local name Site-B"});
  EXPECT_EQ(console.config.tunnels.at(0).local_name, Identity::fqdn("Site-B"));
}

TEST(PeerIdentity, KeysOfOneNameAreOneKey) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key one hostname site-b.example.com",
                "crypto isakmp key two hostname Site-B.example.com",
                "crypto isakmp key three hostname key-id site-b.example.com", "crypto isakmp profile quick",
                "exit", "crypto isakmp peer hostname site-b.example.com profile quick",
                "crypto isakmp peer hostname SITE-B.example.com profile quick"});
  EXPECT_EQ(console.config.isakmp_keys.size(), 2U);
  EXPECT_EQ(console.config.isakmp_peers.size(), 1U);
  console.type({"no crypto isakmp key hostname SITE-B.EXAMPLE.COM",
                "no crypto isakmp peer hostname site-B.example.com"});
  EXPECT_EQ(console.config.isakmp_keys.size(), 1U);
  EXPECT_TRUE(console.config.isakmp_peers.empty());
}

TEST(PeerIdentity, KeysAreFoundByNamesOfEveryType) {
  for (const char* name : {"172.31.0.5", "Site-B.example.com", "Site@example.com",
                           "/C=JP/O=Example Corp/CN=r1", "key-id Site B", "fqdn 172.31.0.5"}) {
    Console console;
    console.type({"configure terminal", "crypto isakmp key k hostname " + std::string(name),
                  "interface tunnel0", "tunnel remote name " + std::string(name)});
    EXPECT_NE(find_key(console.config, 0, console.config.tunnels.at(0)), nullptr) << name;
    console.type({"tunnel remote name email other"});
    EXPECT_EQ(find_key(console.config, 0, console.config.tunnels.at(0)), nullptr) << name;
    EXPECT_EQ(*load(emit(console.config)), console.config);
  }
}

TEST(PeerIdentity, AProfileIsBoundToASubjectInOneWord) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile quick", "exit",
                "crypto isakmp peer hostname /C=JP/O=Example\\20Corp/CN=r1 profile quick",
                "interface tunnel0", "tunnel remote name c=jp, o=example corp, cn=R1"});
  EXPECT_EQ(isakmp_profile_name(console.config, 0, console.config.tunnels.at(0)), "quick");
  EXPECT_NE(emit(console.config).find("hostname /C=JP/O=Example\\20Corp/CN=r1 profile quick\n"),
            std::string::npos);
  EXPECT_EQ(*load(emit(console.config)), console.config);
}

TEST(PeerIdentity, TheHostNameOfTheDestinationHasNoCase) {
  Console console;
  console.type({"configure terminal", "crypto isakmp key k hostname Site-B.example.com", "interface tunnel0",
                "tunnel destination site-b.EXAMPLE.com"});
  EXPECT_NE(find_key(console.config, 0, console.config.tunnels.at(0)), nullptr);
  console.type({"no tunnel destination Site-B.example.com"});
  EXPECT_FALSE(console.config.tunnels.at(0).destination);
}

TEST(PeerIdentity, ALostProfileShutsTheTunnelOfItsNameDownInWhateverCase) {
  const auto loaded = load_good_lines(
      "crypto isakmp peer hostname Site-B.example.com profil x\n"
      "interface tunnel0\n tunnel remote name site-b.example.com\n"
      "interface tunnel1\n tunnel remote name site-c.example.com\n");
  EXPECT_TRUE(loaded.config.tunnels.at(0).shutdown);
  EXPECT_FALSE(loaded.config.tunnels.at(1).shutdown);
}

/// The problems of a tunnel that authenticates by certificate.
std::vector<std::string> problems(std::initializer_list<std::string_view> lines) {
  Console console;
  console.type({"configure terminal", "crypto pki trustpoint trust", "subject-name /C=JP/O=Example/CN=site-a",
                "subject-alt-name site-a", "exit", "crypto isakmp profile cert", "pki trustpoint trust",
                "local authentication certificate", "remote authentication certificate",
                "transform 1 integrity sha256 encryption aes256 group 14", "exit",
                "crypto isakmp peer policy tunnel0 profile cert", "interface tunnel0",
                "tunnel mode ipsec ipv4", "tunnel source 10.1.1.1", "tunnel destination 10.2.2.2",
                "tunnel protection ipsec"});
  console.type(lines);
  std::vector<std::string> texts;
  for (const Problem& problem : validate(console.config)) texts.push_back(problem.text);
  return texts;
}

TEST(PeerIdentity, ACertificateHasTheNameOrTheSubject) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(problems({"tunnel local name Site-A", "tunnel remote name site-b"}), Texts{});
  EXPECT_EQ(problems({"tunnel local name c=jp, o=example, cn=Site-A", "tunnel remote name /CN=site-b"}),
            Texts{});
  EXPECT_EQ(
      problems({"tunnel local name /CN=site-a", "tunnel remote name b@example.com"}),
      Texts{"subject-name /C=JP/O=Example/CN=site-a of crypto pki trustpoint trust is not the tunnel local "
            "name /CN=site-a"});
  EXPECT_EQ(
      problems({"tunnel local name site-b", "tunnel remote name 10.2.2.2"}),
      (Texts{"subject-alt-name site-a of crypto pki trustpoint trust is not the tunnel local name site-b",
             "tunnel remote name 10.2.2.2 is of type ipv4, which is not supported with certificates"}));
  EXPECT_EQ(problems({"tunnel local name key-id a", "tunnel remote name site-b"}),
            Texts{"tunnel local name key-id a is of type key-id, which is not supported with certificates"});
}

}  // namespace
}  // namespace awtun::config::test
