// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/log_limit.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

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
  EXPECT_LE(limiter.kinds(), LineLimiter::kMaxKinds + 1);
  EXPECT_EQ(limiter.due(kNow + 1s).size(), LineLimiter::kWarnings);
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
    spdlog::warn("one");
    spdlog::warn("one");
  }
  EXPECT_EQ(text.str().substr(text.str().size() - 8), "one\none\n") << "what was kept back";
  ASSERT_EQ(logger->sinks().size(), 1U);
  EXPECT_EQ(logger->sinks().front(), sink);
  spdlog::set_default_logger(before);
}

}  // namespace
}  // namespace awtun::daemon
