// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/log_limit.h"

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace awtun::daemon {
namespace {

constexpr std::string_view kBlanks = " ,()";
constexpr std::string_view kEndsOfWords = " ,();";
constexpr std::string_view kDigits = "0123456789";

/// "tunnel7" of "tunnel7: no response"; empty: it begins with none.
std::string_view source_of(std::string_view text) {
  constexpr std::string_view tunnel = "tunnel";
  if (!text.starts_with(tunnel)) return {};
  const auto end = text.find_first_not_of(kDigits, tunnel.size());
  return end == tunnel.size() || end == text.npos || text[end] != ':' ? std::string_view()
                                                                      : text.substr(0, end);
}

/// Numbers, addresses and SPIs; an IPv6 address may be without a digit.
bool varies(std::string_view word) {
  return word.find_first_of(kDigits) != word.npos || std::count(word.begin(), word.end(), ':') > 1;
}

/// The octets at the beginning of `text` that are quoted. They may have quotes within: up to the last one.
std::size_t quoted(std::string_view text) {
  const char quote = text.empty() ? '\0' : text.front();
  if (quote != '"' && quote != '\'') return 0;
  const auto end = text.rfind(quote);
  return end == 0 ? 0 : end + 1;
}

/// What lines of a kind have in common.
std::string words_of(std::string_view text) {
  std::string words;
  while (!text.empty() && text.front() != ';') {
    const std::size_t in_quotes = quoted(text);
    const std::size_t size =
        in_quotes != 0 ? in_quotes : std::min(text.find_first_of(kEndsOfWords), text.size());
    const bool replaced = in_quotes != 0 || varies(text.substr(0, size));
    words.append(replaced ? "#" : text.substr(0, size));
    text.remove_prefix(size);
    const std::size_t blanks = std::min(text.find_first_not_of(kBlanks), text.size());
    words.append(text.substr(0, blanks));
    text.remove_prefix(blanks);
  }
  return words;
}

/// Errors are rare, no peer has a say in them, and an operator must see them.
bool is_limited(int level) { return level == spdlog::level::warn; }

}  // namespace

// ---------------------------------------------------------------- which lines

bool LineLimiter::admits(Clock::time_point now, int level, std::string_view text) {
  if (level < spdlog::level::info) return true;
  auto& [name, kind] = *kind_of(now, level, text);
  const bool in_line = is_limited(level) && kept_warnings_ > 0;
  if (kind.kept > 0 || in_line || now - kind.written < kInterval || !take_place(now, name, kWarnings)) {
    keep(now, level, text, kind);
    return false;
  }
  kind.written = now;
  return true;
}

std::vector<LineLimiter::Line> LineLimiter::due(Clock::time_point now) {
  std::vector<Line> lines;
  const auto waiting = ready(now);
  for (const std::size_t share : {kShare, kWarnings})
    for (const auto& one : waiting)
      if (one->second.kept > 0 && take_place(now, one->first, share))
        lines.push_back(write_kept(now, one->second));
  forget_old(now);
  return lines;
}

LineLimiter::Kinds::iterator LineLimiter::kind_of(Clock::time_point now, int level, std::string_view text) {
  const auto source = source_of(text);
  Name name{level, std::string(source), words_of(text.substr(source.size()))};
  if (const auto found = kinds_.find(name); found != kinds_.end()) return found;
  if (kept_ == 0 && kinds_.size() >= kMaxKinds) forget_old(now);  // else due() does so
  if (kinds_like(name) >= kMaxKindsOfOne) name.words.clear();
  if (kinds_.size() >= kMaxKinds && level < spdlog::level::err) name = {level, "", ""};
  return kinds_.try_emplace(std::move(name), Kind{now - kInterval}).first;
}

/// Of its level and its tunnel.
std::size_t LineLimiter::kinds_like(const Name& name) const {
  std::size_t count = 0;
  for (auto at = kinds_.lower_bound({name.level, name.source, ""});
       at != kinds_.end() && at->first.level == name.level && at->first.source == name.source; ++at)
    ++count;
  return count;
}

bool LineLimiter::take_place(Clock::time_point now, const Name& name, std::size_t share) {
  if (!is_limited(name.level)) return true;
  if (now - second_ >= kInterval) {
    second_ = now;
    warnings_ = 0;
    warnings_of_.clear();
  }
  auto& of_tunnel = warnings_of_[name.source];
  if (warnings_ >= kWarnings || of_tunnel >= share) return false;
  ++warnings_;
  ++of_tunnel;
  return true;
}

void LineLimiter::keep(Clock::time_point now, int level, std::string_view text, Kind& kind) {
  if (kind.kept++ == 0) {
    kind.since = now;
    ++kept_;
    if (is_limited(level)) ++kept_warnings_;
  }
  kind.last = {level, std::string(text)};
}

std::vector<LineLimiter::Kinds::iterator> LineLimiter::ready(Clock::time_point now) {
  std::vector<Kinds::iterator> found;
  for (auto at = kinds_.begin(); at != kinds_.end(); ++at)
    if (at->second.kept > 0 && now - at->second.written >= kInterval) found.push_back(at);
  std::ranges::stable_sort(found, {}, [](const auto& at) { return at->second.since; });
  return found;
}

LineLimiter::Line LineLimiter::write_kept(Clock::time_point now, Kind& kind) {
  --kept_;
  if (is_limited(kind.last.level)) --kept_warnings_;
  if (kind.kept > 1) kind.last.text += " (" + std::to_string(kind.kept - 1) + " more like this)";
  kind.kept = 0;
  kind.written = now;
  return std::exchange(kind.last, {});
}

void LineLimiter::forget_old(Clock::time_point now) {
  std::erase_if(
      kinds_, [&](const auto& one) { return one.second.kept == 0 && now - one.second.written >= kInterval; });
}

// ---------------------------------------------------------------- in the logger

std::string shortened(std::string_view text) {
  constexpr std::string_view dots = "...";
  constexpr std::size_t longest_character = 4;
  if (text.size() <= kMaxLogLine) return std::string(text);
  const std::size_t most = kMaxLogLine - dots.size();
  std::size_t end = most;
  while (end > most - longest_character && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(dots);
}

/// Before all of the logger's sinks. For one thread, as the daemon's logger is.
class LogLimit::Sink : public spdlog::sinks::sink {
 public:
  explicit Sink(EventLoop& loop) : timer_(loop, [this] { write_due(); }) { set_level(spdlog::level::trace); }

  std::vector<spdlog::sink_ptr> behind;

  void log(const spdlog::details::log_msg& message) override {
    const auto text = shortened({message.payload.data(), message.payload.size()});
    if (limiter_.admits(LineLimiter::Clock::now(), message.level, text)) {
      auto line = message;
      line.payload = text;
      return write(line);
    }
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
  void write_rest() {
    for (auto when = LineLimiter::Clock::now(); limiter_.keeps(); write_lines(when))
      when += LineLimiter::kInterval;
  }

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
