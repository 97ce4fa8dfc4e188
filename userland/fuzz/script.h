// SPDX-License-Identifier: Apache-2.0
// A fuzzer's input taken apart, octet by octet: what the fuzz target does is read from it.
#pragma once

#include <algorithm>

#include "userland/base/bytes.h"

namespace awtun::fuzz {

/// Zeros when it has run out.
class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t octet() { return empty() ? std::uint8_t{0} : take(1)[0]; }
  Bytes octets(std::size_t count) {
    const ByteView taken = take(count);
    return Bytes(taken.begin(), taken.end());
  }

 private:
  ByteView take(std::size_t count) {
    const ByteView taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  ByteView rest_;
};

}  // namespace awtun::fuzz
