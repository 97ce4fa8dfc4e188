// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/proposal_mismatch.h"

#include <algorithm>
#include <vector>

#include "userland/crypto/suites.h"
#include "userland/ike/rules/proposal.h"

namespace awtun::ike {
namespace {

using Words = std::vector<std::string>;

/// The peer decides how many there are.
constexpr std::size_t kMaxWords = 12;

std::string kind_word(wire::TransformType type, wire::ProtocolId protocol) {
  switch (type) {
    case wire::TransformType::Encr:
      return "encryption";
    case wire::TransformType::Prf:
      return "PRF";
    case wire::TransformType::Integ:
      return "integrity";
    case wire::TransformType::Group:
      return protocol == wire::ProtocolId::Esp ? "PFS group" : "group";
    case wire::TransformType::Esn:
      return "extended sequence numbers";
  }
  return "transform";
}

void add(Words& words, std::string one) {
  if (words.size() < kMaxWords && std::find(words.begin(), words.end(), one) == words.end())
    words.push_back(std::move(one));
}

void collect(Words& words, const wire::Transform& transform, wire::TransformType type) {
  if (transform.type == type) add(words, crypto::describe(transform));
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : ", ") + one;
  return text;
}

bool share_one(const Words& a, const Words& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const std::string& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

/// Some proposal of ours would do for the peer by another group, or by none.
bool only_groups_differ(std::span<const wire::Proposal> ours, const Offer& offered) {
  return std::any_of(ours.begin(), ours.end(), [&](const wire::Proposal& proposal) {
    return offered.meets(proposal, wire::TransformType::Group);
  });
}

bool only_triple_des(const Offer& offered) {
  bool any = false;
  for (const wire::Transform& transform : offered.transforms()) {
    if (transform.type != wire::TransformType::Encr) continue;
    if (transform.id != static_cast<std::uint16_t>(wire::EncrId::TripleDes)) return false;
    any = true;
  }
  return any;
}

bool for_protocol(const Offer& offered, wire::ProtocolId protocol) {
  return std::ranges::find(offered.proposals(), protocol, &wire::ProposalView::protocol) !=
         offered.proposals().end();
}

std::string differing_protocols(const Offer& offered, wire::ProtocolId ours) {
  Words theirs;
  for (const wire::ProposalView& proposal : offered.proposals())
    add(theirs, wire::to_string(proposal.protocol));
  return "peer offers protocol " + joined(theirs) + "; ours " + wire::to_string(ours);
}

/// The kinds of transform of which the two have none in common.
std::string differing_kinds(std::span<const wire::Proposal> ours, const Offer& offered,
                            wire::ProtocolId protocol) {
  const Words nothing{"none"};
  const bool groups_alone = only_groups_differ(ours, offered);
  std::string text;
  for (const auto type : {wire::TransformType::Encr, wire::TransformType::Integ, wire::TransformType::Prf,
                          wire::TransformType::Group, wire::TransformType::Esn}) {
    if (groups_alone && type != wire::TransformType::Group) continue;
    Words mine, theirs;
    for (const wire::Proposal& proposal : ours)
      for (const wire::Transform& transform : proposal.transforms) collect(mine, transform, type);
    for (const wire::Transform& transform : offered.transforms()) collect(theirs, transform, type);
    if (mine.empty()) mine = nothing;
    if (theirs.empty()) theirs = nothing;
    if (share_one(mine, theirs)) continue;
    // An AEAD has none, which its encryption has said.
    const bool said = type == wire::TransformType::Integ && !text.empty();
    if (said && (mine == nothing || theirs == nothing)) continue;
    text += (text.empty() ? "peer offers " : "; peer offers ") + kind_word(type, protocol) + " " +
            joined(theirs) + "; ours " + joined(mine);
  }
  return text;
}

bool has_unknown_type(const wire::ProposalView& proposal) {
  return std::any_of(proposal.transforms.begin(), proposal.transforms.end(),
                     [](const wire::Transform& transform) { return !wire::is_known(transform.type); });
}

/// What a proposal asks for beside the kinds that we know.
std::string unknown_types(const Offer& offered) {
  Words exchanges, others;
  for (const wire::Transform& transform : offered.transforms())
    if (!wire::is_known(transform.type))
      add(wire::is_additional_key_exchange(transform.type) ? exchanges : others,
          wire::to_string(transform.type) + " " + crypto::describe(transform));
  std::string text;
  if (!exchanges.empty())
    text =
        "peer asks for an additional key exchange (RFC 9370), which is not supported: " + joined(exchanges);
  if (!others.empty())
    text += (text.empty() ? "" : "; ") + std::string("peer asks for transforms of unknown types: ") +
            joined(others);
  return text;
}

}  // namespace

std::string proposal_mismatch(std::span<const wire::Proposal> ours, const Offer& offered) {
  if (offered.cut())
    return "the peer offers too much: only its first " + std::to_string(Offer::kMaxProposals) +
           " proposals with at most " + std::to_string(Offer::kMaxTransforms) + " transforms are considered";
  if (only_triple_des(offered)) return "the peer offers only 3DES, which is not supported";
  const wire::ProtocolId protocol = ours.empty() ? wire::ProtocolId::Ike : ours.front().protocol;
  if (!for_protocol(offered, protocol)) return differing_protocols(offered, protocol);
  std::string text = differing_kinds(ours, offered, protocol);
  const auto& theirs = offered.proposals();
  // Where the rest does for some proposal, that is what is wrong with it.
  if (text.empty() ? std::ranges::any_of(theirs, has_unknown_type)
                   : std::ranges::all_of(theirs, has_unknown_type))
    text += (text.empty() ? "" : "; ") + unknown_types(offered);
  if (!text.empty()) return text;
  if (protocol == wire::ProtocolId::Esp &&
      std::ranges::none_of(theirs, good_esp_spi, &wire::ProposalView::spi))
    return "the peer's SPI is one of those that are reserved, 0 to 255";
  return "both ends support each algorithm, but no local transform has the peer's combination";
}

}  // namespace awtun::ike
