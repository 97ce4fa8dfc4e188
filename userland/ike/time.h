// SPDX-License-Identifier: Apache-2.0
// The engine's time: milliseconds of a monotonic clock that the caller owns.
#pragma once

#include <chrono>

namespace awtun::ike {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace awtun::ike
