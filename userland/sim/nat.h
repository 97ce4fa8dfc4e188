// SPDX-License-Identifier: Apache-2.0
// A simulated NAT in front of one router. It knows UDP alone: ESP that is not in UDP does not pass.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "userland/ike/engine.h"

namespace awtun::sim {

using ike::Duration;
using ike::Time;

class Nat {
 public:
  /// `inner`: the router's own address; `outer`: the one that the others see.
  Nat(IpAddress inner, IpAddress outer) : inner_(inner), outer_(outer) {}

  /// A mapping that nothing has gone out by for so long is forgotten; nullopt: never.
  std::optional<Duration> idle_limit;

  [[nodiscard]] const IpAddress& address() const { return outer_; }
  /// Lets `port` of the router be reached from outside, by the same number: for a responder.
  void forward(std::uint16_t port) { forwarded_.insert(port); }
  /// All mappings are forgotten; what goes out next gets new ports.
  void flush() { mappings_.clear(); }
  /// The same, and the public address is another.
  void renumber(IpAddress address);

  /// Where a packet from `inner` seems to come from; makes a mapping unless there is one.
  [[nodiscard]] Endpoint out(Time now, const Endpoint& inner);
  /// Which endpoint of the router a packet to `outer` reaches; nullopt: none.
  [[nodiscard]] std::optional<Endpoint> in(Time now, const Endpoint& outer) const;

 private:
  struct Mapping {
    std::uint16_t port;
    Time used;
  };
  [[nodiscard]] bool alive(Time now, const Mapping& mapping) const {
    return !idle_limit || now - mapping.used <= *idle_limit;
  }

  IpAddress inner_;
  IpAddress outer_;
  std::set<std::uint16_t> forwarded_;
  std::map<Endpoint, Mapping> mappings_;
  std::uint16_t next_port_ = 20000;
};

}  // namespace awtun::sim
