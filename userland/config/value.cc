// SPDX-License-Identifier: Apache-2.0
#include "userland/config/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "userland/base/overloaded.h"
#include "userland/config/session.h"

namespace awtun::config {
namespace {

constexpr std::size_t kMaxLabelLength = 63;
constexpr std::size_t kMaxSubjectLength = 255;
constexpr std::size_t kMaxSecretLength = 255;
constexpr std::size_t kMaxDescriptionLength = 255;   // IFLA_IFALIAS holds 255 octets
constexpr std::size_t kMaxInterfaceNameLength = 15;  // IFNAMSIZ less the NUL
constexpr std::string_view kTunnel = "tunnel";

using Parsed = Result<Value, ValueError>;

const Error<ValueError> kNotThisType{""};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

Parsed parse_choice(std::string_view words, std::string_view text) {
  for (std::uint32_t i = 0; i < count_parts(words, '|'); ++i)
    if (equal_ignoring_case(part(words, '|', i), text)) return Value(i);
  return kNotThisType;
}

Parsed parse_range(const Token& token, std::string_view text) {
  const auto value = parse_number(text);
  if (!value || *value < token.minimum || *value > token.maximum) return kNotThisType;
  return Value(*value);
}

/// "tunnel0", and as with every keyword its abbreviations: "tun0".
Parsed parse_tunnel(std::string_view text) {
  const auto digits = std::ranges::find_if(text, is_digit);
  const std::string_view word(text.begin(), digits);
  if (word.empty() || !begins_ignoring_case(kTunnel, word)) return kNotThisType;
  const auto number = parse_number(std::string_view(digits, text.end()));
  if (!number || *number > kMaxTunnelNumber) return kNotThisType;
  return Value(*number);
}

Parsed parse_address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return kNotThisType;
  if (const auto why = not_a_host(*address); !why.empty()) return Error{ValueError(why)};
  if (!address->is_v4() && is_link_local(*address))
    return Error{ValueError("the address must not be link-local")};
  return Value(*address);
}

/// `prefix` with its host bits set to `fill` (0x00 or 0xff).
IpPrefix with_host_bits(const IpPrefix& prefix, std::uint8_t fill) {
  const ByteView view = prefix.address.bytes();
  Bytes octets(view.begin(), view.end());
  for (std::size_t bit = prefix.length; bit < octets.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    octets[bit / 8] = static_cast<std::uint8_t>((octets[bit / 8] & ~mask) | (fill & mask));
  }
  return {*IpAddress::from_bytes(octets), prefix.length};
}

Parsed parse_network(Family family, std::string_view text) {
  const auto prefix = IpPrefix::parse(text);
  if (!prefix || prefix->address.family() != family) return kNotThisType;
  if (!prefix->is_network())
    return Error{"host bits are set: the network is " + with_host_bits(*prefix, 0).to_string()};
  return Value(*prefix);
}

Parsed parse_either_network(std::string_view text) {
  return parse_network(text.find(':') == text.npos ? Family::V4 : Family::V6, text);
}

Parsed parse_interface_address(Family family, std::string_view text) {
  const auto prefix = IpPrefix::parse(text);
  if (!prefix || prefix->address.family() != family) return kNotThisType;
  if (const auto why = not_a_host(prefix->address); !why.empty()) return Error{ValueError(why)};
  if (prefix->length == 0) return Error{ValueError("the prefix length must not be 0")};
  if (family == Family::V4 && prefix->length < 31) {
    if (prefix->is_network()) return Error{ValueError("the address must not be the network address")};
    if (*prefix == with_host_bits(*prefix, 0xff))
      return Error{ValueError("the address must not be the broadcast address")};
  }
  return Value(*prefix);
}

constexpr bool is_interface_character(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
}

Parsed parse_interface_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxInterfaceNameLength || !is_letter(text.front()) ||
      !std::ranges::all_of(text, is_interface_character))
    return kNotThisType;
  const bool is_null = equal_ignoring_case(text, kNullInterface);
  const bool tunnel = begins_ignoring_case(text, kTunnel) && text.size() > kTunnel.size() &&
                      std::ranges::all_of(text.substr(kTunnel.size()), is_digit);
  if (!tunnel) return Value(Nexthop(InterfaceName{std::string(is_null ? kNullInterface : text)}));
  const auto number = parse_number(text.substr(kTunnel.size()));
  if (!number || *number > kMaxTunnelNumber) return kNotThisType;
  return Value(Nexthop(InterfaceName{tunnel_name(*number)}));
}

Parsed parse_interface(std::string_view text) {
  auto parsed = parse_interface_name(text);
  if (!parsed) return parsed;
  return Value(std::get<InterfaceName>(std::get<Nexthop>(*parsed)).name);
}

