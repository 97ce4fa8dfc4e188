// SPDX-License-Identifier: Apache-2.0
// A log that cannot be flooded: what the network can cause repeatedly is written once a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userland/daemon/io/event_loop.h"

namespace awtun::daemon {

/// Which lines are written, and when. Lines of one kind have the same level and the same words up to the
/// first semicolon: numbers, addresses, what is quoted and details, which may be a peer's, may differ, but
/// for the tunnel that a line begins with. Warnings share a budget: while one waits, others get in line
/// behind it, and no tunnel has more than its share of what is written next. Errors do not wait for
/// warnings.
class LineLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{1};  ///< between two lines of a kind
  /// Warnings of all kinds in kInterval: words, too, may be a peer's.
  static constexpr std::size_t kWarnings = 10;
  /// Of those that wait, so many of one tunnel (or of none) go first.
  static constexpr std::size_t kShare = 3;
  /// Bound the memory: any others of a level and a tunnel (or of none), or of a level, count as one kind.
  static constexpr std::size_t kMaxKindsOfOne = 64;
  static constexpr std::size_t kMaxKinds = 2048;  ///< but for errors, which are no peer's

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
  struct Name {
    int level;
    std::string source;  ///< the tunnel; empty: none
    std::string words;

    auto operator<=>(const Name&) const = default;
  };
  struct Kind {
    Clock::time_point written;
    std::size_t kept = 0;       ///< lines since
    Clock::time_point since{};  ///< when the first of them came
    Line last{};                ///< of them
  };
  using Kinds = std::map<Name, Kind>;

  Kinds::iterator kind_of(Clock::time_point now, int level, std::string_view text);
  [[nodiscard]] std::size_t kinds_like(const Name& name) const;
  /// Counts the line if the budget has room for it, of its tunnel up to `share`.
  bool take_place(Clock::time_point now, const Name& name, std::size_t share);
  void keep(Clock::time_point now, int level, std::string_view text, Kind& kind);
  /// Those of which something is kept back and the kInterval is over, in the order in which they came.
  std::vector<Kinds::iterator> ready(Clock::time_point now);
  Line write_kept(Clock::time_point now, Kind& kind);
  void forget_old(Clock::time_point now);

  Kinds kinds_;
  std::size_t kept_ = 0;           ///< kinds of which something is kept back
  std::size_t kept_warnings_ = 0;  ///< of them
  Clock::time_point second_{};
  std::size_t warnings_ = 0;                        ///< written in the kInterval that began then
  std::map<std::string, std::size_t> warnings_of_;  ///< likewise, of each tunnel
};

/// The longest line of the log in octets: words in it may be a peer's.
inline constexpr std::size_t kMaxLogLine = 1024;
/// `text` up to there, cut between two characters of UTF-8.
std::string shortened(std::string_view text);

/// While it lives, no line that the daemon logs is longer than kMaxLogLine, and what it logs above the level
/// "debug" passes a LineLimiter. To be made when all sinks are there, and to go before they do.
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
