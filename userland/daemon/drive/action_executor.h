// SPDX-License-Identifier: Apache-2.0
// Carries out what the engine decides, on the real network and the real kernel.
#pragma once

#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/drive/key_log.h"
#include "userland/daemon/drive/tunnel_table.h"
#include "userland/daemon/drive/worker_pool.h"
#include "userland/daemon/io/udp_transport.h"
#include "userland/ike/engine.h"
#include "userland/kernel/data_plane.h"

namespace awtun::daemon {

/// Refers to its ports, which must outlive it. Logs what fails; what the engine is to know of it goes
/// back to it by the caller.
class ActionExecutor {
 public:
  /// `key_log`: nullptr unless key logging is on.
  ActionExecutor(UdpTransport& transport, kernel::DataPlane& data_plane, WorkerPool& workers,
                 const TunnelTable& tunnels, KeyLog* key_log)
      : transport_(transport),
        data_plane_(data_plane),
        workers_(workers),
        tunnels_(tunnels),
        key_log_(key_log) {}

  Result<void, std::string> operator()(ike::Action action);

 private:
  using Done = Result<void, std::string>;

  Done perform(ike::Send send);
  Done perform(const ike::SendKeepalive& keepalive);
  Done perform(const ike::ExpectSa& expected);
  Done perform(const ike::AddSa& add);
  Done perform(const ike::ActivateSa& activate);
  Done perform(const ike::DeleteSa& remove);
  Done perform(const ike::MoveSa& move);
  Done perform(ike::StartJob start);
  Done perform(const ike::CancelJob& cancel);
  Done perform(const ike::IkeKeys& keys);
  Done perform(const ike::Notice& notice);
  [[nodiscard]] Result<std::uint32_t, std::string> ifindex(ike::TunnelId tunnel) const;

  UdpTransport& transport_;
  kernel::DataPlane& data_plane_;
  WorkerPool& workers_;
  const TunnelTable& tunnels_;
  KeyLog* key_log_;
};

}  // namespace awtun::daemon
