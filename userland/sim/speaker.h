// SPDX-License-Identifier: Apache-2.0
// Who speaks IKEv2 at a node of the simulator: awiked's engine, or a foreign peer.
#pragma once

#include <variant>

#include "userland/ike/engine.h"
#include "userland/sim/foreign_peer.h"

namespace awtun::sim {

/// Either of them; what it does is what that one does.
class Speaker {
 public:
  Speaker(ike::Engine engine) : speaker_(std::move(engine)) {}    // NOLINT(*-explicit-*)
  Speaker(ForeignPeer foreign) : speaker_(std::move(foreign)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] ike::Actions step(Time now, ike::Input input) {
    return std::visit([&](auto& one) { return one.step(now, std::move(input)); }, speaker_);
  }
  [[nodiscard]] std::optional<Time> next_deadline() const {
    return std::visit([](const auto& one) { return one.next_deadline(); }, speaker_);
  }
  [[nodiscard]] ike::Status status() const {
    return std::visit([](const auto& one) { return one.status(); }, speaker_);
  }

 private:
  std::variant<ike::Engine, ForeignPeer> speaker_;
};

}  // namespace awtun::sim
