// SPDX-License-Identifier: Apache-2.0
// Runs the engine: gives it inputs and the time, has its actions carried out, keeps its timer.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/drive/failure_answers.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/ike/engine.h"

namespace awtun::daemon {

/// The engine's clock: milliseconds of CLOCK_MONOTONIC.
ike::Time now();

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
  FailureAnswers failure_answers_;
  // Inputs that arise while actions are carried out (see FailureAnswers) wait for the rest of them.
  std::deque<ike::Input> waiting_;
  bool busy_ = false;
};

}  // namespace awtun::daemon
