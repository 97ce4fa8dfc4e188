// SPDX-License-Identifier: Apache-2.0
// Authentication by certificate, as the engine sees it: who proves what to whom, and what comes of it.
#include <gtest/gtest.h>

#include "userland/tests/sim/trust.h"

namespace awtun::sim {
namespace {

/// The kinds of jobs that node `index` starts for a handshake, in order: 'd'erive, 's'ign, 'v'erify.
std::function<void(std::size_t, const ike::StartJob&)> into(std::string& kinds, std::size_t index) {
  return [&kinds, index](std::size_t at, const ike::StartJob& job) {
    const auto* exchange = std::get_if<ike::KeyExchangeJob>(&job.job);
    const bool makes_key = exchange != nullptr && !exchange->peer;
    if (at == index && !makes_key) kinds += "dsv"[job.job.index()];
  };
}

TEST(Certificate, BothEndsProveWhoTheyAreThePeerFirst) {
  CertifiedPair pair(1);
  std::string initiator;
  std::string responder;
  const auto first = into(initiator, 0);
  const auto second = into(responder, 1);
  pair.world.on_job = [&](std::size_t at, const ike::StartJob& job) {
    first(at, job);
    second(at, job);
  };
  pair.certify(1);
  pair.world.power(1, false);
  pair.world.run_for(1s);
  pair.world.power(1, true);
  responder.clear();
  pair.certify(0);
  ASSERT_TRUE(pair.come_up(2s)) << pair.world.trace();
  EXPECT_EQ(initiator, "dsv");
  EXPECT_EQ(responder, "dvs");
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_EQ(pair.kernel_errors(), "");
}

TEST(Certificate, BothAtOnceOnABadNetwork) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CertifiedPair pair(seed);
    pair.world.network().faults = {200, 100, 5ms, 400ms};
    pair.world.job_times = {1ms, Duration(seed * 20), 0};
    pair.certify_both();
    ASSERT_TRUE(pair.come_up(400s)) << pair.world.trace();
    pair.world.network().faults = {};
    pair.world.run_for(400s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
    ASSERT_EQ(pair.kernel_errors(), "") << pair.world.trace();
  }
}

struct Case {
  const char* what;
  Trust wrong;  ///< of node 0
  const char* reason;
  const char* hint;
};

TEST(Certificate, ARefusedCertificateIsExplainedAndTheTunnelComesUpOnceItIsReplaced) {
  const std::string name = CertifiedPair::name(0);
  const Case cases[] = {
      {"expired", {name, "CA", "CA", "expired", true, name}, "certificate expired", "clocks"},
      {"another CA",
       {name, "Other", "CA", "good", true, name},
       "certificate of an unknown CA",
       "the same CA"},
      {"another name",
       {"r9", "CA", "CA", "good", true, "r9"},
       "name mismatch: the CN is not the identity",
       "tunnel remote name"},
      {"another key",
       {name, "CA", "CA", "good", true, "stolen"},
       "the signature does not verify",
       "private key"},
  };
  std::uint64_t seed = 10;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    CertifiedPair pair(++seed);
    pair.trust(0, one.wrong);
    pair.certify_both();
    pair.world.run_for(20s);
    EXPECT_FALSE(pair.connected());
    const auto ours = pair.failure(1);
    const auto theirs = pair.failure(0);
    ASSERT_TRUE(ours && theirs);
    EXPECT_EQ(ours->exchange, "IKE_AUTH");
    EXPECT_EQ(ours->refused_by, ike::Side::Local);
    EXPECT_EQ(ours->reason, one.reason);
    EXPECT_NE(ours->theirs.find(name), std::string::npos);
    EXPECT_NE(ours->hint.find(one.hint), std::string::npos) << ours->hint;
    EXPECT_EQ(theirs->refused_by, ike::Side::Peer);
    EXPECT_EQ(theirs->reason, "authentication failed");
    EXPECT_NE(theirs->hint.find("trust our CA"), std::string::npos) << theirs->hint;
    EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
    pair.trust(0, {name});
    ASSERT_TRUE(pair.come_up(90s)) << pair.world.trace();
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Certificate, WithoutAPrivateKeyNothingIsProved) {
  for (std::size_t keyless = 0; keyless < 2; ++keyless) {
    CertifiedPair pair(20 + keyless);
    Trust trust{CertifiedPair::name(keyless)};
    trust.private_key = false;
    pair.trust(keyless, trust);
    pair.certify_both();
    pair.world.run_for(20s);
    EXPECT_FALSE(pair.connected());
    ASSERT_TRUE(pair.failure(keyless));
    EXPECT_EQ(pair.failure(keyless)->reason, "the trustpoint has no private key");
    EXPECT_EQ(pair.failure(keyless)->ours, "trustpoint trust, trustpoint trust");
    EXPECT_EQ(pair.failure(1 - keyless)->reason, "authentication failed");
    trust.private_key = true;
    pair.trust(keyless, trust);
    EXPECT_TRUE(pair.come_up(90s)) << pair.world.trace();
  }
}

TEST(Certificate, NoTrustpointIsAReportNotAnError) {
  CertifiedPair pair(30);
  ike::TunnelPolicy policy = pair.certified(0);
  policy.certificate.reset();
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  EXPECT_TRUE(pair.world.node(0).sends.empty());
  ASSERT_TRUE(pair.failure(0));
  EXPECT_EQ(pair.failure(0)->reason, "no trustpoint");
  pair.certify(1);
  pair.world.run_for(5s);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->reason, "authentication failed");
}

