// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/job_queue.h"

#include <gtest/gtest.h>

namespace awtun::ike {
namespace {

using Standing = JobOwner::Standing;

StartJob job(std::uint64_t token, Standing standing, std::uint64_t share) {
  return {token, SignJob{}, {standing, share}};
}

class Queue : public testing::Test {
 protected:
  bool push(std::uint64_t token, Standing standing = Standing::Trusted, std::uint64_t share = 0) {
    return static_cast<bool>(queue.push(job(token, standing, share)));
  }
  /// The tokens in the order in which the jobs come out.
  std::vector<std::uint64_t> drain(std::size_t count = 1000000) {
    std::vector<std::uint64_t> tokens;
    while (tokens.size() < count) {
      const auto next = queue.pop();
      if (!next) break;
      tokens.push_back(next->token);
    }
    return tokens;
  }
  using Tokens = std::vector<std::uint64_t>;

  JobQueue queue{{100, 10}};
};

TEST_F(Queue, KeepsTheOrderOfOneShare) {
  for (const std::uint64_t token : {4, 2, 9}) ASSERT_TRUE(push(token));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(drain(), (Tokens{4, 2, 9}));
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.pop());
}

TEST_F(Queue, SharesTakeTurns) {
  for (const std::uint64_t token : {11, 12, 13}) ASSERT_TRUE(push(token, Standing::Expected, 1));
  for (const std::uint64_t token : {21, 22}) ASSERT_TRUE(push(token, Standing::Expected, 2));
  ASSERT_TRUE(push(31, Standing::Expected, 3));
  EXPECT_EQ(drain(), (Tokens{11, 21, 31, 12, 22, 13}));
}

TEST_F(Queue, WhoHasShownMoreGoesFirst) {
  ASSERT_TRUE(push(4, Standing::Nobody));
  ASSERT_TRUE(push(3, Standing::Stranger));
  ASSERT_TRUE(push(2, Standing::Expected));
  ASSERT_TRUE(push(1, Standing::Trusted));
  EXPECT_EQ(drain(), (Tokens{1, 2, 3, 4}));
}

TEST_F(Queue, WhatIsCancelledLeaves) {
  for (std::uint64_t token = 1; token <= 5; ++token) ASSERT_TRUE(push(token, Standing::Stranger, token % 2));
  EXPECT_TRUE(queue.cancel(3));
  EXPECT_FALSE(queue.cancel(3));
  EXPECT_TRUE(queue.cancel(1));
  EXPECT_FALSE(queue.cancel(77));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(drain(), (Tokens{5, 2, 4}));
  EXPECT_FALSE(queue.cancel(2)) << "it has begun";
}

TEST_F(Queue, AShareHasABoundAndSoHaveAllThatStandAlike) {
  for (std::uint64_t token = 0; token < 10; ++token) ASSERT_TRUE(push(token, Standing::Stranger, 1));
  const auto one_more = queue.push(job(10, Standing::Stranger, 1));
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error(), JobQueue::Full::Share);
  for (std::uint64_t token = 10; token < 100; ++token) ASSERT_TRUE(push(token, Standing::Stranger, token));
  const auto another = queue.push(job(100, Standing::Stranger, 100));
  ASSERT_FALSE(another);
  EXPECT_EQ(another.error(), JobQueue::Full::Standing);
  EXPECT_TRUE(push(101, Standing::Trusted, 1)) << "strangers take no room from others";
  ASSERT_TRUE(queue.cancel(50));
  EXPECT_TRUE(push(102, Standing::Stranger, 50)) << "what is cancelled makes room";
}

TEST_F(Queue, AFloodOfOneShareDelaysAnotherByOneJob) {
  JobQueue large;
  for (std::uint64_t token = 0; token < 64; ++token)
    ASSERT_TRUE(large.push(job(token, Standing::Expected, 1)));
  ASSERT_TRUE(large.push(job(1000, Standing::Expected, 2)));
  ASSERT_EQ(large.pop()->token, 0U);
  EXPECT_EQ(large.pop()->token, 1000U);
}

TEST_F(Queue, NobodyStarves) {
  for (std::uint64_t token = 1000; token < 1009; ++token) ASSERT_TRUE(push(token, Standing::Expected));
  for (std::uint64_t token = 2000; token < 2009; ++token) ASSERT_TRUE(push(token, Standing::Stranger));
  std::array<unsigned, 3> turns{};  // by the token's thousands
  for (std::uint64_t token = 0; token < 27; ++token) {
    ASSERT_TRUE(push(token, Standing::Trusted, token % 3));
    ++turns.at(queue.pop()->token / 1000);
  }
  EXPECT_EQ(turns, (std::array<unsigned, 3>{18, 6, 3}));
}

// Many established IKE SAs whose peers ask without end, and peers that begin.
TEST_F(Queue, WhoAsksWithoutEndDelaysNewcomersThreefold) {
  JobQueue large;
  std::uint64_t token = 0;
  for (; token < 32; ++token) ASSERT_TRUE(large.push(job(token, Standing::Trusted, token)));
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(large.push(job(1000 + i, Standing::Expected, i)));
  std::size_t turns = 0;
  for (std::size_t newcomers = 0; newcomers < 100; ++turns) {
    const auto next = large.pop();
    ASSERT_TRUE(next);
    if (next->owner.standing == Standing::Expected)
      ++newcomers;
    else
      ASSERT_TRUE(large.push(job(10000 + turns, Standing::Trusted, next->owner.share)));
  }
  EXPECT_EQ(turns, 300U);
}

TEST_F(Queue, TurnsAreCountedAnewForThoseWhoComeLater) {
  ASSERT_TRUE(push(1, Standing::Stranger));
  for (std::uint64_t token = 10; token < 14; ++token) ASSERT_TRUE(push(token));
  EXPECT_EQ(drain(), (Tokens{10, 11, 1, 12, 13}));
  ASSERT_TRUE(push(2, Standing::Stranger));
  for (std::uint64_t token = 20; token < 23; ++token) ASSERT_TRUE(push(token));
  EXPECT_EQ(drain(), (Tokens{20, 21, 2, 22}));
}

}  // namespace
}  // namespace awtun::ike
