// SPDX-License-Identifier: Apache-2.0
// When a request is sent again, when the peer counts as dead, and when to start again after that.
#pragma once

#include <optional>

#include "userland/ike/time.h"

namespace awtun::ike {

/// From a request's first transmission to its last: 4 s x 1.8^n between two, n = 0..4. Then the peer
/// is given up at kGiveUpAfter, so an SA whose peer died goes at dpd-interval + 166 s.
inline constexpr unsigned kMaxRetransmissions = 5;
inline constexpr Duration kGiveUpAfter{166000};

/// How long after the first transmission the next one is due when `done` retransmissions have been
/// made; nullopt when there are no more.
[[nodiscard]] std::optional<Duration> retransmit_after(unsigned done);

/// The wait before attempt number `failures` + 1 to bring up a tunnel: 1 s doubling to 60 s, then
/// scaled to 75-125 % by `jitter` (0-1000) so that peers that failed together do not return together.
[[nodiscard]] Duration reconnect_delay(unsigned failures, unsigned jitter);

}  // namespace awtun::ike
