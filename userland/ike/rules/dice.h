// SPDX-License-Identifier: Apache-2.0
// Random numbers from the engine's random source.
#pragma once

#include <array>
#include <cstdint>

#include "userland/ike/random_source.h"
#include "userland/ike/time.h"

namespace awtun::ike {

class Dice {
 public:
  explicit Dice(RandomSource source) : source_(std::move(source)) {}

  [[nodiscard]] const RandomSource& source() const { return source_; }

  [[nodiscard]] Bytes bytes(std::size_t size) {
    Bytes out(size);
    source_(out);
    return out;
  }

  /// A nonce of ours: at least half the key of any PRF (RFC 7296 section 2.10).
  static constexpr std::size_t kNonceSize = 32;
  [[nodiscard]] Bytes nonce() { return bytes(kNonceSize); }

  [[nodiscard]] std::uint64_t u64() {
    std::array<std::uint8_t, 8> raw{};
    source_(raw);
    std::uint64_t value = 0;
    for (const std::uint8_t octet : raw) value = value << 8 | octet;
    return value;
  }

  /// 0 <= result < `limit`; the modulo bias of 64 bits does not matter for timers.
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : u64() % limit; }

  [[nodiscard]] Duration between(Duration low, Duration high) {
    return low +
           Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((high - low).count()))));
  }

 private:
  RandomSource source_;
};

}  // namespace awtun::ike
