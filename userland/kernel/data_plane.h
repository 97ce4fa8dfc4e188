// SPDX-License-Identifier: Apache-2.0
// The port to the kernel module: tunnels and SAs. Carries out and reports; decides nothing.
#pragma once

#include <memory>
#include <vector>

#include "userland/kernel/awtun_messages.h"
#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// What waited on the event socket.
struct SaEvents {
  std::vector<SaEvent> events;
  bool lost = false;  ///< Some did not fit: the state of every SA is to be read anew.
};

/// The awtun module of the network namespace that open() was called in. Calls are synchronous;
/// errors carry the kernel's errno and words: EEXIST, ENOENT, ENODEV, EBUSY, EINVAL...
class DataPlane {
 public:
  /// ENOENT when the kernel has no family "awtun" (asking loads the module if it is installed).
  static KernelResult<DataPlane> open();

  /// Refused with EBUSY while the tunnel has SAs between other endpoints.
  KernelResult<void> set_tunnel(std::uint32_t ifindex, const TunnelSettings& settings);
  KernelResult<void> add_sa(const SaSpec& sa);
  /// Switches transmission to an outbound SA, in one step.
  KernelResult<void> activate_sa(std::uint32_t ifindex, std::uint32_t spi);
  KernelResult<void> delete_sa(const SaName& sa);
  KernelResult<void> flush_sas(std::uint32_t ifindex);

  KernelResult<std::vector<TunnelState>> tunnels();
  KernelResult<std::vector<SaState>> sas();

  /// Readable when events wait.
  [[nodiscard]] int event_fd() const { return events_.fd(); }
  SaEvents drain_events();

 private:
  DataPlane(NetlinkSocket requests, NetlinkSocket events, int family)
      : requests_(std::move(requests)), events_(std::move(events)), family_(family) {}

  NetlinkSocket requests_;
  NetlinkSocket events_;
  int family_;
};

}  // namespace awtun::kernel
