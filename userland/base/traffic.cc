// SPDX-License-Identifier: Apache-2.0
#include "userland/base/traffic.h"

#include <algorithm>
#include <array>

namespace awtun {
namespace {

/// The last address of a prefix: host bits set.
IpAddress last_of(const IpPrefix& prefix, bool host_bits) {
  std::array<std::uint8_t, 16> octets{};
  const ByteView address = prefix.address.bytes();
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::size_t kept = prefix.length > i * 8 ? std::min<std::size_t>(prefix.length - i * 8, 8) : 0;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
    octets[i] = static_cast<std::uint8_t>(address[i] & mask);
    if (host_bits) octets[i] = static_cast<std::uint8_t>(octets[i] | static_cast<std::uint8_t>(~mask));
  }
  return *IpAddress::from_bytes(ByteView(octets).first(address.size()));
}

}  // namespace

TrafficSelector TrafficSelector::of(const IpPrefix& prefix) {
  return {0, 0, 65535, last_of(prefix, false), last_of(prefix, true)};
}

TrafficSelector TrafficSelector::any(Family family) {
  return of(*IpPrefix::parse(family == Family::V4 ? "0.0.0.0/0" : "::/0"));
}

std::string TrafficSelector::to_string() const {
  std::string text = first.to_string() + "-" + last.to_string();
  if (protocol != 0) text += " protocol " + std::to_string(protocol);
  if (start_port == 65535 && end_port == 0)
    text += " ports opaque";
  else if (!has_all_ports())
    text += " ports " + std::to_string(start_port) + "-" + std::to_string(end_port);
  return text;
}

}  // namespace awtun
