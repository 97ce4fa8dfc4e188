// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/log_limit.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace awtun::daemon {
namespace {

using namespace std::chrono_literals;

constexpr int kWarn = spdlog::level::warn;
constexpr int kInfo = spdlog::level::info;
constexpr LineLimiter::Clock::time_point kNow{1000s};

TEST(LineLimiter, WritesTheFirstOfAKindAndOneASecondAfterThat) {
  LineLimiter limiter;
  std::size_t written = 0;
  for (auto ms = 0ms; ms < 15000ms; ms += 1ms) {
    written += limiter.admits(kNow + ms, kWarn, "too many negotiations at once") ? 1 : 0;
    if (ms % 1000ms == 0ms) written += limiter.due(kNow + ms).size();
  }
  EXPECT_GE(written, 14U);
  EXPECT_LE(written, 16U);
}

TEST(LineLimiter, TheLastOneSaysHowManyWereLeftOut) {
  LineLimiter limiter;
  ASSERT_TRUE(limiter.admits(kNow, kWarn, "refused by 192.0.2.1"));
  EXPECT_FALSE(limiter.keeps());
  for (int i = 2; i <= 5; ++i)
    EXPECT_FALSE(limiter.admits(kNow + 1ms, kWarn, "refused by 192.0.2." + std::to_string(i)));
  EXPECT_TRUE(limiter.keeps());
  EXPECT_TRUE(limiter.due(kNow + 999ms).empty());
  const auto lines = limiter.due(kNow + 1s);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "refused by 192.0.2.5 (3 more like this)");
  EXPECT_EQ(lines[0].level, kWarn);
  EXPECT_FALSE(limiter.keeps());
}

TEST(LineLimiter, NothingIsLostOfTwo) {
  LineLimiter limiter;
  ASSERT_TRUE(limiter.admits(kNow, kWarn, "SPI 0x00000001 is unknown"));
  EXPECT_FALSE(limiter.admits(kNow, kWarn, "SPI 0x0000000a is unknown"));
  const auto lines = limiter.due(kNow + 1s);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "SPI 0x0000000a is unknown");
}

TEST(LineLimiter, TunnelsWordsAndLevelsAreKindsOfTheirOwn) {
  LineLimiter limiter;
  EXPECT_TRUE(limiter.admits(kNow, kWarn, "tunnel1: no response from 192.0.2.1"));
  EXPECT_TRUE(limiter.admits(kNow, kWarn, "tunnel2: no response from 192.0.2.1"));
  EXPECT_TRUE(limiter.admits(kNow, kWarn, "tunnel1: no proposal chosen"));
  EXPECT_TRUE(limiter.admits(kNow, kInfo, "tunnel1: no response from 192.0.2.1"));
  EXPECT_FALSE(limiter.admits(kNow, kWarn, "tunnel1: no response from 2001:db8::1"));
}

TEST(LineLimiter, OtherWordsEveryTimeAreBoundedAsWell) {
  LineLimiter limiter;
  std::size_t written = 0;
  std::string word = "a";
  for (int i = 0; i < 10000; ++i) {
    word.back() == 'z' ? word.push_back('a') : void(++word.back());
    written +=
        limiter.admits(kNow, kWarn, "peer says " + word.substr(word.size() > 50 ? word.size() - 50 : 0)) ? 1
                                                                                                         : 0;
  }
  EXPECT_EQ(written, LineLimiter::kWarnings);
  EXPECT_LE(limiter.kinds(), LineLimiter::kMaxKindsOfOne + 1);
  EXPECT_EQ(limiter.due(kNow + 1s).size(), LineLimiter::kWarnings);
}

/// The lines of `limiter` in the 60 s that `admit` fills with others, each 100 ms; due() is asked each
/// second.
template <class Admit>
std::map<std::string, int> written_in_a_minute(LineLimiter& limiter, Admit admit) {
  std::map<std::string, int> written;
  const auto cut = [](const std::string& text) { return text.substr(0, text.find(" (")); };
  for (auto ms = 0ms; ms < 60s; ms += 100ms) {
    admit(ms, [&](int level, const std::string& text) {
      if (limiter.admits(kNow + ms, level, text)) ++written[cut(text)];
    });
    if (ms % 1000ms == 900ms)
      for (const auto& line : limiter.due(kNow + ms)) ++written[cut(line.text)];
  }
  return written;
}

