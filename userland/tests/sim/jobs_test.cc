// SPDX-License-Identifier: Apache-2.0
// Jobs that end late, never, or when nobody waits for them any more.
#include <gtest/gtest.h>

#include "userland/tests/sim/trust.h"
#include "userland/wire/message.h"

namespace awtun::sim {
namespace {

TEST(Jobs, SlowOnesDelayTheTunnelAndNothingElse) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CertifiedPair pair(seed);
    pair.world.job_times = {100ms, 3s, 0};
    pair.certify_both();
    ASSERT_TRUE(pair.come_up(60s)) << pair.world.trace();
    pair.world.run_for(300s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "");
  }
}

TEST(Jobs, SomeThatNeverEndAreGivenUp) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CertifiedPair pair(seed);
    pair.world.job_times = {1ms, 20ms, 200};
    pair.certify_both();
    ASSERT_TRUE(pair.come_up(900s)) << pair.world.trace();
    pair.world.job_times = {};
    pair.world.run_for(600s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Jobs, NoneEndsAndEveryAttemptIsGivenUp) {
  CertifiedPair pair(3);
  pair.world.job_times = {1ms, 1ms, 1000};
  pair.certify_both();
  pair.world.run_for(600s);
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->exchange, "IKE_SA_INIT");
  EXPECT_EQ(pair.failure(0)->reason, "a computation did not end");
  EXPECT_LE(pair.status(0).ike_sas.size(), 1U);
  pair.world.job_times = {};
  EXPECT_TRUE(pair.come_up(100s)) << pair.world.trace();
}

TEST(Jobs, ResultsForWhatIsGoneAreIgnored) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CertifiedPair pair(seed);
    pair.world.job_times = {50ms, 50ms, 0};
    pair.certify_both();
    pair.world.run_for(Duration(seed * 7));
    const std::size_t at = seed % 2;
    switch (seed % 5) {
      case 0:
        pair.world.input(at, ike::RemoveTunnel{kTunnel});
        break;
      case 1:
        pair.world.input(at, ike::ClearSa{kTunnel});
        break;
      case 2: {
        ike::TunnelPolicy policy = pair.certified(at);
        policy.certificate->trustpoint = "another";
        pair.world.input(at, ike::SetTunnel{std::move(policy)});
        break;
      }
      case 3:
        pair.world.restart(at);
        break;
      default:
        pair.world.input(at, ike::Shutdown{});
        pair.world.run_for(1s);
        EXPECT_FALSE(pair.connected());
        pair.world.restart(at);
    }
    pair.world.run_for(200ms);
    pair.certify(at);
    ASSERT_TRUE(pair.come_up(300s)) << seed << "\n" << pair.world.trace();
    pair.world.run_for(400s);
    ASSERT_TRUE(pair.at_rest()) << seed << "\n" << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "");
  }
}

TEST(Jobs, RepetitionsWhileOneRunsStartNoOther) {
  CertifiedPair pair(5);
  pair.certify(1);
  pair.world.run_for(100ms);
  std::size_t jobs = 0;
  pair.world.on_job = [&](std::size_t at, const ike::StartJob& job) {
    const auto* exchange = std::get_if<ike::KeyExchangeJob>(&job.job);
    const bool makes_key = exchange != nullptr && !exchange->peer;
    if (at == 1 && !makes_key) ++jobs;
  };
  pair.world.job_times = {50ms, 50ms, 0};
  pair.world.on_send = [&](const ike::Send& datagram) {
    if (datagram.local.address != pair.world.node(0).address) return;
    for (int i = 0; i < 5; ++i) pair.world.network().send(pair.world.now(), datagram);
  };
  pair.certify(0);
  ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
  // Its key exchange, the verification and the signature.
  EXPECT_EQ(jobs, 3U);
}

TEST(Jobs, ABusyResponderHasKeysReady) {
  World world(1);
  const std::size_t hub = world.add_node();
  std::size_t with_key = 0;
  std::size_t without = 0;
  world.on_job = [&](std::size_t at, const ike::StartJob& job) {
    const auto* exchange = std::get_if<ike::KeyExchangeJob>(&job.job);
    if (at != hub || exchange == nullptr || !exchange->peer) return;
    ++(exchange->ours ? with_key : without);
  };
  std::set<Bytes> values;
  world.on_send = [&](const ike::Send& datagram) {
    if (datagram.local.address != world.node(hub).address) return;
    const auto message = wire::parse_message(datagram.bytes);
    const auto ke = message ? message->payloads.find(wire::PayloadType::Ke) : std::nullopt;
    if (!ke) return;
    EXPECT_TRUE(values.emplace(ke->body.begin(), ke->body.end()).second) << "a key was used twice";
  };
  for (ike::TunnelId id = 0; id < 20; ++id) {
    const std::size_t spoke = world.add_node();
    for (const std::size_t at : {hub, spoke}) {
      ike::TunnelPolicy policy;
      policy.tunnel = id;
      policy.local = world.node(at).address;
      if (at == spoke) policy.remote = world.node(hub).address;
      policy.local_id = ike::Identity::of(policy.local);
      policy.remote_id = ike::Identity::of(world.node(at == hub ? spoke : hub).address);
      policy.preshared_key = Secret(octets_of("key"));
      policy.isakmp = fast_profile();
      world.input(at, ike::SetTunnel{std::move(policy)});
    }
    world.run_for(200ms);
    EXPECT_TRUE(world.connected(hub, spoke, id)) << world.trace();
  }
  EXPECT_EQ(with_key + without, 20U);
  EXPECT_LE(without, 4U);
}

}  // namespace
}  // namespace awtun::sim
