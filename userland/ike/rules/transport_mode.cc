// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/transport_mode.h"

#include <algorithm>

namespace awtun::ike {

Selectors of_end(const Selectors& ours, const IpAddress& end) {
  return narrow(ours, {{0, 0, 65535, end, end}}).selectors;
}

std::optional<IpAddress> only_address(const Selectors& selectors) {
  if (selectors.empty()) return std::nullopt;
  const IpAddress address = selectors.front().first;
  const bool only = std::all_of(selectors.begin(), selectors.end(), [&](const TrafficSelector& one) {
    return one.first == address && one.last == address;
  });
  return only ? std::optional(address) : std::nullopt;
}

Selectors readdressed(Selectors selectors, const IpAddress& address) {
  for (TrafficSelector& selector : selectors) selector.first = selector.last = address;
  return selectors;
}

}  // namespace awtun::ike
