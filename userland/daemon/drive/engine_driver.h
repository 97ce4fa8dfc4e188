// SPDX-License-Identifier: Apache-2.0
// Runs the engine: gives it inputs and the time, has its actions carried out, keeps its timer.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// The engine's clock: milliseconds of CLOCK_MONOTONIC.
ike::Time now();

/// Makes the engine's input from the reason why an action could not be carried out; null: it need not know.
using FailureAnswer = std::function<ike::Input(std::string)>;
FailureAnswer answer_to_failure(const ike::Action& action);

/// Owns the engine. Every input goes through handle(); the actions it leads to are carried out, in
/// order, before handle() returns.
class EngineDriver {
 public:
  /// Carries out one action; an error says why it could not be.
  using Perform = std::function<Result<void, std::string>(ike::Action)>;

  EngineDriver(EventLoop& loop, ike::Engine engine, Perform perform);

  void handle(ike::Input input);
  [[nodiscard]] ike::Status status() const { return engine_.status(); }

 private:
  void perform_all(ike::Actions actions);
  void arm();

  ike::Engine engine_;
  Perform perform_;
  Timer timer_;
  // Inputs that arise while actions are carried out (see answer_to_failure()) wait for the rest of them.
  std::deque<ike::Input> waiting_;
  bool busy_ = false;
};

}  // namespace awtun::daemon
