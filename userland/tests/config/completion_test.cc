// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userland/config/session.h"

namespace awtun::config {
namespace {

using Words = std::vector<std::string>;

Words texts(const Completion& completion) {
  Words out;
  for (const Candidate& candidate : completion.candidates) out.push_back(candidate.text);
  return out;
}

TEST(Completion, WordsWithTheirHelp) {
  const Completion completion = complete(Mode::Exec, "show i");
  EXPECT_EQ(completion.word_start, 5U);
  EXPECT_EQ(completion.candidates, (std::vector<Candidate>{{"interface", "Tunnel interfaces", true},
                                                           {"ipsec", "IPsec", true},
                                                           {"isakmp", "Key exchange (IKE)", true}}));
  EXPECT_EQ(completion.common_prefix(), "i");
  EXPECT_FALSE(completion.executable);
}

TEST(Completion, TheNextWordBehindABlank) {
  EXPECT_EQ(texts(complete(Mode::Exec, "show run ")), (Words{"interface", "|"}));
  EXPECT_TRUE(complete(Mode::Exec, "show run ").executable);
  EXPECT_EQ(complete(Mode::Exec, "sh").common_prefix(), "show");
  EXPECT_EQ(texts(complete(Mode::Exec, "")),
            (Words{"clear", "configure", "copy", "crypto", "debug", "end", "exit", "no", "rekey", "reload",
                   "show", "terminal", "write"}));
}

TEST(Completion, ValuesAreNotInserted) {
  const Completion completion = complete(Mode::Config, "ip route 10.0.0.0/8 ");
  EXPECT_EQ(texts(completion), (Words{"A.B.C.D", "INTERFACE"}));
  EXPECT_EQ(completion.common_prefix(), "");
  EXPECT_EQ(texts(complete(Mode::Config, "interface t")), Words{"tunnel<0-65535>"});
  EXPECT_TRUE(texts(complete(Mode::Interface, "mtu x")).empty());
}

TEST(Completion, WordsOfAChoice) {
  const Completion completion = complete(Mode::Interface, "tunnel mode ipsec ");
  EXPECT_EQ(completion.candidates,
            (std::vector<Candidate>{
                {"ipv4", "Over IPv4", true},
                {"ipv6", "Over IPv6", true},
                {"multipoint", "Multipoint (one interface, many peers): not supported yet", true}}));
  EXPECT_EQ(completion.common_prefix(), "");
  EXPECT_EQ(complete(Mode::Interface, "tunnel mode ipsec i").common_prefix(), "ipv");
}

TEST(Completion, FiltersAreOfferedBehindABar) {
  EXPECT_EQ(texts(complete(Mode::Exec, "show ipsec sa | ")),
            (Words{"begin", "count", "exclude", "include", "json"}));
  EXPECT_FALSE(complete(Mode::Exec, "show ipsec sa |").executable);
  EXPECT_TRUE(complete(Mode::Exec, "show ipsec sa | inc tunnel").executable);
  EXPECT_TRUE(texts(complete(Mode::Exec, "write | ")).empty());
}

TEST(Completion, WordsOfAProfile) {
  EXPECT_EQ(texts(complete(Mode::IpsecProfile, "transform 1 protocol esp integrity g")),
            (Words{"gcm12", "gcm16", "gcm8"}));
  EXPECT_EQ(texts(complete(Mode::IpsecProfile, "pfs 2")), (Words{"2", "20", "21"}));
}

TEST(Completion, InterfaceModeOffersBothModes) {
  EXPECT_EQ(texts(complete(Mode::Interface, "ip ")), (Words{"address", "route", "tcp"}));
  EXPECT_EQ(texts(complete(Mode::Interface, "i")), (Words{"interface", "ip", "ipv6"}));
}

TEST(Completion, WordsBehindNoAndDoAreCompleted) {
  EXPECT_EQ(texts(complete(Mode::Config, "no ")),
            (Words{"crypto", "exec-timeout", "interface", "ip", "ipv6"}));
  EXPECT_EQ(texts(complete(Mode::Config, "no crypto isakmp key ")),
            (Words{"address", "hostname", "policy", "KEY"}));
  EXPECT_EQ(texts(complete(Mode::Interface, "do ")), (Words{"clear", "copy", "crypto", "debug", "no", "rekey",
                                                            "reload", "show", "terminal", "write"}));
  EXPECT_EQ(texts(complete(Mode::Interface, "do show ip")), Words{"ipsec"});
}

TEST(Completion, AWordThatBeginsLikeNoOtherIsNotCompleted) {
  EXPECT_TRUE(complete(Mode::Exec, "foo ").candidates.empty());
  EXPECT_TRUE(complete(Mode::Exec, "! foo").candidates.empty());
  EXPECT_TRUE(complete(Mode::Exec, "write memory ").candidates.empty());
}

}  // namespace
}  // namespace awtun::config
