// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/sa_spec.h"

#include <linux/awtun.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "userland/ike/rules/selectors.h"

namespace awtun::daemon {
namespace {

/// Packets. Those of one burst overtake those of another on a router with many processors; 64, the
/// least that RFC 4303 wants, is less than one burst.
constexpr std::uint32_t kReplayWindow = AWTUN_REPLAY_WINDOW_MAX;

bool covers(const ike::Selectors& selectors, Family family) {
  return std::ranges::any_of(
      selectors, [&](const auto& selector) { return ike::contains(selector, TrafficSelector::any(family)); });
}

/// Everything where both families are whole, which spares the kernel the comparison.
Result<kernel::Coverage, std::string> coverage(const ike::Selectors& selectors) {
  if (selectors.empty()) return Error{std::string("an SA must have traffic selectors")};
  if (covers(selectors, Family::V4) && covers(selectors, Family::V6))
    return kernel::Coverage(kernel::Everything{});
  if (const auto odd = std::ranges::find_if_not(selectors, ike::enforceable); odd != selectors.end())
    return Error{"the kernel module does not support the traffic selector " + odd->to_string()};
  return kernel::Coverage(selectors);
}

}  // namespace

Result<kernel::SaSpec, std::string> sa_spec(const ike::AddSa& add, std::uint32_t ifindex) {
  auto local = coverage(add.local_selectors);
  if (!local) return Error{std::move(local.error())};
  auto remote = coverage(add.remote_selectors);
  if (!remote) return Error{std::move(remote.error())};
  const bool in = add.direction == Direction::In;
  kernel::SaSpec spec;
  spec.ifindex = ifindex;
  spec.direction = add.direction;
  spec.spi = add.spi;
  spec.suite = add.suite;
  spec.encryption_key = &add.encryption_key;
  spec.salt = &add.salt;
  spec.integrity_key = &add.integrity_key;
  spec.replay_window = in ? kReplayWindow : 0;
  spec.esn = add.esn;
  if (!in) spec.remote = add.remote.address;
  if (add.udp && !in) spec.udp = kernel::UdpPorts{add.local.port, add.remote.port};
  spec.follow = add.follow && in;
  spec.hard_seconds =
      static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(add.lifetime).count());
  spec.local_selectors = *std::move(local);
  spec.remote_selectors = *std::move(remote);
  return spec;
}

}  // namespace awtun::daemon
