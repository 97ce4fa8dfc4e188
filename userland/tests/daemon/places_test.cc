// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/places.h"

#include <gtest/gtest.h>

namespace awtun::daemon {
namespace {

constexpr SteadyTime kArrival = SteadyTime(std::chrono::hours(1));

/// `count` sessions of different users, the first idle the longest; all for longer than a minute.
void add(std::vector<Place>& places, Rank rank, std::size_t count,
         std::chrono::seconds idle = std::chrono::seconds(600)) {
  for (std::size_t i = 0; i < count; ++i)
    places.push_back(
        {rank, static_cast<uid_t>(1000 + places.size()), kArrival - idle + std::chrono::milliseconds(i)});
}

TEST(Places, ReadersHaveHalfAndTheIdleGoFirst) {
  std::vector<Place> taken;
  add(taken, Rank::Reader, kMaxReaders - 1);
  EXPECT_EQ(admit(taken, Rank::Reader, 5, kArrival).ends_instead, std::nullopt);
  add(taken, Rank::Reader, 1);
  const auto one_more = admit(taken, Rank::Reader, 5, kArrival);
  EXPECT_EQ(one_more.refusal, "");
  EXPECT_EQ(one_more.ends_instead, 0U);
  for (auto& place : taken) place.idle_since = kArrival - std::chrono::seconds(59);
  EXPECT_NE(admit(taken, Rank::Reader, 5, kArrival).refusal, "");
  EXPECT_EQ(admit(taken, Rank::Member, 5, kArrival).refusal, "");
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).refusal, "");
}

TEST(Places, MembersTakeThoseOfReadersAndNotThoseOfRoot) {
  std::vector<Place> taken;
  add(taken, Rank::Member, 12, std::chrono::seconds(1));
  add(taken, Rank::Reader, 16, std::chrono::seconds(1));
  EXPECT_EQ(admit(taken, Rank::Member, 5, kArrival).ends_instead, 12U);
  taken.resize(12);
  add(taken, Rank::Member, 16, std::chrono::seconds(1));
  EXPECT_NE(admit(taken, Rank::Member, 5, kArrival).refusal, "");
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).ends_instead, std::nullopt);
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).refusal, "");
}

TEST(Places, RootAlwaysGetsInBeforeOthers) {
  std::vector<Place> taken;
  add(taken, Rank::Root, 4, std::chrono::seconds(1));
  add(taken, Rank::Member, 27, std::chrono::seconds(1));
  add(taken, Rank::Reader, 1, std::chrono::seconds(1));
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).ends_instead, 31U) << "the reader";
  taken.pop_back();
  add(taken, Rank::Member, 1, std::chrono::seconds(1));
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).ends_instead, 4U) << "then a member";
  taken.clear();
  add(taken, Rank::Root, 32, std::chrono::seconds(1));
  EXPECT_NE(admit(taken, Rank::Root, 0, kArrival).refusal.find("32"), std::string::npos);
  taken[7].idle_since = kArrival - kInUse;
  EXPECT_EQ(admit(taken, Rank::Root, 0, kArrival).ends_instead, 7U);
}

TEST(Places, OneReaderHasAShare) {
  std::vector<Place> taken(kMaxReadersOfAUser, {Rank::Reader, 7, kArrival});
  EXPECT_NE(admit(taken, Rank::Reader, 7, kArrival).refusal.find("of this user"), std::string::npos);
  EXPECT_EQ(admit(taken, Rank::Reader, 8, kArrival).refusal, "");
  taken[3].idle_since = kArrival - kInUse;
  EXPECT_EQ(admit(taken, Rank::Reader, 7, kArrival).ends_instead, 3U);
}

TEST(Places, TwoBusyReadersDoNotLockAThirdOut) {
  std::vector<Place> taken(kMaxReadersOfAUser, {Rank::Reader, 7, kArrival});
  taken.insert(taken.end(), kMaxReadersOfAUser, {Rank::Reader, 8, kArrival});
  taken[11].idle_since = kArrival - std::chrono::seconds(2);
  for (std::size_t others = 1; others < 6; ++others) {
    const auto third = admit(taken, Rank::Reader, 9, kArrival);
    EXPECT_EQ(third.refusal, "");
    ASSERT_TRUE(third.ends_instead);
    if (others == 1) {
      EXPECT_EQ(*third.ends_instead, 11U) << "the longest idle of those with the most";
    }
    taken[*third.ends_instead] = {Rank::Reader, 9, kArrival};
  }
  EXPECT_NE(admit(taken, Rank::Reader, 9, kArrival).refusal, "") << "it has five, the others five and six";
  EXPECT_EQ(admit(taken, Rank::Reader, 10, kArrival).refusal, "");
}

TEST(Places, OneMemberDoesNotLockAnotherOut) {
  std::vector<Place> taken(kMaxSessions - kKeptForRoot, {Rank::Member, 7, kArrival});
  EXPECT_EQ(admit(taken, Rank::Member, 8, kArrival).ends_instead, 0U);
  EXPECT_NE(admit(taken, Rank::Member, 7, kArrival).refusal, "");
}

}  // namespace
}  // namespace awtun::daemon