Parsed parse_nexthop(Family family, std::string_view text) {
  if (!IpAddress::parse(text)) return parse_interface_name(text);
  Parsed parsed = parse_address(text);
  if (!parsed) return parsed;
  const auto& address = std::get<IpAddress>(*parsed);
  if (address.family() != family) return kNotThisType;
  return Value(Nexthop(address));
}

Parsed identity_or_why(Result<Identity, std::string> parsed) {
  if (!parsed) return Error{ValueError(std::move(parsed.error()))};
  return Value(*std::move(parsed));
}

constexpr bool is_label_character(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
}

/// `what`: "a name"
ValueError too_long(std::string_view what, std::size_t limit, std::string_view unit = "octets") {
  return std::string(what) + " must not exceed " + std::to_string(limit) + " " + std::string(unit);
}

Parsed parse_label(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_label_character) || !is_letter(text.front()))
    return Error{ValueError("a name must consist of letters, digits and . - _, and begin with a letter")};
  if (text.size() > kMaxLabelLength) return Error{too_long("a name", kMaxLabelLength, "characters")};
  return Value(std::string(text));
}

Parsed parse_secret(std::string_view text) {
  if (text == kHiddenKey) return Error{ValueError("this is the placeholder of a hidden key, not a key")};
  if (text.size() > kMaxSecretLength) return Error{too_long("a key", kMaxSecretLength)};
  return Value(Secret(as_octets(text)));
}

Parsed parse_hostname(std::string_view text) {
  if (IpAddress::parse(text)) return Error{ValueError("an IP address is not supported as a name")};
  const auto is_allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-'; };
  if (text.empty() || text.size() > kMaxHostName || !is_letter(text.front()) ||
      !std::ranges::all_of(text, is_allowed) || text.find("..") != text.npos)
    return Error{ValueError("a host name must consist of letters, digits and . -, and begin with a letter")};
  return Value(std::string(text));
}

/// Why "CN=test1.example.com" is no part of a distinguished name; empty when it is one.
ValueError wrong_part(std::string_view part) {
  constexpr std::array<std::string_view, 7> kAttributes = {"C", "ST", "L", "O", "OU", "CN", "emailAddress"};
  const std::size_t equals = part.find('=');
  if (equals == part.npos || equals + 1 == part.size())
    return "a subject name must consist of parts like /CN=test1.example.com";
  if (std::ranges::find(kAttributes, part.substr(0, equals)) == kAttributes.end()) {
    return "the attributes of a subject name must be C, ST, L, O, OU, CN and "
           "emailAddress";
  }
  if (part.starts_with("CN=") && IpAddress::parse(part.substr(3)))
    return "an IP address is not supported as the common name of a certificate";
  return "";
}

Parsed parse_subject(std::string_view text) {
  if (text.size() > kMaxSubjectLength) return Error{too_long("a subject name", kMaxSubjectLength)};
  if (!text.starts_with('/')) return Error{wrong_part("")};
  std::size_t common_names = 0;
  for (std::size_t i = 1; i < count_parts(text, '/'); ++i) {
    const std::string_view each = part(text, '/', i);
    if (ValueError why = wrong_part(each); !why.empty()) return Error{std::move(why)};
    common_names += each.starts_with("CN=") ? 1 : 0;
  }
  if (common_names != 1)
    return Error{ValueError("a subject name must have exactly one common name: /CN=test1.example.com")};
  return Value(std::string(text));
}

Parsed parse_line(std::string_view text) {
  if (text.size() > kMaxDescriptionLength) return Error{too_long("the text", kMaxDescriptionLength)};
  return Value(std::string(text));
}

std::string print_number(const Token& token, std::uint32_t number) {
  if (token.type == ParamType::Tunnel) return tunnel_name(number);
  if (token.type == ParamType::Choice) return std::string(part(token.text, '|', number));
  return std::to_string(number);
}

/// A Name is one word: what is a blank in it is written by its octet.
std::string print_identity(const Token& token, const Identity& identity) {
  std::string text = identity.to_string();
  if (token.type == ParamType::Name)
    for (auto at = text.find(' '); at != text.npos; at = text.find(' ', at)) text.replace(at, 1, "\\20");
  return text;
}

bool all_in(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

}  // namespace

bool resembles(std::string_view text, std::string_view keyword) {
  constexpr std::size_t kMistakes = 2;
  if (text.size() > keyword.size() + kMistakes) return false;
  std::vector<std::size_t> row(keyword.size() + 1);  // of the table of Levenshtein distances
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < keyword.size(); ++j) {
      const bool same = equal_ignoring_case(text.substr(i, 1), keyword.substr(j, 1));
      const std::size_t changed = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back() <= kMistakes;
}

