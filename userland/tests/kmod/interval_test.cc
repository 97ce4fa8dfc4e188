// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <climits>

extern "C" {
#include "interval.h"
}

namespace {

constexpr unsigned long kInterval = 250;

// Intervals that end anywhere in the range, also behind its end.
constexpr unsigned long kDue[] = {0,        1, 100, 5000, ULONG_MAX / 2, ULONG_MAX / 2 + 1, ULONG_MAX - 100,
                                  ULONG_MAX};

TEST(Interval, CountsDownToItsEnd) {
  for (const unsigned long due : kDue)
    for (unsigned long left = 0; left <= kInterval; ++left)
      EXPECT_EQ(left, awtun_interval_left(due - left, due, kInterval)) << due;
}

TEST(Interval, IsOverForAsLongAsTimeCanTell) {
  for (const unsigned long due : kDue)
    for (const unsigned long since : {1UL, 2UL, kInterval, kInterval + 1, ULONG_MAX / 2, ULONG_MAX / 2 + 1,
                                      ULONG_MAX / 2 + 2, ULONG_MAX - kInterval})
      EXPECT_EQ(0U, awtun_interval_left(due + since, due, kInterval)) << due << " and " << since;
}

}  // namespace
