// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "userland/base/bytes.h"

namespace awtun::crypto {

/// A DER Name (RFC 5280 4.1.2.4) as "/C=JP/O=EXAMPLE/CN=r1"; what a terminal could interpret is escaped.
/// nullopt when it is not exactly one Name, or one without any attribute.
[[nodiscard]] std::optional<std::string> distinguished_name(ByteView der);

}  // namespace awtun::crypto
