// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "userland/crypto/distinguished_name.h"
#include "userland/ike/identity.h"

namespace awtun::ike {
namespace {

/// A name goes into logs and `show`: what a terminal could interpret becomes "?".
std::string printable(ByteView data) {
  std::string text(data.begin(), data.end());
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

std::string hexadecimal(ByteView data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * data.size());
  for (const std::uint8_t octet : data) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

}  // namespace

Identity Identity::of(const IpAddress& address) {
  const ByteView octets = address.bytes();
  return {address.is_v4() ? Type::Ipv4Address : Type::Ipv6Address, Bytes(octets.begin(), octets.end())};
}

Identity Identity::fqdn(std::string_view name) { return {Type::Fqdn, Bytes(name.begin(), name.end())}; }

std::string Identity::to_string() const {
  switch (type) {
    case Type::Ipv4Address:
    case Type::Ipv6Address:
      if (const auto address = IpAddress::from_bytes(data)) return address->to_string();
      break;
    case Type::Fqdn:
    case Type::Rfc822:
      return printable(data);
    case Type::DerAsn1Dn:
      if (const auto name = crypto::distinguished_name(data)) return *name;
      break;
  }
  return "0x" + hexadecimal(data);
}

}  // namespace awtun::ike
