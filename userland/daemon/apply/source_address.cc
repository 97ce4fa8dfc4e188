// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/source_address.h"

#include <linux/if_addr.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <tuple>

namespace awtun::daemon {
namespace {

struct Label {
  std::string_view prefix;
  unsigned label;
};
/// RFC 6724 2.1, the longest prefixes first.
constexpr std::array kLabels{Label{"::1/128", 0},    Label{"::ffff:0:0/96", 4}, Label{"::/96", 3},
                             Label{"2001::/32", 5},  Label{"2002::/16", 2},     Label{"3ffe::/16", 12},
                             Label{"fec0::/10", 11}, Label{"fc00::/7", 13},     Label{"::/0", 1}};

unsigned common_bits(const IpAddress& a, const IpAddress& b) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < a.bytes().size(); ++i) {
    const auto different = static_cast<std::uint8_t>(a.bytes()[i] ^ b.bytes()[i]);
    bits += static_cast<unsigned>(std::countl_zero(different));
    if (different != 0) break;
  }
  return bits;
}

unsigned label_of(const IpAddress& address) {
  for (const auto& [text, label] : kLabels) {
    const auto prefix = IpPrefix::parse(text);
    if (prefix && common_bits(prefix->address, address) >= prefix->length) return label;
  }
  return 1;
}

/// RFC 4007 4: site-local (deprecated by RFC 3879) and global ones.
unsigned scope_of(const IpAddress& address) {
  return (address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0xc0) ? 5 : 14;
}

bool is_usable(const kernel::InterfaceAddress& one) {
  constexpr std::uint32_t in_detection = IFA_F_TENTATIVE | IFA_F_OPTIMISTIC;
  return (one.flags & IFA_F_DADFAILED) == 0 && (one.flags & in_detection) != IFA_F_TENTATIVE &&
         (one.prefix.address.is_v4() || !is_link_local(one.prefix.address));
}

/// What an address is, by the rules in their order: the larger the better.
auto kind_of(const kernel::InterfaceAddress& one, const IpAddress* destination) {
  const IpAddress& address = one.prefix.address;
  // IFA_F_SECONDARY and IFA_F_TEMPORARY are the same bit, of IPv4 and of IPv6.
  const bool lasting = (one.flags & IFA_F_TEMPORARY) == 0;
  const bool preferred = (one.flags & IFA_F_DEPRECATED) == 0;
  if (address.is_v4()) return std::tuple(true, 0, preferred, true, lasting);
  const unsigned scope = scope_of(address);
  const unsigned wanted = destination != nullptr ? scope_of(*destination) : 14;
  // Rule 2: of those that reach as far the nearest, else the farthest.
  const int reach = scope >= wanted ? 100 - static_cast<int>(scope) : static_cast<int>(scope);
  return std::tuple(destination != nullptr && address == *destination, reach, preferred,
                    destination == nullptr || label_of(address) == label_of(*destination), lasting);
}

unsigned match_of(const kernel::InterfaceAddress& one, const IpAddress* destination) {
  if (destination == nullptr || one.prefix.address.is_v4()) return 0;
  return std::min<unsigned>(common_bits(one.prefix.address, *destination), one.prefix.length);
}

}  // namespace

std::optional<IpAddress> choose_source(const std::vector<kernel::InterfaceAddress>& addresses,
                                       std::uint32_t ifindex, Family family, const IpAddress* destination,
                                       const IpAddress* before) {
  if (destination != nullptr && destination->family() != family) destination = nullptr;
  const auto rank = [&](const kernel::InterfaceAddress& one) {
    return std::tuple(kind_of(one, destination), before != nullptr && one.prefix.address == *before,
                      match_of(one, destination));
  };
  const kernel::InterfaceAddress* best = nullptr;
  for (const auto& one : addresses) {
    if (one.ifindex != ifindex || one.prefix.address.family() != family || !is_usable(one)) continue;
    if (best == nullptr || rank(one) > rank(*best)) best = &one;
  }
  return best == nullptr ? std::nullopt : std::optional(best->prefix.address);
}

}  // namespace awtun::daemon
