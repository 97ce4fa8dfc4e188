// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <set>

namespace awtun::daemon {
namespace {

ike::StartJob job(std::uint64_t token) { return {token, ike::SignJob{std::to_string(token), {}, {}}, {}}; }

/// A job whose result says which it was.
ike::JobResult named(const ike::Job& done) {
  return ike::JobFailed{std::get<ike::SignJob>(done).trustpoint, {}};
}

class WorkerPoolTest : public testing::Test {
 protected:
  WorkerPool::Finish collect() {
    return [this](ike::JobDone done) { done_.push_back(std::move(done)); };
  }
  void serve_until(std::size_t count) {
    while (done_.size() < count) ASSERT_EQ(event_base_loop(loop_.base(), EVLOOP_ONCE), 0);
  }
  /// Work that says when the first has begun, and ends after `go_`.
  auto held() {
    return [this](const ike::Job& work) {
      if (begun_++ == 0) busy_.count_down();
      go_.wait();
      return named(work);
    };
  }

  EventLoop loop_;
  std::vector<ike::JobDone> done_;
  std::latch go_{1};
  std::latch busy_{1};
  std::atomic<int> begun_ = 0;
};

TEST_F(WorkerPoolTest, EveryJobIsDoneOnceAndItsResultIsItsOwn) {
  WorkerPool pool(loop_, named, collect(), {4, {4096, 4096}});
  std::set<std::uint64_t> expected;
  for (std::uint64_t token = 0; token < 1000; ++token) {
    ASSERT_TRUE(pool.start(job(token)));
    expected.insert(token);
  }
  serve_until(1000);
  for (const auto& done : done_) {
    EXPECT_EQ(expected.erase(done.token), 1U);
    EXPECT_EQ(std::get<ike::JobFailed>(done.result).reason, std::to_string(done.token));
  }
}

TEST_F(WorkerPoolTest, OneThreadKeepsTheOrder) {
  WorkerPool pool(loop_, named, collect(), {1, {4096, 4096}});
  for (std::uint64_t token = 0; token < 100; ++token) ASSERT_TRUE(pool.start(job(token)));
  serve_until(100);
  for (std::uint64_t token = 0; token < 100; ++token) EXPECT_EQ(done_[token].token, token);
}

TEST_F(WorkerPoolTest, JobsRunSideBySideAndNotOnTheLoopsThread) {
  std::latch both(2);
  const auto loops_thread = std::this_thread::get_id();
  WorkerPool pool(
      loop_,
      [&](const ike::Job& work) {
        EXPECT_NE(std::this_thread::get_id(), loops_thread);
        both.arrive_and_wait();
        return named(work);
      },
      [&](ike::JobDone done) {
        EXPECT_EQ(std::this_thread::get_id(), loops_thread);
        done_.push_back(std::move(done));
      },
      {2, {}});
  ASSERT_TRUE(pool.start(job(1)));
  ASSERT_TRUE(pool.start(job(2)));
  serve_until(2);
}

TEST_F(WorkerPoolTest, TooManyAreRefused) {
  WorkerPool pool(loop_, held(), collect(), {1, {2, 2}});
  ASSERT_TRUE(pool.start(job(0)));
  busy_.wait();
  EXPECT_TRUE(pool.start(job(1)));
  EXPECT_TRUE(pool.start(job(2)));
  EXPECT_FALSE(pool.start(job(3)));
  go_.count_down();
  serve_until(3);
  EXPECT_TRUE(pool.start(job(4)));
  serve_until(4);
}

TEST_F(WorkerPoolTest, WhatIsCancelledIsNotBegun) {
  WorkerPool pool(loop_, held(), collect(), {1, {}});
  for (std::uint64_t token = 0; token < 40; ++token) ASSERT_TRUE(pool.start(job(token)));
  busy_.wait();
  for (std::uint64_t token = 0; token < 39; ++token) pool.cancel(token);
  go_.count_down();
  serve_until(2);
  EXPECT_EQ(done_[0].token, 0U) << "it had begun";
  EXPECT_EQ(done_[1].token, 39U);
  EXPECT_EQ(begun_, 2);
}

// What is under way is waited for; what has not begun is not.
TEST_F(WorkerPoolTest, EndsWithJobsWaiting) {
  {
    WorkerPool pool(loop_, held(), collect(), {1, {100, 100}});
    for (std::uint64_t token = 0; token < 50; ++token) ASSERT_TRUE(pool.start(job(token)));
    busy_.wait();
    go_.count_down();
  }
  EXPECT_GE(begun_, 1);
  EXPECT_TRUE(done_.empty());
}

TEST_F(WorkerPoolTest, HasAtLeastOneThread) { EXPECT_GE(WorkerPool::Size().threads, 1U); }

}  // namespace
}  // namespace awtun::daemon
