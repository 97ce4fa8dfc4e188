// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userland/tests/config/console.h"

namespace awtun::config::test {
namespace {

using Kind = SyntaxError::Kind;
using Words = std::vector<std::string>;

SyntaxError error_of(Mode mode, std::string_view line) {
  Console console;
  console.config.tunnels[0] = {};
  console.session = {mode, mode == Mode::Interface ? std::optional<std::uint32_t>(0) : std::nullopt};
  Outcome outcome = console.execute(line);
  auto* error = std::get_if<SyntaxError>(&outcome);
  EXPECT_NE(error, nullptr) << line;
  return error == nullptr ? SyntaxError{} : *error;
}

TEST(Errors, InvalidPointsAtTheWord) {
  const SyntaxError error = error_of(Mode::Interface, "tunnel mode ipip");
  EXPECT_EQ(error.kind, Kind::Invalid);
  EXPECT_EQ(error.column, 12U);
  EXPECT_EQ(error.message, "% Invalid input detected at '^' marker.");
  EXPECT_EQ(error.expected, (Words{"gre", "ipsec", "l2tp"}));
}

TEST(Errors, AWordBehindTheEndIsRefused) {
  const SyntaxError error = error_of(Mode::Interface, "tunnel protection ipsec profile x y");
  EXPECT_EQ(error.column, 34U);
  EXPECT_EQ(error.expected, Words{"<cr>"});
}

TEST(Errors, AnIncompleteLineSaysWhatIsMissing) {
  const SyntaxError error = error_of(Mode::Config, "crypto isakmp key ouR4ecret");
  EXPECT_EQ(error.kind, Kind::Incomplete);
  EXPECT_EQ(error.message, "% Incomplete command.");
  EXPECT_EQ(error.expected, (Words{"address", "hostname", "policy"}));
}

TEST(Errors, AnAmbiguousWordIsRefusedWithItsMeanings) {
  const SyntaxError error = error_of(Mode::Exec, "s i");
  EXPECT_EQ(error.kind, Kind::Ambiguous);
  EXPECT_EQ(error.message, "% Ambiguous command:  \"s i\"");
  EXPECT_EQ(error.expected, (Words{"interface", "ipsec", "isakmp"}));
  EXPECT_EQ(error.column, 2U);
}

TEST(Errors, LaterWordsResolveAnAbbreviation) {
  Console console;
  EXPECT_EQ(std::get<Show>(console.execute("s i tunnel3")).what, View::Interface);
  EXPECT_EQ(error_of(Mode::Exec, "s i s").expected, (Words{"ipsec", "isakmp"}));
}

TEST(Errors, AnExactWordBeatsABeginning) {
  EXPECT_EQ(error_of(Mode::Config, "ip").kind, Kind::Incomplete);
  EXPECT_EQ(error_of(Mode::Config, "i").kind, Kind::Ambiguous);
}

TEST(Errors, InterfaceModeExpectsTheWordsOfBothModes) {
  const SyntaxError error = error_of(Mode::Interface, "ip foo");
  EXPECT_EQ(error.column, 3U);
  EXPECT_EQ(error.expected, (Words{"address", "route", "tcp"}));
}

TEST(Errors, ValuesSayWhatIsWrongWithThem) {
  const auto message = [](Mode mode, std::string_view line) { return error_of(mode, line).message; };
  const std::string invalid = "% Invalid input detected at '^' marker.\n% ";
  EXPECT_EQ(message(Mode::Config, "ip route 192.168.20.5/24 tunnel0"),
            invalid + "host bits are set: the network is 192.168.20.0/24.");
  EXPECT_EQ(message(Mode::Config, "ipv6 route 2001:db8::/64 fe80::1"),
            invalid + "the address must not be link-local.");
  EXPECT_EQ(message(Mode::Interface, "ip address 10.0.0.255/24"),
            invalid + "the address must not be the broadcast address.");
  EXPECT_EQ(message(Mode::Interface, "ip address 10.0.0.0/24"),
            invalid + "the address must not be the network address.");
  EXPECT_EQ(message(Mode::Interface, "tunnel source 224.0.0.1"),
            invalid + "a multicast or broadcast address is not a host address.");
  EXPECT_EQ(message(Mode::Config, "crypto isakmp key ******** address 10.0.0.1"),
            invalid + "this is the placeholder of a hidden key, not a key.");
}

TEST(Errors, ValuesOutOfRangeOrOfAnotherFamilyAreRefused) {
  for (const char* line :
       {"mtu 67", "mtu 1583", "mtu 1500x", "ip address 2001:db8::1/64", "ip address 10.0.0.1",
        "ip address 10.0.0.1/33", "ipv6 address 10.0.0.1/24", "tunnel source eth/0"}) {
    EXPECT_EQ(error_of(Mode::Interface, line).kind, Kind::Invalid) << line;
  }
  for (const char* line : {"interface tunnel65536", "interface eth0", "ip route 10.0.0.0/8 2001:db8::1",
                           "ip route 10.0.0.0/8 tunnel65536", "ip route 10.0.0.0/8 10.0.0.1 256",
                           "ip route 10.0.0.0/8 10.0.0.1 0", "ip route 10.0.0.0/8 averylonginterface",
                           "awplus(config)# interface tunnel0"}) {
    EXPECT_EQ(error_of(Mode::Config, line).kind, Kind::Invalid) << line;
  }
}

TEST(Errors, OnlyTextIsACommand) {
  EXPECT_EQ(error_of(Mode::Exec, std::string_view("show\0", 5)).column, 4U);
  EXPECT_EQ(error_of(Mode::Interface, "description \x1b[2J").column, 12U);
  EXPECT_EQ(error_of(Mode::Interface, "description caf\xe9").column, 15U);
  EXPECT_EQ(error_of(Mode::Interface, "description \xed\xa0\x80").column, 12U);
}

TEST(Errors, RenderedWithACaretUnderTheCharacter) {
  const std::string line = "description 支社\x01";
  const SyntaxError error = error_of(Mode::Interface, line);
  EXPECT_EQ(render_error(line, error.column, error.message, error.expected),
            line + "\n              ^\n" + error.message + "\n");
  EXPECT_EQ(render_error("show", std::nullopt, "% Incomplete command.", {"ipsec", "isakmp"}),
            "% Incomplete command.\n% Expected: ipsec, isakmp\n");
}

TEST(Errors, LongListsOfExpectedWordsFitTheScreen) {
  const SyntaxError error = error_of(Mode::Interface, "foo");
  const std::string text = render_error("foo", error.column, error.message, error.expected);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 80U);
    at = end + 1;
  }
}

