// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/crowd.h"

#include <span>
#include <utility>
#include <vector>

#include "userland/ike/admission.h"

namespace awtun::ike {
namespace {

/// From the whole network down to the address.
std::vector<IpPrefix> levels_of(const IpAddress& address) {
  if (address.is_v4()) return {network_of(address, 24), network_of(address, 32)};
  return {network_of(address, 48), network_of(address, 56), network_of(address, 64),
          network_of(address, 128)};
}

}  // namespace

struct Crowd::Network {
  /// The largest first; of equals the one that has had as many for longest.
  struct Rank {
    std::size_t size;
    std::uint64_t since;
    bool operator<(const Rank& other) const {
      return size != other.size ? size > other.size : since < other.since;
    }
  };
  using Parts = std::map<IpPrefix, std::unique_ptr<Network>>;

  Rank rank{};
  Parts parts;
  std::map<Rank, const Network*> ranking;          ///< of the parts
  std::map<std::uint64_t, std::uint64_t> entries;  ///< of an address: number to SPI

  Network& part(const IpPrefix& prefix) {
    auto& found = parts[prefix];
    if (!found) found = std::make_unique<Network>();
    return *found;
  }
  void resize(Network& part, std::size_t size, std::uint64_t now) {
    ranking.erase(part.rank);
    part.rank = {size, now};
    if (size > 0) ranking.emplace(part.rank, &part);
  }
  [[nodiscard]] std::uint64_t first_to_go() const {
    const Network* at = this;
    while (!at->ranking.empty()) at = at->ranking.begin()->second;
    return at->entries.begin()->second;
  }
  /// Returns whether nothing is left.
  bool erase(std::span<const IpPrefix> levels, std::uint64_t number, std::uint64_t now) {
    if (levels.empty()) return entries.erase(number) > 0 && entries.empty();
    const auto found = parts.find(levels.front());
    if (found == parts.end()) return false;
    Network& part = *found->second;
    const bool empty = part.erase(levels.subspan(1), number, now);
    resize(part, part.rank.size - 1, now);
    if (empty) parts.erase(found);
    return parts.empty();
  }
};

Crowd::Crowd() : all_(std::make_unique<Network>()) {}
Crowd::~Crowd() = default;

std::uint64_t Crowd::insert(const IpAddress& address, std::uint64_t spi) {
  const std::uint64_t number = ++last_number_;
  Network* at = all_.get();
  ++at->rank.size;
  for (const IpPrefix& level : levels_of(address)) {
    Network& part = at->part(level);
    at->resize(part, part.rank.size + 1, number);
    at = &part;
  }
  at->entries.emplace(number, spi);
  return number;
}

void Crowd::erase(const IpAddress& address, std::uint64_t number) {
  const auto levels = levels_of(address);
  static_cast<void>(all_->erase(levels, number, ++last_number_));
  --all_->rank.size;
}

std::size_t Crowd::size() const { return all_->rank.size; }

/// nullptr when there is nothing.
const Crowd::Network* Crowd::find(const IpAddress& address, std::size_t depth) const {
  const Network* at = all_.get();
  const auto levels = levels_of(address);
  for (const IpPrefix& level : std::span(levels).first(depth)) {
    const auto found = at->parts.find(level);
    if (found == at->parts.end()) return nullptr;
    at = found->second.get();
  }
  return at;
}

std::size_t Crowd::of_address(const IpAddress& address) const {
  const Network* found = find(address, levels_of(address).size());
  return found != nullptr ? found->rank.size : 0;
}

std::size_t Crowd::of_network(const IpAddress& address) const {
  const Network* found = find(address, 1);
  return found != nullptr ? found->rank.size : 0;
}

std::uint64_t Crowd::first_to_go() const { return all_->first_to_go(); }

std::uint64_t Crowd::first_to_go_of_network(const IpAddress& address) const {
  return find(address, 1)->first_to_go();
}

std::uint64_t Crowd::first_to_go_of_address(const IpAddress& address) const {
  return find(address, levels_of(address).size())->first_to_go();
}

}  // namespace awtun::ike
