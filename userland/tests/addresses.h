// SPDX-License-Identifier: Apache-2.0
// Addresses as tests write them; what is none ends the test.
#pragma once

#include <string_view>

#include "userland/base/ip.h"

namespace awtun {

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
inline IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

}  // namespace awtun
