// SPDX-License-Identifier: Apache-2.0
#include "userland/config/model.h"

#include <gtest/gtest.h>

#include "userland/config/session.h"

namespace awtun::config {
namespace {

Config read(std::string_view text) {
  auto config = load(text);
  EXPECT_TRUE(config) << text;
  return *std::move(config);
}

std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> out;
  for (const Problem& problem : validate(read(text))) out.push_back(problem.text);
  return out;
}

TEST(Model, APartlyConfiguredTunnelIsNamedWhatItLacks) {
  EXPECT_EQ(problems("interface tunnel0"),
            (std::vector<std::string>{"no tunnel mode", "no tunnel source", "no tunnel destination",
                                      "no tunnel protection ipsec"}));
  EXPECT_TRUE(problems("interface tunnel0\nshutdown").empty());
}

TEST(Model, TheEndpointsAreOfTheModesFamily) {
  EXPECT_EQ(
      problems("crypto isakmp key k policy tunnel0\ninterface tunnel0\ntunnel mode ipsec ipv6\n"
               "tunnel source 10.0.0.1\ntunnel destination 2001:db8::2\ntunnel protection ipsec"),
      std::vector<std::string>{"tunnel source 10.0.0.1 is not of the family of tunnel mode ipsec ipv6"});
}

TEST(Model, AKeyIsFoundByTunnelThenByNameThenByAddress) {
  Config config = read(
      "crypto isakmp key by-address address 10.0.0.2\ncrypto isakmp key by-name hostname b\n"
      "crypto isakmp key by-tunnel policy tunnel0\ninterface tunnel0\ntunnel destination 10.0.0.2\n"
      "tunnel remote name b");
  const auto found = [&config] {
    const IsakmpKey* key = find_key(config, 0, config.tunnels.at(0));
    return key == nullptr ? "" : std::string(key->key.view().begin(), key->key.view().end());
  };
  EXPECT_EQ(found(), "by-tunnel");
  config.isakmp_keys.pop_back();
  EXPECT_EQ(found(), "by-name");
  config.isakmp_keys.pop_back();
  EXPECT_EQ(found(), "by-address");
  config.isakmp_keys.pop_back();
  EXPECT_EQ(found(), "");
}

TEST(Model, ACopyIsEqualAndItsOwn) {
  const Config config = read("crypto isakmp key a address 10.0.0.1\ninterface tunnel0");
  Config copy = config;
  EXPECT_EQ(copy, config);
  copy.isakmp_keys[0].key = Secret(Bytes{'b'});
  EXPECT_FALSE(copy == config);
  copy = config;
  EXPECT_EQ(copy, config);
}

}  // namespace
}  // namespace awtun::config
