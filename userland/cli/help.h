// SPDX-License-Identifier: Apache-2.0
// What `?` and Tab do to a line, apart from any terminal.
#pragma once

#include <string>
#include <string_view>

#include "userland/config/session.h"

namespace awtun::cli {

/// The list that `?` prints at the end of `line`: a word and its help on each line, "<cr>" where the
/// line is a command as it stands.
std::string help_text(config::Mode mode, std::string_view line);

/// What Tab makes of a line.
struct Tab {
  std::size_t erase = 0;  ///< Octets to take away before the cursor.
  std::string insert;     ///< What to put there instead.
  std::string list;       ///< The words to choose from, when there is nothing to insert.
};
Tab complete_word(config::Mode mode, std::string_view line);

}  // namespace awtun::cli
