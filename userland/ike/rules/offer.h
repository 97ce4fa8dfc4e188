// SPDX-License-Identifier: Apache-2.0
// The proposals of a peer, read once so that many suites can be looked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "userland/wire/payloads.h"

namespace awtun::ike {

/// Whoever is not authenticated may offer what he likes: it costs what it is long, and a suite then a look-up
/// for each of its algorithms, however many proposals there are. Valid as long as the message.
class Offer {
 public:
  /// Of a longer one no more is looked at: whole proposals, the first ones.
  static constexpr std::size_t kMaxProposals = 64;
  static constexpr std::size_t kMaxTransforms = 512;

  // NOLINTNEXTLINE(google-explicit-constructor): it is the same thing, read
  Offer(const wire::SaView& sa);

  /// The first proposal for `protocol` that has every transform of `wanted`, and no transform type that
  /// `wanted` leaves out unless NONE is among its choices (RFC 7296 3.3.6). ESP's have an SPI above 255
  /// (RFC 4303 2.1).
  [[nodiscard]] std::optional<wire::ProposalView> find(wire::ProtocolId protocol,
                                                       std::span<const wire::Transform> wanted) const;
  /// True when a proposal has one of the transforms of `wanted` of each type, and of types that `wanted`
  /// leaves out none or NONE: whatever it has of type `but`.
  [[nodiscard]] bool meets(const wire::Proposal& wanted, wire::TransformType but) const;
  /// All that are looked at.
  [[nodiscard]] const std::vector<wire::ProposalView>& proposals() const { return proposals_; }
  [[nodiscard]] const std::vector<wire::Transform>& transforms() const { return transforms_; }
  /// There is more than is looked at.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  /// A bit for each proposal.
  using Mask = std::uint64_t;
  static_assert(kMaxProposals <= 64);

  void take(const wire::ProposalView& proposal);
  [[nodiscard]] Mask having(const wire::Transform& transform) const;
  [[nodiscard]] Mask of_protocol(wire::ProtocolId protocol) const;
  /// Those that have no transform of this type, or NONE.
  [[nodiscard]] Mask doing_without(wire::TransformType type) const;

  std::vector<wire::ProposalView> proposals_;
  std::vector<wire::Transform> transforms_;
  std::vector<std::pair<std::uint64_t, Mask>> having_;  ///< by transform, sorted
  std::array<Mask, 6> of_type_{};                       ///< those with any transform of a type
  Mask ike_ = 0;
  Mask esp_ = 0;
  bool cut_ = false;
};

}  // namespace awtun::ike
