// SPDX-License-Identifier: Apache-2.0
// Messages that are authentic but not what a well-behaved peer would send: made with the keys of a
// simulated router, so that what lies behind the integrity check can be tested.
#pragma once

#include "userland/sim/world.h"
#include "userland/wire/message.h"

namespace awtun::sim {

class Forger {
 public:
  /// Watches `world` from now on, after whoever does so already; forges in the name of node `victim`'s
  /// peer `impostor`.
  Forger(World& world, std::size_t impostor, std::size_t victim);
  Forger(const Forger&) = delete;
  Forger& operator=(const Forger&) = delete;

  /// A request under the newest IKE SA: `plaintext` becomes the SK payload's contents, its first
  /// payload of type `first`. Delivers it at once; false when there is no IKE SA yet.
  bool request(wire::ExchangeType exchange, wire::PayloadType first, ByteView plaintext);
  /// The next requests' message ids are so many too high.
  void skip_ids(std::uint32_t count) { skip_ = count; }
  /// The answer to the victim's latest request under the newest IKE SA, likewise.
  bool answer(wire::PayloadType first, ByteView plaintext);
  /// The impostor's latest request was lost: the next one that is forged has its message id.
  void replace_latest();

 private:
  /// The impostor's part in an IKE SA.
  struct Side {
    bool initiator = false;
    std::uint32_t next_id = 0;
    /// The victim's latest request.
    std::uint32_t asked_id = 0;
    wire::ExchangeType asked = wire::ExchangeType::Informational;
  };
  void saw(const ike::Send& datagram);
  [[nodiscard]] const ike::IkeKeys* newest() const;
  bool deliver(const ike::IkeKeys& keys, const wire::Header& header, wire::PayloadType first,
               ByteView plaintext);

  World& world_;
  std::size_t impostor_;
  std::size_t victim_;
  std::uint32_t skip_ = 0;
  std::map<std::uint64_t, Side> sides_;  ///< by initiator SPI
};

}  // namespace awtun::sim
