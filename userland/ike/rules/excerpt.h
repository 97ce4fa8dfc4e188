// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace awtun::ike {

/// Of a text that a peer has chosen a line of the log, or of `show`, has so many characters.
inline constexpr std::size_t kExcerptSize = 200;

/// Such a text; where it is longer cut, in a way that none looks like that is not.
[[nodiscard]] inline std::string excerpt(std::string_view text) {
  if (text.size() <= kExcerptSize) return std::string(text);
  return std::string(text.substr(0, kExcerptSize)) + " [of " + std::to_string(text.size()) + "]...";
}

}  // namespace awtun::ike
