// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/engine_driver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "userland/daemon/apply/policy.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

void count_up(MutableByteView octets) {
  std::uint8_t next = 1;
  for (auto& octet : octets) octet = next++;
}

TEST(EngineDriver, HandsTheEnginesActionsOnInOrder) {
  EventLoop loop;
  std::vector<ike::Action> actions;
  EngineDriver driver(loop, ike::Engine(count_up), [&](ike::Action action) -> Result<void, std::string> {
    actions.push_back(std::move(action));
    return {};
  });
  driver.handle(ike::SetTunnel{*make_policy(first_example(), 0)});
  // First comes the key pair, then what it is for.
  const auto find = [&actions](const auto& wanted) {
    return std::find_if(actions.begin(), actions.end(), wanted);
  };
  const auto start = find([](const auto& action) { return std::holds_alternative<ike::StartJob>(action); });
  ASSERT_NE(start, actions.end());
  const auto& begun = std::get<ike::StartJob>(*start);
  driver.handle(ike::JobDone{begun.token, ike::run(std::get<ike::KeyExchangeJob>(begun.job))});
  const auto sent = find([](const auto& action) { return std::holds_alternative<ike::Send>(action); });
  ASSERT_NE(sent, actions.end());
  EXPECT_EQ(std::get<ike::Send>(*sent).remote.to_string(), "10.2.2.2:500");
  EXPECT_EQ(driver.status().peers.size(), 1U);
}

/// The token of the DataPlaneFailed that an action's failure gives; nullopt: the engine is not told.
std::optional<std::uint64_t> token_of_failure(const ike::Action& action) {
  const auto answer = answer_to_failure(action);
  if (!answer) return std::nullopt;
  const auto input = answer("no room");
  EXPECT_EQ(std::get<ike::DataPlaneFailed>(input).reason, "no room");
  return std::get<ike::DataPlaneFailed>(input).token;
}

TEST(EngineDriver, AnActionThatFailsIsToldByItsToken) {
  ike::AddSa added;
  added.token = 11;
  EXPECT_EQ(token_of_failure(std::move(added)), 11U);
  EXPECT_EQ(token_of_failure(ike::ActivateSa{12, 3, 300}), 12U);
  EXPECT_EQ(token_of_failure(ike::MoveSa{13, 3, 300, {}, {}}), 13U);
  EXPECT_EQ(token_of_failure(ike::ExpectSa{3, 300}), std::nullopt);
  EXPECT_EQ(token_of_failure(ike::DeleteSa{3, Direction::Out, 300}), std::nullopt);
}

TEST(EngineDriver, AJobThatCannotBeStartedHasFailed) {
  const auto answer = answer_to_failure(ike::StartJob{7, ike::SignJob{}});
  ASSERT_TRUE(answer);
  const auto input = answer("too many");
  EXPECT_EQ(std::get<ike::JobDone>(input).token, 7U);
  EXPECT_EQ(std::get<ike::JobFailed>(std::get<ike::JobDone>(input).result).reason, "too many");
}

TEST(EngineDriver, ADatagramThatIsNotSentIsLikeOneThatGotLost) {
  EXPECT_FALSE(answer_to_failure(ike::Send{}));
  EXPECT_FALSE(answer_to_failure(ike::SendKeepalive{}));
}

}  // namespace
}  // namespace awtun::daemon
