// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/explore.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <unordered_map>

#include "userland/sim/routers.h"
#include "userland/sim/watch.h"

namespace awtun::sim {
namespace {

using namespace std::chrono_literals;

constexpr ike::TunnelId kTunnel = 0;
/// While there are choices a datagram arrives when it is chosen, not when its time has come.
constexpr Duration kNever = 1000h;
constexpr Duration kTransit = 10ms;
/// From the end of the choices: one request may be given up after 166 s, and what follows must make it.
constexpr Duration kRecovery = 400s;
constexpr Duration kRest = 70s;
/// Longer than the horizon, so that a request for liveness comes only when it is asked for.
constexpr std::chrono::seconds kDpdInterval{60};
/// Of a foreign peer that answers late, each of two exchanges of either end.
constexpr Duration kUpWithin = 50s;
/// By then an answer is there, when nothing more gets lost.
constexpr Duration kAnswered = 10s;

std::uint64_t hash_of(const ike::Datagram& datagram) {
  std::uint64_t hash = std::uint64_t{datagram.local.port} << 16 | datagram.remote.port;
  for (const Endpoint& end : {datagram.local, datagram.remote}) hash = quick_hash(end.address.bytes(), hash);
  return quick_hash(datagram.bytes, hash);
}

/// A world, from two established engines to the rest after both operations.
class Run {
 public:
  Run(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed);

  [[nodiscard]] std::vector<Choice> choices() const;
  void make(const Choice& choice);
  /// Nothing is left to choose: lets the network be a good one, and sees what comes of it.
  void finish();
  /// What all that follows depends on.
  [[nodiscard]] std::uint64_t state() const;
  [[nodiscard]] const std::optional<std::string>& violation() const { return watch_.violation(); }
  [[nodiscard]] const World& world() const { return world_; }
  void keep_trace() { world_.tracing = Tracing::Messages; }

 private:
  void start(Operation operation, std::size_t at);
  void excuse_delete();
  void deliver(ike::Datagram datagram);
  void end_job(std::size_t number);
  void fire();
  void remember(std::size_t index, std::uint64_t event);
  [[nodiscard]] std::optional<std::pair<Time, std::size_t>> next_timer() const;

