// SPDX-License-Identifier: Apache-2.0
// From the typed lines of a tunnel to the identities that the engine says and expects.
#include <gtest/gtest.h>
#include <openssl/asn1.h>

#include "userland/daemon/apply/policy.h"
#include "userland/daemon/pki/credentials.h"
#include "userland/tests/config/console.h"
#include "userland/tests/daemon/sample.h"
#include "userland/tests/pki/authority.h"

namespace awtun::daemon {
namespace {

using Type = ike::Identity::Type;

/// What a tunnel of the first example makes of `tunnel remote name NAME`.
ike::Identity remote_identity(std::string_view name) {
  config::test::Console console{first_example(), {}};
  console.type({"configure terminal", "interface tunnel0", "tunnel remote name " + std::string(name)});
  return make_policy(console.config, 0)->remote_id;
}

TEST(RemoteName, ThePlainFormIsWhatItReadsAs) {
  EXPECT_EQ(remote_identity("172.31.0.5"), ike::Identity::of(ip("172.31.0.5")));
  EXPECT_EQ(remote_identity("2001:DB8::5"), ike::Identity::of(ip("2001:db8::5")));
  EXPECT_EQ(remote_identity("site-b.example.com"), ike::Identity::fqdn("site-b.example.com"));
  EXPECT_EQ(remote_identity("site-b@example.com").type, Type::Rfc822);
  EXPECT_EQ(remote_identity("/C=JP/O=Example Corp/CN=r1").type, Type::DerAsn1Dn);
  EXPECT_EQ(remote_identity("C=JP, O=Example Corp, CN=r1"), remote_identity("/C=JP/O=Example Corp/CN=r1"));
}

TEST(RemoteName, KeysAndProfilesFindTheHostNameInAnyCase) {
  auto config = first_example();
  config.isakmp_keys.clear();
  config::test::Console console{std::move(config), {}};
  console.type({"configure terminal", "crypto isakmp profile quick", "exit",
                "crypto isakmp peer hostname SITE-B.example.com profile quick",
                "crypto isakmp key ouR4ecret hostname Site-B.example.com", "interface tunnel0",
                "tunnel destination dynamic", "tunnel remote name site-b.example.COM"});
  const auto policy = make_policy(console.config, 0);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->preshared_key);
  EXPECT_EQ(config::isakmp_profile_name(console.config, 0, console.config.tunnels.at(0)), "quick");
}

TEST(LocalName, OfOurCertificatesSubjectItsOctetsAreSaid) {
  const Bytes printable = pki::testing::subject_of("/O=Example Corp/CN=r1", V_ASN1_PRINTABLESTRING);
  auto config = first_example();
  config.tunnels[0].local_name = *Identity::parse("o=example corp, cn=R1");
  auto policy = *make_policy(config, 0);
  ASSERT_NE(policy.local_id.data, printable);
  for (const Bytes& other : {Bytes(), pki::testing::subject_of("/O=Example Corp/CN=r2")}) {
    say_as_certified(policy, other);
    EXPECT_EQ(policy, make_policy(config, 0));
  }
  say_as_certified(policy, printable);
  EXPECT_EQ(policy.local_id, (Identity{Type::DerAsn1Dn, printable}));
  auto named = *make_policy(first_example(), 0);
  say_as_certified(named, printable);
  EXPECT_EQ(named, make_policy(first_example(), 0));
}

TEST(LocalName, TheSubjectIsThatOfOurOwnCertificate) {
  const ScratchDirectory scratch;
  const TrustpointStore store(scratch.path());
  const auto ca = pki::testing::self_signed(pki::testing::authority("/CN=CA"));
  pki::testing::Wish wish;
  wish.subject = "/C=JP/O=Example/CN=r1";
  const auto own = pki::testing::issue(ca, wish);
  ASSERT_TRUE(store.save_authority("trust", ca.certificate()));
  Credentials credentials{store};
  credentials.reload();
  EXPECT_TRUE(credentials.subject("trust").empty());
  EXPECT_TRUE(credentials.subject("other").empty());
  const std::vector certificates{own.certificate()};
  ASSERT_TRUE(store.save_own("trust", *crypto::Signer::from_pem(own.key_pem().view()), certificates));
  credentials.reload();
  EXPECT_EQ(credentials.subject("trust"), pki::testing::subject_of(wish.subject));
}

}  // namespace
}  // namespace awtun::daemon
