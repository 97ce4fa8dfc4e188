// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/kernel.h"

#include <algorithm>

namespace awtun::sim {
namespace {

Bytes all_keys(const ike::AddSa& action) {
  Bytes keys;
  for (const Secret* part : {&action.encryption_key, &action.salt, &action.integrity_key})
    keys.insert(keys.end(), part->view().begin(), part->view().end());
  return keys;
}

}  // namespace

void SimKernel::apply(const ike::Action& action) {
  if (const auto* added = std::get_if<ike::AddSa>(&action)) add(*added);
  if (const auto* activated = std::get_if<ike::ActivateSa>(&action)) activate(*activated);
  if (const auto* removed = std::get_if<ike::DeleteSa>(&action)) remove(*removed);
  if (const auto* moved = std::get_if<ike::MoveSa>(&action)) move(*moved);
}

void SimKernel::flush() {
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
  const Sa sa{action.tunnel, action.local, action.remote,    action.udp,
              action.follow, action.esn,   action.transport, all_keys(action)};
  if (sa.udp && (sa.local.port != ike::kNattPort || sa.remote.port == 0))
    errors_.push_back("SPI " + std::to_string(action.spi) + " in UDP without its ports");
  if (++key_uses_[sa.keys] > 1) keys_unique_ = false;
  if (action.direction == Direction::In && !spis_used_.insert(action.spi).second)
    errors_.push_back("SPI " + std::to_string(action.spi) + " is not new");
  const bool fresh = action.direction == Direction::In
                         ? inbound_.emplace(action.spi, sa).second
                         : outbound_.emplace(std::pair(action.tunnel, action.spi), sa).second;
  if (!fresh) errors_.push_back("SPI " + std::to_string(action.spi) + " added twice");
}

void SimKernel::activate(const ike::ActivateSa& action) {
  if (forgotten_.contains({action.tunnel, action.spi})) return;
  if (!outbound_.contains({action.tunnel, action.spi}))
    errors_.push_back("SPI " + std::to_string(action.spi) + " activated, yet not there");
  else
    active_[action.tunnel] = action.spi;
}

void SimKernel::remove(const ike::DeleteSa& action) {
  const bool in = action.direction == Direction::In;
  const std::pair name(action.tunnel, action.spi);
  const std::size_t removed =
      in ? inbound_.erase(action.spi) : outbound_.erase(name) + forgotten_.erase(name);
  if (removed == 0) errors_.push_back("SPI " + std::to_string(action.spi) + " deleted, yet not there");
  if (const auto found = active_.find(action.tunnel);
      !in && found != active_.end() && found->second == action.spi)
    active_.erase(found);
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

std::optional<ModelPacket> SimKernel::peek(ike::TunnelId tunnel) const {
  const auto active = active_.find(tunnel);
  if (active == active_.end()) return std::nullopt;
  const Sa& sa = outbound_.at({tunnel, active->second});
  return ModelPacket{sa.local,      sa.remote, sa.udp, active->second,
                     sa.number + 1, sa.keys,   sa.esn, sa.transport};
}

std::optional<ModelPacket> SimKernel::transmit(ike::TunnelId tunnel) {
  auto packet = peek(tunnel);
  if (packet) outbound_.at({tunnel, packet->spi}).number = packet->number;
  return packet;
}

bool SimKernel::takes(const ModelPacket& packet) const {
  const auto found = inbound_.find(packet.spi);
  if (found == inbound_.end()) return false;
  const Sa& sa = found->second;
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
