// SPDX-License-Identifier: Apache-2.0
// Is a certificate revoked? (RFC 5280 6.3) OpenSSL takes one list for each certificate, the one that it finds
// best; here every list counts that is for the certificate. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "userland/pki/path.h"
#include "userland/pki/path_search.h"
#include "userland/pki/refusal.h"

namespace awtun::pki {

/// Judges the certificates of valid paths by the lists of `anchors`:
///  - A revocation counts in every list that is authentic and for the certificate. Of the lists of one scope
///    by one key the newest decides, unless it has expired: then older ones revoke as well.
///  - A certificate is only good when lists that are in date cover it, if there is a list of ours by its CA
///    for certificates of its kind.
///  - What the peer sends is taken for such cover only when the CA's own key has signed it. So it may add
///    revocations, and bring news, but hide nothing.
class RevocationCheck {
 public:
  /// `anchors` must outlive it. `others`: all certificates that may be on the way to who has signed a list.
  RevocationCheck(const Anchors& anchors, std::span<const Certificate> others, WallClock now);
  ~RevocationCheck();
  RevocationCheck(const RevocationCheck&) = delete;
  RevocationCheck& operator=(const RevocationCheck&) = delete;

  /// nullopt: nothing against it. The trusted CA at its end need not be covered.
  [[nodiscard]] std::optional<Refusal> objection(const Path& path);

 private:
  struct List;
  /// Whose key has signed a list.
  enum class Signer : std::uint8_t {
    Nobody,       ///< that is known and valid
    NotAllowed,   ///< the CA's, whose key usage does not have cRLSign
    OtherAnchor,  ///< of a certificate of the CA's name, but below another trusted CA
    SameAnchor,   ///< of a certificate of the list's issuer, below the same trusted CA
    Issuer,       ///< the CA's itself
  };
  struct Signature {
    Signer signer = Signer::Nobody;
    const X509* key = nullptr;  ///< whose it is
  };
  enum class Problem : std::uint8_t;
  struct Applied;
  struct Status;
  enum class Delegates : bool { Refused, Accepted };

  static const char* text_of(Problem problem);
  Status status(const Path& path, std::size_t at, Delegates delegates);
  std::optional<Applied> applied(const List& list, const Path& path, std::size_t at, Delegates delegates,
                                 Status& status);
  void read(std::span<const Applied> line, X509* certificate, Status& status) const;
  Signature signature(const List& list, const Path& path, std::size_t at, Delegates delegates);
  Signature delegate(const List& list, const Certificate& anchor);
  const std::vector<Certificate>& anchors_of(const Certificate& issuer);
  bool has_signed(const Certificate& issuer, const List& list, bool counts);
  bool is_revoked(const Path& path);

  WallClock now_;
  const Anchors& anchors_;
  PathSearch ours_;  ///< among what the peer has not sent
  PathSearch all_;
  std::vector<List> lists_;
  std::map<const X509*, std::vector<Certificate>> anchors_of_;          ///< found so far
  std::map<std::pair<const X509*, const X509_CRL*>, bool> signatures_;  ///< issuer, list: verified
  std::size_t sent_signatures_ = 0;  ///< tried, of the peer's lists or keys
};

}  // namespace awtun::pki
