// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/log_limit.h"

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace awtun::daemon {
namespace {

constexpr std::string_view kBlanks = " ,;()\"'";
constexpr std::string_view kDigits = "0123456789";

/// The level and the words of a line, without those that have a digit in them but for the tunnel's name.
std::string kind_name(int level, std::string_view text) {
  std::string name = std::to_string(level);
  bool first = true;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_of(kBlanks), text.size());
    const std::string_view word = text.substr(0, size);
    const bool tunnel = std::exchange(first, false) && word.starts_with("tunnel");
    const bool varies = word.find_first_of(kDigits) != std::string_view::npos && !tunnel;
    name.append(varies ? "#" : word).append(text.substr(size, 1));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return name;
}

bool is_warning(int level) { return level >= spdlog::level::warn; }

}  // namespace

// ---------------------------------------------------------------- which lines

bool LineLimiter::admits(Clock::time_point now, int level, std::string_view text) {
  if (level < spdlog::level::info) return true;
  Kind& kind = kind_of(now, level, text);
  if (kind.kept == 0 && may_write(now, level, kind)) {
    kind.written = now;
    return true;
  }
  if (kind.kept++ == 0) ++kept_;
  kind.last = {level, std::string(text)};
  return false;
}

std::vector<LineLimiter::Line> LineLimiter::due(Clock::time_point now) {
  std::vector<Line> lines;
  for (auto& [name, kind] : kinds_) {
    if (kind.kept == 0 || !may_write(now, kind.last.level, kind)) continue;
    if (kind.kept > 1) kind.last.text += " (" + std::to_string(kind.kept - 1) + " more like this)";
    lines.push_back(std::exchange(kind.last, {}));
    kind.kept = 0;
    kind.written = now;
    --kept_;
  }
  forget_old(now);
  return lines;
}

LineLimiter::Kind& LineLimiter::kind_of(Clock::time_point now, int level, std::string_view text) {
  std::string name = kind_name(level, text);
  if (const auto found = kinds_.find(name); found != kinds_.end()) return found->second;
  if (kinds_.size() >= kMaxKinds) forget_old(now);
  if (kinds_.size() >= kMaxKinds) name.clear();
  return kinds_.try_emplace(std::move(name), Kind{now - kInterval}).first->second;
}

/// Counts the line if so.
bool LineLimiter::may_write(Clock::time_point now, int level, const Kind& kind) {
  if (now - kind.written < kInterval) return false;
  if (!is_warning(level)) return true;
  if (now - second_ >= kInterval) {
    second_ = now;
    warnings_ = 0;
  }
  return warnings_ < kWarnings && ++warnings_ > 0;
}

void LineLimiter::forget_old(Clock::time_point now) {
  std::erase_if(
      kinds_, [&](const auto& one) { return one.second.kept == 0 && now - one.second.written >= kInterval; });
}

// ---------------------------------------------------------------- in the logger

/// Before all of the logger's sinks. For one thread, as the daemon's logger is.
class LogLimit::Sink : public spdlog::sinks::sink {
 public:
  explicit Sink(EventLoop& loop) : timer_(loop, [this] { write_due(); }) { set_level(spdlog::level::trace); }

  std::vector<spdlog::sink_ptr> behind;

  void log(const spdlog::details::log_msg& message) override {
    if (limiter_.admits(LineLimiter::Clock::now(), message.level,
                        {message.payload.data(), message.payload.size()}))
      return write(message);
    if (!timer_.running()) timer_.start(LineLimiter::kInterval);
  }
  void flush() override {
    for (const auto& each : behind) each->flush();
  }
  void set_pattern(const std::string& pattern) override {
    for (const auto& each : behind) each->set_pattern(pattern);
  }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    for (const auto& each : behind) each->set_formatter(formatter->clone());
  }
  /// What is kept back, whether or not its time has come.
  void write_rest() { write_lines(LineLimiter::Clock::now() + LineLimiter::kInterval); }

 private:
  void write(const spdlog::details::log_msg& message) {
    for (const auto& each : behind)
      if (each->should_log(message.level)) each->log(message);
  }
  void write_lines(LineLimiter::Clock::time_point now) {
    for (const auto& line : limiter_.due(now))
      write(
          {spdlog::default_logger()->name(), static_cast<spdlog::level::level_enum>(line.level), line.text});
    flush();
  }
  void write_due() {
    write_lines(LineLimiter::Clock::now());
    if (limiter_.keeps()) timer_.start(LineLimiter::kInterval);
  }

  LineLimiter limiter_;
  Timer timer_;
};

LogLimit::LogLimit(EventLoop& loop) : sink_(std::make_shared<Sink>(loop)) {
  sink_->behind = std::exchange(spdlog::default_logger()->sinks(), {sink_});
}

LogLimit::~LogLimit() {
  sink_->write_rest();
  spdlog::default_logger()->sinks() = std::move(sink_->behind);
}

}  // namespace awtun::daemon
