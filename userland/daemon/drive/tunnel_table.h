// SPDX-License-Identifier: Apache-2.0
// Which device of the kernel is which tunnel.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "userland/ike/engine.h"

namespace awtun::daemon {

struct TunnelLink {
  std::uint32_t ifindex = 0;
  std::uint32_t default_mtu = 0;  ///< what the kernel gave the link when it was made
};

/// The links that awiked made and that, as far as it knows, still are.
class TunnelTable {
 public:
  void insert(ike::TunnelId tunnel, TunnelLink link) { links_[tunnel] = link; }
  void erase(ike::TunnelId tunnel) { links_.erase(tunnel); }

  [[nodiscard]] std::optional<TunnelLink> find(ike::TunnelId tunnel) const {
    const auto found = links_.find(tunnel);
    return found == links_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::optional<ike::TunnelId> tunnel_of(std::uint32_t ifindex) const {
    for (const auto& [tunnel, link] : links_)
      if (link.ifindex == ifindex) return tunnel;
    return std::nullopt;
  }
  [[nodiscard]] const std::map<ike::TunnelId, TunnelLink>& all() const { return links_; }

 private:
  std::map<ike::TunnelId, TunnelLink> links_;
};

}  // namespace awtun::daemon
