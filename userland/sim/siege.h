// SPDX-License-Identifier: Apache-2.0
// A hub under attack: true peers, forgers and busy strangers around one engine, on a virtual clock. Its
// Diffie-Hellman takes the time that it takes, on one worker; what the peers compute costs them nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "userland/ike/engine.h"
#include "userland/wire/writer.h"

#if __has_include("userland/ike/job_queue.h")
#include "userland/ike/job_queue.h"
#else
#include <deque>
#endif

namespace awtun::sim {

using ike::Duration;
using ike::Time;

/// Jobs one after the other, each of which takes its time.
class Worker {
 public:
  using Microseconds = std::chrono::microseconds;

  /// A key and a shared secret of the group take `cost` together.
  explicit Worker(Microseconds cost) : cost_(cost) {}

  /// False when too many wait.
  [[nodiscard]] bool push(ike::StartJob job);
  void cancel(std::uint64_t token);
  /// Begins the next job if it is idle; when that will have ended.
  std::optional<Time> begin(Time now);
  /// The job that has ended.
  [[nodiscard]] ike::StartJob end();

 private:
  Microseconds cost_;
  std::optional<ike::StartJob> running_;
  std::chrono::time_point<std::chrono::steady_clock, Microseconds> free_{};
#if __has_include("userland/ike/job_queue.h")
  ike::JobQueue waiting_;
#else
  std::deque<ike::StartJob> waiting_;
#endif
};

/// What IKE_SA_INIT offers, and who computes: requests that look true, made in a microsecond.
class RequestForm {
 public:
  RequestForm(const crypto::IkeSuite& suite, wire::GroupId ke_group);

  [[nodiscard]] Bytes write(std::uint64_t initiator_spi, ByteView cookie = {}) const;
  /// The Diffie-Hellman value in all of them.
  [[nodiscard]] const Bytes& public_value() const { return public_value_; }

 private:
  std::vector<wire::Transform> transforms_;
  wire::GroupId group_;
  Bytes public_value_;
};

struct SiegeSettings {
  Duration round_trip{50};
  crypto::IkeSuite suite{};  ///< of the hub and its peers: AES-256, SHA-256, MODP-2048
  Worker::Microseconds key_exchange{560};
  std::uint32_t seed = 1;
};

class Siege {
 public:
  explicit Siege(const SiegeSettings& settings);
  Siege(const Siege&) = delete;
  Siege& operator=(const Siege&) = delete;

  // ---------------------------------------------------------------- the hub

  [[nodiscard]] const IpAddress& hub_address() const { return hub_address_; }
  /// To a peer at `remote`; without it, to one that calls itself so and may be anywhere.
  void expect(ike::TunnelId tunnel, std::optional<IpAddress> remote, const ike::Identity& peer,
              std::vector<Bytes> authorities = {});
  [[nodiscard]] ike::Status status() const { return hub_.status(); }
  /// Hands a datagram to the hub at once; what it answers to that address is what comes back.
  std::vector<Bytes> ask(const Endpoint& from, Bytes bytes);

  // ---------------------------------------------------------------- around it

  /// A true peer, new and without memory, starts to negotiate. One at a time has an endpoint; if that is
  /// not port 500, a NAT has chosen it, a port below 20000.
  void call(const Endpoint& from, const ike::Identity& name);
  [[nodiscard]] bool is_up(const Endpoint& from) const { return up_.contains(from); }
  [[nodiscard]] std::size_t count_up() const { return up_.size(); }
  /// From now on `rate` requests a second from what `source` says next. Who `answers` receives what the hub
  /// sends there and returns cookies; who does not sends with addresses that are not his.
  void flood(unsigned rate, std::function<IpAddress()> source, bool answers);

  // ---------------------------------------------------------------- time

  [[nodiscard]] Time now() const { return now_; }
  void run_for(Duration duration);
  /// Until `condition` holds, at most for `limit`; whether it did.
  bool run_until(const std::function<bool()>& condition, Duration limit);

  // ---------------------------------------------------------------- what it cost

  struct Costs {
    double longest_step_ms = 0;  ///< of the hub's thread, by the processor's clock
    std::size_t most_ike_sas = 0;
    std::size_t most_heap = 0;  ///< octets beyond what there were when the siege began
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;
  };
  [[nodiscard]] const Costs& costs() const { return costs_; }
  void forget_costs() { costs_ = {}; }

 private:
  void at(Time when, std::function<void()> what);
  void step_hub(ike::Input input);
  void arm_hub();
  void begin_job();
  void step_peer(const Endpoint& outside, ike::Input input);
  void arm_peer(const Endpoint& outside);
  void perform(ike::Action action);
  void deliver(const ike::Send& sent);
  void to_hub(const Endpoint& from, Bytes bytes, std::uint16_t port = ike::kIkePort);
  void return_cookie(const Endpoint& from, const Bytes& reply);
  void send_flood(unsigned rate, const std::shared_ptr<std::function<IpAddress()>>& source, bool answers,
                  std::uint64_t sent, Time began);
  [[nodiscard]] ike::JobResult compute(const ike::KeyExchangeJob& job);
  void sample();

  SiegeSettings settings_;
  IpAddress hub_address_ = *IpAddress::parse("10.0.0.1");
  RequestForm form_;
  Time now_{std::chrono::hours{1}};
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t scheduled_ = 0;
  ike::Engine hub_;
  Worker worker_;
  struct Peer {
    ike::Engine engine;
    std::optional<Time> armed;
  };
  std::map<Endpoint, Peer> peers_;  ///< by how they look from outside
  std::set<Endpoint> up_;
  std::set<IpAddress> answering_;  ///< addresses of busy strangers
  std::uint64_t last_spi_ = 0;
  std::optional<ike::KeyExchangeDone> forged_result_;
  std::uint32_t engines_ = 0;
  std::vector<Bytes>* overheard_ = nullptr;
  std::optional<Time> armed_;
  std::size_t heap_before_ = 0;
  Costs costs_;
};

}  // namespace awtun::sim
