// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/division.h"

#include <gtest/gtest.h>

#include "userland/tests/addresses.h"

namespace awtun::ike {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{1000s};

struct Divided : testing::Test {
  /// What would be asked for, one after another, when the peer agreed to each.
  std::vector<Networks> asked_with(Division::Held held, Time now = kNow) {
    std::vector<Networks> result;
    for (auto next = division.next(held, now); next && next->when <= now; next = division.next(held, now)) {
      result.push_back(*next->networks);
      held.push_back(next->networks);
    }
    return result;
  }
  const Networks whole{{net("10.1.0.0/24"), net("10.1.1.0/24")}, {net("10.2.0.0/24"), net("10.2.1.0/24")}};
  const Networks first{{whole.local[0]}, {whole.remote[0]}};
  const Networks second{{whole.local[1]}, {whole.remote[1]}};
  const Networks third{{whole.local[0]}, {whole.remote[1]}};
  const Networks fourth{{whole.local[1]}, {whole.remote[0]}};
  Division division{whole};
};

TEST_F(Divided, AllIsAskedForAtOnce) { EXPECT_EQ(asked_with({}), std::vector{whole}); }

TEST_F(Divided, InPairsWhereThePeerHasAPair) {
  EXPECT_EQ(asked_with({&first}), (std::vector{second, third, fourth}));
}

TEST_F(Divided, InPairsWhereAllAtOnceIsRefused) {
  division.refused(whole, "TS_UNACCEPTABLE");
  EXPECT_EQ(asked_with({}), (std::vector{first, second, third, fourth}));
  EXPECT_TRUE(division.declined().empty()) << "its parts have not been refused";
}

TEST_F(Divided, AtOnceWhereThePeerHasAgreedToThatBefore) {
  division.agreed(whole);
  EXPECT_EQ(asked_with({&first}), std::vector{whole});
}

TEST_F(Divided, WhatIsRefusedIsNotAskedForBeforeItIsForgiven) {
  division.refused(second, "TS_UNACCEPTABLE");
  EXPECT_EQ(asked_with({&first}), (std::vector{third, fourth}));
  EXPECT_EQ(division.declined(), (std::vector{Declined{second, "TS_UNACCEPTABLE"}}));
  division.forgive();
  EXPECT_EQ(asked_with({&first}), (std::vector{second, third, fourth}));
}

TEST_F(Divided, WhoTakesNoOtherIsAskedForWhatItHadAlone) {
  division.refused_all({&first, &second}, "NO_ADDITIONAL_SAS");
  EXPECT_FALSE(division.next({&first, &second}, kNow));
  EXPECT_EQ(asked_with({&second}), std::vector{first});
  EXPECT_EQ(division.declined().size(), 2U);
}

TEST_F(Divided, ThatItWantsPairsIsNotForgotten) {
  division.refused(whole, "SINGLE_PAIR_REQUIRED");
  division.forgive();
  EXPECT_EQ(asked_with({}).front(), first);
}

/// The peer has agreed to a host of a network that it may have been asked for as a whole.
TEST_F(Divided, ALesserPartStandsForItsPairAlone) {
  const Networks host{{net("10.1.0.7/32")}, {net("10.2.0.0/24")}};
  EXPECT_EQ(asked_with({&host}), (std::vector{second, third, fourth}));
  division.agreed(first);
  EXPECT_EQ(asked_with({&host}).front(), first) << "it has had all of it";
}

TEST_F(Divided, OverlappingNetworksAreTwo) {
  const Networks overlapping{{net("10.1.0.0/24"), net("10.1.0.0/16")}, {net("10.2.0.0/24")}};
  division = Division(overlapping);
  const Networks narrow{{overlapping.local[0]}, overlapping.remote};
  const Networks wide{{overlapping.local[1]}, overlapping.remote};
  EXPECT_EQ(asked_with({&narrow}), std::vector{wide});
}

TEST_F(Divided, WhatIsToWaitLetsTheOthersGoFirst) {
  division.wait(second, kNow + 5s);
  EXPECT_EQ(asked_with({&first}), (std::vector{third, fourth}));
  EXPECT_EQ(division.next({&first, &third, &fourth}, kNow)->when, kNow + 5s);
  EXPECT_EQ(asked_with({&first}, kNow + 5s), (std::vector{second, third, fourth}));
}

TEST_F(Divided, WhatIsLostAgainAndAgainIsNotHurried) {
  EXPECT_EQ(division.lost(second, true), 0U);
  for (const unsigned times : {1U, 2U, 3U}) EXPECT_EQ(division.lost(second, false), times);
  EXPECT_EQ(division.lost(third, false), 1U);
  for (const Networks& one : {second, third}) division.wait(one, kNow + 60s);
  division.hurry(kNow);
  EXPECT_EQ(asked_with({&first, &fourth}), std::vector{third});
}

TEST_F(Divided, ASuccessorIsForTheSamePart) {
  EXPECT_EQ(*division.successor_of(first, {&second}), first);
  EXPECT_EQ(*division.successor_of(first, {}), whole) << "alone, it may become more";
  division.refused(whole, "TS_UNACCEPTABLE");
  EXPECT_EQ(*division.successor_of(first, {}), first);
}

TEST_F(Divided, ASuccessorIsForWhatThePartHasBecome) {
  const Networks less{{net("10.1.0.0/25")}, {net("10.2.0.0/25")}};
  EXPECT_EQ(*division.successor_of(less, {&second}), first) << "wider";
  const Networks more{{net("10.1.0.0/23")}, {net("10.2.0.0/24")}};
  EXPECT_EQ(*division.successor_of(more, {&second}), first) << "narrower";
  const Networks other{{net("10.9.0.0/24")}, {net("10.2.0.0/24")}};
  EXPECT_EQ(division.successor_of(other, {&second}), nullptr);
  EXPECT_EQ(division.successor_of(less, {&second, &first, &third, &fourth}), nullptr) << "there is one";
}

TEST_F(Divided, ATunnelOfOnePairHasNoOtherParts) {
  division = Division(first);
  division.narrowed(first, Networks{{net("10.1.0.7/32")}, {net("10.2.0.7/32")}});
  EXPECT_FALSE(division.by_pairs());
  EXPECT_TRUE(division.declined().empty()) << "as most peers do";
  EXPECT_EQ(asked_with({}), std::vector{first});
}

TEST(Division, OfMorePairsThanMayBeSomeAreLeftOut) {
  Networks whole;
  for (int n = 0; n < 16; ++n) {
    whole.local.push_back(net("10.1." + std::to_string(n) + ".0/24"));
    whole.remote.push_back(net("10.2." + std::to_string(n) + ".0/24"));
  }
  EXPECT_EQ(Division(whole).left_out(), 16U * 16U - kMaxPairs);
}

}  // namespace
}  // namespace awtun::ike
