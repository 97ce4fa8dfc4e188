// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "selector.h"
}

namespace {

using Address = std::array<std::uint8_t, 16>;

Address address(const std::string& text) {
  Address octets{};
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  EXPECT_EQ(inet_pton(family, text.c_str(), octets.data()), 1) << text;
  return octets;
}

std::uint8_t length(const std::string& text) { return text.find(':') == std::string::npos ? 4 : 16; }

struct Range {
  std::string first;
  std::string last;
  std::uint8_t protocol = 0;
  std::uint16_t port_min = 0;
  std::uint16_t port_max = 65535;
};

struct Free {
  void operator()(awtun_selectors* selectors) const { std::free(selectors); }
};
using Selectors = std::unique_ptr<awtun_selectors, Free>;

Selectors make(const std::vector<Range>& ranges) {
  const std::size_t size = sizeof(awtun_selectors) + ranges.size() * sizeof(awtun_selector);
  Selectors selectors{static_cast<awtun_selectors*>(std::calloc(1, size))};
  for (const Range& range : ranges) {
    awtun_selector& selector = selectors->list[selectors->n++];
    const auto first = address(range.first);
    const auto last = address(range.last);
    std::copy(first.begin(), first.end(), selector.start);
    std::copy(last.begin(), last.end(), selector.end);
    selector.addr_len = length(range.first);
    selector.protocol = range.protocol;
    selector.port_min = range.port_min;
    selector.port_max = range.port_max;
  }
  return selectors;
}

struct Packet {
  std::string source;
  std::uint8_t protocol = 17;
  std::uint16_t port = 53;
  bool opaque = false;
};

bool covers(const std::vector<Range>& ranges, const Packet& packet) {
  const auto selectors = make(ranges);
  const auto octets = address(packet.source);
  awtun_flow flow{};
  flow.addr_len = length(packet.source);
  flow.protocol = packet.protocol;
  flow.opaque = packet.opaque;
  flow.src.addr = octets.data();
  flow.src.port = packet.port;
  return awtun_selectors_match(selectors.get(), &flow, &flow.src);
}

TEST(Selector, NoneCoversEverything) {
  const awtun_flow flow{};
  EXPECT_TRUE(awtun_selectors_match(nullptr, &flow, &flow.src));
}

TEST(Selector, AddressesAreARangeWithBothEnds) {
  const std::vector<Range> range{{"10.0.0.250", "10.0.1.5"}};
  EXPECT_FALSE(covers(range, {"10.0.0.249"}));
  EXPECT_TRUE(covers(range, {"10.0.0.250"}));
  EXPECT_TRUE(covers(range, {"10.0.1.0"}));
  EXPECT_TRUE(covers(range, {"10.0.1.5"}));
  EXPECT_FALSE(covers(range, {"10.0.1.6"}));
  EXPECT_FALSE(covers(range, {"11.0.0.255"}));
}

TEST(Selector, FamiliesDoNotMix) {
  EXPECT_FALSE(covers({{"0.0.0.0", "255.255.255.255"}}, {"2001:db8::1"}));
  EXPECT_FALSE(covers({{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}}, {"192.0.2.1"}));
  EXPECT_TRUE(covers({{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}}, {"2001:db8::1"}));
}

TEST(Selector, ProtocolMustBeTheOneUnlessAny) {
  EXPECT_TRUE(covers({{"10.0.0.0", "10.0.0.255", 17}}, {"10.0.0.1", 17}));
  EXPECT_FALSE(covers({{"10.0.0.0", "10.0.0.255", 6}}, {"10.0.0.1", 17}));
  EXPECT_TRUE(covers({{"10.0.0.0", "10.0.0.255", 0}}, {"10.0.0.1", 6}));
}

TEST(Selector, PortsAreARangeWithBothEnds) {
  const std::vector<Range> range{{"10.0.0.0", "10.0.0.255", 17, 1000, 2000}};
  EXPECT_FALSE(covers(range, {"10.0.0.1", 17, 999}));
  EXPECT_TRUE(covers(range, {"10.0.0.1", 17, 1000}));
  EXPECT_TRUE(covers(range, {"10.0.0.1", 17, 2000}));
  EXPECT_FALSE(covers(range, {"10.0.0.1", 17, 2001}));
}

TEST(Selector, OpaquePortsAreCoveredByAllPortsOnly) {
  EXPECT_TRUE(covers({{"10.0.0.0", "10.0.0.255", 17}}, {"10.0.0.1", 17, 0, true}));
  EXPECT_FALSE(covers({{"10.0.0.0", "10.0.0.255", 17, 0, 65534}}, {"10.0.0.1", 17, 0, true}));
  EXPECT_FALSE(covers({{"10.0.0.0", "10.0.0.255", 17, 1, 65535}}, {"10.0.0.1", 17, 0, true}));
}

TEST(Selector, AnyOfAListWillDo) {
  const std::vector<Range> list{
      {"10.0.0.0", "10.0.0.255"}, {"2001:db8::", "2001:db8::ffff"}, {"10.9.0.1", "10.9.0.1"}};
  EXPECT_TRUE(covers(list, {"10.0.0.9"}));
  EXPECT_TRUE(covers(list, {"2001:db8::9"}));
  EXPECT_TRUE(covers(list, {"10.9.0.1"}));
  EXPECT_FALSE(covers(list, {"10.9.0.2"}));
}

}  // namespace
