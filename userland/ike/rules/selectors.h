// SPDX-License-Identifier: Apache-2.0
// Traffic selectors: sets of (protocol, ports, addresses) and their intersection (RFC 7296 2.9).
#pragma once

#include <optional>
#include <vector>

#include "userland/base/traffic.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {

using Selectors = std::vector<TrafficSelector>;

/// What both selectors cover; nullopt when that is nothing.
[[nodiscard]] std::optional<TrafficSelector> intersect(const TrafficSelector& a, const TrafficSelector& b);

/// True when `outer` covers all that `inner` does.
[[nodiscard]] bool contains(const TrafficSelector& outer, const TrafficSelector& inner);

/// True when a data plane can hold packets to `selector`: it knows no OPAQUE ports (RFC 7296 3.13.1), no
/// ports of a protocol that it does not look into, and no range that ends before it starts.
[[nodiscard]] bool enforceable(const TrafficSelector& selector);

/// A Child SA has no more a side: the kernel compares each packet with them (AWTUN_TS_MAX).
inline constexpr std::size_t kMaxChildSelectors = 16;

/// No more than kMaxChildSelectors, and none that another one contains.
struct Fitting {
  Selectors selectors;
  bool cut = false;  ///< some were left out
};

/// The first of `wanted`, in their order.
[[nodiscard]] Fitting fit(const Selectors& wanted);

/// What both sets cover and is enforceable, by address. Where that is too much, those that lie within the
/// first of `theirs` come first, which may be the flow that all this is for (RFC 7296 2.9), then those with
/// the lowest addresses.
[[nodiscard]] Fitting narrow(const Selectors& ours, const Selectors& theirs);

/// True when every selector of `inner` is enforceable and lies within one of `outer`: an answer may not
/// widen a request.
[[nodiscard]] bool all_within(const Selectors& inner, const Selectors& outer);

[[nodiscard]] Selectors from_wire(const wire::TsView& selectors);
[[nodiscard]] std::vector<wire::Selector> to_wire(const Selectors& selectors);

/// "0.0.0.0-255.255.255.255, ::-ffff:...".
[[nodiscard]] std::string to_string(const Selectors& selectors);

}  // namespace awtun::ike
