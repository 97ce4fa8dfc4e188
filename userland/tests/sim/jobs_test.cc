// SPDX-License-Identifier: Apache-2.0
// Jobs that end late, never, or when nobody waits for them any more.
#include <gtest/gtest.h>

#include "userland/sim/routers.h"
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
  EXPECT_EQ(pair.failure(0)->reason, "a crypto job timed out");
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

/// A hub with two spokes, tunnels 0 and 1, whose jobs take 10 ms from now on and run one at a time.
class BusyHub : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) world.add_node();
    world.on_send = [this](const ike::Send& datagram) {
      const auto header = wire::parse_header(datagram.bytes);
      const bool init = header && header->exchange == wire::ExchangeType::IkeSaInit && !header->response;
      if (init && datagram.local.address == world.node(1).address) request = datagram;
    };
    for (ike::TunnelId tunnel = 0; tunnel < 2; ++tunnel)
      for (const std::size_t end : {std::size_t{0}, std::size_t{tunnel + 1}})
        world.input(end, ike::SetTunnel{tunnel_policy(world, end, end == 0 ? tunnel + 1 : 0, tunnel,
                                                      quick_isakmp_profile())});
    world.run_for(2s);
    ASSERT_TRUE(world.connected(0, 1, 0) && world.connected(0, 2, 1));
    ASSERT_TRUE(request);
    world.job_times = {10ms, 10ms, 0, 1};
  }
  /// Requests to begin a handshake in the name of spoke 1.
  void flood(std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
      Bytes bytes = request->bytes;
      bytes[0] = static_cast<std::uint8_t>(i >> 8);
      bytes[1] = static_cast<std::uint8_t>(i);
      world.deliver({request->remote, request->local, std::move(bytes)});
    }
  }

  World world{1};
  std::optional<ike::Send> request;
};

TEST_F(BusyHub, AFloodAtOneTunnelDelaysARekeyOfAnotherByOneJob) {
  flood(1000);
  const ike::Time before = world.now();
  world.input(2, ike::Rekey{1, ike::Rekey::What::IkeSa});
  ASSERT_TRUE(
      world.run_while_not([&] { return world.node(2).engine.status().counters.ike_rekeys == 1; }, 10s));
  EXPECT_LE(world.now() - before, 150ms);
}

TEST_F(BusyHub, AFloodDelaysTheHandshakeOfAnotherTunnelByFewJobs) {
  const auto handshakes = [&] {
    return world.node(0).engine.status().counters.ike_sa_established_as_responder;
  };
  const auto up = handshakes();
  flood(1000);
  const ike::Time before = world.now();
  world.input(2, ike::ClearSa{1});
  ASSERT_TRUE(world.run_while_not([&] { return handshakes() > up; }, 10s));
  EXPECT_LE(world.now() - before, 300ms);
}

TEST_F(BusyHub, WhatTheFloodLeavesBehindIsNotComputed) {
  flood(1000);
  EXPECT_LE(world.node(0).jobs.size(), ike::JobQueue::Limits().share);
  const auto cancelled = world.node(0).engine.status().counters.jobs_cancelled;
  world.run_for(31s);
  EXPECT_EQ(world.node(0).jobs.size(), 0U);
  EXPECT_GE(world.node(0).engine.status().counters.jobs_cancelled, cancelled);
}

}  // namespace
}  // namespace awtun::sim
