// SPDX-License-Identifier: Apache-2.0
// Copies the log to a second receiver.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace spdlog::sinks {
class sink;
}

namespace awtun::daemon {

/// While it lives, what this thread logs, down to spdlog's level "debug", goes to `tell` as well, without
/// time and level. The original sink keeps what it got.
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
