// SPDX-License-Identifier: Apache-2.0
// What a peer's CERT payloads have besides certificates.
#pragma once

#include <vector>

#include "userland/base/bytes.h"

namespace awtun::pki {

/// As they stand in the payloads, by their encoding (RFC 7296 3.6).
struct Attachments {
  std::vector<Bytes> revocation_lists = {};  ///< 7
  std::vector<Bytes> bundles = {};           ///< 1: PKCS #7, certificates and lists
  bool only_by_url = false;                  ///< 12 or 13, which are not fetched, and nothing else
};

}  // namespace awtun::pki
