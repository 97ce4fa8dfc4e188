// SPDX-License-Identifier: Apache-2.0
#include "userland/base/ip.h"

#include <gtest/gtest.h>

namespace awtun {
namespace {

TEST(NotAHost, WhatNoOtherHostCanHave) {
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "224.0.0.1", "239.1.1.1",
                           "240.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "::ffff:10.1.1.1"})
    EXPECT_NE(not_a_host(*IpAddress::parse(text)), "") << text;
  for (const char* text : {"1.0.0.1", "10.2.2.2", "126.255.255.255", "169.254.1.1", "223.255.255.255",
                           "2001:db8::1", "fd00::1", "fe80::1", "64:ff9b::10.1.1.1"})
    EXPECT_EQ(not_a_host(*IpAddress::parse(text)), "") << text;
}

TEST(IsLinkLocal, OfBothFamilies) {
  for (const char* text : {"169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"})
    EXPECT_TRUE(is_link_local(*IpAddress::parse(text))) << text;
  for (const char* text : {"169.253.0.1", "169.255.0.1", "fec0::1", "fd00::1"})
    EXPECT_FALSE(is_link_local(*IpAddress::parse(text))) << text;
}

}  // namespace
}  // namespace awtun
