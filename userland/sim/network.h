// SPDX-License-Identifier: Apache-2.0
// A simulated network: datagrams in flight, with loss, duplication, delay and (by unequal delays)
// reordering. Equal seeds give equal runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "userland/ike/engine.h"

namespace awtun::sim {

using ike::Duration;
using ike::Time;

/// Chances in per mille; delays are drawn uniformly.
struct Faults {
  unsigned loss = 0;
  unsigned duplication = 0;
  Duration min_delay{10};
  Duration max_delay{10};
};

class SimNetwork {
 public:
  explicit SimNetwork(std::uint64_t seed) : random_(seed) {}

  Faults faults;
  /// Asked before a datagram is taken: true drops it. For partitions and hand-picked losses.
  std::function<bool(const ike::Send&)> filter;

  void send(Time now, const ike::Send& datagram);
  [[nodiscard]] std::optional<Time> next() const;
  /// The next datagram to arrive, as the receiver sees it.
  [[nodiscard]] ike::Datagram pop();
  [[nodiscard]] std::size_t in_flight() const { return queue_.size(); }
  /// One of those in flight, by the order in which they are to arrive: for whoever chooses another.
  [[nodiscard]] const ike::Datagram& peek(std::size_t index) const {
    return std::next(queue_.begin(), static_cast<std::ptrdiff_t>(index))->second;
  }
  [[nodiscard]] ike::Datagram take(std::size_t index);
  /// How long something sent now would travel.
  [[nodiscard]] Duration draw_delay();

 private:
  bool chance(unsigned per_mille) { return random_() % 1000 < per_mille; }

  std::mt19937_64 random_;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<Time, std::uint64_t>, ike::Datagram> queue_;
};

}  // namespace awtun::sim
