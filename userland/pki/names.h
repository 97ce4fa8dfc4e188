// SPDX-License-Identifier: Apache-2.0
// Which identity a certificate may speak for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/pki/certificate.h"
#include "userland/pki/refusal.h"
#include "userland/wire/constants.h"

namespace awtun::pki {

/// An ID payload: its type, and the identification data.
struct Identity {
  wire::IdType type;
  ByteView data;
};

/// nullopt: the certificate's. The rules, of which the manual demands the first and the last:
///  - FQDN: the subject has one CN and it equals the name, and so does a dNSName of subjectAltName.
///    The case of letters does not count; a wildcard is no match.
///  - RFC822_ADDR: an rfc822Name of subjectAltName equals it.
///  - DER_ASN1_DN: it equals the subject (RFC 5280 7.1).
///  - IPV4_ADDR, IPV6_ADDR, an FQDN that is an address, and anything else: never.
[[nodiscard]] std::optional<Refusal> name_objection(const Certificate& certificate, const Identity& identity);

/// The subject's common names and subjectAltName's dNSNames.
[[nodiscard]] std::vector<std::string> common_names(const Certificate& certificate);
[[nodiscard]] std::vector<std::string> dns_names(const Certificate& certificate);
/// True when the CN or subjectAltName has an IP address, which is not supported.
[[nodiscard]] bool has_address_as_name(const Certificate& certificate);

}  // namespace awtun::pki
