// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/offer.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "userland/ike/rules/proposal.h"

namespace awtun::ike {

/// Equal for equal transforms.
static std::uint64_t key_of(const wire::Transform& transform) {
  const std::uint64_t bits = transform.key_bits ? 0x10000U + *transform.key_bits : 0U;
  return std::uint64_t{static_cast<std::uint8_t>(transform.type)} << 48 | std::uint64_t{transform.id} << 32 |
         bits;
}

Offer::Offer(const wire::SaView& sa) {
  for (const wire::ProposalView proposal : sa) {
    const auto more = static_cast<std::size_t>(std::ranges::distance(proposal.transforms));
    cut_ = proposals_.size() == kMaxProposals || transforms_.size() + more > kMaxTransforms;
    if (cut_) break;
    take(proposal);
  }
  std::ranges::sort(having_);
  std::size_t kept = 0;
  for (const auto& [key, mask] : having_) {
    if (kept > 0 && having_[kept - 1].first == key)
      having_[kept - 1].second |= mask;
    else
      having_[kept++] = {key, mask};
  }
  having_.resize(kept);
}

void Offer::take(const wire::ProposalView& proposal) {
  const Mask bit = Mask{1} << proposals_.size();
  bool known = true;
  for (const wire::Transform transform : proposal.transforms) {
    transforms_.push_back(transform);
    const auto type = static_cast<std::size_t>(transform.type);
    known = known && type < of_type_.size();
    if (type < of_type_.size()) of_type_[type] |= bit;
    if (!transform.unknown_attribute) having_.emplace_back(key_of(transform), bit);
  }
  proposals_.push_back(proposal);
  if (!known) return;  // an unknown proposal cannot be chosen
  if (proposal.protocol == wire::ProtocolId::Ike) ike_ |= bit;
  if (proposal.protocol == wire::ProtocolId::Esp && good_esp_spi(proposal.spi)) esp_ |= bit;
}

Offer::Mask Offer::having(const wire::Transform& transform) const {
  const std::uint64_t key = key_of(transform);
  const auto found = std::ranges::lower_bound(having_, key, {}, [](const auto& one) { return one.first; });
  return found != having_.end() && found->first == key ? found->second : 0;
}

Offer::Mask Offer::of_protocol(wire::ProtocolId protocol) const {
  if (protocol == wire::ProtocolId::Ike) return ike_;
  return protocol == wire::ProtocolId::Esp ? esp_ : 0;
}

Offer::Mask Offer::doing_without(wire::TransformType type) const {
  const bool optional = type == wire::TransformType::Integ || type == wire::TransformType::Group;
  return ~of_type_[static_cast<std::size_t>(type)] | (optional ? having({type, 0, std::nullopt, false}) : 0);
}

std::optional<wire::ProposalView> Offer::find(wire::ProtocolId protocol,
                                              std::span<const wire::Transform> wanted) const {
  Mask left = of_protocol(protocol);
  for (const wire::Transform& transform : wanted) left &= having(transform);
  for (std::size_t number = 0; number < of_type_.size(); ++number) {
    const auto type = static_cast<wire::TransformType>(number);
    if (std::ranges::find(wanted, type, &wire::Transform::type) == wanted.end()) left &= doing_without(type);
  }
  if (left == 0) return std::nullopt;
  return proposals_[static_cast<std::size_t>(std::countr_zero(left))];
}

bool Offer::meets(const wire::Proposal& wanted, wire::TransformType but) const {
  Mask left = of_protocol(wanted.protocol);
  for (std::size_t number = 0; number < of_type_.size(); ++number) {
    const auto type = static_cast<wire::TransformType>(number);
    Mask any = 0;
    bool asked = false;
    for (const wire::Transform& transform : wanted.transforms) {
      if (transform.type != type) continue;
      asked = true;
      any |= having(transform);
    }
    if (type != but) left &= asked ? any : doing_without(type);
  }
  return left != 0;
}

}  // namespace awtun::ike