TEST(Secrets, AreMaskedInRightAndInBrokenLines) {
  EXPECT_EQ(mask_secrets("crypto isakmp key s3cret address 10.0.0.1"),
            "crypto isakmp key ******** address 10.0.0.1");
  EXPECT_EQ(mask_secrets("cr isa k s3cret adres"), "cr isa k ******** ********");
  EXPECT_EQ(mask_secrets("no crypto isakmp key s3cret policy tunnel0"),
            "no crypto isakmp key ******** policy tunnel0");
  EXPECT_EQ(mask_secrets("no crypto isakmp key address 10.0.0.1"), std::nullopt);
  for (const char* line : {"crypto isakmp kye s3cret address 10.0.0.1", "cyrpto isakmp key s3cret address x",
                           "do crypto isakmp key s3cret address 10.0.0.1", "username bob password s3cret"})
    EXPECT_EQ(mask_secrets(line).value_or(line).find("s3cret"), std::string::npos) << line;
  for (const char* line :
       {"show running-config", "show isakmp key | include branch", "rsakeypair branch 4096", "interface ppp0",
        "router bgp 1", "no rsakeypair branch"})
    EXPECT_EQ(mask_secrets(line), std::nullopt) << line;
}

}  // namespace
}  // namespace awtun::config::test
