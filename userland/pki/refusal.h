// SPDX-License-Identifier: Apache-2.0
// Why a certificate was not taken: as a value, and in the operator's words.
#pragma once

#include <cstdint>
#include <string>

namespace awtun::pki {

/// What an operator has to mend, each by another way.
enum class RefusalCause : std::uint8_t {
  Other,
  Trustpoint,            ///< of this end: no CA, no key, no certificate of its own
  NoCertificate,         ///< the peer has sent none
  CertificateByUrl,      ///< it has sent only where it is, and nothing is fetched
  UnknownAuthority,      ///< no chain leads to a CA of the trustpoint
  CertificateSignature,  ///< a certificate is not signed by whom it names
  Expired,
  NotYetValid,
  Revoked,
  RevocationList,  ///< the list itself is not good
  WeakKey,         ///< of a certificate: too short, a weak hash, a kind that is not supported
  Usage,           ///< the key's usage does not allow IKE
  Name,            ///< the certificate is not that of the identity
  IdentityType,    ///< no certificate can show such an identity
  PeerSignature,   ///< the peer's AUTH is not made with the key of its certificate
};

struct Refusal {
  RefusalCause cause = RefusalCause::Other;
  std::string reason;  ///< the rule: "certificate expired"
  std::string detail;  ///< ours against theirs: "/CN=r2.example.com was valid to Apr 18 07:41:24 2024 GMT"
};

}  // namespace awtun::pki
