// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/world.h"

#include <algorithm>
#include <memory>
#include <random>

#include "userland/sim/transcript.h"

namespace awtun::sim {
namespace {

constexpr std::size_t kTraceLength = 2000;

ike::RandomSource seeded(std::uint64_t seed) {
  auto generator = std::make_shared<std::mt19937_64>(seed);
  return [generator](MutableByteView out) {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>((*generator)() >> 32);
  };
}

}  // namespace

ike::Settings World::settings_of(std::size_t index) const {
  // The secret outlives restarts.
  return {Secret(Bytes(32, static_cast<std::uint8_t>(index + 1))),
          [this, index](ike::TunnelId, std::uint32_t spi) -> std::optional<Duration> {
            const auto heard = nodes_[index].kernel.heard(spi);
            return heard ? std::optional(now_ - *heard) : std::nullopt;
          }};
}

World::World(std::uint64_t seed) : seed_(seed), network_(seed), job_random_(seed) {}

std::size_t World::add_node() {
  return add_node(*IpAddress::parse("10.0.0." + std::to_string(nodes_.size() + 1)));
}

std::size_t World::add_node(const IpAddress& address) {
  const std::size_t index = nodes_.size();
  const std::uint64_t seed = seed_ * 1000 + index + 1;
  nodes_.push_back(
      {address, seed, ike::Engine(seeded(seed), settings_of(index)), {}, true, {}, {}, {}, {}, {}, {}});
  return index;
}

void World::make_foreign(std::size_t index, Liberties liberties) {
  nodes_[index].foreign = liberties;
  nodes_[index].engine = new_speaker(index);
}

Speaker World::new_speaker(std::size_t index) const {
  const Node& node = nodes_[index];
  if (node.foreign) return ForeignPeer(seeded(node.seed), *node.foreign);
  return ike::Engine(seeded(node.seed), settings_of(index));
}

void World::put_behind_nat(std::size_t index, std::string_view outer, bool reachable) {
  Node& node = nodes_[index];
  Nat& nat = node.nat.emplace(node.address, *IpAddress::parse(outer));
  if (!reachable) return;
  nat.forward(ike::kIkePort);
  nat.forward(ike::kNattPort);
}

const IpAddress& World::public_address(std::size_t index) const {
  const Node& node = nodes_[index];
  return node.nat ? node.nat->address() : node.address;
}

void World::input(std::size_t index, ike::Input input) {
  if (!nodes_[index].alive) return;
  carry_out(index, nodes_[index].engine.step(now_, std::move(input)));
  if (after_event) after_event();
}

void World::restart(std::size_t index) {
  Node& node = nodes_[index];
  node.seed += 500;
  node.engine = new_speaker(index);
  node.kernel.flush();
  node.jobs = {};
  node.running = 0;
  asleep_.erase(index);
  std::erase_if(held_, [&](const auto& one) { return one.first == index; });
  node.alive = true;
  say(index, "restarted");
}

/// Its workers stand still meanwhile.
void World::power(std::size_t index, bool on) {
  Node& node = nodes_[index];
  node.alive = on;
  if (!on) return;
  for (Running& each : std::exchange(asleep_[index], {}))
    jobs_.emplace(std::pair(now_, jobs_started_++), std::move(each));
}

void World::carry_out(std::size_t index, ike::Actions actions) {
  Node& node = nodes_[index];
  std::vector<ike::Input> reactions;
  for (ike::Action& action : actions) {
    if (const auto* added = std::get_if<ike::AddSa>(&action);
        added != nullptr && node.refuse && node.refuse(*added))
      reactions.emplace_back(ike::DataPlaneFailed{added->token, "refused by the test"});
    node.kernel.apply(action);
    for (const ModelPacket& packet : node.kernel.release())
      if (const auto moved = take(index, packet)) reactions.emplace_back(*moved);
    if (const auto* notice = std::get_if<ike::Notice>(&action)) say(index, notice->text);
    if (auto* keys = std::get_if<ike::IkeKeys>(&action)) node.keys.push_back(std::move(*keys));
    if (const auto* sent = std::get_if<ike::Send>(&action)) {
      node.sends.push_back(now_);
      if (on_send) on_send(*sent);
      if (tracing == Tracing::Messages) say(index, "sends " + transcribe(sent->bytes, node.keys));
      if (node.mute.empty())
        send(index, *sent);
      else
        reactions.emplace_back(ike::NotSent{sent->bytes, node.mute});
    }
    if (const auto* kept = std::get_if<ike::SendKeepalive>(&action)) {
      node.keepalives.push_back(now_);
      if (node.nat) static_cast<void>(node.nat->out(now_, kept->local));
    }
    if (auto* job = std::get_if<ike::StartJob>(&action)) {
      if (on_job) on_job(index, *job);
      const bool held = hold_jobs && job->owner.standing != ike::JobOwner::Standing::Nobody;
      if (held)
        held_.emplace_back(index, std::move(*job));
      else if (job_times.max == Duration::zero())
        reactions.emplace_back(ike::JobDone{job->token, run(node, job->job)});
      else if (const std::uint64_t token = job->token; !node.jobs.push(std::move(*job)))
        reactions.emplace_back(ike::JobDone{token, ike::JobFailed{"too many jobs", "", true}});
    }
    if (const auto* cancelled = std::get_if<ike::CancelJob>(&action)) cancel(index, cancelled->token);
  }
  begin_jobs(index);
  for (ike::Input& reaction : reactions) carry_out(index, node.engine.step(now_, std::move(reaction)));
}

void World::begin_jobs(std::size_t index) {
  Node& node = nodes_[index];
  while (node.running < job_times.workers) {
    auto next = node.jobs.pop();
    if (!next) return;
    start(index, *std::move(next));
  }
}

void World::cancel(std::size_t index, std::uint64_t token) {
  nodes_[index].jobs.cancel(token);
  std::erase_if(held_, [&](const auto& one) { return one.first == index && one.second.token == token; });
}

std::size_t World::finish_job(std::size_t number) {
  const auto place = held_.begin() + static_cast<std::ptrdiff_t>(number);
  const auto [index, job] = std::move(*place);
  held_.erase(place);
  input(index, ike::JobDone{job.token, run(nodes_[index], job.job)});
  return index;
}

void World::start(std::size_t index, ike::StartJob job) {
  Node& node = nodes_[index];
  const auto span = static_cast<std::uint64_t>((job_times.max - job_times.min).count());
  const Duration takes = job_times.min + Duration(static_cast<Duration::rep>(job_random_() % (span + 1)));
  if (job_random_() % 1000 < job_times.lost) return;
  ++node.running;
  jobs_.emplace(std::pair(now_ + takes, jobs_started_++),
                Running{index, node.seed, {job.token, run(node, job.job)}});
}

ike::JobResult World::run(const Node& node, const ike::Job& job) const {
  if (const auto* exchange = std::get_if<ike::KeyExchangeJob>(&job)) return ike::run(*exchange);
  if (node.credentials) return node.credentials(job);
  return ike::JobFailed{"no such trustpoint", ""};
}

/// One event not later than `until`: a model packet, a job's end, a datagram, or an engine's timer.
bool World::step_once(Time until) {
  const Time datagram = network_.next().value_or(Time::max());
  const Time job = jobs_.empty() ? Time::max() : jobs_.begin()->first.first;
  const Time packet = packets_.empty() ? Time::max() : packets_.begin()->first.first;
  Time timer = Time::max();
  std::size_t timer_of = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    const Time due = nodes_[i].engine.next_deadline().value_or(Time::max());
    if (due < timer) timer_of = i;
    timer = std::min(timer, due);
  }
  const Time first = std::min({datagram, packet, timer, job});
  if (first > until) return false;
  now_ = std::max(now_, first);
  if (packet == first) {
    arrive(std::move(packets_.extract(packets_.begin()).mapped()));
    return true;
  }
  if (job == first) {
    Running ended = std::move(jobs_.begin()->second);
    jobs_.erase(jobs_.begin());
    Node& node = nodes_[ended.index];
    if (!node.alive) {
      asleep_[ended.index].push_back(std::move(ended));
    } else if (node.seed == ended.incarnation) {
      --node.running;
      input(ended.index, std::move(ended.done));
      begin_jobs(ended.index);
    }
    return true;
  }
  if (datagram == first) {
    deliver(network_.pop());
    return true;
  }
  input(timer_of, ike::TimerDue{});
  return true;
}

