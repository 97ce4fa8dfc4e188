// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace awtun::config
