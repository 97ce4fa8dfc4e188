// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "userland/ike/time.h"

namespace awtun::ike {

/// When to replace an SA: after 85-90 % of its lifetime at the end that initiated it, after 90-95 % at
/// the other, so that the two rarely do it at once. `jitter`: 0-1000.
[[nodiscard]] constexpr Duration rekey_after(Duration lifetime, bool initiator, unsigned jitter) {
  const auto percent_times_200 = (initiator ? 17000 : 18000) + std::min(jitter, 1000U);
  return lifetime * percent_times_200 / 20000;
}

}  // namespace awtun::ike