void World::send(std::size_t index, ike::Send datagram) {
  if (auto& nat = nodes_[index].nat) datagram.local = nat->out(now_, datagram.local);
  network_.send(now_, datagram);
}

void World::deliver(ike::Datagram datagram) {
  const auto receiver = find(datagram.local);
  if (!receiver) return;
  if (tracing == Tracing::Messages && nodes_[*receiver].alive)
    say(*receiver, "receives " + transcribe(datagram.bytes, nodes_[*receiver].keys));
  input(*receiver, std::move(datagram));
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
  const auto takes = [](const SimKernel& kernel, const ModelPacket& packet) { return kernel.takes(packet); };
  return passes(a, b, tunnel, takes) && passes(b, a, tunnel, takes);
}

bool World::loses_nothing(std::size_t a, std::size_t b, ike::TunnelId tunnel) const {
  const auto takes_or_holds = [](const SimKernel& kernel, const ModelPacket& packet) {
    return kernel.takes(packet) || kernel.expects(packet.spi);
  };
  return passes(a, b, tunnel, takes_or_holds) && passes(b, a, tunnel, takes_or_holds);
}

void World::set_flows(std::size_t a, std::size_t b, ike::TunnelId tunnel,
                      const std::vector<Networks>& flows) {
  flows_[{a, tunnel}].assign(flows.begin(), flows.end());
  auto& back = flows_[{b, tunnel}];
  back.clear();
  for (const Networks& flow : flows) back.emplace_back(Networks{flow.remote, flow.local});
}

