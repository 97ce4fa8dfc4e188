// SPDX-License-Identifier: Apache-2.0
// Suites: the algorithms of one SA as a value, how the configuration and the wire spell them, and
// the sizes of the keys that they take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "userland/base/profile.h"
#include "userland/wire/payloads.h"

namespace awtun::crypto {

using wire::EncrId;
using wire::GroupId;
using wire::IntegId;
using wire::PrfId;

/// What an IKE SA runs on.
struct IkeSuite {
  EncrId encr = EncrId::AesCbc;
  std::uint16_t key_bits = 256;
  IntegId integ = IntegId::HmacSha256_128;  ///< None exactly when `encr` is an AEAD
  PrfId prf = PrfId::HmacSha256;
  GroupId group = GroupId::Modp2048;

  bool operator==(const IkeSuite&) const = default;
};

/// What a pair of ESP SAs runs on. The group of a PFS exchange is no part of it.
struct EspSuite {
  EncrId encr = EncrId::AesCbc;
  std::uint16_t key_bits = 256;
  IntegId integ = IntegId::HmacSha256_128;  ///< None exactly when `encr` is an AEAD

  bool operator==(const EspSuite&) const = default;
};

// Sizes in octets. An id that is not implemented has size 0.

/// Salt that follows the encryption key in KEYMAT: 4 for AES-GCM (RFC 4106 8.1, RFC 5282 7.1), else 0.
[[nodiscard]] std::size_t salt_size(EncrId encr);
/// The encryption key without the salt; 0 when `key_bits` is none of 128, 192, 256.
[[nodiscard]] std::size_t encryption_key_size(EncrId encr, std::uint16_t key_bits);
/// The integrity key: the hash's output size (RFC 2404, RFC 4868 2.1.1).
[[nodiscard]] std::size_t integrity_key_size(IntegId integ);
/// The ICV: the truncated HMAC, or the AEAD's tag when `encr` is one.
[[nodiscard]] std::size_t icv_size(EncrId encr, IntegId integ);
/// The preferred key size of a PRF, which is its output size (RFC 7296 2.13, 2.14).
[[nodiscard]] std::size_t prf_size(PrfId prf);

// The configuration's words. nullopt: the transform is not supported (3DES), or is no transform of
// that kind (integrity GCM16 for ISAKMP; integrity SHA384, encryption AES256GCM16 for IPsec), or the
// group is not implemented.

/// The Integrity word names both the PRF and the integrity algorithm; beside AES-GCM the PRF alone.
[[nodiscard]] std::optional<IkeSuite> ike_suite(const IsakmpTransform& transform);
[[nodiscard]] std::optional<EspSuite> esp_suite(const IpsecTransform& transform);
/// Back again; nullopt for a suite that no configuration can name.
[[nodiscard]] std::optional<IsakmpTransform> isakmp_transform(const IkeSuite& suite);
[[nodiscard]] std::optional<IpsecTransform> ipsec_transform(const EspSuite& suite);

// The wire's. To be put into a wire::Proposal.

/// ENCR, PRF, INTEG (unless AEAD) and Group.
[[nodiscard]] std::vector<wire::Transform> wire_transforms(const IkeSuite& suite);
/// ENCR, INTEG (unless AEAD), Group when `pfs` is one, and whether sequence numbers are extended.
[[nodiscard]] std::vector<wire::Transform> wire_transforms(const EspSuite& suite, GroupId pfs = GroupId::None,
                                                           wire::EsnId esn = wire::EsnId::None);

}  // namespace awtun::crypto
