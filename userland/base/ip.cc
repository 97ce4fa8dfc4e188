// SPDX-License-Identifier: Apache-2.0
#include "userland/base/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace awtun {

std::optional<IpAddress> IpAddress::from_bytes(ByteView octets) {
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  IpAddress address;
  address.family_ = octets.size() == 4 ? Family::V4 : Family::V6;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.octets_.data()) == 1) return address;
  address.family_ = Family::V6;
  if (inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

bool IpAddress::is_unspecified() const {
  return std::all_of(octets_.begin(), octets_.end(), [](std::uint8_t octet) { return octet == 0; });
}

namespace {

bool is_multicast(const IpAddress& address) {
  const std::uint8_t first = address.bytes()[0];
  return address.is_v4() ? first >= 224 : first == 0xff;
}

bool is_loopback(const IpAddress& address) {
  return address.is_v4() ? address.bytes()[0] == 127 : address == IpAddress::parse("::1");
}

/// ::ffff:0:0/96, RFC 4291 2.5.5.2.
bool is_mapped_v4(const IpAddress& address) {
  constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return !address.is_v4() && std::ranges::equal(address.bytes().first(prefix.size()), prefix);
}

}  // namespace

std::string_view not_a_host(const IpAddress& address) {
  if (address.is_unspecified()) return "the unspecified address is not a host address";
  if (address.is_v4() && address.bytes()[0] == 0) return "an address of 0.0.0.0/8 is not a host address";
  if (is_multicast(address)) return "a multicast or broadcast address is not a host address";
  if (is_loopback(address)) return "a loopback address is not reachable from other hosts";
  if (is_mapped_v4(address)) return "an IPv4-mapped address is not a host address";
  return "";
}

bool is_link_local(const IpAddress& address) {
  const auto octets = address.bytes();
  return address.is_v4() ? octets[0] == 169 && octets[1] == 254
                         : octets[0] == 0xfe && (octets[1] & 0xc0U) == 0x80;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length > (address->is_v4() ? 32U : 128U)) return std::nullopt;
  return IpPrefix{*address, static_cast<std::uint8_t>(length)};
}

std::string IpPrefix::to_string() const { return address.to_string() + "/" + std::to_string(length); }

bool IpPrefix::is_network() const {
  const auto octets = address.bytes();
  for (std::size_t bit = length; bit < octets.size() * 8; ++bit)
    if ((octets[bit / 8] & (0x80U >> (bit % 8))) != 0) return false;
  return true;
}

std::string Endpoint::to_string() const {
  const auto text = address.to_string();
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

}  // namespace awtun
