// SPDX-License-Identifier: Apache-2.0
// One deadline per owner, the earliest first.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "userland/ike/time.h"

namespace awtun::ike {

/// What a deadline, or any other handle, refers to.
struct Owner {
  enum class Kind : std::uint8_t { IkeSa, ChildSa, Tunnel } kind;
  std::uint64_t id;  ///< local IKE SPI, inbound ESP SPI, or tunnel number
  auto operator<=>(const Owner&) const = default;
};

class TimerQueue {
 public:
  /// Replaces the owner's deadline; nullopt removes it.
  void set(Owner owner, std::optional<Time> when);
  [[nodiscard]] std::optional<Time> next() const;
  /// Removes and returns an owner whose deadline is not after `now`.
  [[nodiscard]] std::optional<Owner> pop_due(Time now);

 private:
  std::map<Owner, Time> by_owner_;
  std::set<std::pair<Time, Owner>> by_time_;
};

}  // namespace awtun::ike
