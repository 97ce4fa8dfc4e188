// SPDX-License-Identifier: Apache-2.0
// Datagrams of one UDP socket, many in one system call, with the local address of each (IP_PKTINFO).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"

namespace awtun::daemon {

inline constexpr std::size_t kMaxBatch = 32;

struct IncomingDatagram {
  IpAddress local;
  Endpoint remote;
  ByteView bytes;
  /// Datagrams that the socket had no room for since it was made (SO_RXQ_OVFL), if the kernel reports them.
  std::optional<std::uint32_t> lost;
};

struct OutgoingDatagram {
  int socket = -1;
  IpAddress local;
  Endpoint remote;
  ByteView marker;  ///< goes before the rest; of static storage
  Bytes bytes;
};

/// Room for kMaxBatch datagrams of any size.
class ReceiveBatch {
 public:
  ReceiveBatch();
  ReceiveBatch(ReceiveBatch&&) noexcept;
  ~ReceiveBatch();

  /// Gives those that wait to `take`, kMaxBatch at most. Returns how many came.
  std::size_t receive(int socket, const std::function<void(const IncomingDatagram&)>& take);

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

/// Sends datagrams, kMaxBatch at most, that leave by the same socket. Returns how many went or failed,
/// at least one, and the errno of the one that failed, if one did: what follows it has not been tried.
struct Sent {
  std::size_t count = 0;
  int error = 0;
};
Sent send_batch(std::span<const OutgoingDatagram> datagrams);

}  // namespace awtun::daemon
