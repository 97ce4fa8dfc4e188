// SPDX-License-Identifier: Apache-2.0
#include "userland/base/secret_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace awtun {
namespace {

/// The largest secret that shares pages with others; what is larger has pages of its own.
constexpr std::size_t kLargestShared = 4096;

/// Whole pages from the system. They come zeroised, and a Secret zeroises what it gives back.
class LockedPages final : public std::pmr::memory_resource {
 public:
  [[nodiscard]] int unlocked() const { return unlocked_; }

 private:
  static std::size_t whole_pages(std::size_t size) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
  }

  void* do_allocate(std::size_t size, std::size_t /*alignment*/) override {
    const auto whole = whole_pages(size);
    void* pages = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    int none = 0;
    if (::mlock(pages, whole) != 0) unlocked_.compare_exchange_strong(none, errno);
    ::madvise(pages, whole, MADV_DONTDUMP);
    return pages;
  }

  void do_deallocate(void* pages, std::size_t size, std::size_t /*alignment*/) override {
    ::munmap(pages, whole_pages(size));
  }

  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::atomic<int> unlocked_ = 0;
};

struct SecretMemory {
  LockedPages pages;
  std::pmr::synchronized_pool_resource pool{{0, kLargestShared}, &pages};
};

SecretMemory& the_memory() {
  static SecretMemory memory;
  return memory;
}

}  // namespace

std::pmr::memory_resource& secret_memory() { return the_memory().pool; }

int secrets_unlocked() { return the_memory().pages.unlocked(); }

}  // namespace awtun
