// SPDX-License-Identifier: Apache-2.0
// Trustpoints: the CAs that are trusted, and this router's certificate. Values that know
// nothing of IKE's states, so that any thread may use them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/signature.h"
#include "userland/pki/attachments.h"
#include "userland/pki/certificate.h"
#include "userland/pki/names.h"
#include "userland/pki/path.h"
#include "userland/pki/refusal.h"

namespace awtun::pki {

/// A trustpoint's contents as PEM texts; what is not there yet is empty.
struct PemTexts {
  std::string authorities;       ///< the CA's certificate, or several CAs'
  std::string certificates;      ///< our own, then those between it and the CA
  Secret key;                    ///< our private key
  std::string revocation_lists;  ///< PEM or DER; certificates beside them: of those who sign lists for a CA
};

/// What goes into our AUTH and CERT payloads.
struct Signed {
  crypto::Signature signature;
  std::vector<Bytes> chain;  ///< DER: our certificate, then those between it and the CA, without a root
};

/// What came in the peer's ID, CERT and AUTH payloads, and what its signature is over.
struct Claim {
  Identity identity;
  std::span<const Bytes> certificates;  ///< DER; the peer's own should be the first
  wire::AuthMethodId method;
  ByteView signature;
  ByteView octets;
  Attachments attached = {};
};

/// Immutable once loaded.
class Trustpoint {
 public:
  /// The error says which part is wrong and why: "certificate: the private key does not match it". Dates and
  /// chains are not judged here: an expired certificate is the peer's to refuse.
  [[nodiscard]] static Result<std::shared_ptr<const Trustpoint>, std::string> load(const PemTexts& texts);

  [[nodiscard]] std::span<const Certificate> authorities() const { return authorities_; }
  /// Our own first; empty before it is imported.
  [[nodiscard]] std::span<const Certificate> certificates() const { return certificates_; }
  /// Not trusted: between our certificate and the CA, and of those who sign lists for a CA.
  [[nodiscard]] std::span<const Certificate> others() const { return others_; }
  [[nodiscard]] std::span<const RevocationList> revocation_lists() const { return revocation_lists_; }

  /// SHA-1 of each CA's SubjectPublicKeyInfo, as CERTREQ has them (RFC 7296 3.7).
  [[nodiscard]] std::vector<Bytes> authority_hashes() const;
  /// There are a private key and its certificate.
  [[nodiscard]] bool can_sign() const { return signer_ && !certificates_.empty(); }

  /// `peer_hashes`: the peer's SIGNATURE_HASH_ALGORITHMS.
  [[nodiscard]] Result<Signed, Refusal> sign(std::span<const std::uint16_t> peer_hashes,
                                             ByteView octets) const;
  /// nullopt: the peer is who it says. The first rule that is broken, in this order: a certificate, a key
  /// that is good, a path to our CA, a usage, a name, the signature. Among several certificates with the name
  /// one must break none.
  [[nodiscard]] std::optional<Refusal> objection(const Claim& claim, WallClock now) const;

 private:
  Trustpoint() = default;

  std::vector<Certificate> authorities_;
  std::vector<Certificate> certificates_;
  std::vector<Certificate> others_;
  std::optional<crypto::Signer> signer_;
  std::vector<RevocationList> revocation_lists_;
};

/// By name.
using Credentials = std::map<std::string, std::shared_ptr<const Trustpoint>, std::less<>>;

}  // namespace awtun::pki
