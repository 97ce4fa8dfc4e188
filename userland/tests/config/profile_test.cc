// SPDX-License-Identifier: Apache-2.0
// ISAKMP and IPsec profiles, and which tunnel uses which.
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

TEST(Profiles, IsakmpProfileAsTyped) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile cert_vpn"});
  EXPECT_EQ(prompt(console.session, "r1"), "r1(config-isakmp-profile)#");
  console.type({"version 2", "lifetime 3600", "dpd-interval 10", "local authentication certificate",
                "remote authentication pre-share", "transform 1 integrity SHA256 encryption AES256 group 14",
                "transform 255 integrity sha1 encryption aes128 group 2", "exit"});
  EXPECT_EQ(console.session, Session{Mode::Config});
  const IsakmpProfile& made = console.config.isakmp_profiles.at("cert_vpn").settings;
  EXPECT_EQ(made.lifetime, std::chrono::hours{1});
  EXPECT_EQ(made.dpd_interval, std::chrono::seconds{10});
  EXPECT_EQ(made.local_authentication, AuthMethod::Certificate);
  EXPECT_EQ(made.remote_authentication, AuthMethod::PreShare);
  EXPECT_EQ(made.transforms.at(1), (*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)));
  EXPECT_EQ(made.transforms.at(255), (*crypto::ike_suite("aes128", "sha1", crypto::GroupId::Modp1024)));
  EXPECT_EQ(emit(console.config),
            "!\n"
            "crypto isakmp profile cert_vpn\n"
            " lifetime 3600\n"
            " dpd-interval 10\n"
            " local authentication certificate\n"
            " transform 1 integrity sha256 encryption aes256 group 14\n"
            " transform 255 integrity sha1 encryption aes128 group 2\n"
            "!\n"
            "end\n");
}

TEST(Profiles, IpsecProfileAsTyped) {
  Console console;
  console.type({"configure terminal", "crypto ipsec profile shortlife"});
  EXPECT_EQ(prompt(console.session, "r1"), "r1(config-ipsec-profile)#");
  console.type({"lifetime seconds 3600", "pfs 19",
                "transform 1 protocol esp integrity sha256 encryption aes256",
                "transform 2 protocol esp integrity gcm12 encryption aes128"});
  const IpsecProfile& made = console.config.ipsec_profiles.at("shortlife");
  EXPECT_EQ(made.lifetime, std::chrono::hours{1});
  EXPECT_EQ(made.pfs_group, crypto::GroupId::Ecp256);
  EXPECT_EQ(made.transforms.at(1), (*crypto::esp_suite("aes256", "sha256")));
  EXPECT_EQ(made.transforms.at(2), (*crypto::esp_suite("aes128", "gcm12")));
}

TEST(Profiles, NoRestoresTheDefault) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile p", "lifetime 3600", "dpd-interval 10",
                "transform 3 integrity sha1 encryption aes128 group 2"});
  EXPECT_EQ(console.refusal("no lifetime 3601"), "no such setting is configured");
  EXPECT_EQ(console.refusal("no transform 4"), "there is no such transform");
  EXPECT_EQ(console.refusal("no transform 3 integrity sha1 encryption aes128 group 5"),
            "no such setting is configured");
  console.type({"no lifetime", "no dpd-interval 10", "no transform 3"});
  EXPECT_EQ(console.config.isakmp_profiles.at("p"), NamedIsakmpProfile{});
}

TEST(Profiles, WhatIsNotSupportedIsSaid) {
  Console console;
  console.type({"configure terminal", "crypto isakmp profile p"});
  EXPECT_NE(
      console.refusal("transform 1 integrity sha1 encryption 3des group 2").find("3DES is not supported"),
      std::string::npos);
  EXPECT_EQ(console.refusal("version 1"), "IKE version 1 is not supported");
  console.type({"crypto ipsec profile p"});
  EXPECT_NE(console.refusal("transform 1 protocol esp integrity sha1 encryption 3des").find("3DES"),
            std::string::npos);
}

TEST(Profiles, TheDefaultOnesCannotBeChanged) {
  Console console;
  console.type({"configure terminal"});
  console.refusal("crypto isakmp profile default");
  console.refusal("crypto ipsec profile DEFAULT");
  console.refusal("no crypto ipsec profile default");
  EXPECT_EQ(console.session, Session{Mode::Config});
  EXPECT_EQ(console.config, Config{});
}

