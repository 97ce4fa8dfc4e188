// SPDX-License-Identifier: Apache-2.0
// Why a certificate was not accepted, in the operator's words.
#pragma once

#include <string>

namespace awtun::pki {

struct Refusal {
  std::string reason;  ///< the rule: "certificate expired"
  std::string detail;  ///< ours against theirs: "/CN=r2.example.com was valid to Apr 18 07:41:24 2024 GMT"
};

}  // namespace awtun::pki
