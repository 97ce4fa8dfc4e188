// SPDX-License-Identifier: Apache-2.0
// Jobs that wait for a processor, and whose turn it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

#include "userland/base/result.h"
#include "userland/ike/events.h"

namespace awtun::ike {

/// Those who have shown more go first, and within a standing one share after the other has its turn: who
/// asks for much waits for itself alone. Nobody starves: of every kInARow + 1 turns of a standing and those
/// below it, one is theirs. What is cancelled leaves. Every operation is O(log n) of the shares.
class JobQueue {
 public:
  struct Limits {
    std::size_t standing = 4096;  ///< jobs of all who stand alike; a flood is not to fill the memory
    std::size_t share = 512;      ///< of them, those of one share
  };
  enum class Full : std::uint8_t { Share, Standing };
  /// So many jobs of a standing go while lower ones wait; then one of those does.
  static constexpr unsigned kInARow = 2;

  JobQueue() : JobQueue(Limits()) {}
  explicit JobQueue(Limits limits) : limits_(limits) {}

  /// Refused when too many wait already; those of a higher standing are not asked.
  Result<void, Full> push(StartJob job);
  /// The next one; nullopt: there is none.
  [[nodiscard]] std::optional<StartJob> pop();
  /// False when it does not wait here.
  bool cancel(std::uint64_t token);
  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Line;
  using Lines = std::list<Line>;
  /// The jobs of one share, the oldest first.
  struct Line {
    std::uint64_t share;
    std::list<StartJob> jobs;
  };
  struct Rank {
    Lines turns;  ///< the one at the front is next
    std::map<std::uint64_t, Lines::iterator> by_share;
    std::size_t size = 0;
    unsigned in_a_row = 0;  ///< its own that have gone while lower ones waited
  };
  struct Place {
    std::size_t rank;
    Lines::iterator line;
    std::list<StartJob>::iterator job;
  };
  Rank& next_rank();
  StartJob take(Rank& rank, Lines::iterator line, std::list<StartJob>::iterator job);

  Limits limits_;
  std::array<Rank, 4> ranks_;  ///< by standing
  std::unordered_map<std::uint64_t, Place> places_;
};

}  // namespace awtun::ike
