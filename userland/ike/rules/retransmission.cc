// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/retransmission.h"

#include <algorithm>
#include <array>

namespace awtun::ike {

std::optional<Duration> retransmit_after(unsigned done) {
  static constexpr std::array<Duration, kMaxRetransmissions> kAfter{
      Duration{4000}, Duration{11200}, Duration{24160}, Duration{47488}, Duration{89478}};
  if (done >= kAfter.size()) return std::nullopt;
  return kAfter[done];
}

Duration reconnect_delay(unsigned failures, unsigned jitter) {
  const Duration base = std::min(Duration{1000} * (1U << std::min(failures, 6U)), Duration{60000});
  return base * (750 + std::min(jitter, 1000U) / 2) / 1000;
}

}  // namespace awtun::ike
