// SPDX-License-Identifier: Apache-2.0
// A Child SA: one pair of ESP SAs and what becomes of it.
#pragma once

#include <optional>

#include "userland/ike/rules/collision.h"
#include "userland/ike/rules/networks.h"

namespace awtun::ike {

enum class ChildState : std::uint8_t {
  Negotiating,  ///< our SPI is reserved; the peer has not answered
  Installed,    ///< both ESP SAs are in the kernel
  Replaced,     ///< rekeyed or redundant, still installed: the peer is to delete it
  Deleting,     ///< our Delete is queued or under way: the outbound SA is gone
  Revoked,      ///< the same, and the inbound SA is gone too
  Lingering,    ///< deleted; the inbound SA stays for packets that are still on their way
  Closed,       ///< leaves the table at the end of the step
};

// Bounds of what an authenticated peer can pile up in a tunnel; see kMaxIkeSas.
/// Child SAs that carry something each: beyond, the peer gets no other.
inline constexpr std::size_t kMaxChildSas = 64;
/// Child SAs that the peer has replaced: beyond, it gets no other before it deletes some.
inline constexpr std::size_t kMaxReplaced = 16;
/// So many of them the data plane can send by at once: all of these, and one that takes over before another
/// one goes.
inline constexpr std::size_t kMaxActive = kMaxChildSas + kMaxReplaced;
/// How long one goes on beside another that the peer has made for the same networks and not called a rekey.
inline constexpr Duration kSuperseded{10000};
/// Deleted Child SAs that still receive: beyond, the oldest stops before its time.
inline constexpr std::size_t kMaxLingering = 256;

/// Its handle is the inbound SPI, which is unique in an engine.
struct ChildSa {
  std::uint32_t inbound_spi = 0;
  std::uint32_t outbound_spi = 0;
  TunnelId tunnel = 0;
  std::uint64_t ike_sa = 0;  ///< local SPI of the IKE SA that it will go down with
  bool ours = false;         ///< we started the exchange that made it
  ChildState state = ChildState::Negotiating;
  crypto::EspSuite suite;
  wire::GroupId pfs = wire::GroupId::None;  ///< by which its keys were made, beside those of the IKE SA
  bool udp = false;                         ///< ESP in UDP
  bool esn = false;                         ///< 64-bit sequence numbers
  bool transport = false;                   ///< transport mode
  Networks networks;
  bool selectors_cut = false;  ///< see ChildTerms
  Time established{};
  std::optional<Time> rekey_at;
  std::optional<Time> expires_at;
  std::optional<Time> linger_until;
  /// Inbound SPI of the Child SA that this one was negotiated to replace.
  std::optional<std::uint32_t> replaces;
  ExchangeNonces nonces;

  [[nodiscard]] std::optional<Time> deadline() const;
  /// Both ESP SAs are there, and may be sent and received on.
  [[nodiscard]] bool is_usable() const {
    return state == ChildState::Installed || state == ChildState::Replaced;
  }
  /// Our Delete is queued or under way.
  [[nodiscard]] bool is_leaving() const {
    return state == ChildState::Deleting || state == ChildState::Revoked;
  }
};

}  // namespace awtun::ike
