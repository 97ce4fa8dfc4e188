// SPDX-License-Identifier: Apache-2.0
// Replaces the whole configuration: `configure replace` and `reload`.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"
#include "userland/daemon/io/event_loop.h"

namespace awtun::daemon {

using Apply = std::function<Result<void, std::string>(config::Config)>;

/// What changes, as lines of configuration with "-" or "+" before them under the section that they are of,
/// without keys. Empty: nothing does.
std::string differences(const config::Config& from, const config::Config& to);

/// Shows what would change, asks, applies: each as far as `enclosed` goes.
Result<control::Turn, std::string> replace(const config::Config& running, config::Config wanted,
                                           const control::Enclosed& enclosed, const Apply& apply);

/// A reload that waits: the rope by which one comes back from a configuration that locks one out.
class DelayedReload {
 public:
  DelayedReload(EventLoop& loop, std::function<void()> reload);

  /// In the place of one that waits already.
  void start(std::chrono::minutes after);
  /// False: none waits.
  bool cancel();
  /// {"schema"[,"in": seconds]}.
  [[nodiscard]] control::Json view() const;

 private:
  std::optional<std::chrono::steady_clock::time_point> due_;
  Timer timer_;
};

}  // namespace awtun::daemon
