// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "userland/crypto/identity.h"

namespace awtun::ike {

/// Without a `tunnel local name` ours is the tunnel's own address.
using awtun::Identity;

}  // namespace awtun::ike
