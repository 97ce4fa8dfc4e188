// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/world.h"

#include <algorithm>
#include <memory>
#include <random>

namespace awtun::sim {
namespace {

constexpr std::size_t kTraceLength = 400;

ike::RandomSource seeded(std::uint64_t seed) {
  auto generator = std::make_shared<std::mt19937_64>(seed);
  return [generator](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>((*generator)() >> 32);
  };
}

/// What a router keeps over a restart.
ike::Settings settings_of(std::size_t index) {
  return {Secret(Bytes(32, static_cast<std::uint8_t>(index + 1)))};
}

}  // namespace

World::World(std::uint64_t seed) : seed_(seed), network_(seed) {}

std::size_t World::add_node() {
  const std::size_t index = nodes_.size();
  const std::uint64_t seed = seed_ * 1000 + index + 1;
  nodes_.push_back({*IpAddress::parse("10.0.0." + std::to_string(index + 1)),
                    seed,
                    ike::Engine(seeded(seed), settings_of(index)),
                    {},
                    true,
                    {},
                    {},
                    {}});
  return index;
}

void World::input(std::size_t index, ike::Input input) {
  if (!nodes_[index].alive) return;
  carry_out(index, nodes_[index].engine.step(now_, std::move(input)));
  if (after_event) after_event();
}

void World::restart(std::size_t index) {
  Node& node = nodes_[index];
  node.seed += 500;
  node.engine = ike::Engine(seeded(node.seed), settings_of(index));
  node.kernel.flush();
  node.alive = true;
  note(index, "restarted");
}

void World::power(std::size_t index, bool on) { nodes_[index].alive = on; }

void World::carry_out(std::size_t index, ike::Actions actions) {
  Node& node = nodes_[index];
  std::vector<ike::DataPlaneFailed> failures;
  for (ike::Action& action : actions) {
    if (const auto* added = std::get_if<ike::AddSa>(&action);
        added != nullptr && node.refuse && node.refuse(*added))
      failures.push_back({added->token, "refused by the test"});
    node.kernel.apply(action);
    if (const auto* notice = std::get_if<ike::Notice>(&action)) note(index, notice->text);
    if (auto* keys = std::get_if<ike::IkeKeys>(&action)) node.keys.push_back(std::move(*keys));
    if (const auto* sent = std::get_if<ike::Send>(&action)) {
      node.sends.push_back(now_);
      if (on_send) on_send(*sent);
      network_.send(now_, *sent);
    }
  }
  for (ike::DataPlaneFailed& failure : failures) carry_out(index, node.engine.step(now_, std::move(failure)));
}

/// One event not later than `until`: a model packet, a datagram, or an engine's timer.
bool World::step_once(Time until) {
  const Time datagram = network_.next().value_or(Time::max());
  const Time packet = packets_.empty() ? Time::max() : packets_.begin()->first.first;
  Time timer = Time::max();
  std::size_t timer_of = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    const Time due = nodes_[i].engine.next_deadline().value_or(Time::max());
    if (due < timer) timer_of = i;
    timer = std::min(timer, due);
  }
  const Time first = std::min({datagram, packet, timer});
  if (first > until) return false;
  now_ = std::max(now_, first);
  if (packet == first) {
    arrive(packets_.begin()->second);
    packets_.erase(packets_.begin());
    return true;
  }
  if (datagram == first) {
    ike::Datagram arriving = network_.pop();
    if (const auto receiver = find(arriving.local.address)) input(*receiver, std::move(arriving));
    return true;
  }
  input(timer_of, ike::TimerDue{});
  return true;
}

void World::run_until(Time until) {
  while (step_once(until)) {
  }
  now_ = until;
}

bool World::run_while_not(const std::function<bool()>& condition, Duration limit) {
  const Time until = now_ + limit;
  while (!condition())
    if (!step_once(until)) {
      now_ = until;
      return condition();
    }
  return true;
}

bool World::connected(std::size_t a, std::size_t b, ike::TunnelId tunnel) const {
  const auto forth = nodes_[a].kernel.transmit(tunnel);
  const auto back = nodes_[b].kernel.transmit(tunnel);
  return forth && back && nodes_[b].kernel.receive(*forth) && nodes_[a].kernel.receive(*back);
}

void World::send_traffic(std::size_t a, std::size_t b, ike::TunnelId tunnel) {
  transmit(a, tunnel);
  transmit(b, tunnel);
}

void World::transmit(std::size_t from, ike::TunnelId tunnel) {
  ++packets_sent_;
  if (const auto packet = nodes_[from].kernel.transmit(tunnel))
    packets_.emplace(std::pair(now_ + network_.draw_delay(), packets_sent_), *packet);
  else
    ++packets_lost_;
}

void World::arrive(const ModelPacket& packet) {
  const auto receiver = find(packet.destination);
  const bool taken = receiver && nodes_[*receiver].alive && nodes_[*receiver].kernel.receive(packet);
  ++(taken ? packets_delivered_ : packets_lost_);
}

std::optional<std::size_t> World::find(const IpAddress& address) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].address == address) return i;
  return std::nullopt;
}

void World::note(std::size_t index, const std::string& text) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  trace_.push_back(std::to_string(ms) + " ms node " + std::to_string(index) + ": " + text);
  if (trace_.size() > kTraceLength) trace_.pop_front();
}

std::string World::trace() const {
  std::string text = "seed " + std::to_string(seed_) + "\n";
  for (const std::string& line : trace_) text += line + "\n";
  return text;
}

}  // namespace awtun::sim
