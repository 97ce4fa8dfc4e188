// SPDX-License-Identifier: Apache-2.0
// The port to the kernel module: tunnels and SAs. Carries out and reports; decides nothing.
#pragma once

#include <memory>
#include <vector>

#include "userland/kernel/awtun_messages.h"
#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// What waited on the event socket.
struct Events {
  std::vector<Event> events;
  bool lost = false;  ///< Some did not fit: the state of every SA is to be read again.
};

/// The awtun module of the network namespace that open() was called in. A module that is loaded again
/// gets other numbers from the kernel: they are looked up again then. Calls are synchronous; errors carry the
/// kernel's errno and words: EEXIST, ENOENT, ENODEV, EBUSY, EINVAL...
class DataPlane {
 public:
  /// ENOENT when the kernel has no family "awtun" (asking loads the module if it is installed).
  static KernelResult<DataPlane> open();

  /// Refused with EBUSY while the tunnel has SAs between other endpoints.
  KernelResult<void> set_tunnel(std::uint32_t ifindex, const TunnelSettings& settings);
  /// Holds what comes by an inbound SPI until add_sa() receives it; delete_sa() drops it.
  KernelResult<void> expect_sa(std::uint32_t ifindex, std::uint32_t spi);
  KernelResult<void> add_sa(const SaSpec& sa);
  /// Switches transmission to an outbound SA, in one step.
  KernelResult<void> activate_sa(std::uint32_t ifindex, std::uint32_t spi);
  /// From now on an outbound SA sends to `remote`, in UDP between `ports`.
  KernelResult<void> move_sa(std::uint32_t ifindex, std::uint32_t spi, const IpAddress& remote,
                             const UdpPorts& ports);
  KernelResult<void> delete_sa(const SaName& sa);
  KernelResult<void> flush_sas(std::uint32_t ifindex);

  /// From now on the kernel takes ESP out of this UDP socket, which stays the caller's. EBUSY: it does
  /// already.
  KernelResult<void> add_transport(int socket);

  KernelResult<std::vector<TunnelState>> tunnels();
  KernelResult<std::vector<SaState>> sas();
  KernelResult<SaState> sa(const SaName& name);

  /// Readable when events wait.
  [[nodiscard]] int event_fd() const { return events_.fd(); }
  Events drain_events();

 private:
  /// What the kernel calls the module.
  struct Numbers {
    int family = 0;
    int event_group = 0;
  };

  DataPlane(NetlinkSocket requests, NetlinkSocket events, Numbers numbers)
      : requests_(std::move(requests)), events_(std::move(events)), numbers_(numbers) {}
  static KernelResult<Numbers> resolve();
  /// Looks the numbers up again; true when they have changed.
  bool module_is_another();
  /// Does what `run` (no arguments -> KernelResult) does, again with the new numbers when the module is
  /// another.
  template <class Run>
  auto with_numbers(Run run);

  NetlinkSocket requests_;
  NetlinkSocket events_;
  Numbers numbers_;
};

}  // namespace awtun::kernel
