// SPDX-License-Identifier: Apache-2.0
// Messages in fragments (RFC 7383): how large one may be, and those of a peer put together again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "userland/base/ip.h"
#include "userland/ike/time.h"
#include "userland/wire/message.h"

namespace awtun::ike {

/// A message in more parts is refused, sent as well as received.
inline constexpr std::size_t kMaxFragments = 255;
/// Parts are kept for so long after the latest: the peer sends all of them again meanwhile.
inline constexpr Duration kReassemblyPatience{60000};

/// Before the peer has shown who it is, a message of this many octets, all in all: chains of certificates
/// are a third of it.
inline constexpr std::size_t kMaxUnprovenMessage = 16384;
/// All half-open IKE SAs together keep parts of so many octets, with what keeping them takes.
inline constexpr std::size_t kMaxHalfOpenParts = 4U << 20U;

/// The largest IKE message that a packet of 1280 octets carries (RFC 7383 2.5.1): no link of IPv6 is
/// narrower, and hardly one of IPv4. There is room for the non-ESP marker.
[[nodiscard]] constexpr std::size_t unfragmented_size(Family family) {
  constexpr std::size_t kPacket = 1280;
  constexpr std::size_t kUdp = 8;
  constexpr std::size_t kMarker = 4;
  return kPacket - (family == Family::V4 ? 20 : 40) - kUdp - kMarker;
}

/// The parts of one message, authenticated each before it comes here. What arrives for another message
/// takes the place of an incomplete one, so an IKE SA keeps two at most: a request and a response.
class Reassembly {
 public:
  struct Message {
    wire::PayloadType first = wire::PayloadType::None;
    Bytes plaintext;
  };

  /// What keeping a part takes beside it, in octets, about.
  static constexpr std::size_t kPartOverhead = 96;

  /// False for a part that is here already, or that RFC 7383 2.6 says to ignore: it need not be opened.
  [[nodiscard]] bool wants(std::uint32_t message_id, const wire::FragmentView& fragment) const;
  /// Keeps the plaintext of a part that is wanted; the message, once that was the last one. Nothing is kept
  /// of one that has more than `limit` octets.
  [[nodiscard]] std::optional<Message> add(Time now, std::uint32_t message_id,
                                           const wire::FragmentView& fragment, Bytes plaintext,
                                           std::size_t limit = wire::kMaxMessageSize);
  /// Octets that the parts which are here take.
  [[nodiscard]] std::size_t held() const {
    return under_way_ ? under_way_->size + under_way_->parts.size() * kPartOverhead : 0;
  }
  void forget() { under_way_.reset(); }
  /// When what is here is to be forgotten; nullopt: nothing is.
  [[nodiscard]] std::optional<Time> expires_at() const {
    return under_way_ ? std::optional(under_way_->expires_at) : std::nullopt;
  }

 private:
  struct UnderWay {
    std::uint32_t message_id;
    std::uint16_t total;  ///< so many parts
    Time expires_at{};
    wire::PayloadType first = wire::PayloadType::None;
    std::map<std::uint16_t, Bytes> parts{};
    std::size_t size = 0;  ///< of the parts, octets
  };
  std::unique_ptr<UnderWay> under_way_;
};

}  // namespace awtun::ike
