// SPDX-License-Identifier: Apache-2.0
// N engines, or foreign peers, each with its own kernel, on one network and one virtual clock.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "userland/ike/job_queue.h"
#include "userland/sim/kernel.h"
#include "userland/sim/nat.h"
#include "userland/sim/network.h"
#include "userland/sim/speaker.h"

namespace awtun::sim {

/// A router: what a restart loses is the engine and the kernel's SAs.
struct Node {
  IpAddress address;
  std::uint64_t seed = 0;
  Speaker engine;
  SimKernel kernel;
  bool alive = true;
  /// Answers true to make the data plane refuse an AddSa.
  std::function<bool(const ike::AddSa&)> refuse;
  /// When each of its datagrams was sent.
  std::vector<Time> sends;
  std::vector<ike::IkeKeys> keys;
  /// When each of its keepalives was sent.
  std::vector<Time> keepalives;
  std::optional<Nat> nat;
  /// Does the jobs that need a router's keys and certificates; without it they fail.
  std::function<ike::JobResult(const ike::Job&)> credentials;
  /// Why the system takes none of its datagrams; empty: it does.
  std::string mute{};
  ike::JobQueue jobs{};     ///< that have not begun
  std::size_t running = 0;  ///< jobs that have
  /// Those of a foreign peer, which the node has then instead of awiked's engine.
  std::optional<Liberties> foreign{};
};

/// How long jobs take: nothing, or what is drawn uniformly between the two.
struct JobTimes {
  Duration min{0};
  Duration max{0};
  /// Chances in per mille that a job never ends.
  unsigned lost = 0;
  /// How many of a router's jobs run at once; the others wait in its queue.
  std::size_t workers = std::numeric_limits<std::size_t>::max();
};

enum class Tracing : std::uint8_t { Off, Notices, Messages };

class World {
 public:
  explicit World(std::uint64_t seed);
  // The engines ask it what the kernels have heard.
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Its address is 10.0.0.(index + 1).
  std::size_t add_node();
  std::size_t add_node(const IpAddress& address);
  /// From now on a foreign peer is there instead of awiked's engine. Before its first input.
  void make_foreign(std::size_t index, Liberties liberties);
  /// From now on the others see the node at `outer` and the ports that the NAT chooses; node().nat is
  /// the NAT. Where it is `reachable`, IKE's ports are forwarded to it.
  void put_behind_nat(std::size_t index, std::string_view outer, bool reachable);
  /// Where the others find it.
  [[nodiscard]] const IpAddress& public_address(std::size_t index) const;
  [[nodiscard]] Node& node(std::size_t index) { return nodes_[index]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const Node& node(std::size_t index) const { return nodes_[index]; }
  [[nodiscard]] SimNetwork& network() { return network_; }
  [[nodiscard]] const SimNetwork& network() const { return network_; }
  [[nodiscard]] Time now() const { return now_; }

  /// Called after every event, when all its actions have been carried out.
  std::function<void()> after_event;
  /// Sees every datagram that is sent, as the sender does.
  std::function<void(const ike::Send&)> on_send;
  /// Sees every job that is started.
  std::function<void(std::size_t, const ike::StartJob&)> on_job;
  JobTimes job_times;
  /// Jobs take until finish_job() ends them, but for those for which nobody waits, which take no time.
  bool hold_jobs = false;

  void input(std::size_t index, ike::Input input);
  /// A new engine without memory, an empty kernel.
  void restart(std::size_t index);
  /// Powered off: it neither receives nor sends, its clock stands.
  void power(std::size_t index, bool on);

  /// Of all nodes, the oldest first.
  [[nodiscard]] std::size_t held_jobs() const { return held_.size(); }
  [[nodiscard]] const ike::StartJob& held_job(std::size_t number) const { return held_[number].second; }
  /// Ends a job that is held; whose it was.
  std::size_t finish_job(std::size_t number);

  /// One event not later than `until`; false when there is none.
  bool step_once(Time until);
  /// Hands over a datagram that was taken from the network.
  void deliver(ike::Datagram datagram);
  /// Runs until there is nothing to do before `until`, which is then the time.
  void run_until(Time until);
  void run_for(Duration duration) { run_until(now_ + duration); }
  /// Runs until `condition` holds after an event, at most for `limit`; whether it did.
  bool run_while_not(const std::function<bool()>& condition, Duration limit);

  /// What the packets of send_traffic() and connected() are between, as `a` sees it, one of each; by default
  /// one packet, of anything.
  void set_flows(std::size_t a, std::size_t b, ike::TunnelId tunnel, const std::vector<Networks>& flows);
  /// Whether a packet that either end transmits now is one that the other would take now.
  [[nodiscard]] bool connected(std::size_t a, std::size_t b, ike::TunnelId tunnel) const;
  /// Like connected(), or the packets would be held for an SA that is yet to come.
  [[nodiscard]] bool loses_nothing(std::size_t a, std::size_t b, ike::TunnelId tunnel) const;
  /// Sends one model packet each way; they arrive after the network's delay, never lost by it. What
  /// shows a kernel that the peer has moved is told to its engine.
  void send_traffic(std::size_t a, std::size_t b, ike::TunnelId tunnel);
  [[nodiscard]] std::uint64_t packets_sent() const { return packets_sent_; }
  [[nodiscard]] std::uint64_t packets_delivered() const { return packets_delivered_; }
  /// Not delivered: nothing to transmit on, stopped by a NAT, or no SA that takes it at the other end.
  [[nodiscard]] std::uint64_t packets_lost() const { return packets_lost_; }

  /// What is kept for trace(). A run of which nobody will read it is quicker without.
  Tracing tracing = Tracing::Notices;
  void say(std::size_t index, const std::string& text);
  /// The latest notices, for the report of a failing run.
  [[nodiscard]] std::string trace() const;

 private:
  /// A job under way; its result is known, its time has not come.
  struct Running {
    std::size_t index;
    std::uint64_t incarnation;  ///< of the node: a restart takes its jobs with it
    ike::JobDone done;
  };
  [[nodiscard]] ike::Settings settings_of(std::size_t index) const;
  /// Without memory.
  [[nodiscard]] Speaker new_speaker(std::size_t index) const;
  void start(std::size_t index, ike::StartJob job);
  void begin_jobs(std::size_t index);
  void cancel(std::size_t index, std::uint64_t token);
  [[nodiscard]] ike::JobResult run(const Node& node, const ike::Job& job) const;
  void carry_out(std::size_t index, ike::Actions actions);
  void send(std::size_t index, ike::Send datagram);
  using Flow = std::optional<Networks>;
  [[nodiscard]] std::vector<Flow> flows_of(std::size_t from, ike::TunnelId tunnel) const;
  void transmit(std::size_t from, ike::TunnelId tunnel, const Flow& flow);
  void arrive(ModelPacket packet);
  /// By its kernel, or it is lost.
  std::optional<ike::PeerMoved> take(std::size_t receiver, const ModelPacket& packet);
  using Welcomes = bool (*)(const SimKernel&, const ModelPacket&);
  /// Whether a packet that `from` transmits now is one that `to` would welcome now.
  [[nodiscard]] bool passes(std::size_t from, std::size_t to, ike::TunnelId tunnel, const Flow& flow,
                            Welcomes welcomes) const;
  [[nodiscard]] bool passes(std::size_t from, std::size_t to, ike::TunnelId tunnel, Welcomes welcomes) const;
  /// The router that is at `endpoint` for the others, which becomes its own endpoint.
  [[nodiscard]] std::optional<std::size_t> find(Endpoint& endpoint) const;
  [[nodiscard]] std::optional<std::size_t> find(ModelPacket& packet) const;

  std::uint64_t seed_;
  Time now_{std::chrono::hours{1}};
  SimNetwork network_;
  std::deque<Node> nodes_;
  std::map<std::pair<Time, std::uint64_t>, ModelPacket> packets_;
  std::map<std::pair<std::size_t, ike::TunnelId>, std::vector<Flow>> flows_;  ///< by sender
  std::map<std::pair<Time, std::uint64_t>, Running> jobs_;
  std::deque<std::pair<std::size_t, ike::StartJob>> held_;  ///< by node
  std::map<std::size_t, std::vector<Running>> asleep_;      ///< ended while their node was off
  std::uint64_t jobs_started_ = 0;
  std::mt19937_64 job_random_;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t packets_delivered_ = 0;
  std::uint64_t packets_lost_ = 0;
  std::deque<std::string> trace_;
};

}  // namespace awtun::sim
