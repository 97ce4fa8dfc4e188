// SPDX-License-Identifier: Apache-2.0
// Addresses and networks as tests write them; what is none ends the test.
#pragma once

#include <string_view>

#include "userland/base/traffic.h"

namespace awtun {

inline IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
inline IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }
/// All packets from or to it.
inline TrafficSelector net(std::string_view text) { return TrafficSelector::of(prefix(text)); }

}  // namespace awtun
