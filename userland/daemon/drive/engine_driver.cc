// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/engine_driver.h"

#include <algorithm>
#include <utility>

#include "userland/base/overloaded.h"

namespace awtun::daemon {

ike::Time now() { return std::chrono::time_point_cast<ike::Duration>(std::chrono::steady_clock::now()); }

FailureAnswer answer_to_failure(const ike::Action& action) {
  const auto data_plane_failed = [](const auto& sa) -> FailureAnswer {
    return [token = sa.token](std::string why) { return ike::DataPlaneFailed{token, std::move(why)}; };
  };
  return std::visit(Overloaded{
                        [&](const ike::AddSa& sa) { return data_plane_failed(sa); },
                        [&](const ike::ActivateSa& sa) { return data_plane_failed(sa); },
                        [&](const ike::MoveSa& sa) { return data_plane_failed(sa); },
                        [](const ike::StartJob& start) -> FailureAnswer {
                          return [token = start.token](std::string why) {
                            return ike::JobDone{token, ike::JobFailed{std::move(why), {}, true}};
                          };
                        },
                        [](const auto&) { return FailureAnswer(); },
                    },
                    action);
}

EngineDriver::EngineDriver(EventLoop& loop, ike::Engine engine, Perform perform)
    : engine_(std::move(engine)),
      perform_(std::move(perform)),
      timer_(loop, [this] { handle(ike::TimerDue{}); }) {}

void EngineDriver::handle(ike::Input input) {
  waiting_.push_back(std::move(input));
  if (busy_) return;
  busy_ = true;
  while (!waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    perform_all(engine_.step(now(), std::move(next)));
  }
  busy_ = false;
  arm();
}

void EngineDriver::perform_all(ike::Actions actions) {
  for (auto& action : actions) {
    const auto answer = answer_to_failure(action);
    const auto done = perform_(std::move(action));
    if (!done && answer) waiting_.push_back(answer(done.error()));
  }
}

void EngineDriver::arm() {
  const auto deadline = engine_.next_deadline();
  if (!deadline) return timer_.stop();
  // One more than the difference: now() has been rounded down.
  const auto delay = std::max(*deadline - now() + ike::Duration{1}, ike::Duration{0});
  timer_.start(delay);
}

}  // namespace awtun::daemon
