// SPDX-License-Identifier: Apache-2.0
#include "userland/base/scrubbed_heap.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace awtun {

void scrubbed_free(void* block) noexcept {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
  std::free(block);
}

void* scrubbed_realloc(void* block, std::size_t size) noexcept {
  const std::size_t held = malloc_usable_size(block);  // 0 of no block
  if (block != nullptr && size <= held) return block;
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::copy_n(static_cast<const std::byte*>(block), held, static_cast<std::byte*>(moved));
  scrubbed_free(block);
  return moved;
}

}  // namespace awtun

// The other forms of new and delete, but for those of overaligned types, come down to these.

void* operator new(std::size_t size) {
  if (void* block = std::malloc(std::max<std::size_t>(size, 1))) return block;
  throw std::bad_alloc();
}

void operator delete(void* block) noexcept { awtun::scrubbed_free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { awtun::scrubbed_free(block); }
