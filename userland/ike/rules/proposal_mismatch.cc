// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/proposal_mismatch.h"

#include <algorithm>
#include <vector>

#include "userland/crypto/suites.h"

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

void collect(Words& words, const wire::Transform& transform, wire::TransformType type) {
  if (transform.type != type || words.size() >= kMaxWords) return;
  std::string one = crypto::describe(transform);
  if (std::find(words.begin(), words.end(), one) == words.end()) words.push_back(std::move(one));
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : ", ") + one;
  return text.empty() ? "none" : text;
}

bool share_one(const Words& a, const Words& b) {
  if (a.empty() && b.empty()) return true;
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

}  // namespace

std::string proposal_mismatch(std::span<const wire::Proposal> ours, const Offer& offered) {
  if (offered.cut())
    return "the peer offers too much: only its first " + std::to_string(Offer::kMaxProposals) +
           " proposals with at most " + std::to_string(Offer::kMaxTransforms) + " transforms are considered";
  if (only_triple_des(offered)) return "the peer offers only 3DES, which is not supported";
  const wire::ProtocolId protocol = ours.empty() ? wire::ProtocolId::Ike : ours.front().protocol;
  const bool groups_alone = only_groups_differ(ours, offered);
  std::string text;
  for (const auto type : {wire::TransformType::Encr, wire::TransformType::Integ, wire::TransformType::Prf,
                          wire::TransformType::Group, wire::TransformType::Esn}) {
    if (groups_alone && type != wire::TransformType::Group) continue;
    Words mine, theirs;
    for (const wire::Proposal& proposal : ours)
      for (const wire::Transform& transform : proposal.transforms) collect(mine, transform, type);
    for (const wire::Transform& transform : offered.transforms()) collect(theirs, transform, type);
    if (share_one(mine, theirs)) continue;
    // An AEAD has none, which its encryption has said.
    if (type == wire::TransformType::Integ && !text.empty() && (mine.empty() || theirs.empty())) continue;
    text += (text.empty() ? "peer offers " : "; peer offers ") + kind_word(type, protocol) + " " +
            joined(theirs) + "; ours " + joined(mine);
  }
  if (!text.empty()) return text;
  return "both ends support each algorithm, but no local transform has the peer's combination";
}

}  // namespace awtun::ike
