// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/difference.h"

#include <algorithm>
#include <vector>

namespace awtun::ike {
namespace {

using Words = std::vector<std::string>;

/// ENCR_3DES, which this implementation knows only in order to say so.
constexpr std::uint16_t kTripleDes = 3;
/// The peer decides how many there are.
constexpr std::size_t kMaxWords = 12;

std::string bits(const wire::Transform& transform) {
  return transform.key_bits ? std::to_string(*transform.key_bits) : "";
}

std::string encryption_word(const wire::Transform& transform) {
  if (transform.id == kTripleDes) return "3DES";
  switch (static_cast<wire::EncrId>(transform.id)) {
    case wire::EncrId::AesCbc:
      return "AES" + bits(transform);
    case wire::EncrId::AesGcm8:
      return "AES" + bits(transform) + "/GCM8";
    case wire::EncrId::AesGcm12:
      return "AES" + bits(transform) + "/GCM12";
    case wire::EncrId::AesGcm16:
      return "AES" + bits(transform) + "/GCM16";
  }
  return wire::to_string(static_cast<wire::EncrId>(transform.id)) + bits(transform);
}

std::string integrity_word(std::uint16_t id) {
  switch (static_cast<wire::IntegId>(id)) {
    case wire::IntegId::None:
      return "none";
    case wire::IntegId::HmacSha1_96:
      return "SHA1";
    case wire::IntegId::HmacSha256_128:
      return "SHA256";
    case wire::IntegId::HmacSha384_192:
      return "SHA384";
    case wire::IntegId::HmacSha512_256:
      return "SHA512";
  }
  return wire::to_string(static_cast<wire::IntegId>(id));
}

std::string prf_word(std::uint16_t id) {
  switch (static_cast<wire::PrfId>(id)) {
    case wire::PrfId::HmacSha1:
      return "SHA1";
    case wire::PrfId::HmacSha256:
      return "SHA256";
    case wire::PrfId::HmacSha384:
      return "SHA384";
    case wire::PrfId::HmacSha512:
      return "SHA512";
  }
  return wire::to_string(static_cast<wire::PrfId>(id));
}

/// In the words of the configuration.
std::string word(const wire::Transform& transform) {
  switch (transform.type) {
    case wire::TransformType::Encr:
      return encryption_word(transform);
    case wire::TransformType::Prf:
      return prf_word(transform.id);
    case wire::TransformType::Integ:
      return integrity_word(transform.id);
    case wire::TransformType::Group:
      return std::to_string(transform.id);
    case wire::TransformType::Esn:
      return transform.id == 0 ? "without" : "with";
  }
  return std::to_string(transform.id);
}

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
  std::string one = word(transform);
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

bool only_triple_des(const wire::SaView& offered) {
  bool any = false;
  for (const wire::ProposalView proposal : offered)
    for (const wire::Transform transform : proposal.transforms) {
      if (transform.type != wire::TransformType::Encr) continue;
      if (transform.id != kTripleDes) return false;
      any = true;
    }
  return any;
}

}  // namespace

std::string difference(std::span<const wire::Proposal> ours, const wire::SaView& offered) {
  if (only_triple_des(offered)) return "the peer offers only 3DES, which is not supported";
  const wire::ProtocolId protocol = ours.empty() ? wire::ProtocolId::Ike : ours.front().protocol;
  std::string text;
  for (const auto type : {wire::TransformType::Encr, wire::TransformType::Integ, wire::TransformType::Prf,
                          wire::TransformType::Group, wire::TransformType::Esn}) {
    Words mine, theirs;
    for (const wire::Proposal& proposal : ours)
      for (const wire::Transform& transform : proposal.transforms) collect(mine, transform, type);
    for (const wire::ProposalView proposal : offered)
      for (const wire::Transform transform : proposal.transforms) collect(theirs, transform, type);
    if (share_one(mine, theirs)) continue;
    text += (text.empty() ? "peer offers " : "; peer offers ") + kind_word(type, protocol) + " " +
            joined(theirs) + "; ours " + joined(mine);
  }
  if (!text.empty()) return text;
  return "each algorithm is known to both ends, but no transform combines them as the peer does";
}

}  // namespace awtun::ike
