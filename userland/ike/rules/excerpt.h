// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace awtun::ike {

/// Of a text that a peer has chosen a line of the log, or of `show`, has so many characters.
inline constexpr std::size_t kExcerptSize = 200;

/// Such a text, cut where it is longer.
[[nodiscard]] inline std::string excerpt(std::string_view text) {
  return std::string(text.substr(0, kExcerptSize)) + (text.size() > kExcerptSize ? "..." : "");
}

}  // namespace awtun::ike
