// SPDX-License-Identifier: Apache-2.0
// Ephemeral Diffie-Hellman keys made ahead of need, each for one use.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "userland/crypto/key_exchange.h"
#include "userland/ike/time.h"

namespace awtun::ike {

class KeyPool {
 public:
  using Key = std::shared_ptr<const crypto::KeyExchange>;

  /// More are not kept ready, of one group.
  static constexpr std::size_t kMaxReady = 64;

  /// A key that nobody else gets; nullptr when none is ready. Either way the demand has been seen.
  [[nodiscard]] Key take(wire::GroupId group, Time now);
  void put(Key key);
  /// A group with fewer keys than recent demand asks for; nullopt: there are enough.
  [[nodiscard]] std::optional<wire::GroupId> lacking(Time now) const;
  [[nodiscard]] std::size_t ready(wire::GroupId group) const;

 private:
  struct Shelf {
    std::vector<Key> ready;
    double demand = 0;  ///< keys asked for lately: each counts half after every kHalfLife
    Time counted{};
  };
  [[nodiscard]] static double demand_at(const Shelf& shelf, Time now);

  std::map<wire::GroupId, Shelf> shelves_;
};

}  // namespace awtun::ike
