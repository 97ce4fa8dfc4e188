// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/engine/timer_queue.h"

namespace awtun::ike {

void TimerQueue::set(Owner owner, std::optional<Time> when) {
  if (const auto found = by_owner_.find(owner); found != by_owner_.end()) {
    if (when == found->second) return;
    by_time_.erase({found->second, owner});
    by_owner_.erase(found);
  }
  if (!when) return;
  by_owner_.emplace(owner, *when);
  by_time_.emplace(*when, owner);
}

std::optional<Time> TimerQueue::next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::optional<Owner> TimerQueue::pop_due(Time now) {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  const Owner owner = by_time_.begin()->second;
  by_time_.erase(by_time_.begin());
  by_owner_.erase(owner);
  return owner;
}

}  // namespace awtun::ike
