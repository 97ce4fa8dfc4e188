// SPDX-License-Identifier: Apache-2.0
// Anything at any time, on a bad network; when it stops, exactly one working tunnel is left.
#include <gtest/gtest.h>

#include <random>

#include "userland/tests/sim/trust.h"

namespace awtun::sim {
namespace {

void anything(Pair& pair, std::mt19937_64& random) {
  const std::size_t at = random() % 2;
  switch (random() % 12) {
    case 0:
    case 1:
    case 2:
      return pair.world.input(at, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    case 3:
    case 4:
    case 5:
      return pair.world.input(at, ike::Rekey{kTunnel, ike::Rekey::What::IkeSa});
    case 6:
      return pair.world.input(at, ike::ClearSa{kTunnel});
    case 7:
      pair.world.restart(at);
      return pair.set(at);
    case 8:
      pair.world.input(at, ike::RemoveTunnel{kTunnel});
      return pair.set(at);
    case 9:
      for (const ike::ChildSaStatus& child : pair.status(at).child_sas)
        pair.world.input(at, ike::SaExpired{kTunnel, Direction::Out, child.outbound_spi, random() % 2 == 0});
      return;
    case 10:
      pair.world.network().faults.loss = static_cast<unsigned>(random() % 400);
      return;
    default:
      pair.set(at, random() % 4 == 0 ? "wrong" : "ouR4ecret");
  }
}

/// Every third pair authenticates by certificate; in every second one jobs take time, and some never end.
void draw(Pair& pair, std::uint64_t seed) {
  if (seed % 2 == 0) pair.world.job_times = {1ms, Duration(seed), 10};
  if (seed % 3 != 0) return;
  pair.isakmp.local_authentication = AuthMethod::Certificate;
  pair.isakmp.remote_authentication = AuthMethod::Certificate;
  for (std::size_t i = 0; i < 2; ++i)
    pair.world.node(i).credentials = Trust{pair.world.node(i).address.to_string()};
}

TEST(Chaos, EndsWithOneTunnel) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Pair pair(seed);
    draw(pair, seed);
    std::mt19937_64 random(seed);
    pair.world.network().faults = {static_cast<unsigned>(random() % 300), 100, 5ms, 500ms};
    pair.set_both();
    for (int i = 0; i < 30; ++i) {
      anything(pair, random);
      const Duration::rep spans[] = {1, 50, 1000, 20000};
      pair.world.run_for(Duration(static_cast<Duration::rep>(random() % 1000) * spans[random() % 4] / 1000));
    }
    pair.world.network().faults = {};
    pair.world.job_times.lost = 0;
    pair.set_both();
    ASSERT_TRUE(pair.come_up(300s)) << pair.world.trace();
    pair.world.run_for(900s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
    // Nothing piles up: at rest there is a DPD request from each end and its answer, no more.
    const std::size_t before = pair.world.node(0).sends.size();
    pair.world.run_for(300s);
    ASSERT_LE(pair.world.node(0).sends.size() - before, 22U) << pair.world.trace();
  }
}

}  // namespace
}  // namespace awtun::sim
