// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/watch.h"

#include <algorithm>
#include <cstring>

#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

constexpr std::size_t kFirstPayloadAt = 16;
constexpr std::size_t kFragmentNumberAt = 32;
/// A foreign peer that breaks before it makes has lost a request at most by then.
constexpr Duration kReauthenticated{170000};

bool is_one(const std::vector<ike::TunnelId>& seen, const std::vector<ike::TunnelId>& expected) {
  return std::is_permutation(seen.begin(), seen.end(), expected.begin(), expected.end());
}

}  // namespace

std::uint64_t quick_hash(ByteView octets, std::uint64_t seed) {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325U ^ octets.size();
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25U;
    hash ^= hash >> 32;
  };
  while (octets.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), sizeof word);
    mix(word);
    octets = octets.subspan(sizeof word);
  }
  for (const std::uint8_t octet : octets) mix(octet);
  return hash;
}

Watch::Watch(World& world) : world_(world) {
  world_.on_send = [this](const ike::Send& datagram) { sent(datagram); };
  world_.after_event = [this] { check(); };
}

void Watch::add(std::size_t a, std::size_t b, ike::TunnelId tunnel) { watched_.push_back({a, b, tunnel}); }

void Watch::excuse(ike::TunnelId tunnel) {
  for (Watched& one : watched_)
    if (one.tunnel == tunnel) one.excused = true;
}

void Watch::excuse_until(ike::TunnelId tunnel, Time until) {
  for (Watched& one : watched_)
    if (one.tunnel == tunnel) one.excused_until = std::max(one.excused_until, until);
}

void Watch::excuse_node(std::size_t index) {
  for (Watched& one : watched_)
    if (one.a == index || one.b == index) one.excused = true;
}

void Watch::excuse_rekey(std::size_t index, ike::TunnelId tunnel, ike::Rekey::What what) {
  const auto& foreign = world_.node(index).foreign;
  if (what != ike::Rekey::What::IkeSa || !foreign || !foreign->has(Liberty::BreaksBeforeMaking)) return;
  excuse(tunnel);
  excuse_until(tunnel, world_.now() + kReauthenticated);
}

bool Watch::connected() const {
  return std::all_of(watched_.begin(), watched_.end(),
                     [this](const Watched& one) { return world_.connected(one.a, one.b, one.tunnel); });
}

bool Watch::at_rest() const {
  if (!connected()) return false;
  for (const Watched& one : watched_)
    for (const std::size_t end : {one.a, one.b})
      if (world_.node(end).kernel.inbound_count(one.tunnel) !=
          world_.node(end).kernel.outbound_count(one.tunnel))
        return false;
  for (std::size_t i = 0; i < world_.size(); ++i) {
    std::vector<ike::TunnelId> tunnels;
    for (const Watched& one : watched_)
      if (one.a == i || one.b == i) tunnels.push_back(one.tunnel);
    if (!at_rest(i, tunnels)) return false;
  }
  return true;
}

bool Watch::at_rest(std::size_t index, const std::vector<ike::TunnelId>& tunnels) const {
  const ike::Status status = world_.node(index).engine.status();
  std::vector<ike::TunnelId> ike_sas;
  std::map<ike::TunnelId, std::vector<Networks>> children;
  for (const ike::IkeSaStatus& sa : status.ike_sas) {
    if (sa.state != ike::IkeSaStatus::State::Established) return false;
    ike_sas.push_back(sa.tunnel);
  }
  for (const ike::ChildSaStatus& child : status.child_sas) {
    if (child.state != ike::ChildSaStatus::State::Installed) return false;
    auto& others = children[child.tunnel];
    const Networks networks{child.local_selectors, child.remote_selectors};
    if (std::ranges::count(others, networks) > 0) return false;
    others.push_back(networks);
  }
  const bool all_there = std::ranges::all_of(tunnels, [&](ike::TunnelId tunnel) {
    return world_.node(index).kernel.inbound_count(tunnel) == children[tunnel].size() &&
           !children[tunnel].empty();
  });
  return all_there && is_one(ike_sas, tunnels);
}

void Watch::violate(std::string what) {
  if (violation_) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(world_.now().time_since_epoch());
  violation_ = std::to_string(ms.count()) + " ms: " + std::move(what);
}