TEST(Certificate, OneEndByCertificateTheOtherByKey) {
  for (std::size_t initiator = 0; initiator < 2; ++initiator) {
    CertifiedPair pair(40 + initiator);
    for (const std::size_t i : {1 - initiator, initiator}) {
      pair.isakmp.local_authentication = i == 0 ? AuthMethod::Certificate : AuthMethod::PreShare;
      pair.isakmp.remote_authentication = i == 0 ? AuthMethod::PreShare : AuthMethod::Certificate;
      pair.certify(i);
    }
    ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

TEST(Certificate, AKeyIsNoSubstituteForACertificate) {
  for (const bool demanded_by_responder : {false, true}) {
    CertifiedPair pair(demanded_by_responder ? 51 : 50);
    // Node 0 demands a certificate and shows one; node 1 believes in keys.
    const std::size_t last = demanded_by_responder ? 1 : 0;
    for (const std::size_t i : {1 - last, last}) {
      const AuthMethod method = i == 0 ? AuthMethod::Certificate : AuthMethod::PreShare;
      pair.isakmp.local_authentication = pair.isakmp.remote_authentication = method;
      pair.certify(i);
    }
    pair.world.run_for(20s);
    EXPECT_FALSE(pair.connected());
    bool said = false;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto failure = pair.failure(i);
      ASSERT_TRUE(failure);
      if (failure->reason != "wrong authentication method") continue;
      said = true;
      EXPECT_EQ(failure->ours,
                i == 0 ? "remote authentication certificate" : "remote authentication pre-share");
      EXPECT_NE(failure->hint.find("remote authentication"), std::string::npos);
    }
    EXPECT_TRUE(said);
    EXPECT_EQ(pair.world.node(0).kernel.inbound_count(kTunnel), 0U);
  }
}

TEST(Certificate, AnUnknownIdentityCostsTheSameWork) {
  CertifiedPair pair(60);
  std::string kinds;
  pair.world.on_job = into(kinds, 1);
  pair.trust(0, {"stranger.example.com"});
  pair.certify(1);
  pair.world.power(1, false);
  pair.world.run_for(1s);
  pair.world.power(1, true);
  kinds.clear();
  ike::TunnelPolicy policy = pair.certified(0);
  policy.local_id = ike::Identity::fqdn("stranger.example.com");
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(500ms);
  EXPECT_EQ(kinds, "dv");
  EXPECT_FALSE(pair.connected());
  ASSERT_TRUE(pair.failure(0) && pair.failure(1));
  EXPECT_EQ(pair.failure(0)->reason, "authentication failed");
  EXPECT_EQ(pair.failure(1)->reason, "authentication failed");
  EXPECT_NE(pair.failure(1)->hint.find("tunnel remote name"), std::string::npos);
}

TEST(Certificate, AnotherTrustpointRestartsTheTunnel) {
  CertifiedPair pair(70);
  pair.certify_both();
  ASSERT_TRUE(pair.come_up(5s));
  pair.world.run_for(60s);
  const auto before = pair.status(0).ike_sas.at(0).initiator_spi;
  ike::TunnelPolicy policy = pair.certified(0);
  policy.certificate->authorities.push_back(Bytes(20, 1));
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(10s);
  EXPECT_EQ(pair.status(0).ike_sas.at(0).initiator_spi, before);
  policy = pair.certified(0);
  policy.certificate->trustpoint = "another";
  pair.world.input(0, ike::SetTunnel{std::move(policy)});
  pair.world.run_for(30s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  EXPECT_NE(pair.status(0).ike_sas.at(0).initiator_spi, before);
}

}  // namespace
}  // namespace awtun::sim
