// SPDX-License-Identifier: Apache-2.0
// The daemon's views as text for a person: aligned, at most 80 columns where the words allow it.
#pragma once

#include <string>
#include <string_view>

#include "userland/cli/fields.h"

namespace awtun::cli {

/// The text of a view ("isakmp-sa", "interface", "message"); a view that this program does not know is shown
/// as JSON. Ends in a line end unless empty. Text that came from a peer cannot move the terminal's cursor:
/// control characters are '?'.
std::string render(std::string_view view, const Json& data);

}  // namespace awtun::cli
