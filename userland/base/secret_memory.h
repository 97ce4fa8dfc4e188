// SPDX-License-Identifier: Apache-2.0
// Memory for the octets of a Secret: pages that are neither swapped out nor written into a core dump.
#pragma once

#include <memory_resource>

namespace awtun {

/// Thread-safe; grows as it is needed, and keeps what it has. Where pages cannot be locked (RLIMIT_MEMLOCK)
/// they are used all the same: see secrets_unlocked().
[[nodiscard]] std::pmr::memory_resource& secret_memory();

/// errno of the first time that pages for secrets could not be locked; 0: all are.
[[nodiscard]] int secrets_unlocked();

}  // namespace awtun