/// Under one IKE SA a message id, in one direction and role, has one meaning: whatever is sent again is
/// the same octets.
void Watch::sent(const ike::Send& datagram) {
  const auto header = wire::parse_header(datagram.bytes);
  if (!header) return violate("a message without a header was sent");
  const auto first = static_cast<wire::PayloadType>(datagram.bytes[kFirstPayloadAt]);
  const bool fragment = first == wire::PayloadType::Skf && datagram.bytes.size() > kFragmentNumberAt + 3;
  if (first != wire::PayloadType::Sk && !fragment) return;
  std::uint64_t number = header->message_id;
  number = number << 2 | (header->from_initiator ? 2U : 0U) | (header->response ? 1U : 0U);
  if (fragment)
    number = number << 16 | std::uint64_t{datagram.bytes[kFragmentNumberAt + 1]} << 8 |
             datagram.bytes[kFragmentNumberAt + 3];
  const std::uint64_t hash = quick_hash(datagram.bytes);
  const auto [found, fresh] = said_.try_emplace({header->initiator_spi, header->responder_spi, number}, hash);
  if (!fresh && found->second != hash)
    violate("message id " + std::to_string(header->message_id) + " was used for another message");
}

void Watch::check() {
  if (violation_) return;
  check_kernels();
  for (Watched& one : watched_) check(one);
}

void Watch::check(Watched& one) {
  if (world_.connected(one.a, one.b, one.tunnel)) {
    if (!one.up) one.given_up = given_up(one);
    one.up = true;
    one.excused = false;
    return;
  }
  if (!one.up) return;
  const bool explained =
      one.excused || world_.now() <= one.excused_until || given_up(one) != one.given_up || lost_patience(one);
  // It is looked at again after the next event.
  if (!explained && (world_.loses_nothing(one.a, one.b, one.tunnel) || answer_explains(one))) return;
  one.up = false;
  if (!explained) violate("tunnel " + std::to_string(one.tunnel) + " is down without a cause");
}

bool Watch::answer_explains(const Watched& one) const {
  const bool swapped = world_.node(one.a).foreign.has_value();
  const auto& foreign = world_.node(swapped ? one.a : one.b).foreign;
  if (!foreign) return false;
  const ike::Status ours = world_.node(swapped ? one.b : one.a).engine.status();
  std::size_t up = 0;
  for (const ike::IkeSaStatus& sa : ours.ike_sas) {
    if (sa.tunnel != one.tunnel) continue;
    if (!sa.is_up()) return true;
    ++up;
  }
  // Of two that it has begun at once in the place of another it may have our answer to one only: which, we
  // know when it has answered under it.
  if (up > 1 && foreign->has(Liberty::MakesBeforeBreaking)) return true;
  // With an IKE SA that it replaces by another one go the Child SAs of all pairs, and it asks for one of
  // them.
  return foreign->has(Liberty::DeletesOldAtOnce) || foreign->has(Liberty::OnePairAChild);
}

std::uint64_t Watch::given_up(const Watched& one) const {
  const bool foreign = world_.node(one.a).foreign || world_.node(one.b).foreign;
  std::uint64_t sum = 0;
  for (const std::size_t end : {one.a, one.b}) {
    const ike::Counters counters = world_.node(end).engine.status().counters;
    sum += counters.dead_peers + (foreign ? counters.no_response : 0);
  }
  return sum;
}

bool Watch::lost_patience(const Watched& one) const {
  for (const std::size_t end : {one.a, one.b})
    for (const ike::PeerStatus& peer : world_.node(end).engine.status().peers)
      if (peer.tunnel == one.tunnel && peer.last_failure && peer.last_failure->when == world_.now() &&
          peer.last_failure->cause == ike::Cause::RekeyPutOff)
        return true;
  return false;
}

void Watch::check_kernels() {
  for (std::size_t i = 0; i < world_.size(); ++i) {
    const SimKernel& kernel = world_.node(i).kernel;
    if (!kernel.errors().empty()) violate("node " + std::to_string(i) + ": " + kernel.errors().front());
    if (!kernel.keys_unique()) violate("node " + std::to_string(i) + ": a key was installed twice");
  }
}

}  // namespace awtun::sim
