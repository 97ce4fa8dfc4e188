// SPDX-License-Identifier: Apache-2.0
// Letters without regard to case, in ASCII alone: as keywords and DNS names are compared (RFC 4343).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace awtun {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string to_lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char c) { return to_lower(c); });
  return lowered;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_lower(x) == to_lower(y); });
}

constexpr bool begins_ignoring_case(std::string_view word, std::string_view beginning) {
  return equal_ignoring_case(word.substr(0, beginning.size()), beginning);
}

}  // namespace awtun
