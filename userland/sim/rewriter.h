// SPDX-License-Identifier: Apache-2.0
// Makes a simulated router appear to say something else: what it sends is opened with its keys, changed
// and sealed again. For peers with other abilities than the engine's.
#pragma once

#include <functional>
#include <optional>

#include "userland/sim/world.h"
#include "userland/wire/writer.h"

namespace awtun::sim {

/// What an SK payload holds.
struct Plaintext {
  wire::PayloadType first;
  Bytes octets;
};

class Rewriter {
 public:
  /// Takes the contents of a message and says what to put in their place; nullopt: let it pass.
  using Change = std::function<std::optional<Plaintext>(const wire::Header&, const Plaintext&)>;
  /// The same, of contents that are a chain of payloads; others pass.
  using ChangePayloads =
      std::function<std::optional<wire::PayloadWriter>(const wire::Header&, const wire::PayloadChain&)>;

  /// All that node `sender` sends in an SK payload goes through `change`, while the rewriter lives.
  /// Takes the network's filter.
  Rewriter(World& world, std::size_t sender, Change change);
  Rewriter(World& world, std::size_t sender, ChangePayloads change);
  ~Rewriter() { world_.network().filter = nullptr; }
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;

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
