// SPDX-License-Identifier: Apache-2.0
// Tunnels coming up: either end or both starting, on good and on bad networks.
#include <gtest/gtest.h>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {
namespace {

TEST(Establish, InitiatorOnlyWithTheDefaultProfile) {
  Pair pair(1);
  pair.isakmp = default_isakmp_profile();
  pair.world.node(1).alive = true;
  pair.set(1);
  pair.world.power(1, false);  // its own attempt goes nowhere
  pair.world.run_for(1s);
  pair.world.power(1, true);
  pair.set(0);
  ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
  const auto status = pair.status(0);
  ASSERT_EQ(status.ike_sas.size(), 1U);
  EXPECT_EQ(status.ike_sas[0].suite, (*crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048)));
  ASSERT_EQ(status.child_sas.size(), 1U);
  EXPECT_EQ(status.child_sas[0].suite, (*crypto::esp_suite("aes256", "sha256")));
  EXPECT_EQ(status.counters.ike_sa_established_as_initiator, 1U);
  EXPECT_EQ(pair.status(1).counters.ike_sa_established_as_responder, 1U);
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.kernel_errors(), "");
}

TEST(Establish, BothEndsInitiateAtOnceAndOneIkeSaStays) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Pair pair(seed);
    pair.set_both();
    ASSERT_TRUE(pair.come_up(1s)) << pair.world.trace();
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
}

}  // namespace
}  // namespace awtun::sim