std::vector<World::Flow> World::flows_of(std::size_t from, ike::TunnelId tunnel) const {
  const auto found = flows_.find({from, tunnel});
  return found != flows_.end() ? found->second : std::vector<Flow>(1);
}

bool World::passes(std::size_t from, std::size_t to, ike::TunnelId tunnel, Welcomes welcomes) const {
  const auto flows = flows_of(from, tunnel);
  return std::ranges::all_of(flows,
                             [&](const Flow& flow) { return passes(from, to, tunnel, flow, welcomes); });
}

bool World::passes(std::size_t from, std::size_t to, ike::TunnelId tunnel, const Flow& flow,
                   Welcomes welcomes) const {
  auto packet = nodes_[from].kernel.peek(tunnel, flow);
  if (!packet || (nodes_[from].nat && !packet->udp)) return false;
  // Which port the NAT gives it does not matter: ESP in UDP is taken from any.
  packet->source.address = public_address(from);
  return find(*packet) == to && welcomes(nodes_[to].kernel, *packet);
}

void World::send_traffic(std::size_t a, std::size_t b, ike::TunnelId tunnel) {
  for (const Flow& flow : flows_of(a, tunnel)) transmit(a, tunnel, flow);
  for (const Flow& flow : flows_of(b, tunnel)) transmit(b, tunnel, flow);
}

void World::transmit(std::size_t from, ike::TunnelId tunnel, const Flow& flow) {
  ++packets_sent_;
  auto packet = nodes_[from].kernel.transmit(tunnel, flow);
  auto& nat = nodes_[from].nat;
  if (!packet || (nat && !packet->udp)) {
    ++packets_lost_;
    return;
  }
  if (nat) packet->source = nat->out(now_, packet->source);
  packets_.emplace(std::pair(now_ + network_.draw_delay(), packets_sent_), *std::move(packet));
}

void World::arrive(ModelPacket packet) {
  const auto receiver = find(packet);
  if (!receiver || !nodes_[*receiver].alive) {
    ++packets_lost_;
    return;
  }
  if (nodes_[*receiver].kernel.hold(packet)) return;
  if (const auto moved = take(*receiver, packet)) input(*receiver, *moved);
}

std::optional<ike::PeerMoved> World::take(std::size_t receiver, const ModelPacket& packet) {
  SimKernel& kernel = nodes_[receiver].kernel;
  if (!kernel.takes(packet)) {
    ++packets_lost_;
    return std::nullopt;
  }
  ++packets_delivered_;
  return kernel.receive(packet, now_);
}

std::optional<std::size_t> World::find(Endpoint& endpoint) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto inner = nodes_[i].nat ? nodes_[i].nat->in(now_, endpoint) : endpoint;
    if (!inner || inner->address != nodes_[i].address) continue;
    endpoint = *inner;
    return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> World::find(ModelPacket& packet) const {
  const auto receiver = find(packet.destination);
  if (receiver && nodes_[*receiver].nat && !packet.udp) return std::nullopt;
  return receiver;
}

void World::say(std::size_t index, const std::string& text) {
  if (tracing == Tracing::Off) return;
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
