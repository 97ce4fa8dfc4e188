// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/credentials.h"

#include <gtest/gtest.h>

#include "userland/daemon/io/files.h"
#include "userland/tests/daemon/sample.h"
#include "userland/tests/pki/authority.h"

namespace awtun::daemon {
namespace {

using namespace pki::testing;

TEST(Credentials, NoTrustpointIsThereToBeginWith) {
  const ScratchDirectory scratch;
  const Credentials credentials{TrustpointStore(scratch.path())};
  EXPECT_TRUE(credentials.current()->empty());
  EXPECT_TRUE(credentials.authorities("vpn_trust").empty());
}

TEST(Credentials, WhatAWorkerHoldsStaysWhenOthersAreLoaded) {
  const ScratchDirectory scratch;
  const TrustpointStore store(scratch.path());
  const Party ca = self_signed(authority("/CN=CA"));
  ASSERT_TRUE(store.save_authority("vpn_trust", ca.certificate()));
  Credentials credentials{store};
  EXPECT_TRUE(credentials.reload().empty());
  const auto held = credentials.current();
  const auto authorities = credentials.authorities("vpn_trust");
  ASSERT_EQ(authorities.size(), 1U);
  EXPECT_EQ(authorities[0].size(), 20U);
  ASSERT_TRUE(store.remove("vpn_trust"));
  EXPECT_TRUE(credentials.reload().empty());
  EXPECT_TRUE(credentials.current()->empty());
  EXPECT_TRUE(held->contains("vpn_trust"));
}

TEST(Credentials, ATrustpointThatIsBrokenIsNamedAndLeftOut) {
  const ScratchDirectory scratch;
  const TrustpointStore store(scratch.path());
  ASSERT_TRUE(store.save_authority("good", self_signed(authority("/CN=CA")).certificate()));
  ASSERT_TRUE(write_file(scratch / "trustpoints/bad/ca.pem", "nonsense"));
  Credentials credentials{store};
  const auto errors = credentials.reload();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].find("bad"), std::string::npos);
  EXPECT_TRUE(credentials.current()->contains("good"));
  EXPECT_FALSE(credentials.current()->contains("bad"));
}

}  // namespace
}  // namespace awtun::daemon
