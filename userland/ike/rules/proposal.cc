// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/proposal.h"

#include <algorithm>
#include <array>

namespace awtun::ike {
namespace {

template <class Number>
Bytes big_endian(Number value) {
  Bytes octets(sizeof value);
  for (std::size_t i = 0; i < sizeof value; ++i)
    octets[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof value - 1 - i)));
  return octets;
}

std::uint64_t number_of(ByteView octets) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

IkeChoice ike_choice(const crypto::IkeSuite& suite, const wire::ProposalView& proposal) {
  return {suite, proposal.number, number_of(proposal.spi)};
}

EspChoice esp_choice(const crypto::EspSuite& suite, wire::EsnId esn, const wire::ProposalView& proposal) {
  return {suite, esn, proposal.number, static_cast<std::uint32_t>(number_of(proposal.spi))};
}

template <class Profile>
auto supported_of(const Profile& profile) {
  std::vector<typename decltype(profile.transforms)::mapped_type> usable;
  for (const auto& [number, suite] : profile.transforms)
    if (crypto::supported(suite)) usable.push_back(suite);
  return usable;
}

/// In order of preference.
constexpr std::array kEsnChoices{wire::EsnId::Esn, wire::EsnId::None};

/// A transform of an answer, as many as were asked for and the same, in whatever order.
bool same_transforms(const wire::ProposalView& answer, const std::vector<wire::Transform>& asked) {
  const wire::Proposal copy = answer.copy();
  return copy.transforms.size() == asked.size() &&
         std::is_permutation(copy.transforms.begin(), copy.transforms.end(), asked.begin());
}

/// The only proposal of an answer, or nullopt.
std::optional<wire::ProposalView> single(const wire::SaView& answer, wire::ProtocolId protocol) {
  std::optional<wire::ProposalView> found;
  for (const wire::ProposalView proposal : answer) {
    if (found || proposal.protocol != protocol) return std::nullopt;
    found = proposal;
  }
  return found;
}

template <class Suites>
std::string joined(const Suites& suites) {
  std::string text;
  for (const auto& suite : suites) text += (text.empty() ? "" : ", ") + crypto::describe(suite);
  return text.empty() ? "none" : text;
}

/// The transforms of one kind: "AES256+AES128".
std::string alternatives(const wire::ProposalView& proposal, wire::TransformType type) {
  // A record for people: the first few say enough, and the peer decides how many there are.
  constexpr std::size_t kShown = 6;
  std::string text;
  std::size_t shown = 0;
  for (const wire::Transform transform : proposal.transforms) {
    if (transform.type != type) continue;
    if (++shown > kShown) return text + "+...";
    text += (text.empty() ? "" : "+") + crypto::describe(transform);
  }
  return text;
}

/// "/ADDKE1 ML-KEM-768": what is of types that nobody here knows.
std::string of_unknown_types(const wire::ProposalView& proposal) {
  constexpr std::size_t kShown = 8;
  std::vector<wire::TransformType> types;
  for (const wire::Transform transform : proposal.transforms)
    if (!wire::is_known(transform.type) && std::ranges::find(types, transform.type) == types.end())
      types.push_back(transform.type);
  std::string text;
  for (std::size_t i = 0; i < std::min(types.size(), kShown); ++i)
    text += "/" + wire::to_string(types[i]) + " " + alternatives(proposal, types[i]);
  return types.size() > kShown ? text + "/..." : text;
}

/// "/ESN 2", where both widths that we know are missing.
std::string other_sequence_numbers(const wire::ProposalView& proposal) {
  const auto knows = [&](wire::EsnId id) {
    return std::ranges::find(proposal.transforms, wire::Transform::esn(id)) != proposal.transforms.end();
  };
  if (std::ranges::any_of(kEsnChoices, knows)) return "";
  const std::string numbers = alternatives(proposal, wire::TransformType::Esn);
  return "/ESN " + (numbers.empty() ? "none" : numbers);
}

/// "AES256/SHA256/14"; the PRF only where it is not the integrity's, and of the rest what an acceptable
/// proposal for `wanted` has not.
std::string describe(const wire::ProposalView& proposal, wire::ProtocolId wanted) {
  const std::string integrity = alternatives(proposal, wire::TransformType::Integ);
  std::string prf = alternatives(proposal, wire::TransformType::Prf);
  const std::string group = alternatives(proposal, wire::TransformType::Group);
  if (prf.empty() && proposal.protocol == wire::ProtocolId::Ike) prf = "none";
  std::string text = proposal.protocol == wanted ? "" : wire::to_string(proposal.protocol) + " ";
  text += alternatives(proposal, wire::TransformType::Encr);
  if (!integrity.empty() && integrity != "none") text += "/" + integrity;
  if (!prf.empty() && prf != integrity) text += "/PRF " + prf;
  if (!group.empty()) text += "/" + group;
  if (proposal.protocol == wire::ProtocolId::Esp) {
    text += other_sequence_numbers(proposal);
    if (!good_esp_spi(proposal.spi)) text += "/SPI " + std::to_string(number_of(proposal.spi));
  }
  return text + of_unknown_types(proposal);
}

}  // namespace

