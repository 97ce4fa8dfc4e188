// SPDX-License-Identifier: Apache-2.0
// Random lines of the grammar and random configurations, for the property tests.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "userland/config/grammar.h"

namespace awtun::config::test {

using Random = std::mt19937;

std::uint32_t pick(Random& random, std::uint32_t bound);

/// One word of a sample line and the token that it is for.
struct SampleWord {
  const Token* token;
  std::string text;
};
using SampleLine = std::vector<SampleWord>;

/// A line that `form` accepts; omissible groups are there or not at random.
SampleLine sample(const Form& form, Random& random);
/// The same values in another form of the same row, nothing left out.
SampleLine restate(const Form& form, const SampleLine& line);
std::string join(const SampleLine& line);

/// A configuration with a bit of everything.
Config sample_config(Random& random);

}  // namespace awtun::config::test
