// SPDX-License-Identifier: Apache-2.0
// Real certificates in the engine's hands: the wire carries what the trustpoints make, and the other end's
// trustpoint takes it.
#include <gtest/gtest.h>

#include "userland/pki/trustpoint.h"
#include "userland/tests/pki/authority.h"
#include "userland/tests/sim/trust.h"

namespace awtun::sim {
namespace {

using pki::testing::Party;

std::shared_ptr<const pki::Trustpoint> trustpoint(const Party& ca, const std::string& chain,
                                                  const Party& own) {
  auto loaded = pki::Trustpoint::load({ca.pem(), own.pem() + chain, own.key_pem(), ""});
  EXPECT_TRUE(loaded) << loaded.error();
  return *loaded;
}

ike::JobFailed failed(const pki::Refusal& refusal) { return {refusal.reason, refusal.detail}; }

/// Does a router's jobs with its trustpoint; an `old` one speaks no RFC 7427.
struct Runner {
  std::shared_ptr<const pki::Trustpoint> trust;
  bool old = false;
  std::vector<wire::AuthMethodId>* methods;

  ike::JobResult operator()(const ike::Job& job) const {
    if (const auto* sign = std::get_if<ike::SignJob>(&job)) {
      const auto hashes = old ? std::vector<std::uint16_t>() : sign->peer_hashes;
      auto made = trust->sign(hashes, sign->octets);
      if (!made) return failed(made.error());
      return ike::SignDone{made->signature.method, made->signature.data, made->chain};
    }
    const auto& verify = std::get<ike::VerifyJob>(job);
    methods->push_back(verify.method);
    const pki::Claim claim{{static_cast<wire::IdType>(verify.identity.type), verify.identity.data},
                           verify.certificates,
                           verify.method,
                           verify.signature,
                           verify.octets};
    if (const auto refusal = trust->objection(claim, pki::testing::kNow)) return failed(*refusal);
    return ike::VerifyDone{};
  }
};

struct RealPair : CertifiedPair {
  explicit RealPair(std::uint64_t seed) : CertifiedPair(seed) {}

  void trust(std::size_t index, const std::string& chain, const Party& own, bool old = false) {
    world.node(index).credentials = Runner{trustpoint(ca, chain, own), old, &methods};
  }
  Party ca = pki::testing::self_signed(pki::testing::authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
  std::vector<wire::AuthMethodId> methods;  ///< of the AUTH payloads that were looked at
};

TEST(Pki, EcdsaAndRsaThroughAnIntermediateInBothRoles) {
  for (const std::size_t initiator : {0U, 1U}) {
    RealPair pair(1 + initiator);
    const Party between = pki::testing::issue(pair.ca, pki::testing::authority("/CN=Between"));
    pair.trust(0, between.pem(), pki::testing::issue(between, pki::testing::router(CertifiedPair::name(0))));
    pair.trust(
        1, "",
        pki::testing::issue(pair.ca, pki::testing::router(CertifiedPair::name(1)), pki::testing::rsa_key()));
    pair.certify(initiator);
    pair.certify(1 - initiator);
    ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
    for (const auto method : pair.methods) EXPECT_EQ(method, wire::AuthMethodId::DigitalSignature);
  }
}

TEST(Pki, ThePeersThatKnowOnlyTheOldMethods) {
  RealPair pair(3);
  pair.trust(0, "", pki::testing::issue(pair.ca, pki::testing::router(CertifiedPair::name(0))), true);
  pair.trust(
      1, "",
      pki::testing::issue(pair.ca, pki::testing::router(CertifiedPair::name(1)), pki::testing::rsa_key()),
      true);
  pair.certify_both();
  ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
  const std::set<wire::AuthMethodId> seen(pair.methods.begin(), pair.methods.end());
  EXPECT_EQ(seen, (std::set{wire::AuthMethodId::RsaSignature, wire::AuthMethodId::EcdsaSha256P256}));
}

TEST(Pki, ReasonsReachTheOperator) {
  struct Mismatch {
    const char* what;
    Party own;
    const char* reason;
    const char* theirs;
    const char* hint;
  };
  RealPair pair(4);
  const std::string name = CertifiedPair::name(0);
  auto old = pki::testing::router(name);
  old.to = pki::testing::kNow - 24h;
  const Party stranger = pki::testing::self_signed(pki::testing::authority("/CN=Other"));
  const Mismatch cases[] = {
      {"expired", pki::testing::issue(pair.ca, old), "certificate expired", "valid to", "clocks"},
      {"another CA", pki::testing::issue(stranger, pki::testing::router(name)),
       "certificate of an unknown CA", "issuer /CN=Other", "one CA"},
      {"another name", pki::testing::issue(pair.ca, pki::testing::router("r9.example.com")),
       "name mismatch: the CN is not the identity", "r9.example.com", "tunnel remote name"},
  };
  pair.trust(1, "", pki::testing::issue(pair.ca, pki::testing::router(CertifiedPair::name(1))));
  pair.certify_both();
  for (const Mismatch& one : cases) {
    SCOPED_TRACE(one.what);
    pair.trust(0, "", one.own);
    pair.world.input(0, ike::ClearSa{kTunnel});
    pair.world.run_for(5s);
    EXPECT_FALSE(pair.connected());
    const auto failure = pair.failure(1);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->reason, one.reason);
    EXPECT_NE(failure->theirs.find(one.theirs), std::string::npos) << failure->theirs;
    EXPECT_NE(failure->hint.find(one.hint), std::string::npos) << failure->hint;
  }
  pair.trust(0, "", pki::testing::issue(pair.ca, pki::testing::router(name)));
  EXPECT_TRUE(pair.come_up(90s)) << pair.world.trace();
}

}  // namespace
}  // namespace awtun::sim
