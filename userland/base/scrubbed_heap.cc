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
  if (block == nullptr) return std::malloc(size);
  const std::size_t held = malloc_usable_size(block);
  if (size != 0 && size <= held) return block;
  void* moved = size != 0 ? std::malloc(size) : nullptr;
  if (size != 0 && moved == nullptr) return nullptr;
  if (moved != nullptr) std::memcpy(moved, block, held);
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
