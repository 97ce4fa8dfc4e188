// SPDX-License-Identifier: Apache-2.0
// What must hold in a world after every event, whatever the network and the routers do: a tunnel that
// is up stays up unless something explains its outage, no message id says two things, no SPI is used
// twice, no key is installed twice, and the kernels are asked for nothing impossible.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "userland/sim/world.h"

namespace awtun::sim {

class Watch {
 public:
  /// Takes over the world's hooks `on_send` and `after_event`.
  explicit Watch(World& world);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Watches a tunnel between two nodes.
  void add(std::size_t a, std::size_t b, ike::TunnelId tunnel);
  /// From now on, and until it is up the next time, the tunnel may be down.
  void excuse(ike::TunnelId tunnel);
  /// Until then each of its outages has a cause.
  void excuse_until(ike::TunnelId tunnel, Time until);
  /// The same for every tunnel that ends at the node.
  void excuse_node(std::size_t index);
  /// The node is about to be told to rekey: a foreign peer may break the tunnel first (RFC 7296 2.8.3).
  void excuse_rekey(std::size_t index, ike::TunnelId tunnel, ike::Rekey::What what);

  [[nodiscard]] bool connected() const;
  /// Every tunnel has one IKE SA and one Child SA at each end, nothing is left over, and they match.
  [[nodiscard]] bool at_rest() const;

  /// The first rule that was broken, and when.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  void violate(std::string what);

 private:
  struct Watched {
    std::size_t a;
    std::size_t b;
    ike::TunnelId tunnel;
    bool up = false;
    bool excused = false;
    Time excused_until{};
    std::uint64_t given_up = 0;  ///< at both ends, when it came up
  };
  /// Which message it is, but for the exchange's contents.
  struct MessageName {
    std::uint64_t initiator_spi;
    std::uint64_t responder_spi;
    std::uint64_t number;  ///< flags, message id, fragment
    bool operator==(const MessageName&) const = default;
  };
  struct HashName {
    std::size_t operator()(const MessageName& name) const {
      return name.initiator_spi ^ name.responder_spi * 3 ^ name.number * 0x9e3779b97f4a7c15U;
    }
  };

  void sent(const ike::Send& datagram);
  void check();
  void check(Watched& one);
  void check_kernels();
  /// Whether an answer that is on its way explains that the SAs of both ends do not match. As soon as it has
  /// answered, a foreign peer may send by the Child SA of IKE_AUTH and keep nothing else (RFC 7296 2.4, 2.8),
  /// until it hears that we delete that IKE SA. One with DeletesOldAtOnce does the same where a Child SA is
  /// rekeyed, until an answer, or a Delete of its own, gets through. How long that takes is for the tests
  /// that lose nothing.
  [[nodiscard]] bool answer_explains(const Watched& one) const;
  /// Dead peers, and with a foreign peer what it did not answer: it may have what came of that.
  [[nodiscard]] std::uint64_t given_up(const Watched& one) const;
  /// The peer has refused every rekey for minutes, so the IKE SA was started over just now.
  [[nodiscard]] bool lost_patience(const Watched& one) const;
  [[nodiscard]] bool at_rest(std::size_t index, const std::vector<ike::TunnelId>& tunnels) const;

  World& world_;
  std::vector<Watched> watched_;
  std::unordered_map<MessageName, std::uint64_t, HashName> said_;  ///< to a hash of the octets
  std::optional<std::string> violation_;
};

/// Of octets, quickly; not for anything that an attacker chooses.
[[nodiscard]] std::uint64_t quick_hash(ByteView octets, std::uint64_t seed = 0);

}  // namespace awtun::sim