Result<Value, ValueError> parse_value(const Token& token, std::string_view text) {
  switch (token.type) {
    case ParamType::Choice:
      return parse_choice(token.text, text);
    case ParamType::Number:
      return parse_range(token, text);
    case ParamType::Tunnel:
      return parse_tunnel(text);
    case ParamType::Address:
      return parse_address(text);
    case ParamType::Network:
      return parse_either_network(text);
    case ParamType::Ipv4Network:
      return parse_network(Family::V4, text);
    case ParamType::Ipv6Network:
      return parse_network(Family::V6, text);
    case ParamType::Ipv4Interface:
      return parse_interface_address(Family::V4, text);
    case ParamType::Ipv6Interface:
      return parse_interface_address(Family::V6, text);
    case ParamType::Ipv4Nexthop:
      return parse_nexthop(Family::V4, text);
    case ParamType::Ipv6Nexthop:
      return parse_nexthop(Family::V6, text);
    case ParamType::Name:
      return identity_or_why(Identity::guess(text));
    case ParamType::Identity:
      return identity_or_why(Identity::parse(text));
    case ParamType::Label:
      return parse_label(text);
    case ParamType::Hostname:
      return parse_hostname(text);
    case ParamType::Interface:
      return parse_interface(text);
    case ParamType::Secret:
      return parse_secret(text);
    case ParamType::Subject:
      return parse_subject(text);
    case ParamType::Line:
      return parse_line(text);
    case ParamType::Command:
      return Value(std::string(text));
  }
  return kNotThisType;
}

std::string print_value(const Token& token, const Value& value) {
  return std::visit(Overloaded{[&](std::uint32_t number) { return print_number(token, number); },
                               [](const std::string& text) { return text; },
                               [](const IpAddress& address) { return address.to_string(); },
                               [](const IpPrefix& prefix) { return prefix.to_string(); },
                               [](const Nexthop& nexthop) { return to_string(nexthop); },
                               [&](const Identity& identity) { return print_identity(token, identity); },
                               [](const Secret& secret) {
                                 return std::string(secret.view().begin(), secret.view().end());
                               }},
                    value);
}

std::vector<std::string> value_forms(const Token& token) {
  switch (token.type) {
    case ParamType::Choice:
      return {};
    case ParamType::Number:
      return {"<" + std::to_string(token.minimum) + "-" + std::to_string(token.maximum) + ">"};
    case ParamType::Tunnel:
      return {"tunnel<0-" + std::to_string(kMaxTunnelNumber) + ">"};
    case ParamType::Address:
      return {"A.B.C.D", "X:X::X:X"};
    case ParamType::Network:
      return {"A.B.C.D/M", "X:X::X:X/M"};
    case ParamType::Ipv4Network:
    case ParamType::Ipv4Interface:
      return {"A.B.C.D/M"};
    case ParamType::Ipv6Network:
    case ParamType::Ipv6Interface:
      return {"X:X::X:X/M"};
    case ParamType::Ipv4Nexthop:
      return {"A.B.C.D", "INTERFACE"};
    case ParamType::Ipv6Nexthop:
      return {"INTERFACE", "X:X::X:X"};
    case ParamType::Name:
    case ParamType::Label:
      return {"NAME"};
    case ParamType::Identity:
      return {"NAME", "ipv4 A.B.C.D", "ipv6 X:X::X:X", "fqdn NAME", "email NAME", "dn SUBJECT", "key-id ID"};
    case ParamType::Hostname:
      return {"HOSTNAME"};
    case ParamType::Interface:
      return {"INTERFACE"};
    case ParamType::Secret:
      return {"KEY"};
    case ParamType::Subject:
      return {"SUBJECT"};
    case ParamType::Line:
      return {"LINE"};
    case ParamType::Command:
      return {"COMMAND"};
  }
  return {};
}

bool may_begin_value(const Token& token, std::string_view text) {
  switch (token.type) {
    case ParamType::Choice:
      return false;
    case ParamType::Number:
      return all_in(text, "0123456789");
    case ParamType::Tunnel:
      return begins_ignoring_case(kTunnel, text) || bool(parse_tunnel(text));
    case ParamType::Address:
      return all_in(text, "0123456789abcdefABCDEF.:");
    case ParamType::Ipv4Network:
    case ParamType::Ipv4Interface:
      return all_in(text, "0123456789./");
    case ParamType::Network:
    case ParamType::Ipv6Network:
    case ParamType::Ipv6Interface:
      return all_in(text, "0123456789abcdefABCDEF.:/");
    case ParamType::Ipv4Nexthop:
    case ParamType::Ipv6Nexthop:
    case ParamType::Name:
    case ParamType::Identity:
    case ParamType::Label:
    case ParamType::Hostname:
    case ParamType::Interface:
    case ParamType::Secret:
    case ParamType::Subject:
    case ParamType::Line:
    case ParamType::Command:
      return true;
  }
  return true;
}

}  // namespace awtun::config