  const Meeting& meeting_;
  Bounds bounds_;
  World world_;
  Watch watch_;
  std::array<std::uint64_t, 2> history_{};  ///< of each engine's inputs, hashed
  Time until_{};
  unsigned faults_left_;
  unsigned late_left_;
  bool second_started_ = false;
};

Run::Run(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed)
    : meeting_(meeting),
      bounds_(bounds),
      world_(seed),
      watch_(world_),
      faults_left_(bounds.faults),
      late_left_(bounds.late) {
  world_.tracing = Tracing::Off;
  world_.add_node();
  world_.add_node();
  if (bounds.foreign) world_.make_foreign(1, *bounds.foreign);
  watch_.add(0, 1, kTunnel);
  // Who moves does so behind a NAT, where it cannot be reached. The other one's attempt comes to
  // nothing, so there is one handshake.
  const std::size_t initiator = meeting.mover().value_or(1);
  if (meeting.mover()) world_.put_behind_nat(initiator, "192.0.2.1", false);
  IsakmpProfile isakmp = quick_isakmp_profile();
  isakmp.dpd_interval = kDpdInterval;
  for (const std::size_t index : {1 - initiator, initiator}) {
    ike::TunnelPolicy policy = tunnel_policy(world_, index, 1 - index, kTunnel, isakmp);
    if (bounds.pfs) policy.ipsec.pfs_group = crypto::GroupId::X25519;
    world_.input(index, ike::SetTunnel{std::move(policy)});
    world_.run_for(1s);
  }
  // A foreign peer may answer late, and an IKE SA of two may have to go.
  if (bounds.foreign) static_cast<void>(world_.run_while_not([this] { return watch_.at_rest(); }, kUpWithin));
  if (!watch_.at_rest()) watch_.violate("the tunnel did not come up");
  world_.network().faults = {0, 0, kNever, kNever};
  world_.hold_jobs = true;
  until_ = world_.now() + bounds.horizon;
  start(meeting_.first, meeting_.first_at);
}

void Run::start(Operation operation, std::size_t at) {
  remember(at, 0x100U + static_cast<std::uint64_t>(operation));
  switch (operation) {
    case Operation::RekeyChild:
      return world_.input(at, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    case Operation::RekeyIke:
      watch_.excuse_rekey(at, kTunnel, ike::Rekey::What::IkeSa);
      return world_.input(at, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
    case Operation::DeleteChild:
      excuse_delete();
      return world_.input(at, ike::ClearChildSa{kTunnel});
    case Operation::DeleteIke:
      excuse_delete();
      return world_.input(at, ike::ClearSa{kTunnel});
    case Operation::Liveness:
      return world_.input(at, ike::UnknownSpi{kTunnel, 0x12345678});
    case Operation::Move:
      // The others reach it again when it has sent something: a request for liveness at the latest.
      watch_.excuse_until(kTunnel, world_.now() + kDpdInterval + kAnswered);
      return world_.node(at).nat->flush();
  }
}

void Run::remember(std::size_t index, std::uint64_t event) {
  std::uint64_t& history = history_[index];
  history = (history ^ event) * 0x9fb21c651e98df25U;
  history ^= history >> 29;
  history += static_cast<std::uint64_t>(world_.now().time_since_epoch().count());
}

std::optional<std::pair<Time, std::size_t>> Run::next_timer() const {
  std::optional<std::pair<Time, std::size_t>> first;
  for (std::size_t i = 0; i < 2; ++i)
    if (const auto due = world_.node(i).engine.next_deadline(); due && (!first || *due < first->first))
      first.emplace(*due, i);
  if (first && first->first > until_) return std::nullopt;
  return first;
}

std::vector<Choice> Run::choices() const {
  std::vector<Choice> result;
  if (violation()) return result;
  const std::size_t in_flight = world_.network().in_flight();
  const std::size_t jobs = world_.held_jobs();
  for (std::size_t i = 0; i < jobs; ++i) result.push_back({Choice::What::Job, static_cast<std::uint8_t>(i)});
  if (jobs > 0 && late_left_ == 0) return result;
  for (std::size_t i = 0; i < in_flight; ++i)
    result.push_back({Choice::What::Deliver, static_cast<std::uint8_t>(i)});
  if (!second_started_) result.push_back({Choice::What::Second});
  // With nothing under way the time goes on by itself.
  if (next_timer() && (in_flight + jobs == 0 || faults_left_ > 0)) result.push_back({Choice::What::Timer});
  if (faults_left_ == 0) return result;
  for (std::size_t i = 0; i < in_flight; ++i) {
    result.push_back({Choice::What::Lose, static_cast<std::uint8_t>(i)});
    result.push_back({Choice::What::Copy, static_cast<std::uint8_t>(i)});
  }
  return result;
}

void Run::make(const Choice& choice) {
  if (choice.what != Choice::What::Job && world_.held_jobs() > 0) --late_left_;
  switch (choice.what) {
    case Choice::What::Deliver:
      return deliver(world_.network().take(choice.number));
    case Choice::What::Lose:
      --faults_left_;
      static_cast<void>(world_.network().take(choice.number));
      return;
    case Choice::What::Copy:
      --faults_left_;
      return deliver(world_.network().peek(choice.number));
    case Choice::What::Job:
      return end_job(choice.number);
    case Choice::What::Timer:
      if (world_.network().in_flight() + world_.held_jobs() > 0) --faults_left_;
      return fire();
    case Choice::What::Second:
      second_started_ = true;
      return start(meeting_.second, meeting_.second_at);
  }
}

/// A foreign peer's Delete waits for what it has asked before, so the tunnel may go later, or twice.
void Run::excuse_delete() {
  watch_.excuse(kTunnel);
  if (bounds_.foreign) watch_.excuse_until(kTunnel, world_.now() + bounds_.horizon + kRecovery);
}

void Run::deliver(ike::Datagram datagram) {
  remember(datagram.local.address == world_.public_address(0) ? 0 : 1, hash_of(datagram));
  world_.deliver(std::move(datagram));
}

/// Which one it was of those that the engine waits for follows from what the engine said before.
void Run::end_job(std::size_t number) {
  const std::uint64_t token = world_.held_job(number).token;
  remember(world_.finish_job(number), 0x200U + token);
}

void Run::fire() {
  if (const auto timer = next_timer()) {
    static_cast<void>(world_.step_once(timer->first));
    remember(timer->second, 1);
  }
}

std::uint64_t Run::state() const {
  std::uint64_t in_flight = 0;
  for (std::size_t i = 0; i < world_.network().in_flight(); ++i)
    in_flight += hash_of(world_.network().peek(i));
  std::uint64_t state = in_flight;
  for (const std::uint64_t part :
       {history_[0], history_[1],
        (std::uint64_t{faults_left_} << 32 | late_left_) << 1 | (second_started_ ? 1U : 0U),
        static_cast<std::uint64_t>(world_.now().time_since_epoch().count())})
    state = (state ^ part) * 0x9e3779b97f4a7c15U + (state >> 31);
  return state;
}

void Run::finish() {
  if (violation()) return;
  world_.network().faults = {0, 0, kTransit, kTransit};
  world_.hold_jobs = false;
  while (world_.held_jobs() > 0) end_job(0);
  if (!world_.run_while_not([this] { return watch_.at_rest(); }, kRecovery))
    return watch_.violate("no rest within the bound");
  world_.run_for(kRest);
  if (!watch_.at_rest()) watch_.violate("the rest did not last");
}

/// Depth first over all choices.
class Explorer {
 public:
  Explorer(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed)
      : meeting_(meeting), bounds_(bounds), seed_(seed) {}

  Exploration explore() {
    auto run = begin();
    result_.runs = visit(*run);
    result_.states = known_.size();
    return std::move(result_);
  }

 private:
  std::unique_ptr<Run> begin() {
    ++result_.replays;
    auto run = std::make_unique<Run>(meeting_, bounds_, seed_);
    for (const Choice& choice : made_) run->make(choice);
    return run;
  }

  /// How many runs there are from here. The run is used up.
  double visit(Run& run) {
    const std::uint64_t state = run.state();
    if (const auto found = known_.find(state); found != known_.end()) return found->second;
    const std::vector<Choice> choices = run.choices();
    double runs = 0;
    if (choices.empty()) {
      run.finish();
      ++result_.ends;
      runs = 1;
    }
    for (const Choice& choice : choices) {
      // The first branch goes on with this run, the others need one that is like it.
      const bool first = &choice == &choices.front();
      const auto replayed = first ? nullptr : begin();
      Run& branch = first ? run : *replayed;
      made_.push_back(choice);
      branch.make(choice);
      ++result_.steps;
      runs += visit(branch);
      made_.pop_back();
      if (result_.violation) return runs;
    }
    if (run.violation() && !result_.violation) {
      result_.violation = run.violation();
      result_.choices = made_;
    }
    known_.emplace(state, runs);
    return runs;
  }

  const Meeting& meeting_;
  Bounds bounds_;
  std::uint64_t seed_;
  std::vector<Choice> made_;
  std::unordered_map<std::uint64_t, double> known_;  ///< runs from there, by state
  Exploration result_;
};

constexpr std::string_view kLetters = "dxcjts";

}  // namespace

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::RekeyChild:
      return "child-rekey";
    case Operation::RekeyIke:
      return "ike-rekey";
    case Operation::DeleteChild:
      return "child-delete";
    case Operation::DeleteIke:
      return "ike-delete";
    case Operation::Liveness:
      return "dpd";
    case Operation::Move:
      return "move";
  }
  return "";
}

std::string Meeting::to_string() const {
  return std::string(sim::to_string(first)) + "@" + std::to_string(first_at) + " " +
         std::string(sim::to_string(second)) + "@" + std::to_string(second_at);
}

std::optional<std::size_t> Meeting::mover() const {
  if (first == Operation::Move) return first_at;
  return second == Operation::Move ? std::optional(second_at) : std::nullopt;
}

std::vector<Meeting> all_meetings(bool foreign) {
  std::vector<Meeting> result;
  for (const Operation first : kOperations)
    for (const Operation second : kOperations) {
      if (foreign && (first == Operation::Move || second == Operation::Move)) continue;
      for (const std::size_t first_at : {0U, 1U})
        for (const std::size_t second_at : {0U, 1U}) {
          // Of two ends that cannot be reached neither could reach the other.
          const bool both_move =
              first == Operation::Move && second == Operation::Move && first_at != second_at;
          if (!both_move) result.push_back({first, first_at, second, second_at});
        }
    }
  return result;
}

std::string to_string(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice& choice : choices) {
    text += kLetters[static_cast<std::size_t>(choice.what)];
    if (choice.what <= Choice::What::Job) text += std::to_string(choice.number);
    text += ' ';
  }
  return text;
}

std::optional<std::vector<Choice>> parse_choices(std::string_view text) {
  std::vector<Choice> choices;
  while (!text.empty()) {
    const auto letter = kLetters.find(text.front());
    text.remove_prefix(1);
    if (letter == std::string_view::npos) return std::nullopt;
    Choice choice{static_cast<Choice::What>(letter)};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), choice.number);
    if (error == std::errc()) text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    choices.push_back(choice);
  }
  return choices;
}

Exploration explore(const Meeting& meeting, const Bounds& bounds, std::uint64_t seed) {
  return Explorer(meeting, bounds, seed).explore();
}

std::string replay(const Meeting& meeting, const std::vector<Choice>& choices, const Bounds& bounds,
                   std::uint64_t seed) {
  Run run(meeting, bounds, seed);
  run.keep_trace();
  for (const Choice& choice : choices) {
    const auto possible = run.choices();
    if (std::find(possible.begin(), possible.end(), choice) == possible.end())
      return run.world().trace() + "no such choice: " + to_string({choice});
    run.make(choice);
  }
  run.finish();
  return run.world().trace() + run.violation().value_or("no violation") + "\n";
}

}  // namespace awtun::sim
