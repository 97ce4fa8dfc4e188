// SPDX-License-Identifier: Apache-2.0
// N engines, each with its own kernel, on one network and one virtual clock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "userland/ike/engine.h"
#include "userland/sim/kernel.h"
#include "userland/sim/network.h"

namespace awtun::sim {

/// A router: what a restart loses is the engine and the kernel's SAs.
struct Node {
  IpAddress address;
  std::uint64_t seed = 0;
  ike::Engine engine;
  SimKernel kernel;
  bool alive = true;
  /// Answers true to make the data plane refuse an AddSa.
  std::function<bool(const ike::AddSa&)> refuse;
  /// When each of its datagrams was sent.
  std::vector<Time> sends;
  std::vector<ike::IkeKeys> keys;
};

class World {
 public:
  explicit World(std::uint64_t seed);

  /// Its address is 10.0.0.(index + 1).
  std::size_t add_node();
  [[nodiscard]] Node& node(std::size_t index) { return nodes_[index]; }
  [[nodiscard]] SimNetwork& network() { return network_; }
  [[nodiscard]] Time now() const { return now_; }

  /// Called after every event, when all its actions have been carried out.
  std::function<void()> after_event;
  /// Sees every datagram that is sent.
  std::function<void(const ike::Send&)> on_send;

  void input(std::size_t index, ike::Input input);
  /// A new engine without memory, an empty kernel.
  void restart(std::size_t index);
  /// Powered off: it neither receives nor sends, its clock stands.
  void power(std::size_t index, bool on);

  /// Runs until there is nothing to do before `until`, which is then the time.
  void run_until(Time until);
  void run_for(Duration duration) { run_until(now_ + duration); }
  /// Runs until `condition` holds after an event, at most for `limit`; whether it did.
  bool run_while_not(const std::function<bool()>& condition, Duration limit);

  /// Whether a packet that either end transmits now is one that the other would take now.
  [[nodiscard]] bool connected(std::size_t a, std::size_t b, ike::TunnelId tunnel) const;
  /// Sends one model packet each way; they arrive after the network's delay, never lost by it.
  void send_traffic(std::size_t a, std::size_t b, ike::TunnelId tunnel);
  [[nodiscard]] std::uint64_t packets_sent() const { return packets_sent_; }
  [[nodiscard]] std::uint64_t packets_delivered() const { return packets_delivered_; }
  /// Not delivered: nothing to transmit on, or no SA that takes it at the other end.
  [[nodiscard]] std::uint64_t packets_lost() const { return packets_lost_; }

  /// The latest notices, for the report of a failing run.
  [[nodiscard]] std::string trace() const;

 private:
  bool step_once(Time until);
  void carry_out(std::size_t index, ike::Actions actions);
  void transmit(std::size_t from, ike::TunnelId tunnel);
  void arrive(const ModelPacket& packet);
  [[nodiscard]] std::optional<std::size_t> find(const IpAddress& address) const;
  void note(std::size_t index, const std::string& text);

  std::uint64_t seed_;
  Time now_{std::chrono::hours{1}};
  SimNetwork network_;
  std::deque<Node> nodes_;
  std::map<std::pair<Time, std::uint64_t>, ModelPacket> packets_;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t packets_delivered_ = 0;
  std::uint64_t packets_lost_ = 0;
  std::deque<std::string> trace_;
};

}  // namespace awtun::sim
