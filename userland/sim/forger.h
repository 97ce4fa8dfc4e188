// SPDX-License-Identifier: Apache-2.0
// Messages that are authentic but not what a well-behaved peer would send: made with the keys of a
// simulated router, so that what lies behind the integrity check can be tested.
#pragma once

#include "userland/sim/world.h"
#include "userland/wire/constants.h"

namespace awtun::sim {

class Forger {
 public:
  /// Watches `world` from now on; forges in the name of node `victim`'s peer `impostor`.
  Forger(World& world, std::size_t impostor, std::size_t victim);

  /// A request under the newest IKE SA: `plaintext` becomes the SK payload's contents, its first
  /// payload of type `first`. Delivers it at once; false when there is no IKE SA yet.
  bool request(wire::ExchangeType exchange, wire::PayloadType first, ByteView plaintext);
  /// The next requests' message ids are so many too high.
  void skip_ids(std::uint32_t count) { skip_ = count; }

 private:
  std::uint32_t skip_ = 0;
  World& world_;
  std::size_t impostor_;
  std::size_t victim_;
  /// The impostor's part in an IKE SA.
  struct Side {
    bool initiator = false;
    std::uint32_t next_id = 0;
  };
  std::map<std::uint64_t, Side> sides_;  ///< by initiator SPI
};

}  // namespace awtun::sim
