// SPDX-License-Identifier: Apache-2.0
// Types for octet sequences, used by every folder of the userland.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace awtun {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

}  // namespace awtun
