// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/missed_events.h"

#include <algorithm>
#include <map>
#include <utility>

namespace awtun::daemon {
namespace {

/// The last number of an SA without extended ones, and from where on the module warns of it.
constexpr std::uint64_t kLastSequence = 0xffffffff;
constexpr std::uint64_t kNearLastSequence = 0xc0000000;

bool is_outbound(const kernel::SaState& sa) { return sa.name.direction == Direction::Out; }

/// The inbound SPIs of Child SAs by device and outbound SPI.
using InboundSpis = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t>;

InboundSpis inbound_spis(const ike::Status& status, const TunnelTable& tunnels) {
  InboundSpis spis;
  for (const auto& child : status.child_sas)
    if (const auto link = tunnels.find(child.tunnel))
      spis[{link->ifindex, child.outbound_spi}] = child.inbound_spi;
  return spis;
}

}  // namespace

std::vector<kernel::Event> missed_events(const std::vector<kernel::SaState>& sas, const ike::Status& status,
                                         const TunnelTable& tunnels) {
  // A Child SA that is being deleted has no outbound SA, nor for a while the tunnel.
  if (std::ranges::any_of(status.child_sas, &ike::ChildSaStatus::is_up) &&
      std::ranges::none_of(sas, is_outbound))
    return {kernel::VmForked{}};
  std::vector<kernel::Event> events;
  const auto spis = inbound_spis(status, tunnels);
  for (const auto& sa : sas) {
    const bool numbers_end = is_outbound(sa) && !sa.esn && sa.sequence >= kNearLastSequence;
    if (sa.expired || numbers_end)
      events.emplace_back(kernel::SaLimitReached{sa.name, sa.expired || sa.sequence >= kLastSequence});
    if (!is_outbound(sa) || !sa.remote || !sa.udp) continue;
    const auto inbound = spis.find({sa.name.ifindex, sa.name.spi});
    if (inbound != spis.end())
      events.emplace_back(
          kernel::PeerMoved{{sa.name.ifindex, Direction::In, inbound->second}, {*sa.remote, sa.udp->remote}});
  }
  events.emplace_back(kernel::TransportLost{});
  return events;
}

}  // namespace awtun::daemon
