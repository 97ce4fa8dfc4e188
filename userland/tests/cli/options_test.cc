// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/options.h"

#include <gtest/gtest.h>

namespace awtun::cli {
namespace {

std::variant<Options, ExitStatus> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "awcli");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  auto options = parse_options(static_cast<int>(arguments.size()), arguments.data());
  testing::internal::GetCapturedStdout();
  testing::internal::GetCapturedStderr();
  return options;
}

Options good(std::vector<const char*> arguments) {
  auto options = parse(std::move(arguments));
  EXPECT_TRUE(std::holds_alternative<Options>(options));
  return std::holds_alternative<Options>(options) ? std::get<Options>(options) : Options{};
}

ExitStatus bad(std::vector<const char*> arguments) {
  const auto options = parse(std::move(arguments));
  return std::holds_alternative<ExitStatus>(options) ? std::get<ExitStatus>(options)
                                                     : ExitStatus::Unreachable;
}

using Words = std::vector<std::string>;

TEST(Options, WordsAreOneCommand) {
  EXPECT_EQ(good({"show", "ipsec", "sa"}).words, (Words{"show", "ipsec", "sa"}));
  EXPECT_EQ(good({}).socket, "/run/awtun/awiked.sock");
}

TEST(Options, FlagsBeforeAndBehindTheWords) {
  EXPECT_TRUE(good({"--json", "show", "ipsec", "sa"}).json);
  const Options behind = good({"show", "ipsec", "sa", "--json", "--socket", "/s"});
  EXPECT_TRUE(behind.json);
  EXPECT_EQ(behind.socket, "/s");
  EXPECT_EQ(behind.words, (Words{"show", "ipsec", "sa"}));
}

TEST(Options, EachCommandOptionTakesOneLine) {
  EXPECT_EQ(good({"-c", "configure terminal", "-c", "interface tunnel0"}).commands,
            (Words{"configure terminal", "interface tunnel0"}));
  EXPECT_EQ(bad({"-c", "configure terminal", "show"}), ExitStatus::Syntax);
}

TEST(Options, FilesAndStandardInput) {
  EXPECT_EQ(good({"-f", "-"}).script, "-");
  EXPECT_EQ(good({"-C", "startup-config"}).check, "startup-config");
}

TEST(Options, WhatIsWrongIsAUsageError) {
  EXPECT_EQ(bad({"--bogus"}), ExitStatus::Syntax);
  EXPECT_EQ(bad({"show", "--bogus"}), ExitStatus::Syntax);
  EXPECT_EQ(bad({"-f"}), ExitStatus::Syntax);
  EXPECT_EQ(bad({"-f", "a", "-C", "b"}), ExitStatus::Syntax);
  EXPECT_EQ(bad({"-f", "a", "show"}), ExitStatus::Syntax);
  EXPECT_EQ(bad({"--help"}), ExitStatus::Done);
  EXPECT_EQ(bad({"--version"}), ExitStatus::Done);
}

}  // namespace
}  // namespace awtun::cli
