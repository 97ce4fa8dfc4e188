// SPDX-License-Identifier: Apache-2.0
// Half-open IKE SAs by their source, so that room is made at the expense of the source that holds most.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "userland/base/ip.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// A tree of networks: /24, address and port, or /32, /48, /56, /64, address and port. Whoever holds a /32 is
/// one network among others however many /48 and /64 he uses, and within one that many share, each is one
/// part. Every operation is O(log n).
class Crowd {
 public:
  Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd();

  /// Who was answered so long ago and is still here gives his place to an equal: a peer goes on at once.
  static constexpr Duration kGrace{2000};

  /// The entry's number, by which it leaves again.
  [[nodiscard]] std::uint64_t insert(const Endpoint& from, std::uint64_t spi);
  void note_answered(const Endpoint& from, std::uint64_t number, Time now);
  void erase(const Endpoint& from, std::uint64_t number);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t of_address(const IpAddress& address) const;
  /// Of the /24 or /48 around it.
  [[nodiscard]] std::size_t of_network(const IpAddress& address) const;

  // Who is to make room for one more from there, by SPI: of a network, address or port that holds more than
  // the newcomer's would, the newest entry; of one that holds as many, who has had his time. nullopt: nobody,
  // for the newcomer is an equal of those that wait, and the first to come are the first to be served.
  [[nodiscard]] std::optional<std::uint64_t> gives_way(const Endpoint& to, Time now) const;
  [[nodiscard]] std::optional<std::uint64_t> gives_way_in_network(const Endpoint& to, Time now) const;
  [[nodiscard]] std::optional<std::uint64_t> gives_way_at_address(const Endpoint& to, Time now) const;

 private:
  struct Network;
  [[nodiscard]] const Network* find(const Endpoint& from, std::size_t depth) const;
  [[nodiscard]] std::optional<std::uint64_t> gives_way_below(std::size_t depth, const Endpoint& to,
                                                             Time now) const;

  std::unique_ptr<Network> all_;
  std::uint64_t last_number_ = 0;
};

}  // namespace awtun::ike
