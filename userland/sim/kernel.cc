// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/kernel.h"

#include <algorithm>
#include <iterator>

#include "userland/ike/rules/networks.h"

namespace awtun::sim {
namespace {

constexpr std::size_t kMaxHeld = 16;  ///< packets for one SPI, as the kernel module has it

Bytes all_keys(const ike::AddSa& action) {
  Bytes keys;
  for (const Secret* part : {&action.encryption_key, &action.salt, &action.integrity_key})
    keys.insert(keys.end(), part->view().begin(), part->view().end());
  return keys;
}

}  // namespace

void SimKernel::apply(const ike::Action& action) {
  if (const auto* expected = std::get_if<ike::ExpectSa>(&action)) expected_.try_emplace(expected->spi);
  if (const auto* added = std::get_if<ike::AddSa>(&action)) add(*added);
  if (const auto* activated = std::get_if<ike::ActivateSa>(&action)) activate(*activated);
  if (const auto* removed = std::get_if<ike::DeleteSa>(&action)) remove(*removed);
  if (const auto* moved = std::get_if<ike::MoveSa>(&action)) move(*moved);
}

void SimKernel::flush() {
  expected_.clear();
  released_.clear();
  inbound_.clear();
  outbound_.clear();
  active_.clear();
}

void SimKernel::flush_outbound() {
  for (const auto& [name, sa] : outbound_) forgotten_.insert(name);
  outbound_.clear();
  active_.clear();
}

void SimKernel::add(const ike::AddSa& action) {
  const Sa sa{action.tunnel,    action.local,     action.remote,
              action.udp,       action.follow,    action.esn,
              action.transport, all_keys(action), {action.local_selectors, action.remote_selectors}};
  if (sa.udp && (sa.local.port != ike::kNattPort || sa.remote.port == 0))
    errors_.push_back("SPI " + std::to_string(action.spi) + " in UDP without its ports");
  if (++key_uses_[sa.keys] > 1) keys_unique_ = false;
  if (action.direction == Direction::In && !spis_used_.insert(action.spi).second)
    errors_.push_back("SPI " + std::to_string(action.spi) + " is not new");
  const bool fresh = action.direction == Direction::In
                         ? inbound_.emplace(action.spi, sa).second
                         : outbound_.emplace(std::pair(action.tunnel, action.spi), sa).second;
  if (!fresh) errors_.push_back("SPI " + std::to_string(action.spi) + " added twice");
  if (action.direction == Direction::In) release(action.spi);
}

/// True when it was expected.
bool SimKernel::release(std::uint32_t spi) {
  auto waited = expected_.extract(spi);
  if (waited.empty()) return false;
  std::ranges::move(waited.mapped(), std::back_inserter(released_));
  return true;
}

bool SimKernel::hold(const ModelPacket& packet) {
  const auto found = expected_.find(packet.spi);
  if (found == expected_.end() || found->second.size() >= kMaxHeld) return false;
  found->second.push_back(packet);
  return true;
}

void SimKernel::activate(const ike::ActivateSa& action) {
  if (forgotten_.contains({action.tunnel, action.spi})) return;
  const auto found = outbound_.find({action.tunnel, action.spi});
  if (found == outbound_.end()) {
    errors_.push_back("SPI " + std::to_string(action.spi) + " activated, yet not there");
    return;
  }
  auto& active = active_[action.tunnel];
  std::erase_if(active, [&](std::uint32_t spi) {
    return outbound_.at({action.tunnel, spi}).networks == found->second.networks;
  });
  active.insert(active.begin(), action.spi);
}

void SimKernel::remove(const ike::DeleteSa& action) {
  const bool in = action.direction == Direction::In;
  const std::pair name(action.tunnel, action.spi);
  if (in && release(action.spi)) return;
  const std::size_t removed =
      in ? inbound_.erase(action.spi) : outbound_.erase(name) + forgotten_.erase(name);
  if (removed == 0) errors_.push_back("SPI " + std::to_string(action.spi) + " deleted, yet not there");
  if (!in) std::erase(active_[action.tunnel], action.spi);
}

void SimKernel::move(const ike::MoveSa& action) {
  const auto found = outbound_.find({action.tunnel, action.spi});
  if (forgotten_.contains({action.tunnel, action.spi})) return;
  if (found == outbound_.end() || !found->second.udp) {
    errors_.push_back("SPI " + std::to_string(action.spi) + " moved, yet not there or not in UDP");
    return;
  }
  found->second.local = action.local;
  found->second.remote = action.remote;
}

std::optional<ModelPacket> SimKernel::peek(ike::TunnelId tunnel, const std::optional<Networks>& flow) const {
  const auto active = active_.find(tunnel);
  if (active == active_.end()) return std::nullopt;
  for (const std::uint32_t spi : active->second) {
    const Sa& sa = outbound_.at({tunnel, spi});
    if (!flow || ike::covers(sa.networks, *flow))
      return ModelPacket{sa.local, sa.remote, sa.udp,       spi, sa.number + 1,
                         sa.keys,  sa.esn,    sa.transport, flow};
  }
  return std::nullopt;
}

std::optional<ModelPacket> SimKernel::transmit(ike::TunnelId tunnel, const std::optional<Networks>& flow) {
  auto packet = peek(tunnel, flow);
  if (packet) outbound_.at({tunnel, packet->spi}).number = packet->number;
  return packet;
}

bool SimKernel::takes(const ModelPacket& packet) const {
  const auto found = inbound_.find(packet.spi);
  if (found == inbound_.end()) return false;
  const Sa& sa = found->second;
  if (packet.flow && !ike::covers(sa.networks, {packet.flow->remote, packet.flow->local})) return false;
  const bool ends =
      sa.udp ? sa.local == packet.destination
             : sa.local.address == packet.destination.address && sa.remote.address == packet.source.address;
  return ends && sa.udp == packet.udp && sa.keys == packet.keys && sa.esn == packet.esn &&
         sa.transport == packet.transport;
}

std::optional<ike::PeerMoved> SimKernel::receive(const ModelPacket& packet, ike::Time now) {
  Sa& sa = inbound_.at(packet.spi);
  if (packet.number <= sa.number) return std::nullopt;
  sa.heard = now;
  sa.number = packet.number;
  const auto sending = peek(sa.tunnel);
  if (!sa.udp || !sending || !sending->udp || sending->destination == packet.source) return std::nullopt;
  if (sa.follow)
    for (auto& [key, out] : outbound_)
      if (key.first == sa.tunnel && out.udp) out.remote = packet.source;
  return ike::PeerMoved{sa.tunnel, packet.spi, packet.source};
}

std::optional<ike::Time> SimKernel::heard(std::uint32_t spi) const {
  const auto found = inbound_.find(spi);
  return found == inbound_.end() ? std::nullopt : found->second.heard;
}

std::size_t SimKernel::inbound_count(ike::TunnelId tunnel) const {
  return static_cast<std::size_t>(std::count_if(
      inbound_.begin(), inbound_.end(), [&](const auto& entry) { return entry.second.tunnel == tunnel; }));
}

std::size_t SimKernel::outbound_count(ike::TunnelId tunnel) const {
  return static_cast<std::size_t>(std::count_if(
      outbound_.begin(), outbound_.end(), [&](const auto& entry) { return entry.first.first == tunnel; }));
}

}  // namespace awtun::sim
