// SPDX-License-Identifier: Apache-2.0
// A log that nobody can flood: what the network can cause again and again is written once a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userland/daemon/event_loop.h"

namespace awtun::daemon {

/// Which lines are written, and when. Lines of one kind have the same level and the same words: what has
/// a digit in it (numbers, addresses, SPIs) may differ, but for the tunnel that a line begins with.
class LineLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{1};  ///< between two lines of a kind
  /// Warnings of all kinds in kInterval: words, too, may be a peer's.
  static constexpr std::size_t kWarnings = 10;
  /// Bounds the memory: any others count as one kind.
  static constexpr std::size_t kMaxKinds = 256;

  struct Line {
    int level;  ///< spdlog's
    std::string text;
  };

  /// True when the line is to be written now. If not, it is kept for due().
  [[nodiscard]] bool admits(Clock::time_point now, int level, std::string_view text);
  /// The latest line of each kind that was kept back and may be written by now. It says how many others
  /// never will be.
  [[nodiscard]] std::vector<Line> due(Clock::time_point now);
  /// Something is kept back: due() is to be called in a while.
  [[nodiscard]] bool keeps() const { return kept_ > 0; }
  [[nodiscard]] std::size_t kinds() const { return kinds_.size(); }

 private:
  struct Kind {
    Clock::time_point written;
    std::size_t kept = 0;  ///< lines since
    Line last{};           ///< of them
  };
  Kind& kind_of(Clock::time_point now, int level, std::string_view text);
  bool may_write(Clock::time_point now, int level, const Kind& kind);
  void forget_old(Clock::time_point now);

  std::map<std::string, Kind> kinds_;
  std::size_t kept_ = 0;  ///< kinds of which something is kept back
  Clock::time_point second_{};
  std::size_t warnings_ = 0;  ///< written in the kInterval that began then
};

/// While it lives, what the daemon logs above the level "debug" passes a LineLimiter. To be made when all
/// sinks are there, and to go before they do.
class LogLimit {
 public:
  explicit LogLimit(EventLoop& loop);
  ~LogLimit();
  LogLimit(const LogLimit&) = delete;
  LogLimit& operator=(const LogLimit&) = delete;

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
};

}  // namespace awtun::daemon
