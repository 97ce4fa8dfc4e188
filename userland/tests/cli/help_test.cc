// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/help.h"

#include <gtest/gtest.h>

namespace awtun::cli {
namespace {

using config::Mode;

TEST(Help, ListsWordsAligned) {
  EXPECT_EQ(help_text(Mode::Exec, "show i"),
            "  interface  Tunnel interfaces\n"
            "  ipsec      IPsec\n"
            "  isakmp     Key exchange (IKE)\n");
}

TEST(Help, ShowsWhereALineMayEnd) {
  EXPECT_EQ(help_text(Mode::Exec, "show interface "),
            "  |                Filter or reformat the output\n"
            "  tunnel<0-65535>  One tunnel interface\n"
            "  <cr>\n");
  EXPECT_EQ(help_text(Mode::Exec, "write memory "), "  <cr>\n");
  EXPECT_EQ(help_text(Mode::Exec, "foo "), "% There is no such command.\n");
}

TEST(TabKey, CompletesAWordThatIsTheOnlyOne) {
  const Tab tab = complete_word(Mode::Exec, "SH");
  EXPECT_EQ(tab.erase, 2U);
  EXPECT_EQ(tab.insert, "show ");
}

TEST(TabKey, CompletesAsFarAsTheWordsAgree) {
  EXPECT_EQ(complete_word(Mode::Interface, "tunnel mode ipsec i").insert, "ipv");
  const Tab tab = complete_word(Mode::Interface, "tunnel mode ipsec ipv");
  EXPECT_EQ(tab.insert, "");
  EXPECT_EQ(tab.list, "  ipv4  Over IPv4\n  ipv6  Over IPv6\n");
}

TEST(TabKey, NeverInsertsAValue) {
  EXPECT_EQ(complete_word(Mode::Config, "interface ").insert, "");
  EXPECT_EQ(complete_word(Mode::Config, "interface ").list, "  tunnel<0-65535>  Tunnel interface\n");
  EXPECT_EQ(complete_word(Mode::Exec, "foo bar").list, "");
}

}  // namespace
}  // namespace awtun::cli
