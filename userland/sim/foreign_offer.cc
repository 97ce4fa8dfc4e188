// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/foreign_offer.h"

#include <algorithm>

namespace awtun::sim {
namespace {

using Transforms = std::vector<wire::Transform>;

Transforms transforms_of(const crypto::IkeSuite& suite) { return crypto::wire_transforms(suite); }

Transforms transforms_of(const ForeignEsp& terms) {
  return crypto::wire_transforms(terms.suite, terms.pfs, terms.esn ? wire::EsnId::Esn : wire::EsnId::None);
}

/// Whether the proposal has each of the transforms, and nothing of another type that must be chosen too.
bool offers(const wire::ProposalView& proposal, const Transforms& wanted) {
  const auto has = [&](const wire::Transform& one) {
    return std::find(proposal.transforms.begin(), proposal.transforms.end(), one) !=
           proposal.transforms.end();
  };
  const auto settled = [&](const wire::Transform& one) {
    const bool chosen = std::any_of(wanted.begin(), wanted.end(),
                                    [&](const wire::Transform& other) { return other.type == one.type; });
    return chosen || has({one.type, 0, {}});
  };
  return std::all_of(wanted.begin(), wanted.end(), has) &&
         std::all_of(proposal.transforms.begin(), proposal.transforms.end(), settled);
}

template <class Terms>
std::optional<ForeignChoice<Terms>> find(const wire::SaView& offered, wire::ProtocolId protocol,
                                         const Terms& terms) {
  const Transforms wanted = transforms_of(terms);
  for (const wire::ProposalView proposal : offered)
    if (proposal.protocol == protocol && offers(proposal, wanted))
      return ForeignChoice<Terms>{terms, proposal.number, Bytes(proposal.spi.begin(), proposal.spi.end())};
  return std::nullopt;
}

void append(std::vector<wire::Proposal>& to, wire::ProtocolId protocol, const Bytes& spi,
            Transforms transforms) {
  to.push_back({static_cast<std::uint8_t>(to.size() + 1), protocol, spi, std::move(transforms)});
}

}  // namespace

std::vector<wire::Proposal> foreign_offer(const IsakmpProfile& profile, const Bytes& spi) {
  std::vector<wire::Proposal> result;
  for (const auto& [number, suite] : profile.transforms)
    if (crypto::supported(suite)) append(result, wire::ProtocolId::Ike, spi, transforms_of(suite));
  return result;
}

std::vector<wire::Proposal> foreign_offer(const IpsecProfile& profile, const Bytes& spi, wire::GroupId pfs) {
  std::vector<wire::Proposal> result;
  for (const auto& [number, suite] : profile.transforms) {
    if (!crypto::supported(suite)) continue;
    Transforms transforms = transforms_of(ForeignEsp{suite, pfs});
    transforms.push_back(wire::Transform::esn(wire::EsnId::Esn));
    append(result, wire::ProtocolId::Esp, spi, std::move(transforms));
  }
  return result;
}

wire::GroupId foreign_group(const IsakmpProfile& profile) {
  for (const auto& [number, suite] : profile.transforms)
    if (crypto::supported(suite)) return suite.group;
  return wire::GroupId::None;
}

template <class Terms>
wire::Proposal ForeignChoice<Terms>::answer(wire::ProtocolId protocol, Bytes own_spi) const {
  return {number, protocol, std::move(own_spi), transforms_of(terms)};
}
template struct ForeignChoice<crypto::IkeSuite>;
template struct ForeignChoice<ForeignEsp>;

std::optional<ForeignChoice<crypto::IkeSuite>> foreign_choice(const IsakmpProfile& profile,
                                                              const wire::SaView& offered) {
  for (const auto& [number, suite] : profile.transforms)
    if (crypto::supported(suite))
      if (auto choice = find(offered, wire::ProtocolId::Ike, suite)) return choice;
  return std::nullopt;
}

std::optional<ForeignChoice<ForeignEsp>> foreign_choice(const IpsecProfile& profile,
                                                        const wire::SaView& offered, wire::GroupId group) {
  for (const auto& [number, suite] : profile.transforms)
    for (const wire::GroupId pfs : {group, wire::GroupId::None})
      for (const bool esn : {false, true})
        if (crypto::supported(suite))
          if (auto choice = find(offered, wire::ProtocolId::Esp, ForeignEsp{suite, pfs, esn})) return choice;
  return std::nullopt;
}

}  // namespace awtun::sim
