// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/engine_driver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "userland/daemon/policy.h"
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
  const auto sent = std::find_if(actions.begin(), actions.end(), [](const auto& action) {
    return std::holds_alternative<ike::Send>(action);
  });
  ASSERT_NE(sent, actions.end());
  EXPECT_EQ(std::get<ike::Send>(*sent).remote.to_string(), "10.2.2.2:500");
  EXPECT_EQ(driver.status().peers.size(), 1U);
}

}  // namespace
}  // namespace awtun::daemon
