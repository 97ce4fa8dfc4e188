// SPDX-License-Identifier: Apache-2.0
// Makes a simulated router appear to say something else: what it sends is opened with its keys, changed
// and sealed again. For peers with other abilities than the engine's.
#pragma once

#include <functional>
#include <optional>

#include "userland/sim/world.h"
#include "userland/wire/writer.h"

namespace awtun::sim {

class Rewriter {
 public:
  /// Takes the contents of a message and says what to put in their place; nullopt: let it pass.
  using Change =
      std::function<std::optional<wire::PayloadWriter>(const wire::Header&, const wire::PayloadChain&)>;

  /// From now on all that node `sender` sends in an SK payload goes through `change`. Takes the
  /// network's filter.
  Rewriter(World& world, std::size_t sender, Change change);

 private:
  [[nodiscard]] std::optional<Bytes> rewrite(ByteView datagram) const;

  World& world_;
  std::size_t sender_;
  Change change_;
  bool busy_ = false;
};

/// A copy of a chain of payloads in which `change` may replace each: it writes something, or nothing,
/// and answers true; or answers false, and the payload stays.
[[nodiscard]] wire::PayloadWriter copy_payloads(
    const wire::PayloadChain& chain,
    const std::function<bool(const wire::PayloadView&, wire::PayloadWriter&)>& change);

}  // namespace awtun::sim
