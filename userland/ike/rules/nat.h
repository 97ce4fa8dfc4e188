// SPDX-License-Identifier: Apache-2.0
// NAT traversal (RFC 7296 2.23): is there a NAT between the ends, and behind which?
#pragma once

#include <cstdint>

#include "userland/base/ip.h"
#include "userland/ike/time.h"
#include "userland/wire/writer.h"

namespace awtun::ike {

/// Sent by the end that is behind a NAT when it has sent nothing else for so long (RFC 3948 4).
inline constexpr Duration kKeepaliveInterval{20000};

/// The two ends of a datagram's way.
struct Path {
  Endpoint local;
  Endpoint remote;
  bool operator==(const Path&) const = default;
};

/// Which end is behind a NAT.
struct NatView {
  bool ours = false;
  bool theirs = false;

  [[nodiscard]] bool found() const { return ours || theirs; }
  /// Only a peer behind a NAT may turn up elsewhere, and only an end that is not behind one itself
  /// believes that (2.23).
  [[nodiscard]] bool peer_may_move() const { return theirs && !ours; }
};

/// The SPIs of an IKE_SA_INIT message; the responder's is 0 in a request.
struct IkeSpis {
  std::uint64_t initiator = 0;
  std::uint64_t responder = 0;
};

/// NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP for a message that is sent along `path`.
void write_nat_detection(wire::PayloadWriter& payloads, const IkeSpis& spis, const Path& path);

/// What those of the peer's message say that has come along `path`. Without them there is no NAT as far
/// as we are concerned: the peer does not speak of any.
[[nodiscard]] NatView detect_nat(const wire::PayloadChain& payloads, const IkeSpis& spis, const Path& path);

}  // namespace awtun::ike
