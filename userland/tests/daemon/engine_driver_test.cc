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

}  // namespace
}  // namespace awtun::daemon
