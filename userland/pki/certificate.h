// SPDX-License-Identifier: Apache-2.0
// Certificates and revocation lists as values, over OpenSSL's parser.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/crypto/signature.h"

namespace awtun::pki {

// Bounds: what is longer is refused, be it a peer's or the operator's.
inline constexpr std::size_t kMaxCertificateSize = 16 * 1024;
inline constexpr std::size_t kMaxCertificates = 64;  ///< of one peer, or one file

/// The octets are a text with PEM blocks. Otherwise they may be DER.
[[nodiscard]] bool is_pem(ByteView octets);

class RevocationList;

/// What people look at before they accept a certificate.
struct Description {
  std::string subject;      ///< "/C=JP/O=EXAMPLE/CN=SampleRootCA"
  std::string issuer;       ///< the same form
  std::string valid_from;   ///< "Apr  7 05:32:30 2023 GMT"
  std::string valid_to;     ///< the same form
  std::string fingerprint;  ///< SHA-1: "D51BB535 8CBCFE2C BDD6E56B 759BB5C9 4CF9DCBF"

  bool operator==(const Description&) const = default;
};

/// One X.509 certificate. Copies share it; any thread may read it.
class Certificate {
 public:
  /// Exactly one certificate, with nothing behind it.
  [[nodiscard]] static Result<Certificate, std::string> from_der(ByteView der);
  /// All certificates of a PEM text, of which there must be one at least; other blocks are passed over.
  [[nodiscard]] static Result<std::vector<Certificate>, std::string> from_pem(ByteView text);
  /// The same of a text that need not have any.
  [[nodiscard]] static std::vector<Certificate> any_in(ByteView text);

  [[nodiscard]] Bytes der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Description describe() const;
  [[nodiscard]] std::string subject() const;
  /// As it stands in the certificate; empty when OpenSSL failed.
  [[nodiscard]] Bytes subject_der() const;
  [[nodiscard]] std::string issuer() const;
  /// basicConstraints says so, and keyUsage, when there is one, lets it sign certificates.
  [[nodiscard]] bool is_ca() const;
  /// Subject and issuer are the same.
  [[nodiscard]] bool is_self_issued() const;
  /// The key verifies the certificate's own signature.
  [[nodiscard]] bool is_self_signed() const;
  /// The key verifies the other's signature; names are not looked at.
  [[nodiscard]] bool has_signed(const Certificate& other) const;
  [[nodiscard]] bool has_signed(const RevocationList& list) const;
  [[nodiscard]] Result<crypto::PublicKey, std::string> public_key() const;
  /// SHA-1 of the SubjectPublicKeyInfo, 20 octets, as CERTREQ names a CA (RFC 7296 3.7). Empty when
  /// OpenSSL failed.
  [[nodiscard]] Bytes key_hash() const;

  /// For this folder alone.
  [[nodiscard]] X509* handle() const { return handle_.get(); }

 private:
  explicit Certificate(X509* owned);

  std::shared_ptr<X509> handle_;
};

/// One certificate revocation list.
class RevocationList {
 public:
  /// All lists of a PEM text, of which there must be one at least; other blocks are passed over.
  [[nodiscard]] static Result<std::vector<RevocationList>, std::string> from_pem(ByteView text);
  /// Those of a PEM text, or exactly one in DER.
  [[nodiscard]] static Result<std::vector<RevocationList>, std::string> from_either(ByteView octets);

  [[nodiscard]] std::string pem() const;

  [[nodiscard]] std::string issuer() const;
  /// Its issuer is the subject of `authority`, whose key verifies its signature.
  [[nodiscard]] bool is_of(const Certificate& authority) const;
  /// It has the changes since a complete list (RFC 5280 5.2.4).
  [[nodiscard]] bool is_delta() const;
  /// Its issuing distribution point, in DER; empty: all certificates of its issuer.
  [[nodiscard]] Bytes scope() const;
  /// If both are signed with one key: of the same scope and not older, so that `other` is not needed any
  /// more.
  [[nodiscard]] bool replaces(const RevocationList& other) const;
  /// False: it has a critical extension that is not known here, and decides nothing (RFC 5280 5.2).
  [[nodiscard]] bool is_understood() const { return understood_; }
  /// For this folder alone.
  [[nodiscard]] X509_CRL* handle() const { return handle_.get(); }

 private:
  explicit RevocationList(X509_CRL* owned);

  std::shared_ptr<X509_CRL> handle_;
  bool understood_;
};

/// "/C=JP/O=EXAMPLE/CN=SampleRootCA"; what a terminal could interpret is escaped.
[[nodiscard]] std::string one_line(const X509_NAME* name);
/// "Apr  7 05:32:30 2023 GMT".
[[nodiscard]] std::string to_text(const ASN1_TIME* time);

}  // namespace awtun::pki
