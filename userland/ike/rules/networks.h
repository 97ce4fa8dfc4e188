// SPDX-License-Identifier: Apache-2.0
// What a Child SA protects: all that passes between its two sides. A peer may divide what a tunnel protects
// among several Child SAs (RFC 7296 2.9): one for each pair of selectors, or one for each family.
#pragma once

#include <string>
#include <vector>

#include "userland/ike/rules/selectors.h"

namespace awtun::ike {

/// Every packet of `inner` is one of `outer`.
[[nodiscard]] bool covers(const Networks& outer, const Networks& inner);

/// Some packet belongs to both.
[[nodiscard]] bool overlap(const Networks& a, const Networks& b);

/// No more pairs of a tunnel are asked for one by one.
inline constexpr std::size_t kMaxPairs = 64;

/// One selector of each side, where some packet belongs to both: what a peer may want a Child SA each for.
/// The first with the first, the second with the second and so on, as such peers are set up; then the others.
/// No more than kMaxPairs.
[[nodiscard]] std::vector<Networks> pairs_of(const Networks& whole);

/// How many pairs there are, with those beyond kMaxPairs.
[[nodiscard]] std::size_t count_pairs(const Networks& whole);

/// "local 10.1.0.0/16 remote 10.2.0.0/16"
[[nodiscard]] std::string to_string(const Networks& networks);

}  // namespace awtun::ike
