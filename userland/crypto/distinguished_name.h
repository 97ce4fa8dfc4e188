// SPDX-License-Identifier: Apache-2.0
// Distinguished names (RFC 5280 4.1.2.4) as text, as DER, and in the form in which they are compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"
#include "userland/base/result.h"

namespace awtun::crypto {

/// A DER Name as "/C=JP/O=EXAMPLE/CN=r1", in the order of its RDNs. A "\" stands before what would end a
/// value, and before the two hexadecimal digits of an octet that is not printable ASCII. nullopt when it is
/// not exactly one Name, or one without any attribute.
[[nodiscard]] std::optional<std::string> distinguished_name(ByteView der);

/// Whether a text is meant as a distinguished name: it begins with "/" or with a known attribute and "=".
[[nodiscard]] bool reads_as_distinguished_name(std::string_view text);

/// The DER of "/C=JP/O=EXAMPLE/CN=r1" or "C=JP, O=EXAMPLE, CN=r1", which both stand in the order of the RDNs;
/// "+" joins the attributes of one RDN. The inverse of distinguished_name(). The error is one sentence
/// without full stop.
[[nodiscard]] Result<Bytes, std::string> parse_distinguished_name(std::string_view text);

/// Octets that are equal for names that are (RFC 5280 7.1): of text the case of ASCII letters, the amount of
/// white space and the string type do not count, of RDNs the order does. nullopt as above.
[[nodiscard]] std::optional<Bytes> canonical_name(ByteView der);

}  // namespace awtun::crypto
