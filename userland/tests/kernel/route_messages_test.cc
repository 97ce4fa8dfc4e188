// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/route_messages.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "userland/tests/addresses.h"

namespace awtun::kernel {
namespace {

/// The request as the kernel would tell it back: builders and parsers share every attribute.
std::vector<Route> told_back(const Message& request) { return parse_own_routes(*request.header()); }

TEST(RouteMessages, LinkIsCreatedByNameAndKind) {
  const auto message = create_link_request("tunnel7", kTunnelKind);
  EXPECT_EQ(message.header()->nlmsg_flags & NLM_F_EXCL, NLM_F_EXCL);
  const auto link = parse_link(*message.header());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "tunnel7");
  EXPECT_EQ(link->kind, "tunnel");
}

TEST(RouteMessages, ChangeTouchesOnlyWhatIsSet) {
  const auto message = change_link_request(5, {.up = {}, .mtu = 1400, .alias = {}});
  const auto* header = header_of<ifinfomsg>(*message.header());
  EXPECT_EQ(header->ifi_index, 5);
  EXPECT_EQ(header->ifi_change, 0U);
  const auto attributes = attributes_of(*message.header(), sizeof *header);
  EXPECT_EQ(attributes.u32(IFLA_MTU), 1400U);
  EXPECT_FALSE(attributes.has(IFLA_IFALIAS));
}

TEST(RouteMessages, UpAndDownMaskOnlyTheirFlag) {
  const auto up_message = change_link_request(5, {.up = true, .mtu = {}, .alias = {}});
  const auto down_message = change_link_request(5, {.up = false, .mtu = {}, .alias = {}});
  const auto* up = header_of<ifinfomsg>(*up_message.header());
  const auto* down = header_of<ifinfomsg>(*down_message.header());
  EXPECT_EQ(up->ifi_flags, static_cast<unsigned>(IFF_UP));
  EXPECT_EQ(up->ifi_change, static_cast<unsigned>(IFF_UP));
  EXPECT_EQ(down->ifi_flags, 0U);
  EXPECT_EQ(down->ifi_change, static_cast<unsigned>(IFF_UP));
}

TEST(RouteMessages, AddressKeepsHostBitsAndIpv6SkipsDad) {
  const InterfaceAddress v4{3, prefix("192.168.254.1/30")};
  const InterfaceAddress v6{3, prefix("2001:db8::1/64")};
  const auto v4_message = add_address_request(v4);
  const auto v6_message = add_address_request(v6);
  EXPECT_EQ(parse_address(*v4_message.header()), v4);
  EXPECT_EQ(parse_address(*v6_message.header()), v6);
  const auto flags = [](const Message& message) {
    return attributes_of(*message.header(), sizeof(ifaddrmsg)).u32(IFA_FLAGS);
  };
  EXPECT_FALSE(flags(v4_message));
  EXPECT_EQ(flags(v6_message), std::uint32_t{IFA_F_NODAD});
}

TEST(RouteMessages, RouteRoundTrips) {
  for (const Route& route :
       {Route{prefix("192.168.20.0/24"), 7U, 1}, Route{prefix("0.0.0.0/0"), ip("10.1.1.254"), 200},
        Route{prefix("2001:db8:10:20::/64"), 7U, 1}, Route{prefix("::/0"), ip("2001:db8::1"), 5},
        Route{prefix("192.168.20.0/24"), Blackhole{}, 254}, Route{prefix("2001:db8::/32"), Blackhole{}, 254}})
    EXPECT_EQ(told_back(add_route_request(route)), std::vector{route});
}

TEST(RouteMessages, ForeignRoutesAreNotOurs) {
  auto message = add_route_request({prefix("192.168.20.0/24"), 7U, 1});
  static_cast<rtmsg*>(nlmsg_data(message.header()))->rtm_protocol = RTPROT_STATIC;
  EXPECT_TRUE(told_back(message).empty());
}

TEST(RouteMessages, EveryNextHopOfAMultipathRouteIsARoute) {
  Message message(RTM_NEWROUTE, 0);
  auto& header = message.append<rtmsg>();
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = 64;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_type = RTN_UNICAST;
  message.put(RTA_DST, ip("2001:db8:5::"));
  message.put_u32(RTA_PRIORITY, 1);
  Bytes hops;
  for (const char* gateway : {"2001:db8::1", "2001:db8::2"}) {
    rtnexthop hop{};
    rtattr attribute{};
    hop.rtnh_len = sizeof hop + sizeof attribute + 16;
    hop.rtnh_ifindex = 2;
    attribute.rta_len = sizeof attribute + 16;
    attribute.rta_type = RTA_GATEWAY;
    const auto* raw_hop = reinterpret_cast<const std::uint8_t*>(&hop);
    const auto* raw_attribute = reinterpret_cast<const std::uint8_t*>(&attribute);
    const auto address = ip(gateway);
    hops.insert(hops.end(), raw_hop, raw_hop + sizeof hop);
    hops.insert(hops.end(), raw_attribute, raw_attribute + sizeof attribute);
    hops.insert(hops.end(), address.bytes().begin(), address.bytes().end());
  }
  message.put(RTA_MULTIPATH, hops);
  const std::vector<Route> expected{{prefix("2001:db8:5::/64"), ip("2001:db8::1"), 1},
                                    {prefix("2001:db8:5::/64"), ip("2001:db8::2"), 1}};
  EXPECT_EQ(told_back(message), expected);
}

}  // namespace
}  // namespace awtun::kernel
