// SPDX-License-Identifier: Apache-2.0
// A heap that keeps no secrets: what an operator has typed passes through a socket's buffer, JSON and tokens
// before it is a Secret. A program that is linked with this zeroises whatever `delete` gives back; libraries
// of C can be set to use the two functions. Tests are not linked with it: a sanitizer has a heap of its own.
#pragma once

#include <cstddef>

namespace awtun {

/// free(), once the block is zeroised.
void scrubbed_free(void* block) noexcept;
/// realloc(), which leaves nothing in a block that it frees.
void* scrubbed_realloc(void* block, std::size_t size) noexcept;

}  // namespace awtun
