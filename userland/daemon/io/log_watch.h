// SPDX-License-Identifier: Apache-2.0
// Has the log told to somebody else too, beside where it goes.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace spdlog::sinks {
class sink;
}

namespace awtun::daemon {

/// While it lives, what this thread logs, down to spdlog's level "debug", goes to `tell` as well, less time
/// and level. Where it went before goes what went there before.
class LogWatch {
 public:
  using Tell = std::function<void(int level, std::string_view text)>;

  explicit LogWatch(Tell tell);
  ~LogWatch();
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

}  // namespace awtun::daemon
