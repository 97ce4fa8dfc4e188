// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/failure_answers.h"

#include <gtest/gtest.h>

namespace awtun::daemon {
namespace {

ike::Action add(ike::Direction direction, std::uint32_t spi, std::uint64_t token) {
  ike::AddSa made;
  made.token = token;
  made.tunnel = 3;
  made.direction = direction;
  made.spi = spi;
  return made;
}

/// The token of the DataPlaneFailed that an action's failure gives; nullopt: the engine is not told.
std::optional<std::uint64_t> token_of(const FailureAnswers::Answer& answer) {
  if (!answer) return std::nullopt;
  const auto input = answer("no room");
  EXPECT_EQ(std::get<ike::DataPlaneFailed>(input).reason, "no room");
  return std::get<ike::DataPlaneFailed>(input).token;
}

TEST(FailureAnswers, WhatIsDoneWithAnOutboundSaFailsByItsToken) {
  FailureAnswers answers;
  EXPECT_EQ(token_of(answers.prepare(add(ike::Direction::In, 300, 10))), 10U);
  EXPECT_EQ(token_of(answers.prepare(add(ike::Direction::Out, 300, 11))), 11U);
  EXPECT_EQ(token_of(answers.prepare(ike::ActivateSa{3, 300})), 11U);
  EXPECT_EQ(token_of(answers.prepare(ike::MoveSa{3, 300, {}, {}})), 11U);
}

TEST(FailureAnswers, OfAnotherSaOrOneThatIsGoneNothingIsTold) {
  FailureAnswers answers;
  answers.prepare(add(ike::Direction::Out, 300, 11));
  EXPECT_FALSE(answers.prepare(ike::ActivateSa{4, 300}));
  EXPECT_FALSE(answers.prepare(ike::ActivateSa{3, 301}));
  EXPECT_FALSE(answers.prepare(ike::DeleteSa{3, ike::Direction::In, 300}));
  EXPECT_TRUE(answers.prepare(ike::ActivateSa{3, 300}));
  EXPECT_FALSE(answers.prepare(ike::DeleteSa{3, ike::Direction::Out, 300}));
  EXPECT_FALSE(answers.prepare(ike::ActivateSa{3, 300}));
}

TEST(FailureAnswers, AJobThatCannotBeStartedHasFailed) {
  FailureAnswers answers;
  const auto answer = answers.prepare(ike::StartJob{7, ike::SignJob{}});
  ASSERT_TRUE(answer);
  const auto input = answer("too many");
  EXPECT_EQ(std::get<ike::JobDone>(input).token, 7U);
  EXPECT_EQ(std::get<ike::JobFailed>(std::get<ike::JobDone>(input).result).reason, "too many");
}

TEST(FailureAnswers, ADatagramThatIsNotSentIsLikeOneThatGotLost) {
  FailureAnswers answers;
  EXPECT_FALSE(answers.prepare(ike::Send{}));
  EXPECT_FALSE(answers.prepare(ike::SendKeepalive{}));
}

}  // namespace
}  // namespace awtun::daemon
