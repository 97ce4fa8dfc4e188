// SPDX-License-Identifier: Apache-2.0
// Long texts on a terminal, a page at a time.
#pragma once

#include <optional>
#include <string_view>

namespace awtun::cli {

/// How many lines a page has: `wanted`, or what the window of standard output has. 0: no pages, for one
/// who wants none, or is no terminal that tells its size.
std::size_t page_length(std::optional<std::size_t> wanted);

/// Prints `text` on standard output; after each page waits for a key of standard input: space for another
/// page, Enter for another line, q for no more.
void print_pages(std::string_view text, std::size_t length);

}  // namespace awtun::cli
