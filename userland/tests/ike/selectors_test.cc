// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/selectors.h"

#include <gtest/gtest.h>
#include <linux/awtun.h>

#include "userland/ike/engine/child_sa.h"
#include "userland/tests/addresses.h"

namespace awtun::ike {
namespace {

Selectors narrowed(const Selectors& ours, const Selectors& theirs) { return narrow(ours, theirs).selectors; }

TrafficSelector with_ports(const char* text, std::uint8_t protocol, std::uint16_t start, std::uint16_t end) {
  TrafficSelector selector = net(text);
  selector.protocol = protocol;
  selector.start_port = start;
  selector.end_port = end;
  return selector;
}

TEST(Selectors, PrefixesBecomeRanges) {
  EXPECT_EQ(net("192.168.20.0/24").to_string(), "192.168.20.0-192.168.20.255");
  EXPECT_EQ(net("10.1.2.3/32").to_string(), "10.1.2.3-10.1.2.3");
  EXPECT_EQ(net("10.64.0.0/10").to_string(), "10.64.0.0-10.127.255.255");
  EXPECT_EQ(net("2001:db8::/61").to_string(), "2001:db8::-2001:db8:0:7:ffff:ffff:ffff:ffff");
  EXPECT_EQ(TrafficSelector::any(Family::V4).to_string(), "0.0.0.0-255.255.255.255");
  EXPECT_EQ(TrafficSelector::any(Family::V6).last.to_string(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(Selectors, IntersectInEveryDimension) {
  EXPECT_EQ(intersect(net("10.0.0.0/8"), net("10.1.0.0/16")), net("10.1.0.0/16"));
  EXPECT_EQ(intersect(net("10.0.0.0/8"), net("11.0.0.0/8")), std::nullopt);
  EXPECT_EQ(intersect(TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)), std::nullopt);
  const auto tcp = with_ports("10.0.0.0/8", 6, 80, 90);
  EXPECT_EQ(intersect(tcp, net("10.0.0.0/8")), tcp);
  EXPECT_EQ(intersect(tcp, with_ports("10.0.0.0/8", 17, 80, 90)), std::nullopt);
  EXPECT_EQ(intersect(tcp, with_ports("10.0.0.0/8", 6, 85, 100)), with_ports("10.0.0.0/8", 6, 85, 90));
  EXPECT_EQ(intersect(tcp, with_ports("10.0.0.0/8", 6, 91, 100)), std::nullopt);
  const auto opaque = with_ports("10.0.0.0/8", 6, 65535, 0);
  EXPECT_EQ(intersect(opaque, net("10.0.0.0/8")), opaque);
  EXPECT_EQ(intersect(opaque, tcp), std::nullopt);
}

TEST(Selectors, NarrowingKeepsNoRedundancy) {
  const Selectors ours{TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)};
  // A peer may name the packet that set it off first, then the network (RFC 7296 2.9).
  const Selectors theirs{net("10.1.1.1/32"), net("10.1.0.0/16"), net("2001:db8::/32")};
  EXPECT_EQ(narrowed(ours, theirs), (Selectors{net("10.1.0.0/16"), net("2001:db8::/32")}));
  EXPECT_TRUE(narrowed({net("10.0.0.0/8")}, {net("11.0.0.0/8")}).empty());
  EXPECT_EQ(narrowed(ours, ours), ours);
}

static_assert(kMaxChildSelectors == AWTUN_TS_MAX);
static_assert(kMaxActive == AWTUN_ACTIVE_MAX);

TEST(Selectors, OfMoreThanFitTheFirstOfThePeerStays) {
  Selectors theirs{net("10.0.200.0/24")};
  for (int i = 0; i < 20; ++i) theirs.push_back(net("10.0." + std::to_string(2 * i) + ".0/24"));
  const Fitting found = narrow({net("10.0.0.0/8")}, theirs);
  EXPECT_TRUE(found.cut);
  Selectors expected(theirs.begin() + 1, theirs.begin() + 16);
  expected.push_back(theirs.front());
  EXPECT_EQ(found.selectors, expected);
  // In whatever order the rest comes: a rekey protects the same.
  std::reverse(theirs.begin() + 1, theirs.end());
  EXPECT_EQ(narrow({net("10.0.0.0/8")}, theirs).selectors, expected);
}

TEST(Selectors, WhatFitsIsNotCut) {
  Selectors many;
  for (int i = 0; i < 16; ++i) many.push_back(net("10.0." + std::to_string(2 * i) + ".0/24"));
  EXPECT_EQ(fit(many).selectors, many);
  EXPECT_FALSE(fit(many).cut);
  many.push_back(net("10.0.4.0/25"));
  EXPECT_FALSE(fit(many).cut) << "it is covered";
  many.push_back(net("10.0.99.0/24"));
  EXPECT_TRUE(fit(many).cut);
  many.insert(many.begin(), net("10.0.0.0/16"));
  EXPECT_EQ(fit(many).selectors, Selectors{net("10.0.0.0/16")});
  EXPECT_FALSE(fit(many).cut);
}

TEST(Selectors, NarrowingSaysThatThereAreTooMany) {
  const Selectors ours{TrafficSelector::any(Family::V4)};
  Selectors theirs;
  for (int i = 0; i < 255; ++i) theirs.push_back(net(("10.0." + std::to_string(i) + ".0/24").c_str()));
  EXPECT_EQ(narrowed(ours, theirs).size(), kMaxChildSelectors);
  EXPECT_TRUE(narrow(ours, theirs).cut);
  EXPECT_EQ(narrowed(ours, Selectors(theirs.begin(), theirs.begin() + 16)),
            Selectors(theirs.begin(), theirs.begin() + 16));
  // What covers them may come last.
  theirs.back() = net("10.0.0.0/16");
  EXPECT_EQ(narrowed(ours, theirs), Selectors{net("10.0.0.0/16")});
  theirs.push_back(with_ports("10.0.0.0/16", 6, 80, 80));
  theirs.push_back(with_ports("10.0.0.0/15", 6, 0, 65535));
  EXPECT_EQ(narrowed(ours, theirs), (Selectors{with_ports("10.0.0.0/15", 6, 0, 65535), net("10.0.0.0/16")}));
}

TEST(Selectors, WhatNoKernelCanHoldPacketsToIsNotEnforceable) {
  EXPECT_TRUE(enforceable(net("10.0.0.0/8")));
  EXPECT_TRUE(enforceable(with_ports("10.0.0.0/8", 6, 80, 80)));
  EXPECT_TRUE(enforceable(with_ports("10.0.0.0/8", 1, 0x0800, 0x08ff)));
  EXPECT_TRUE(enforceable(with_ports("::/0", 47, 0, 65535)));
  EXPECT_FALSE(enforceable(with_ports("10.0.0.0/8", 17, 65535, 0)));
  EXPECT_FALSE(enforceable(with_ports("::/0", 0, 65535, 0)));
  EXPECT_FALSE(enforceable(with_ports("10.0.0.0/8", 6, 90, 80)));
  EXPECT_FALSE(enforceable(with_ports("::/0", 135, 256, 511)));  // a mobility header's type
  EXPECT_FALSE(enforceable({0, 0, 65535, net("10.0.0.1/32").first, net("::1/128").first}));
  EXPECT_FALSE(enforceable({0, 0, 65535, net("10.0.0.2/32").first, net("10.0.0.1/32").first}));
}

TEST(Selectors, NarrowingLeavesOutWhatIsNotEnforceable) {
  const Selectors ours{TrafficSelector::any(Family::V4), TrafficSelector::any(Family::V6)};
  const auto web = with_ports("10.0.0.0/8", 6, 80, 80);
  EXPECT_TRUE(narrowed(ours, {with_ports("10.0.0.0/8", 17, 65535, 0)}).empty());
  EXPECT_TRUE(narrowed(ours, {with_ports("10.0.0.0/8", 6, 2, 1), with_ports("::/0", 135, 1, 2)}).empty());
  EXPECT_EQ(narrowed(ours, {with_ports("10.0.0.0/8", 0, 65535, 0), web}), Selectors{web});
  EXPECT_EQ(narrowed(ours, {web, with_ports("10.0.0.0/8", 6, 65535, 0)}), Selectors{web});
}

TEST(Selectors, AnAnswerMayNotWiden) {
  EXPECT_FALSE(all_within({with_ports("10.0.0.0/8", 6, 65535, 0)}, {net("10.0.0.0/8")}));
  EXPECT_FALSE(all_within({net("10.0.0.0/8"), with_ports("10.0.0.0/8", 6, 9, 8)}, {net("10.0.0.0/8")}));

  EXPECT_TRUE(all_within({net("10.1.0.0/16")}, {net("10.0.0.0/8")}));
  EXPECT_FALSE(all_within({net("10.0.0.0/8")}, {net("10.1.0.0/16")}));
  EXPECT_FALSE(all_within({net("10.1.0.0/16"), net("2001:db8::/32")}, {net("10.0.0.0/8")}));
}

}  // namespace
}  // namespace awtun::ike
