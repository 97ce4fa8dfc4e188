// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/replacement.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

config::Config changed() {
  auto config = first_example();
  config.tunnels[0].mtu = 1300;
  config.tunnels[7].description = "new";
  return config;
}

TEST(Differences, LinesUnderTheirSections) {
  EXPECT_EQ(differences(first_example(), first_example()), "");
  EXPECT_EQ(differences(first_example(), changed()),
            "+interface tunnel7\n interface tunnel0\n+ mtu 1300\n interface tunnel7\n+ description new\n");
  EXPECT_EQ(differences(changed(), first_example()),
            "-interface tunnel7\n interface tunnel0\n- mtu 1300\n interface tunnel7\n- description new\n");
}

TEST(Differences, OfManyLinesTakeNoLongerThanReadingThem) {
  config::Config many;
  for (std::uint32_t number = 0; number < 20000; ++number) many.tunnels[number].mtu = 1300;
  auto others = many;
  others.tunnels[7].mtu = 1400;
  EXPECT_EQ(differences(many, others), " interface tunnel7\n- mtu 1300\n+ mtu 1400\n");
}

TEST(Differences, OtherKeysAreSaidAndNotShown) {
  auto other = first_example();
  other.isakmp_keys.at(0).key = Secret(Bytes{'o', 't', 'h', 'e', 'r'});
  const auto text = differences(first_example(), other);
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.find("other\n"), std::string::npos);
  EXPECT_EQ(text.find("ouR4ecret"), std::string::npos);
}

TEST(Replace, AsksAndThenAppliesOnce) {
  int applied = 0;
  const Apply apply = [&applied](const config::Config& candidate) -> Result<void, std::string> {
    EXPECT_EQ(candidate, changed());
    ++applied;
    return {};
  };
  const auto asked = replace(first_example(), changed(), {}, apply);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->ask, control::Ask::Acceptance);
  EXPECT_EQ(applied, 0);
  const auto done = replace(first_example(), changed(), {{}, true}, apply);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->ask, control::Ask::Nothing);
  EXPECT_EQ(applied, 1);
}

TEST(Replace, TheSameTouchesNothing) {
  const auto done = replace(first_example(), first_example(), {{}, true},
                            [](const config::Config&) -> Result<void, std::string> {
                              ADD_FAILURE();
                              return {};
                            });
  ASSERT_TRUE(done);
  EXPECT_EQ(done->ask, control::Ask::Nothing);
}

TEST(DelayedReload, WaitsAndIsCancelled) {
  EventLoop loop;
  DelayedReload reload(loop, [] { ADD_FAILURE(); });
  EXPECT_FALSE(reload.view().contains("in"));
  EXPECT_FALSE(reload.cancel());
  reload.start(std::chrono::minutes(10));
  EXPECT_EQ(reload.view()["in"], 600);
  EXPECT_TRUE(reload.cancel());
  EXPECT_FALSE(reload.view().contains("in"));
}

TEST(DelayedReload, ReloadsWhenItIsTime) {
  EventLoop loop;
  int times = 0;
  DelayedReload reload(loop, [&] {
    ++times;
    loop.stop();
  });
  reload.start(std::chrono::minutes(0));
  loop.run();
  EXPECT_EQ(times, 1);
  EXPECT_FALSE(reload.cancel());
}

}  // namespace
}  // namespace awtun::daemon