TEST(Profiles, GroupsAreNotAbbreviated) {
  Console console;
  console.type({"configure terminal", "crypto ipsec profile p", "pfs 2"});
  EXPECT_EQ(console.config.ipsec_profiles.at("p").pfs_group, crypto::GroupId::Modp1024);
  for (const char* line :
       {"pfs 1", "pfs 3", "pfs 22", "transform 1 protocol esp integrity sha1 encryption 3"})
    EXPECT_TRUE(std::holds_alternative<SyntaxError>(console.execute(line))) << line;
}

TEST(Profiles, WhatIsUsedMustBeThere) {
  Console console;
  console.type({"configure terminal"});
  EXPECT_EQ(console.refusal("crypto isakmp peer address 10.2.2.2 profile legacy"),
            "crypto isakmp profile legacy is used by crypto isakmp peer address 10.2.2.2 and must exist");
  console.type({"crypto isakmp profile legacy", "exit", "crypto isakmp peer address 10.2.2.2 profile legacy",
                "crypto isakmp peer policy tunnel9 profile default"});
  EXPECT_EQ(console.refusal("no crypto isakmp profile legacy"),
            "crypto isakmp profile legacy is used by crypto isakmp peer address 10.2.2.2 and must exist");
  console.type({"interface tunnel0"});
  EXPECT_EQ(console.refusal("tunnel protection ipsec profile legacy"),
            "crypto ipsec profile legacy is used by interface tunnel0 and must exist");
  EXPECT_EQ(console.session.mode, Mode::Interface);
  console.type(
      {"crypto ipsec profile legacy", "interface tunnel0", "tunnel protection ipsec profile legacy"});
  console.refusal("no crypto ipsec profile legacy");
  console.type({"no tunnel protection", "no crypto ipsec profile legacy",
                "no crypto isakmp peer address 10.2.2.2", "no crypto isakmp profile legacy"});
}

TEST(Profiles, AFileMayNameAProfileBeforeItIsThere) {
  EXPECT_TRUE(load("crypto isakmp peer dynamic profile p\ncrypto isakmp profile p"));
  const auto missing = load("crypto isakmp peer dynamic profile p\n!\n");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "% crypto isakmp profile p is used by crypto isakmp peer dynamic and must exist");
}

TEST(Profiles, AProfileRemovedByAnother) {
  Console console;
  console.type({"configure terminal", "crypto ipsec profile p"});
  console.config = {};
  EXPECT_EQ(console.refusal("pfs 14"), "crypto ipsec profile p no longer exists");
  EXPECT_EQ(console.session, Session{Mode::Config});
}

TEST(Profiles, ATunnelFindsItsByPolicyThenNameThenAddress) {
  auto config = load(
      "crypto isakmp profile by-policy\ncrypto isakmp profile by-name\ncrypto isakmp profile by-address\n"
      "crypto isakmp peer policy tunnel0 profile by-policy\n"
      "crypto isakmp peer hostname b profile by-name\ncrypto isakmp peer address 10.0.0.2 profile "
      "by-address\n"
      "interface tunnel0\ntunnel destination 10.0.0.2\ntunnel remote name b");
  ASSERT_TRUE(config);
  const auto name = [&config] { return isakmp_profile_name(*config, 0, config->tunnels.at(0)); };
  EXPECT_EQ(name(), "by-policy");
  config->isakmp_peers.erase(ByTunnel{0});
  EXPECT_EQ(name(), "by-name");
  config->isakmp_peers.erase(PeerName{Identity::fqdn("b")});
  EXPECT_EQ(name(), "by-address");
  config->isakmp_peers.clear();
  EXPECT_EQ(name(), "default");
  EXPECT_EQ(isakmp_profile(*config, 0, config->tunnels.at(0)).settings, default_isakmp_profile());
}

TEST(Profiles, ProblemsOfATunnelWithThem) {
  const auto config = load(
      "crypto isakmp profile empty\nlocal authentication certificate\nremote authentication certificate\n"
      "crypto isakmp peer policy tunnel0 profile empty\ncrypto ipsec profile none\ninterface tunnel0\n"
      "tunnel mode ipsec ipv4\ntunnel source 10.0.0.1\ntunnel destination 10.0.0.2\n"
      "tunnel protection ipsec profile none");
  ASSERT_TRUE(config);
  std::vector<std::string> texts;
  for (const Problem& problem : validate(*config)) texts.push_back(problem.text);
  EXPECT_EQ(texts,
            (std::vector<std::string>{"crypto isakmp profile empty has no transform",
                                      "crypto ipsec profile none has no transform",
                                      "crypto isakmp profile empty has no pki trustpoint",
                                      "no tunnel local name, which our certificate must have",
                                      "no tunnel remote name, which the peer's certificate must have"}));
}

}  // namespace
}  // namespace awtun::config::test