TEST(LineLimiter, TwelveKindsInConstantUseSilenceNoOther) {
  LineLimiter limiter;
  const auto letter = [](int which) { return std::string(1, static_cast<char>('a' + which)); };
  const auto written = written_in_a_minute(limiter, [&](auto ms, auto log) {
    for (int which = 0; which < 12; ++which) log(kWarn, "flood " + letter(which));
    if (ms == 30s)
      for (int which = 0; which < 24; ++which) log(kWarn, "true " + letter(which));
  });
  for (int which = 0; which < 24; ++which) EXPECT_EQ(written.count("true " + letter(which)), 1U) << which;
  int all = 0;
  for (const auto& [text, count] : written) all += count;
  EXPECT_LE(all, 61 * static_cast<int>(LineLimiter::kWarnings));
}

TEST(LineLimiter, ErrorsDoNotWaitForWarnings) {
  LineLimiter limiter;
  for (char which = 'a'; which <= 'z'; ++which)
    (void)limiter.admits(kNow, kWarn, std::string("warning ") + which);
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::err, "the disk is full"));
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::critical, "the kernel is gone"));
  EXPECT_FALSE(limiter.admits(kNow, spdlog::level::err, "the disk is full"));
  const auto lines = limiter.due(kNow + 1s);
  EXPECT_EQ(lines.size(), LineLimiter::kWarnings + 1);
  EXPECT_EQ(std::ranges::count(lines, "the disk is full", &LineLimiter::Line::text), 1);
}

TEST(LineLimiter, AFloodOfWarningsMakesErrorsNoKindOfTheirs) {
  LineLimiter limiter;
  for (char one = 'a'; one <= 'z'; ++one)
    for (char two = 'a'; two <= 'z'; ++two)
      (void)limiter.admits(kNow, kWarn, std::string("warning ") + one + two);
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::err, "the disk is full"));
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::err, "the route is refused"));
}

TEST(LineLimiter, OneTunnelsFloodSilencesNoOther) {
  LineLimiter limiter;
  std::string words = "a";
  const auto written = written_in_a_minute(limiter, [&](auto ms, auto log) {
    for (int i = 0; i < 40; ++i) {
      words.back() == 'z' ? words.push_back('a') : void(++words.back());
      log(kWarn, "tunnel1: the peer says " + words);
    }
    if (ms % 1000ms == 500ms) log(kWarn, "tunnel2: no response");
  });
  EXPECT_GE(written.at("tunnel2: no response"), 58);
}

/// How many kinds these are, as warnings.
std::size_t kinds_of(std::initializer_list<std::string> lines) {
  LineLimiter limiter;
  for (const auto& line : lines) (void)limiter.admits(kNow, kWarn, line);
  return limiter.kinds();
}

TEST(LineLimiter, WhatIsQuotedAndAddressesMakeNoKind) {
  EXPECT_EQ(
      kinds_of({"the peer \"one, two\" at fe80::a is refused", "the peer \"thr\"ee (four)\" at :: is refused",
                "the peer \"five; six\" at 192.0.2.1 is refused"}),
      1U);
  EXPECT_EQ(kinds_of({"name 'abc' is unknown", "name 'it's def' is unknown"}), 1U);
  EXPECT_EQ(kinds_of({"the name \"a;b\" is unknown", "the name \"a;b\" is known"}), 2U);
}

TEST(LineLimiter, DetailsMakeNoKind) {
  const std::string refused = "tunnel1: peer 192.0.2.1: IKE_AUTH: authentication failed (by us)";
  EXPECT_EQ(kinds_of({refused + "; theirs: identity one", refused + "; theirs: identity another, than that"}),
            1U);
}

