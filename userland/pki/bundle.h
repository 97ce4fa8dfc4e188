// SPDX-License-Identifier: Apache-2.0
// PKCS #7 as a bag of certificates and revocation lists (RFC 7296 3.6, encoding 1). Internal to this folder.
#pragma once

#include <vector>

#include "userland/base/bytes.h"

namespace awtun::pki {

/// Adds what is in a bundle, as DER; nobody's signature over it is looked at. False: it is none.
[[nodiscard]] bool take_bundle(ByteView bundle, std::vector<Bytes>& certificates, std::vector<Bytes>& lists);

}  // namespace awtun::pki
