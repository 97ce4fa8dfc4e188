// SPDX-License-Identifier: Apache-2.0
// Hexadecimal text and the published vectors' files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"
#include "userland/base/hexadecimal.h"

namespace awtun::crypto {

/// Hexadecimal digits to octets; spaces are skipped.
inline Bytes hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10; };
  Bytes octets;
  int high = -1;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    if (high < 0) {
      high = value(digit);
      continue;
    }
    octets.push_back(static_cast<std::uint8_t>(high << 4 | value(digit)));
    high = -1;
  }
  return octets;
}

inline std::string to_hex(ByteView octets) { return to_hexadecimal(octets); }

inline Bytes text(std::string_view word) { return {word.begin(), word.end()}; }

}  // namespace awtun::crypto
