// SPDX-License-Identifier: Apache-2.0
// Secret: the one type that holds key material.
#pragma once

#include <cstdint>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/secret_memory.h"

namespace awtun {

/// Owns octets that must not outlive their use. Move-only (copy() says a copy out loud), zeroised
/// on destruction and on move, compared in constant time, without any way to print it, and kept out of swap
/// space and cores.
class Secret {
 public:
  Secret() : Secret(std::size_t{0}) {}
  /// `size` zero octets, to be filled through bytes().
  explicit Secret(std::size_t size);
  /// A copy of `octets`; the caller still owns, and should wipe, the original.
  explicit Secret(ByteView octets);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] Secret copy() const { return Secret(view()); }
  [[nodiscard]] ByteView view() const { return octets_; }
  [[nodiscard]] MutableByteView bytes() { return octets_; }
  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  [[nodiscard]] bool empty() const { return octets_.empty(); }

  /// Constant time in the contents; the lengths are not secret.
  bool operator==(const Secret& other) const;

 private:
  void wipe() noexcept;
  std::pmr::vector<std::uint8_t> octets_;
};

/// Compares two octet strings in time that depends on their lengths alone.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b);

}  // namespace awtun
