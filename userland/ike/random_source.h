// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "userland/base/bytes.h"

namespace awtun::ike {

/// Fills a span with unpredictable octets. In awiked the system's generator, in tests a seeded one.
using RandomSource = std::function<void(MutableByteView)>;

}  // namespace awtun::ike
