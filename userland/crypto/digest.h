// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "userland/base/bytes.h"

namespace awtun::crypto {

using Sha1Digest = std::array<std::uint8_t, 20>;

/// SHA-1(parts[0] | parts[1] | ...), where a protocol asks for that and secrecy is no matter. nullopt
/// when the crypto library fails.
[[nodiscard]] std::optional<Sha1Digest> sha1(std::initializer_list<ByteView> parts);

}  // namespace awtun::crypto
