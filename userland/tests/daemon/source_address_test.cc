// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/source_address.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

constexpr std::uint32_t kLink = 3;

kernel::InterfaceAddress address(const char* text, std::uint32_t flags = 0) {
  return {kLink, prefix(text), flags};
}

/// Whatever the order in which the kernel lists them.
void expect_chosen(std::vector<kernel::InterfaceAddress> all, const char* expected, const char* destination,
                   const char* before = nullptr) {
  const auto to = destination != nullptr ? std::optional(ip(destination)) : std::nullopt;
  const auto had = before != nullptr ? std::optional(ip(before)) : std::nullopt;
  for (int order = 0; order < 2; ++order) {
    const auto chosen =
        choose_source(all, kLink, ip(expected).family(), to ? &*to : nullptr, had ? &*had : nullptr);
    EXPECT_EQ(chosen, ip(expected)) << expected << " " << order;
    std::reverse(all.begin(), all.end());
  }
}

constexpr const char* kPeer = "2001:db8:2:2::2";
constexpr const char* kGood = "2001:db8:77:1::10";
const auto kLasting = address("2001:db8:77:1::10/64");

TEST(SourceAddress, IsOneThatLasts) {
  for (const std::uint32_t flag : {IFA_F_TEMPORARY, IFA_F_DEPRECATED, IFA_F_TENTATIVE, IFA_F_DADFAILED,
                                   IFA_F_TENTATIVE | IFA_F_DADFAILED, IFA_F_TEMPORARY | IFA_F_DEPRECATED})
    for (const char* destination : {kPeer, static_cast<const char*>(nullptr)})
      expect_chosen({kLasting, address("2001:db8:2:2::99/64", flag)}, kGood, destination);
  expect_chosen({kLasting, address("fe80::1/64")}, kGood, kPeer);
}

TEST(SourceAddress, ADeprecatedOneIsBetterThanNone) {
  expect_chosen({address("2001:db8:77:1::10/64", IFA_F_DEPRECATED), address("fe80::1/64")}, kGood, kPeer);
  EXPECT_FALSE(
      choose_source({address("2001:db8::1/64", IFA_F_TENTATIVE)}, kLink, Family::V6, nullptr, nullptr));
  EXPECT_FALSE(choose_source({address("fe80::1/64")}, kLink, Family::V6, nullptr, nullptr));
  EXPECT_FALSE(choose_source({kLasting}, kLink + 1, Family::V6, nullptr, nullptr));
  EXPECT_FALSE(choose_source({kLasting}, kLink, Family::V4, nullptr, nullptr));
}

// RFC 6724 5, rule 6: unique local addresses among themselves, global ones among themselves.
TEST(SourceAddress, HasTheLabelOfTheDestination) {
  const auto local = address("fd00:1::10/64");
  expect_chosen({kLasting, local}, kGood, kPeer);
  expect_chosen({kLasting, local}, "fd00:1::10", "fd00:2::2");
  expect_chosen({address("2002:c000:201::1/64"), kLasting}, kGood, kPeer);
}

// Rule 8, no further than the prefix.
TEST(SourceAddress, ElseItMatchesTheDestinationLongest) {
  expect_chosen({kLasting, address("2001:db8:2:9::1/64")}, "2001:db8:2:9::1", kPeer);
}

TEST(SourceAddress, StaysWhileItIsGood) {
  expect_chosen({kLasting, address("2001:db8:2:9::1/64")}, kGood, kPeer, kGood);
  expect_chosen({address("2001:db8:77:1::10/64", IFA_F_DEPRECATED), address("2001:db8:2:9::1/64")},
                "2001:db8:2:9::1", kPeer, kGood);
  expect_chosen({address("10.1.1.1/24"), address("10.1.1.2/24", IFA_F_SECONDARY)}, "10.1.1.1", "10.2.2.2",
                "10.1.1.2");
}

TEST(SourceAddress, OfIpv4IsThePrimaryOne) {
  expect_chosen({address("10.1.1.1/24"), address("10.1.1.2/24", IFA_F_SECONDARY)}, "10.1.1.1", "10.2.2.2");
  expect_chosen({address("10.1.1.2/24", IFA_F_SECONDARY)}, "10.1.1.2", "10.2.2.2");
}

}  // namespace
}  // namespace awtun::daemon
