// SPDX-License-Identifier: Apache-2.0
// Numbers in network byte order. The caller has made sure that the octets are there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "userland/base/bytes.h"

namespace awtun::wire {

inline std::uint16_t load_be16(ByteView octets, std::size_t at = 0) {
  return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}

inline std::uint32_t load_be32(ByteView octets, std::size_t at = 0) {
  return static_cast<std::uint32_t>(load_be16(octets, at)) << 16 | load_be16(octets, at + 2);
}

inline std::uint64_t load_be64(ByteView octets, std::size_t at = 0) {
  return static_cast<std::uint64_t>(load_be32(octets, at)) << 32 | load_be32(octets, at + 4);
}

inline void store_be16(MutableByteView octets, std::size_t at, std::size_t value) {
  octets[at] = static_cast<std::uint8_t>(value >> 8);
  octets[at + 1] = static_cast<std::uint8_t>(value);
}

inline void store_be32(MutableByteView octets, std::size_t at, std::uint32_t value) {
  store_be16(octets, at, value >> 16);
  store_be16(octets, at + 2, value);
}

inline void store_be64(MutableByteView octets, std::size_t at, std::uint64_t value) {
  store_be32(octets, at, static_cast<std::uint32_t>(value >> 32));
  store_be32(octets, at + 4, static_cast<std::uint32_t>(value));
}

}  // namespace awtun::wire