Bytes spi_bytes(std::uint64_t ike_spi) { return big_endian(ike_spi); }
Bytes spi_bytes(std::uint32_t esp_spi) { return big_endian(esp_spi); }

std::vector<crypto::IkeSuite> usable_suites(const IsakmpProfile& profile) { return supported_of(profile); }
std::vector<crypto::EspSuite> usable_suites(const IpsecProfile& profile) { return supported_of(profile); }

std::optional<std::uint32_t> spi_of(ByteView octets) {
  if (octets.size() != 4) return std::nullopt;
  return static_cast<std::uint32_t>(number_of(octets));
}

bool good_esp_spi(ByteView octets) { return spi_of(octets).value_or(0) > 255; }

std::vector<wire::Proposal> ike_proposals(const IsakmpProfile& profile, const Bytes& spi) {
  std::vector<wire::Proposal> proposals;
  std::uint8_t number = 0;
  for (const auto& suite : usable_suites(profile))
    proposals.push_back({++number, wire::ProtocolId::Ike, spi, wire_transforms(suite)});
  return proposals;
}

std::vector<wire::Proposal> esp_proposals(const IpsecProfile& profile, std::uint32_t spi, wire::GroupId pfs) {
  std::vector<wire::Proposal> proposals;
  std::uint8_t number = 0;
  for (const auto& suite : usable_suites(profile)) {
    auto transforms = wire_transforms(suite, pfs, kEsnChoices.front());
    transforms.push_back(wire::Transform::esn(kEsnChoices.back()));
    proposals.push_back({++number, wire::ProtocolId::Esp, spi_bytes(spi), std::move(transforms)});
  }
  return proposals;
}

std::optional<IkeChoice> choose_ike(const IsakmpProfile& profile, const Offer& offered) {
  return choose_ike(usable_suites(profile), offered);
}

std::optional<IkeChoice> choose_ike(const std::vector<crypto::IkeSuite>& ours, const Offer& offered) {
  for (const auto& suite : ours)
    if (const auto proposal = offered.find(wire::ProtocolId::Ike, wire_transforms(suite)))
      return ike_choice(suite, *proposal);
  return std::nullopt;
}

/// The first proposal that has the transform decides, so that where two have it, each with another width of
/// sequence numbers, the peer's order counts.
std::optional<EspChoice> choose_esp(const IpsecProfile& profile, const Offer& offered, wire::GroupId pfs) {
  for (const auto& suite : usable_suites(profile)) {
    std::optional<EspChoice> first;
    for (const wire::EsnId esn : kEsnChoices) {
      const auto proposal = offered.find(wire::ProtocolId::Esp, wire_transforms(suite, pfs, esn));
      if (proposal && (!first || proposal->number < first->number)) first = esp_choice(suite, esn, *proposal);
    }
    if (first) return first;
  }
  return std::nullopt;
}

wire::Proposal answer(const IkeChoice& choice, const Bytes& spi) {
  return {choice.number, wire::ProtocolId::Ike, spi, wire_transforms(choice.suite)};
}

wire::Proposal answer(const EspChoice& choice, std::uint32_t spi, wire::GroupId pfs) {
  return {choice.number, wire::ProtocolId::Esp, spi_bytes(spi),
          wire_transforms(choice.suite, pfs, choice.esn)};
}

std::optional<IkeChoice> accepted_ike(const IsakmpProfile& profile, const wire::SaView& answer) {
  const auto proposal = single(answer, wire::ProtocolId::Ike);
  const auto asked = usable_suites(profile);
  if (!proposal || proposal->number == 0 || proposal->number > asked.size()) return std::nullopt;
  const auto& suite = asked[proposal->number - 1U];
  if (!same_transforms(*proposal, wire_transforms(suite))) return std::nullopt;
  return ike_choice(suite, *proposal);
}

std::optional<EspChoice> accepted_esp(const IpsecProfile& profile, const wire::SaView& answer,
                                      wire::GroupId pfs) {
  const auto proposal = single(answer, wire::ProtocolId::Esp);
  const auto asked = usable_suites(profile);
  if (!proposal || !good_esp_spi(proposal->spi) || proposal->number == 0 || proposal->number > asked.size())
    return std::nullopt;
  const auto& suite = asked[proposal->number - 1U];
  for (const wire::EsnId esn : kEsnChoices)
    if (same_transforms(*proposal, wire_transforms(suite, pfs, esn)))
      return esp_choice(suite, esn, *proposal);
  return std::nullopt;
}

std::string describe(const IsakmpProfile& profile) { return joined(usable_suites(profile)); }

std::string describe(const IpsecProfile& profile, wire::GroupId pfs) {
  std::string suites = joined(usable_suites(profile));
  if (pfs == wire::GroupId::None) return suites;
  return suites + ", PFS group " + std::to_string(static_cast<unsigned>(pfs));
}

std::string describe(const wire::SaView& offered, wire::ProtocolId wanted) {
  constexpr std::size_t kShown = 12;
  std::string text;
  std::size_t shown = 0;
  for (const wire::ProposalView proposal : offered) {
    if (++shown > kShown) return text + ", ...";
    text += (text.empty() ? "" : ", ") + describe(proposal, wanted);
  }
  return text;
}

}  // namespace awtun::ike
