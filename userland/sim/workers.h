// SPDX-License-Identifier: Apache-2.0
// Many independent tasks in a few processes. Processes, not threads: the crypto library takes locks
// that threads would wait for, and a crash ends one task, not the campaign.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace awtun::sim {

/// Zeroed counters that forked processes share.
class SharedCounters {
 public:
  explicit SharedCounters(std::size_t count);
  ~SharedCounters();
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;

  std::atomic<std::uint64_t>& operator[](std::size_t index) { return counters_[index]; }

 private:
  std::span<std::atomic<std::uint64_t>> counters_;
};

/// Does the tasks 0 to `count` - 1 in `jobs` processes; `task` prints what it has to say. Returns those
/// whose process died of them; such a task's process is replaced.
[[nodiscard]] std::vector<std::uint64_t> in_processes(unsigned jobs, std::uint64_t count,
                                                      const std::function<void(std::uint64_t)>& task);

}  // namespace awtun::sim
