// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/networks.h"

#include <algorithm>

namespace awtun::ike {
namespace {

bool share(const Selectors& a, const Selectors& b) {
  return std::ranges::any_of(a, [&](const TrafficSelector& one) {
    return std::ranges::any_of(
        b, [&](const TrafficSelector& other) { return intersect(one, other).has_value(); });
  });
}

/// A packet has one family and one protocol.
bool meet(const TrafficSelector& local, const TrafficSelector& remote) {
  const bool one_protocol = local.protocol == 0 || remote.protocol == 0 || local.protocol == remote.protocol;
  return one_protocol && local.first.family() == remote.first.family();
}

}  // namespace

bool covers(const Networks& outer, const Networks& inner) {
  return all_within(inner.local, outer.local) && all_within(inner.remote, outer.remote);
}

bool overlap(const Networks& a, const Networks& b) {
  return share(a.local, b.local) && share(a.remote, b.remote);
}

std::vector<Networks> pairs_of(const Networks& whole) {
  std::vector<Networks> result;
  const auto add = [&](std::size_t i, std::size_t j) {
    if (result.size() < kMaxPairs && meet(whole.local[i], whole.remote[j]))
      result.push_back({{whole.local[i]}, {whole.remote[j]}});
  };
  for (std::size_t i = 0; i < std::min(whole.local.size(), whole.remote.size()); ++i) add(i, i);
  for (std::size_t i = 0; i < whole.local.size(); ++i)
    for (std::size_t j = 0; j < whole.remote.size(); ++j)
      if (i != j) add(i, j);
  return result;
}

std::size_t count_pairs(const Networks& whole) {
  std::size_t result = 0;
  for (const TrafficSelector& local : whole.local)
    for (const TrafficSelector& remote : whole.remote) result += meet(local, remote) ? 1 : 0;
  return result;
}

std::string to_string(const Networks& networks) {
  return "local " + to_string(networks.local) + " remote " + to_string(networks.remote);
}

}  // namespace awtun::ike
