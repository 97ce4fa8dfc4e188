// SPDX-License-Identifier: Apache-2.0
// From the engine's words for an SA to the kernel's.
#pragma once

#include <string>

#include "userland/base/result.h"
#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"

namespace awtun::daemon {

/// Refers to the keys of `add`. Fails when a side has no selector, or one that the kernel has not: what
/// cannot be expressed is not left out, since the kernel would then enforce another set.
Result<kernel::SaSpec, std::string> sa_spec(const ike::AddSa& add, std::uint32_t ifindex);

}  // namespace awtun::daemon
