// SPDX-License-Identifier: Apache-2.0
// `| include`, `| exclude`, `| begin` and `| count` behind a `show`.
#pragma once

#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"

namespace awtun::cli {

/// What the filter leaves of the lines of `text`; Count: their number and a line end. The error says what
/// is wrong with the pattern.
Result<std::string, std::string> filtered(std::string_view text, const config::Filter& filter);

}  // namespace awtun::cli
