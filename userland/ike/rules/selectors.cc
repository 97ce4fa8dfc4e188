// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/selectors.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace awtun::ike {
namespace {

/// Beyond so many intersections it is not looked for more.
constexpr std::size_t kMaxCommon = 16 * wire::kMaxSelectors;

/// Those of which Start Port and End Port mean something to the kernel: ports, or ICMP's type and code.
bool has_ports(std::uint8_t protocol) {
  // Any, ICMP, TCP, UDP, DCCP, ICMPv6, SCTP, UDP-Lite.
  constexpr std::array<std::uint8_t, 8> protocols{0, 1, 6, 17, 33, 58, 132, 136};
  return std::ranges::find(protocols, protocol) != protocols.end();
}

/// Addresses first: most pairs have none in common.
bool share_addresses(const TrafficSelector& a, const TrafficSelector& b) {
  return a.first <= b.last && b.first <= a.last && a.first.family() == b.first.family();
}

/// Whoever covers another one comes before it.
bool covers_first(const TrafficSelector& a, const TrafficSelector& b) {
  return std::tie(a.first, b.last, a.protocol, a.start_port, b.end_port) <
         std::tie(b.first, a.last, b.protocol, b.start_port, a.end_port);
}

struct Ports {
  std::uint16_t start;
  std::uint16_t end;
};

std::optional<Ports> common_ports(const TrafficSelector& a, const TrafficSelector& b) {
  if (a.has_all_ports()) return Ports{b.start_port, b.end_port};
  if (b.has_all_ports()) return Ports{a.start_port, a.end_port};
  if (a.has_opaque_ports() != b.has_opaque_ports()) return std::nullopt;
  if (a.has_opaque_ports()) return Ports{a.start_port, a.end_port};
  const Ports both{std::max(a.start_port, b.start_port), std::min(a.end_port, b.end_port)};
  if (both.start > both.end) return std::nullopt;
  return both;
}

}  // namespace

std::optional<TrafficSelector> intersect(const TrafficSelector& a, const TrafficSelector& b) {
  if (!share_addresses(a, b)) return std::nullopt;
  if (a.protocol != 0 && b.protocol != 0 && a.protocol != b.protocol) return std::nullopt;
  const auto ports = common_ports(a, b);
  const IpAddress first = std::max(a.first, b.first);
  const IpAddress last = std::min(a.last, b.last);
  if (!ports || first > last) return std::nullopt;
  return TrafficSelector{a.protocol != 0 ? a.protocol : b.protocol, ports->start, ports->end, first, last};
}

bool contains(const TrafficSelector& outer, const TrafficSelector& inner) {
  return outer.first <= inner.first && inner.last <= outer.last && intersect(outer, inner) == inner;
}

bool enforceable(const TrafficSelector& selector) {
  return selector.first.family() == selector.last.family() && selector.first <= selector.last &&
         !selector.has_opaque_ports() && (selector.has_all_ports() || has_ports(selector.protocol));
}

Fitting fit(const Selectors& wanted) {
  Fitting result;
  for (const TrafficSelector& one : wanted) {
    const auto covers = [&](const TrafficSelector& other) { return contains(other, one); };
    if (std::ranges::any_of(result.selectors, covers)) continue;
    std::erase_if(result.selectors, [&](const TrafficSelector& other) { return contains(one, other); });
    if (result.selectors.size() < kMaxChildSelectors)
      result.selectors.push_back(one);
    else
      result.cut = true;
  }
  return result;
}

Fitting narrow(const Selectors& ours, const Selectors& theirs) {
  Selectors common;
  std::ptrdiff_t within_first = 0;
  for (const TrafficSelector& other : theirs) {
    for (const TrafficSelector& mine : ours)
      if (const auto both = intersect(mine, other); both && enforceable(*both)) common.push_back(*both);
    if (&other == &theirs.front()) within_first = std::ssize(common);
    if (common.size() > kMaxCommon) break;
  }
  std::sort(common.begin(), common.begin() + within_first, covers_first);
  std::sort(common.begin() + within_first, common.end(), covers_first);
  Fitting result = fit(common);
  result.cut = result.cut || common.size() > kMaxCommon;
  std::ranges::sort(result.selectors, covers_first);
  return result;
}

bool all_within(const Selectors& inner, const Selectors& outer) {
  return std::all_of(inner.begin(), inner.end(), [&](const TrafficSelector& one) {
    return enforceable(one) && std::any_of(outer.begin(), outer.end(),
                                           [&](const TrafficSelector& of) { return contains(of, one); });
  });
}

Selectors from_wire(const wire::TsView& selectors) {
  Selectors result;
  for (const wire::Selector& s : selectors)
    result.push_back({s.protocol, s.start_port, s.end_port, s.first, s.last});
  return result;
}

std::vector<wire::Selector> to_wire(const Selectors& selectors) {
  std::vector<wire::Selector> result;
  for (const TrafficSelector& s : selectors)
    result.push_back({s.protocol, s.start_port, s.end_port, s.first, s.last});
  return result;
}

std::string to_string(const Selectors& selectors) {
  std::string text;
  for (const TrafficSelector& selector : selectors) text += (text.empty() ? "" : ", ") + selector.to_string();
  return text.empty() ? "none" : text;
}

}  // namespace awtun::ike
