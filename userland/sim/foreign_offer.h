// SPDX-License-Identifier: Apache-2.0
// The proposals of a foreign peer (RFC 7296 2.7, 3.3), and its choice among those of the other end.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "userland/crypto/profile.h"
#include "userland/wire/payloads.h"

namespace awtun::sim {

/// An ESP suite, and what else a proposal says of a Child SA.
struct ForeignEsp {
  crypto::EspSuite suite;
  wire::GroupId pfs = wire::GroupId::None;
  bool esn = false;
};

/// One proposal for each transform of the profile that can be used, numbered from 1.
[[nodiscard]] std::vector<wire::Proposal> foreign_offer(const IsakmpProfile& profile, const Bytes& spi);
[[nodiscard]] std::vector<wire::Proposal> foreign_offer(const IpsecProfile& profile, const Bytes& spi,
                                                        wire::GroupId pfs);
/// Of the first one.
[[nodiscard]] wire::GroupId foreign_group(const IsakmpProfile& profile);

/// What was chosen of the other end's proposals, and how the choice is said.
template <class Terms>
struct ForeignChoice {
  Terms terms;
  std::uint8_t number = 1;
  Bytes spi;  ///< the other end's

  [[nodiscard]] wire::Proposal answer(wire::ProtocolId protocol, Bytes own_spi) const;
};

/// The first transform of the profile that is offered; of an answer: that was chosen.
[[nodiscard]] std::optional<ForeignChoice<crypto::IkeSuite>> foreign_choice(const IsakmpProfile& profile,
                                                                            const wire::SaView& offered);
/// `group`: of the KE payload beside the offer; None without one.
[[nodiscard]] std::optional<ForeignChoice<ForeignEsp>> foreign_choice(const IpsecProfile& profile,
                                                                      const wire::SaView& offered,
                                                                      wire::GroupId group);

}  // namespace awtun::sim
