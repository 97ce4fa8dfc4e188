// SPDX-License-Identifier: Apache-2.0
// Unpredictable octets.
#pragma once

#include "userland/base/bytes.h"

namespace awtun::daemon {

/// The kernel's, which never gives a cloned virtual machine what its twin gets. Without random numbers there
/// is no security to be had: the one thing that ends the process.
void fill_random(MutableByteView octets);

}  // namespace awtun::daemon
