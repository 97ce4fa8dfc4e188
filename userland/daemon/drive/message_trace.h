// SPDX-License-Identifier: Apache-2.0
// One line about an IKE message, for debugging a negotiation. The contents are left out: they are
// encrypted, and the engine logs what follows from them.
#pragma once

#include <string>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"

namespace awtun::daemon {

enum class Way : std::uint8_t { In, Out };

/// "from 10.2.2.2:500: IKE_AUTH request 1, 252 octets, SPIs 0123456789abcdef fedcba9876543210".
std::string describe_message(Way way, const Endpoint& peer, ByteView message);

}  // namespace awtun::daemon
