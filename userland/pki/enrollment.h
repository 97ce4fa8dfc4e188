// SPDX-License-Identifier: Apache-2.0
// Getting a certificate from a CA by hand: what `crypto pki authenticate`, `enroll` and `import` do between
// their questions. No terminal, no file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userland/base/result.h"
#include "userland/crypto/signature.h"
#include "userland/pki/certificate.h"
#include "userland/pki/path.h"
#include "userland/pki/refusal.h"
#include "userland/pki/trustpoint.h"

namespace awtun::pki {

/// What a request asks the CA to certify.
struct RequestedNames {
  std::string subject;                         ///< "/C=JP/O=EXAMPLE/CN=test1.example.com"
  std::vector<std::string> alternative_names;  ///< "test1.example.com"
};

/// nullopt: `/TYPE=value` pieces of known types, a slash in a value written "\/", with one CN at most, which
/// is no IP address. Otherwise why not.
[[nodiscard]] std::optional<std::string> subject_objection(std::string_view subject);
/// nullopt: a host name; not an IP address, which is not supported, nor a wildcard.
[[nodiscard]] std::optional<std::string> alternative_name_objection(std::string_view name);

/// The certificate signing request (PKCS#10) as PEM.
[[nodiscard]] Result<std::string, std::string> signing_request(const crypto::Signer& key,
                                                               const RequestedNames& names);

/// What was pasted, to be shown before it is accepted.
struct Pasted {
  std::vector<Certificate> certificates;  ///< the one in question first
  Description description;
  bool self_signed = false;
};

/// `authenticate`: a CA's certificate, in date, with a key that is good and, if self-signed, a signature
/// that verifies.
[[nodiscard]] Result<Pasted, Refusal> pasted_authority(std::string_view pem, WallClock now);

/// `import`: our own certificate, perhaps followed by those between it and the CA. Its key is `key`, it comes
/// from one of `authorities` and is in date, it may sign, and it has no IP address for a name.
[[nodiscard]] Result<Pasted, Refusal> pasted_certificate(std::string_view pem, const crypto::Signer& key,
                                                         std::span<const Certificate> authorities,
                                                         WallClock now);

/// `import crl`: the issuer of the first list that is not signed by a CA of `trustpoint`, nor by one below it
/// whose certificate is known or was pasted as well; nullopt: there is none such.
[[nodiscard]] std::optional<std::string> foreign_list(std::span<const RevocationList> lists,
                                                      std::string_view pasted, const Trustpoint& trustpoint,
                                                      WallClock now);

/// What to store after `import crl`: the lists and certificates that were pasted, and those of before but for
/// the lists that are replaced.
[[nodiscard]] Result<std::string, std::string> merged_lists(std::string_view stored, std::string_view pasted,
                                                            const Trustpoint& trustpoint);

/// The five lines of the dialogue, from "Subject     : " on.
[[nodiscard]] std::string to_text(const Description& description);

}  // namespace awtun::pki
