// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace awtun::daemon {

/// What became of the datagrams of IKE's ports.
struct DatagramCounters {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t not_sent = 0;    ///< refused by the kernel
  std::uint64_t lost = 0;        ///< came faster than we read
  std::uint64_t keepalives = 0;  ///< that the kernel did not take
  std::uint64_t not_ike = 0;     ///< on the port of NAT traversal: ESP that the kernel did not take
};

}  // namespace awtun::daemon
