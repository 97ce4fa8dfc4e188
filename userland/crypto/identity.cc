// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/identity.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "userland/base/ascii.h"
#include "userland/base/hexadecimal.h"
#include "userland/crypto/distinguished_name.h"

namespace awtun {
namespace {

using Type = Identity::Type;
using Parsed = Result<Identity, std::string>;

constexpr std::size_t kMaxNameLength = 255;
constexpr std::size_t kMaxDistinguishedNameLength = 1024;
constexpr std::string_view kHexadecimal = "0x";

struct TypeWord {
  Type type;
  std::string_view word;
};
constexpr std::array kTypeWords = {TypeWord{Type::Ipv4Address, "ipv4"}, TypeWord{Type::Ipv6Address, "ipv6"},
                                   TypeWord{Type::Fqdn, "fqdn"},        TypeWord{Type::Rfc822, "email"},
                                   TypeWord{Type::DerAsn1Dn, "dn"},     TypeWord{Type::KeyId, "key-id"}};

Bytes octets_of(std::string_view text) { return {text.begin(), text.end()}; }
std::string_view text_of(const Bytes& octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
bool is_name_letter(char c) {
  const char lowered = to_lower(c);
  return (lowered >= 'a' && lowered <= 'z') || (c >= '0' && c <= '9');
}
bool is_name_character(char c) { return is_name_letter(c) || c == '.' || c == '-' || c == '_'; }

// ---------------------------------------------------------------- text to identity

Parsed parse_as_address(std::string_view text, Type type) {
  const auto address = IpAddress::parse(text);
  if (!address || Identity::of(*address).type != type)
    return Error{std::string(type == Type::Ipv4Address ? "not an IPv4 address" : "not an IPv6 address")};
  return Identity::of(*address);
}

Parsed parse_as_distinguished_name(std::string_view text) {
  if (text.size() > kMaxDistinguishedNameLength)
    return Error{"a distinguished name has at most " + std::to_string(kMaxDistinguishedNameLength) +
                 " characters"};
  auto der = crypto::parse_distinguished_name(text);
  if (!der) return Error{std::move(der.error())};
  return Identity{Type::DerAsn1Dn, *std::move(der)};
}

/// The peer may call itself by what is no host name and no mailbox.
Parsed parse_as_name(std::string_view text, Type type) {
  if (!std::ranges::all_of(text, is_visible) || text.find('\\') != text.npos)
    return Error{std::string("a name must consist of ASCII characters other than blanks and \\")};
  if (text.size() > kMaxNameLength)
    return Error{"a name must not exceed " + std::to_string(kMaxNameLength) + " characters"};
  return Identity{type, octets_of(text)};
}

Parsed parse_as_key_id(std::string_view text) {
  Bytes octets = octets_of(text);
  if (begins_ignoring_case(text, kHexadecimal)) {
    auto read = from_hexadecimal(text.substr(kHexadecimal.size()));
    if (!read || read->empty())
      return Error{std::string("a key-id that begins with 0x must consist of pairs of hexadecimal digits")};
    octets = *std::move(read);
  }
  if (octets.size() > kMaxNameLength) return Error{std::string("a key-id must not exceed 255 octets")};
  return Identity{Type::KeyId, std::move(octets)};
}

Parsed parse_as(Type type, std::string_view text) {
  switch (type) {
    case Type::Ipv4Address:
    case Type::Ipv6Address:
      return parse_as_address(text, type);
    case Type::DerAsn1Dn:
      return parse_as_distinguished_name(text);
    case Type::KeyId:
      return parse_as_key_id(text);
    case Type::Fqdn:
    case Type::Rfc822:
      break;
  }
  return parse_as_name(text, type);
}

/// By its beginning, as every keyword.
std::optional<Type> type_of_word(std::string_view word) {
  const auto begins = [word](const TypeWord& one) { return begins_ignoring_case(one.word, word); };
  if (std::ranges::count_if(kTypeWords, begins) != 1) return std::nullopt;
  return std::ranges::find_if(kTypeWords, begins)->type;
}

// ---------------------------------------------------------------- identity to text

/// What a terminal could interpret becomes "\\0a".
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<std::uint8_t>(c);
    out += is_visible(c) && c != '\\' ? std::string(1, c) : "\\" + to_hexadecimal({&octet, 1});
  }
  return out;
}

std::string hexadecimal(const Bytes& octets) { return std::string(kHexadecimal) + to_hexadecimal(octets); }

std::string text_of_key_id(const Bytes& octets) {
  const auto text = text_of(octets);
  const bool readable =
      !text.empty() && std::ranges::all_of(text, [](char c) { return is_visible(c) || c == ' '; }) &&
      text.front() != ' ' && text.back() != ' ' && !begins_ignoring_case(text, kHexadecimal);
  return readable ? std::string(text) : hexadecimal(octets);
}

// ---------------------------------------------------------------- comparison

/// The part before the "@" is the receiving host's affair, and its case counts (RFC 5280 7.5).
Bytes compared_mailbox(const Bytes& octets) {
  const auto text = text_of(octets);
  const auto at = std::min(text.rfind('@'), text.size());
  return octets_of(std::string(text.substr(0, at)) + to_lower(text.substr(at)));
}

/// One that is broken equals itself alone.
Bytes compared_distinguished_name(const Bytes& der) {
  const auto name = crypto::canonical_name(der);
  Bytes out{static_cast<std::uint8_t>(name ? 1 : 0)};
  const Bytes& compared = name ? *name : der;
  out.insert(out.end(), compared.begin(), compared.end());
  return out;
}

}  // namespace

