// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/liberties.h"

#include <algorithm>

namespace awtun::sim {
namespace {

constexpr std::string_view kNone = "none";

}  // namespace

std::optional<Liberties> Liberties::parse(std::string_view text) {
  Liberties result;
  if (text == kNone) return result;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    const auto found = std::find_if(kLiberties.begin(), kLiberties.end(),
                                    [&](const auto& one) { return one.second == name; });
    if (found == kLiberties.end()) return std::nullopt;
    result = result.with(found->first);
    text.remove_prefix(std::min(name.size() + 1, text.size()));
  }
  return result;
}

std::string Liberties::to_string() const {
  std::string text;
  for (const auto& [liberty, name] : kLiberties)
    if (has(liberty)) text += (text.empty() ? "" : ",") + std::string(name);
  return text.empty() ? std::string(kNone) : text;
}

}  // namespace awtun::sim
