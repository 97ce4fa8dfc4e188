// SPDX-License-Identifier: Apache-2.0
// Negotiation of algorithms (RFC 7296 2.7, 3.3): a profile as proposals, and the choice among them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "userland/crypto/profile.h"
#include "userland/ike/rules/offer.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {

/// The supported transforms of a profile in order of priority. Each becomes a proposal of its own:
/// merged into one, the priority of the pairs would be lost.
[[nodiscard]] std::vector<crypto::IkeSuite> usable_suites(const IsakmpProfile& profile);
[[nodiscard]] std::vector<crypto::EspSuite> usable_suites(const IpsecProfile& profile);

/// `spi`: empty for the first IKE SA, 8 octets for a rekey.
[[nodiscard]] std::vector<wire::Proposal> ike_proposals(const IsakmpProfile& profile, const Bytes& spi);
/// `spi`: our inbound SPI, host byte order. `pfs`: None in IKE_AUTH and without PFS. Each proposal offers
/// 64-bit sequence numbers and, as second choice, 32-bit ones.
[[nodiscard]] std::vector<wire::Proposal> esp_proposals(const IpsecProfile& profile, std::uint32_t spi,
                                                        wire::GroupId pfs);

struct IkeChoice {
  crypto::IkeSuite suite;
  std::uint8_t number = 1;
  std::uint64_t peer_spi = 0;  ///< 0 when the proposal has none
};
struct EspChoice {
  crypto::EspSuite suite;
  wire::EsnId esn = wire::EsnId::None;
  std::uint8_t number = 1;
  std::uint32_t peer_spi = 0;
};

/// The responder's choice: the first of our transforms that the peer offers; for ESP with 64-bit sequence
/// numbers where it offers those.
[[nodiscard]] std::optional<IkeChoice> choose_ike(const IsakmpProfile& profile, const Offer& offered);
[[nodiscard]] std::optional<IkeChoice> choose_ike(const std::vector<crypto::IkeSuite>& ours,
                                                  const Offer& offered);
[[nodiscard]] std::optional<EspChoice> choose_esp(const IpsecProfile& profile, const Offer& offered,
                                                  wire::GroupId pfs);

/// The responder's answer.
[[nodiscard]] wire::Proposal answer(const IkeChoice& choice, const Bytes& spi);
[[nodiscard]] wire::Proposal answer(const EspChoice& choice, std::uint32_t spi, wire::GroupId pfs);

/// The initiator's check: the answer must be exactly one of the proposals that `profile` made.
[[nodiscard]] std::optional<IkeChoice> accepted_ike(const IsakmpProfile& profile, const wire::SaView& answer);
[[nodiscard]] std::optional<EspChoice> accepted_esp(const IpsecProfile& profile, const wire::SaView& answer,
                                                    wire::GroupId pfs);

// For failure records: "AES256/SHA256/14, AES256/SHA1/14".
[[nodiscard]] std::string describe(const IsakmpProfile& profile);
[[nodiscard]] std::string describe(const IpsecProfile& profile, wire::GroupId pfs);
/// What a peer offers where we want proposals for `wanted`. An offer that we do not take looks like none that
/// we do.
[[nodiscard]] std::string describe(const wire::SaView& offered, wire::ProtocolId wanted);

/// SPIs as a payload has them, network byte order.
[[nodiscard]] Bytes spi_bytes(std::uint64_t ike_spi);
[[nodiscard]] Bytes spi_bytes(std::uint32_t esp_spi);
/// The other way round: of an ESP SPI; nullopt: it has not four octets.
[[nodiscard]] std::optional<std::uint32_t> spi_of(ByteView octets);
/// Whether a peer may have it: 0 to 255 are reserved (RFC 4303 2.1).
[[nodiscard]] bool good_esp_spi(ByteView octets);

}  // namespace awtun::ike
