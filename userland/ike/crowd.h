// SPDX-License-Identifier: Apache-2.0
// Half-open IKE SAs by where they come from, so that room is made at the expense of whoever takes most.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "userland/base/ip.h"

namespace awtun::ike {

/// A tree of networks: /24 and address, or /48, /56, /64 and address. Whoever holds a /48 is one network
/// among others however many /64 he uses, and within a /48 that many sites share, one site is one part.
/// Every operation is O(log n).
class Crowd {
 public:
  Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd();

  /// The entry's number, by which it leaves again.
  [[nodiscard]] std::uint64_t insert(const IpAddress& address, std::uint64_t spi);
  void erase(const IpAddress& address, std::uint64_t number);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t of_address(const IpAddress& address) const;
  /// Of the /24 or /48 around it.
  [[nodiscard]] std::size_t of_network(const IpAddress& address) const;

  // Whose turn it is to go, by SPI: the oldest entry of the address that has most, of the network that has
  // most. There must be one.
  [[nodiscard]] std::uint64_t first_to_go() const;
  [[nodiscard]] std::uint64_t first_to_go_of_network(const IpAddress& address) const;
  [[nodiscard]] std::uint64_t first_to_go_of_address(const IpAddress& address) const;

 private:
  struct Network;
  [[nodiscard]] const Network* find(const IpAddress& address, std::size_t depth) const;

  std::unique_ptr<Network> all_;
  std::uint64_t last_number_ = 0;
};

}  // namespace awtun::ike
