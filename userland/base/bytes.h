// SPDX-License-Identifier: Apache-2.0
// Types for octet sequences, used by every folder of the userland.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace awtun {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// The octets of a text, which must outlive them.
inline ByteView as_octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace awtun
