// SPDX-License-Identifier: Apache-2.0
// Transforms of the wire in the words of the configuration.
#pragma once

#include <cstdint>
#include <string>

#include "userland/wire/payloads.h"

namespace awtun::ike {

/// ENCR_3DES, which this implementation knows only in order to say so.
inline constexpr std::uint16_t kTripleDes = 3;

/// "AES256", "AES256/GCM16", "3DES", "SHA256", "14"; of ESN "with" or "without".
[[nodiscard]] std::string word(const wire::Transform& transform);

}  // namespace awtun::ike
