// SPDX-License-Identifier: Apache-2.0
// Messages in words, for whoever reads a trace.
#pragma once

#include <string>
#include <vector>

#include "userland/ike/engine.h"

namespace awtun::sim {

/// "CREATE_CHILD_SA request 3 of 1f2e3d4c5b6a7988 SA Nonce TSi TSr N(REKEY_SA)"; what is encrypted is
/// read with those of the keys that fit.
[[nodiscard]] std::string transcribe(ByteView message, const std::vector<ike::IkeKeys>& keys);

}  // namespace awtun::sim
