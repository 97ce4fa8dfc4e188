// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/engine/key_pool.h"

#include <algorithm>
#include <cmath>

namespace awtun::ike {
namespace {

constexpr Duration kHalfLife{10000};
/// A lone handshake is no reason to keep keys.
constexpr double kWorthwhile = 1.5;

}  // namespace

double KeyPool::demand_at(const Shelf& shelf, Time now) {
  const auto passed = static_cast<double>((now - shelf.counted).count());
  return shelf.demand * std::exp2(-passed / static_cast<double>(kHalfLife.count()));
}

KeyPool::Key KeyPool::take(wire::GroupId group, Time now) {
  Shelf& shelf = shelves_[group];
  shelf.demand = demand_at(shelf, now) + 1;
  shelf.counted = now;
  if (shelf.ready.empty()) return nullptr;
  Key key = std::move(shelf.ready.back());
  shelf.ready.pop_back();
  return key;
}

void KeyPool::put(Key key) {
  Shelf& shelf = shelves_[key->group()];
  if (shelf.ready.size() < kMaxReady) shelf.ready.push_back(std::move(key));
}

std::optional<wire::GroupId> KeyPool::lacking(Time now) const {
  for (const auto& [group, shelf] : shelves_) {
    const double demand = demand_at(shelf, now);
    const auto wanted = std::min(kMaxReady, static_cast<std::size_t>(std::ceil(demand)));
    if (demand >= kWorthwhile && shelf.ready.size() < wanted) return group;
  }
  return std::nullopt;
}

std::size_t KeyPool::ready(wire::GroupId group) const {
  const auto found = shelves_.find(group);
  return found == shelves_.end() ? 0 : found->second.ready.size();
}

}  // namespace awtun::ike