Identity Identity::of(const IpAddress& address) {
  const ByteView octets = address.bytes();
  return {address.is_v4() ? Type::Ipv4Address : Type::Ipv6Address, Bytes(octets.begin(), octets.end())};
}

Identity Identity::fqdn(std::string_view name) { return {Type::Fqdn, octets_of(name)}; }

Result<Identity, std::string> Identity::guess(std::string_view text) {
  if (text.size() > kMaxDistinguishedNameLength)
    return Error{"an identity has at most " + std::to_string(kMaxDistinguishedNameLength) + " characters"};
  if (const auto address = IpAddress::parse(text)) return of(*address);
  if (crypto::reads_as_distinguished_name(text)) return parse_as_distinguished_name(text);
  const auto at = text.find('@');
  if (at != text.npos && at > 0 && at + 1 < text.size()) return parse_as_name(text, Type::Rfc822);
  if (text.empty() || !is_name_letter(text.front()) || !std::ranges::all_of(text, is_name_character))
    return Error{
        std::string("a name must consist of letters, digits and . - _, and begin with a letter or digit; any "
                    "other name must follow its type, as in key-id NAME")};
  return parse_as_name(text, Type::Fqdn);
}

Result<Identity, std::string> Identity::parse(std::string_view text) {
  const auto blank = text.find_first_of(" \t");
  const auto value = text.find_first_not_of(" \t", blank);
  const auto type = value != text.npos ? type_of_word(text.substr(0, blank)) : std::nullopt;
  return type ? parse_as(*type, text.substr(value)) : guess(text);
}

std::string_view Identity::type_word() const {
  const auto found = std::ranges::find(kTypeWords, type, &TypeWord::type);
  return found != kTypeWords.end() ? found->word : "unknown";
}

std::string Identity::value() const {
  switch (type) {
    case Type::Ipv4Address:
    case Type::Ipv6Address:
      if (const auto address = IpAddress::from_bytes(data)) return address->to_string();
      break;
    case Type::Fqdn:
    case Type::Rfc822:
      return printable(text_of(data));
    case Type::DerAsn1Dn:
      if (auto name = crypto::distinguished_name(data)) return *std::move(name);
      break;
    case Type::KeyId:
      return text_of_key_id(data);
  }
  return hexadecimal(data);
}

std::string Identity::to_string() const {
  std::string text = value();
  const auto guessed = guess(text);
  return guessed && guessed->matches(*this) ? text : std::string(type_word()) + " " + text;
}

Identity::Key Identity::key() const {
  switch (type) {
    case Type::Fqdn:
      return {type, octets_of(to_lower(text_of(data)))};
    case Type::Rfc822:
      return {type, compared_mailbox(data)};
    case Type::DerAsn1Dn:
      return {type, compared_distinguished_name(data)};
    case Type::Ipv4Address:
    case Type::Ipv6Address:
    case Type::KeyId:
      break;
  }
  return {type, data};
}

}  // namespace awtun
