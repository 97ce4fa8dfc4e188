// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/crowd.h"

#include <span>
#include <utility>
#include <vector>

#include "userland/ike/rules/admission.h"

namespace awtun::ike {
namespace {

/// A network, or a port of an address.
using Part = std::pair<IpPrefix, std::uint16_t>;

/// From the largest network that one site or provider commonly has down to the port.
std::vector<Part> levels_of(const Endpoint& from) {
  const IpAddress& address = from.address;
  if (address.is_v4())
    return {{network_of(address, 24), 0}, {network_of(address, 32), 0}, {network_of(address, 32), from.port}};
  return {{network_of(address, 32), 0}, {network_of(address, 48), 0},  {network_of(address, 56), 0},
          {network_of(address, 64), 0}, {network_of(address, 128), 0}, {network_of(address, 128), from.port}};
}

/// How many of the levels lead to the /24 or /48, and to the address.
std::size_t depth_of_network(const IpAddress& address) { return address.is_v4() ? 1 : 2; }
std::size_t depth_of_address(const IpAddress& address) { return address.is_v4() ? 2 : 5; }

}  // namespace

struct Crowd::Network {
  /// The largest first; of equals the one that came to be so last.
  struct Rank {
    std::size_t size;
    std::uint64_t since;
    bool operator<(const Rank& other) const {
      return size != other.size ? size > other.size : since > other.since;
    }
  };
  struct Entry {
    Endpoint from;
    std::uint64_t spi;
    Time answered{};
    std::uint64_t answer = 0;  ///< its number; 0: none yet
  };
  using Parts = std::map<Part, std::unique_ptr<Network>>;

  Rank rank{};
  Parts parts;
  std::map<Rank, const Network*> ranking;            ///< of the parts
  std::map<std::uint64_t, Entry> entries;            ///< of a port, by number
  std::map<std::uint64_t, const Entry*> answered{};  ///< all in it, by the answer's number

  Network& part(const Part& key) {
    auto& found = parts[key];
    if (!found) found = std::make_unique<Network>();
    return *found;
  }
  [[nodiscard]] const Network* part_if_any(const Part& key) const {
    const auto found = parts.find(key);
    return found == parts.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::size_t size_of(const Part& key) const {
    const Network* found = part_if_any(key);
    return found != nullptr ? found->rank.size : 0;
  }
  void resize(Network& part, std::size_t size, std::uint64_t now) {
    ranking.erase(part.rank);
    part.rank = {size, now};
    if (size > 0) ranking.emplace(part.rank, &part);
  }
  /// The newest of the largest part of the largest part.
  [[nodiscard]] std::uint64_t newest() const {
    const Network* at = this;
    while (!at->ranking.empty()) at = at->ranking.begin()->second;
    return at->entries.rbegin()->second.spi;
  }
  /// Who was answered first, once it has had its time.
  [[nodiscard]] const Entry* overdue(Time now) const {
    if (answered.empty() || now - answered.begin()->second->answered < kGrace) return nullptr;
    return answered.begin()->second;
  }
  /// Returns whether nothing is left.
  bool erase(std::span<const Part> levels, std::uint64_t number, std::uint64_t answer, std::uint64_t now) {
    answered.erase(answer);
    if (levels.empty()) return entries.erase(number) > 0 && entries.empty();
    const auto found = parts.find(levels.front());
    if (found == parts.end()) return false;
    Network& part = *found->second;
    const bool empty = part.erase(levels.subspan(1), number, answer, now);
    resize(part, part.rank.size - 1, now);
    if (empty) parts.erase(found);
    return parts.empty();
  }
};

Crowd::Crowd() : all_(std::make_unique<Network>()) {}
Crowd::~Crowd() = default;

std::uint64_t Crowd::insert(const Endpoint& from, std::uint64_t spi) {
  const std::uint64_t number = ++last_number_;
  Network* at = all_.get();
  ++at->rank.size;
  for (const Part& level : levels_of(from)) {
    Network& part = at->part(level);
    at->resize(part, part.rank.size + 1, number);
    at = &part;
  }
  at->entries.emplace(number, Network::Entry{from, spi});
  return number;
}

void Crowd::note_answered(const Endpoint& from, std::uint64_t number, Time now) {
  const auto levels = levels_of(from);
  Network* port = all_.get();
  for (const Part& level : levels) port = &port->part(level);
  Network::Entry& entry = port->entries.at(number);
  entry.answered = now;
  entry.answer = ++last_number_;
  Network* at = all_.get();
  at->answered.emplace(entry.answer, &entry);
  for (const Part& level : levels) {
    at = &at->part(level);
    at->answered.emplace(entry.answer, &entry);
  }
}

void Crowd::erase(const Endpoint& from, std::uint64_t number) {
  const auto levels = levels_of(from);
  const Network* port = find(from, levels.size());
  if (port == nullptr) return;
  static_cast<void>(all_->erase(levels, number, port->entries.at(number).answer, ++last_number_));
  --all_->rank.size;
}

std::size_t Crowd::size() const { return all_->rank.size; }

/// nullptr when there is nothing.
const Crowd::Network* Crowd::find(const Endpoint& from, std::size_t depth) const {
  const Network* at = all_.get();
  const auto levels = levels_of(from);
  for (const Part& level : std::span(levels).first(depth))
    if (at = at->part_if_any(level); at == nullptr) return nullptr;
  return at;
}

std::size_t Crowd::of_address(const IpAddress& address) const {
  const Network* found = find({address, 0}, depth_of_address(address));
  return found != nullptr ? found->rank.size : 0;
}

std::size_t Crowd::of_network(const IpAddress& address) const {
  const Network* found = find({address, 0}, depth_of_network(address));
  return found != nullptr ? found->rank.size : 0;
}

std::optional<std::uint64_t> Crowd::gives_way_below(std::size_t depth, const Endpoint& to, Time now) const {
  const auto levels = levels_of(to);
  const Network* at = find(to, depth);
  for (; at != nullptr; ++depth) {
    const Network::Entry* overdue = at->overdue(now);
    if (depth == levels.size()) return overdue != nullptr ? std::optional(overdue->spi) : std::nullopt;
    const Part& own = levels[depth];
    const std::size_t would_hold = at->size_of(own) + 1;
    const Network* largest = at->ranking.empty() ? nullptr : at->ranking.begin()->second;
    if (largest != nullptr && largest->rank.size > would_hold) {
      const Network::Entry* its_overdue = largest->overdue(now);
      return its_overdue != nullptr ? its_overdue->spi : largest->newest();
    }
    if (overdue != nullptr && at->size_of(levels_of(overdue->from)[depth]) >= would_hold) return overdue->spi;
    at = at->part_if_any(own);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Crowd::gives_way(const Endpoint& to, Time now) const {
  return gives_way_below(0, to, now);
}

std::optional<std::uint64_t> Crowd::gives_way_in_network(const Endpoint& to, Time now) const {
  return gives_way_below(depth_of_network(to.address), to, now);
}

std::optional<std::uint64_t> Crowd::gives_way_at_address(const Endpoint& to, Time now) const {
  return gives_way_below(depth_of_address(to.address), to, now);
}

}  // namespace awtun::ike
