// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/collision.h"

#include <gtest/gtest.h>

namespace awtun::ike {
namespace {

TEST(Collision, NoncesAreComparedOctetByOctet) {
  EXPECT_TRUE(nonce_less(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(nonce_less(Bytes{0x80}, Bytes{0x7f, 0xff}));
  EXPECT_TRUE(nonce_less(Bytes{1, 2}, Bytes{1, 2, 0}));  // a prefix is lower
  EXPECT_FALSE(nonce_less(Bytes{1, 2}, Bytes{1, 2}));
}

TEST(Collision, TheExchangeWithTheLowestOfFourNoncesIsClosed) {
  struct Case {
    ExchangeNonces ours;
    ExchangeNonces theirs;
    Verdict verdict;
  };
  for (const Case& one : {Case{{{1}, {9}}, {{2}, {3}}, Verdict::TheirsSurvives},
                          Case{{{9}, {1}}, {{2}, {3}}, Verdict::TheirsSurvives},
                          Case{{{2}, {3}}, {{1}, {9}}, Verdict::OursSurvives},
                          Case{{{2}, {3}}, {{9}, {1}}, Verdict::OursSurvives}}) {
    EXPECT_EQ(resolve_rekey(one.ours, one.theirs), one.verdict);
    // Seen from the other end the answer is the opposite: exactly one survives.
    EXPECT_NE(resolve_rekey(one.theirs, one.ours), one.verdict);
  }
}

TEST(Collision, TheLowerInitiationGivesWay) {
  EXPECT_EQ(resolve_initiation(Bytes{1}, Bytes{2}), Verdict::TheirsSurvives);
  EXPECT_EQ(resolve_initiation(Bytes{2}, Bytes{1}), Verdict::OursSurvives);
}

}  // namespace
}  // namespace awtun::ike