TEST(LineLimiter, ManyTunnelsAreBoundedAsWell) {
  LineLimiter limiter;
  for (int tunnel = 0; tunnel < 100; ++tunnel)
    for (char one = 'a'; one <= 'z'; ++one)
      (void)limiter.admits(kNow, kWarn, "tunnel" + std::to_string(tunnel) + ": peer says " + one);
  EXPECT_EQ(limiter.kinds(), LineLimiter::kMaxKinds + 1);
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::err, "the disk is full"));
  EXPECT_TRUE(limiter.admits(kNow, spdlog::level::err, "the route is refused"));
}

TEST(LineLimiter, QuietKindsAreForgotten) {
  LineLimiter limiter;
  ASSERT_TRUE(limiter.admits(kNow, kWarn, "one"));
  ASSERT_TRUE(limiter.admits(kNow, kWarn, "another"));
  EXPECT_TRUE(limiter.due(kNow + 1s).empty());
  EXPECT_EQ(limiter.kinds(), 0U);
}

TEST(LineLimiter, DebuggingIsNotLimited) {
  LineLimiter limiter;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limiter.admits(kNow, spdlog::level::debug, "a message"));
}

TEST(LogLimit, CutsBetweenTwoCharacters) {
  EXPECT_EQ(shortened("a line"), "a line");
  EXPECT_EQ(shortened(std::string(1024, 'x')), std::string(1024, 'x'));
  EXPECT_EQ(shortened(std::string(1025, 'x')), std::string(1021, 'x') + "...");
  for (const std::string character : {"\u00e9", "\u20ac", "\U0001f511"})
    for (std::size_t before = 1010; before <= 1021; ++before) {
      std::string text(before, 'x');
      while (text.size() < 5000) text += character;
      const auto cut = shortened(text);
      EXPECT_LE(cut.size(), 1024U);
      EXPECT_GT(cut.size(), 1024U - 4);
      EXPECT_EQ((cut.size() - 3 - before) % character.size(), 0U) << "no character is cut in two";
      EXPECT_EQ(cut, text.substr(0, cut.size() - 3) + "...");
    }
  EXPECT_LE(shortened(std::string(5000, '\x80')).size(), 1024U) << "not UTF-8 at all";
}

TEST(LogLimit, NoLineIsLong) {
  const auto before = spdlog::default_logger();
  std::ostringstream text;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(text);
  sink->set_pattern("%v");
  auto logger = std::make_shared<spdlog::logger>("test", sink);
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(logger);
  EventLoop loop;
  {
    const LogLimit limit(loop);
    spdlog::error("{}", std::string(1 << 20, 'x'));
    spdlog::debug("{}", std::string(1 << 20, 'y'));
  }
  EXPECT_EQ(text.str(), std::string(1021, 'x') + "...\n" + std::string(1021, 'y') + "...\n");
  spdlog::set_default_logger(before);
}

TEST(LogLimit, StandsBeforeTheSinksWhileItLives) {
  const auto before = spdlog::default_logger();
  std::ostringstream text;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(text);
  sink->set_pattern("%v");
  auto logger = std::make_shared<spdlog::logger>("test", sink);
  spdlog::set_default_logger(logger);
  EventLoop loop;
  {
    const LogLimit limit(loop);
    for (int i = 0; i < 100; ++i) spdlog::warn("job {} is one too many", i);
    EXPECT_EQ(text.str(), "job 0 is one too many\n");
    ASSERT_EQ(event_base_loop(loop.base(), EVLOOP_ONCE), 0);
    EXPECT_EQ(text.str(), "job 0 is one too many\njob 99 is one too many (98 more like this)\n");
    text.str("");
    for (char which = 'a'; which <= 'z'; ++which) spdlog::warn("warning {}", which);
    EXPECT_LE(std::ranges::count(text.view(), '\n'), static_cast<std::ptrdiff_t>(LineLimiter::kWarnings));
  }
  EXPECT_EQ(std::ranges::count(text.view(), '\n'), 26) << "what was kept back";
  ASSERT_EQ(logger->sinks().size(), 1U);
  EXPECT_EQ(logger->sinks().front(), sink);
  spdlog::set_default_logger(before);
}

}  // namespace
}  // namespace awtun::daemon
