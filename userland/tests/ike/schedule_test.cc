// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "userland/ike/engine/timer_queue.h"
#include "userland/ike/rules/lifetime.h"
#include "userland/ike/rules/retransmission.h"

namespace awtun::ike {
namespace {

using namespace std::chrono_literals;

TEST(Retransmission, FourSecondsTimesOnePointEightToTheN) {
  double sum = 0;
  for (unsigned done = 0; done < kMaxRetransmissions; ++done) {
    sum += 4000 * std::pow(1.8, done);
    ASSERT_TRUE(retransmit_after(done));
    EXPECT_NEAR(static_cast<double>(retransmit_after(done)->count()), sum, 1.0);
  }
  EXPECT_FALSE(retransmit_after(kMaxRetransmissions));
  EXPECT_EQ(kGiveUpAfter, 166s);
}

TEST(Reconnect, DoublesFromOneSecondToAMinute) {
  EXPECT_EQ(reconnect_delay(0, 500), 1s);
  EXPECT_EQ(reconnect_delay(1, 500), 2s);
  EXPECT_EQ(reconnect_delay(5, 500), 32s);
  EXPECT_EQ(reconnect_delay(6, 500), 60s);
  EXPECT_EQ(reconnect_delay(1000000, 500), 60s);
  EXPECT_EQ(reconnect_delay(0, 0), 750ms);
  EXPECT_EQ(reconnect_delay(0, 1000), 1250ms);
}

TEST(Lifetime, RekeysAt85To95Percent) {
  EXPECT_EQ(rekey_after(1000s, true, 0), 850s);
  EXPECT_EQ(rekey_after(1000s, true, 1000), 900s);
  EXPECT_EQ(rekey_after(1000s, false, 0), 900s);
  EXPECT_EQ(rekey_after(1000s, false, 1000), 950s);
  EXPECT_EQ(rekey_after(31449600s, false, 1000), 31449600s * 95 / 100);
}

TEST(TimerQueue, OneDeadlineAnOwnerTheEarliestFirst) {
  TimerQueue timers;
  const Owner sa{Owner::Kind::IkeSa, 1};
  const Owner tunnel{Owner::Kind::Tunnel, 1};
  const Time start{};
  EXPECT_FALSE(timers.next());
  timers.set(sa, start + 5s);
  timers.set(tunnel, start + 3s);
  timers.set(sa, start + 1s);
  EXPECT_EQ(timers.next(), start + 1s);
  EXPECT_FALSE(timers.pop_due(start));
  EXPECT_EQ(timers.pop_due(start + 10s), sa);
  timers.set(tunnel, std::nullopt);
  EXPECT_FALSE(timers.pop_due(start + 10s));
}

}  // namespace
}  // namespace awtun::ike
