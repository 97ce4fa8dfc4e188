// SPDX-License-Identifier: Apache-2.0
// From the engine's words for an SA to the kernel's.
#pragma once

#include "userland/ike/engine.h"
#include "userland/kernel/awtun_messages.h"

namespace awtun::daemon {

kernel::SaDirection kernel_direction(ike::Direction direction);

/// Refers to the keys of `add`.
kernel::SaSpec sa_spec(const ike::AddSa& add, std::uint32_t ifindex);

}  // namespace awtun::daemon
