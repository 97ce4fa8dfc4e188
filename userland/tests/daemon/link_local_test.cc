// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/link_local.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

TEST(LinkLocal, IsStableAndDiffersByInterfaceInstanceAndSecret) {
  const auto one = secret("0123456789abcdef0123456789abcdef");
  const auto address = link_local_address(one, "tunnel0", "/run/a");
  EXPECT_EQ(address, link_local_address(one, "tunnel0", "/run/a"));
  EXPECT_NE(address, link_local_address(one, "tunnel1", "/run/a"));
  EXPECT_NE(address, link_local_address(one, "tunnel0", "/run/b"));
  EXPECT_NE(address, link_local_address(secret("another"), "tunnel0", "/run/a"));
  EXPECT_EQ(address.length, 64);
  EXPECT_EQ(address.to_string().substr(0, 6), "fe80::");
}

}  // namespace
}  // namespace awtun::daemon
