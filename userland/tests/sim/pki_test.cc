// SPDX-License-Identifier: Apache-2.0
// Real certificates in the engine's hands: the wire carries what the trustpoints make, and the other end's
// trustpoint takes it.
#include <gtest/gtest.h>

#include "userland/tests/sim/pki_pair.h"

namespace awtun::sim {
namespace {

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

TEST(Pki, AChainWithACrossSignedCa) {
  RealPair pair(5);
  const auto wish = pki::testing::authority("/CN=Between");
  const Party between = pki::testing::issue(pair.ca, wish);
  const Party stranger = pki::testing::self_signed(pki::testing::authority("/CN=Stranger"));
  const Party cross = pki::testing::issue(stranger, wish, between.key);
  for (const std::size_t i : {0U, 1U})
    pair.trust(i, cross.pem() + between.pem(),
               pki::testing::issue(between, pki::testing::router(CertifiedPair::name(i))));
  pair.certify_both();
  ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
  pair.world.run_for(60s);
  EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
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
  auto for_servers_keys = pki::testing::router(name);
  for_servers_keys.key_usage = "critical, keyEncipherment";
  const Mismatch cases[] = {
      {"expired", pki::testing::issue(pair.ca, old), "certificate expired", "valid to", "clocks"},
      {"another use", pki::testing::issue(pair.ca, for_servers_keys),
       "the certificate's key usage does not allow signatures", "subject", "may sign"},
      {"another CA", pki::testing::issue(stranger, pki::testing::router(name)),
       "certificate of an unknown CA", "issuer /CN=Other", "the same CA"},
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
