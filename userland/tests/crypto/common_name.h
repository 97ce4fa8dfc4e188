// SPDX-License-Identifier: Apache-2.0
// Distinguished names with values of any type.
#pragma once

#include "userland/crypto/identity.h"

namespace awtun {

/// A name of one CN whose value has this type in DER, and these octets, which are few.
inline Identity common_name(std::uint8_t tag, const Bytes& value) {
  const auto size = static_cast<std::uint8_t>(value.size());
  Bytes der{0x30, static_cast<std::uint8_t>(size + 11),
            0x31, static_cast<std::uint8_t>(size + 9),
            0x30, static_cast<std::uint8_t>(size + 7),
            0x06, 0x03,
            0x55, 0x04,
            0x03, tag,
            size};
  der.insert(der.end(), value.begin(), value.end());
  return {Identity::Type::DerAsn1Dn, der};
}

}  // namespace awtun
