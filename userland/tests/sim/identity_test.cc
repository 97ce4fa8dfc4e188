// SPDX-License-Identifier: Apache-2.0
// Two ends that write one identity differently, and identities of every type (RFC 7296 3.5) in both roles.
#include <gtest/gtest.h>

#include "userland/sim/rewriter.h"
#include "userland/tests/pki/authority.h"
#include "userland/tests/sim/pki_pair.h"

namespace awtun::sim {
namespace {

using Type = ike::Identity::Type;
constexpr Type kKeyId = static_cast<Type>(11);

ike::Identity identity(Type type, std::string_view text) { return {type, octets_of(text)}; }

/// What a router calls itself, and what the other has been told to expect of it.
struct Spelling {
  ike::Identity said;
  ike::Identity expected;
};

/// Whether `initiator` brings up a tunnel to the other end, which answers; node 0 says one thing, and node 1
/// expects the other.
bool comes_up(const Spelling& spelling, std::size_t initiator, std::uint64_t seed) {
  Pair pair(seed);
  std::array policies{pair.policy(0), pair.policy(1)};
  policies[0].local_id = spelling.said;
  policies[1].remote_id = spelling.expected;
  for (const std::size_t at : {1 - initiator, initiator}) {
    pair.world.input(at, ike::SetTunnel{std::move(policies[at])});
    pair.world.power(1 - initiator, at == initiator);
    pair.world.run_for(1s);
  }
  return pair.come_up(5s);
}

bool comes_up(const Spelling& spelling) {
  const bool responder = comes_up(spelling, 0, 1);
  EXPECT_EQ(comes_up(spelling, 1, 2), responder) << "the roles disagree";
  return responder;
}

TEST(Identities, HostNamesAreComparedWithoutCase) {
  EXPECT_TRUE(
      comes_up({identity(Type::Fqdn, "Site-B.Example.com"), identity(Type::Fqdn, "site-b.example.COM")}));
  EXPECT_FALSE(
      comes_up({identity(Type::Fqdn, "site-b.example.com"), identity(Type::Fqdn, "site-c.example.com")}));
}

TEST(Identities, OfAMailboxTheDomainIsComparedWithoutCase) {
  EXPECT_TRUE(
      comes_up({identity(Type::Rfc822, "Site@Example.com"), identity(Type::Rfc822, "Site@example.COM")}));
  EXPECT_FALSE(
      comes_up({identity(Type::Rfc822, "site@example.com"), identity(Type::Rfc822, "Site@example.com")}));
}

TEST(Identities, KeyIdsAreComparedOctetByOctet) {
  EXPECT_TRUE(comes_up({identity(kKeyId, "Site B"), identity(kKeyId, "Site B")}));
  EXPECT_FALSE(comes_up({identity(kKeyId, "site b"), identity(kKeyId, "Site B")}));
  EXPECT_FALSE(comes_up({identity(kKeyId, "site-b"), identity(Type::Fqdn, "site-b")}));
}

TEST(Identities, AnAddressIsNoHostNameThatReadsLikeIt) {
  const auto address = ike::Identity::of(*IpAddress::parse("172.31.0.5"));
  EXPECT_TRUE(comes_up({address, address}));
  EXPECT_FALSE(comes_up({address, identity(Type::Fqdn, "172.31.0.5")}));
}

TEST(Identities, DistinguishedNamesAreComparedAsRfc5280Does) {
  using pki::testing::subject_of;
  const auto name = [](const std::string& text, int type = 0) {
    return ike::Identity{Type::DerAsn1Dn, subject_of(text, type)};
  };
  const auto said = name("/C=JP/O=Example Corp/CN=r1");
  EXPECT_TRUE(comes_up({said, name("/C=JP/O=EXAMPLE  corp /CN=R1")}));
  EXPECT_TRUE(comes_up({said, name("/C=JP/O=Example Corp/CN=r1", V_ASN1_PRINTABLESTRING)}));
  EXPECT_FALSE(comes_up({said, name("/C=JP/CN=r1/O=Example Corp")})) << "the order counts";
  EXPECT_FALSE(comes_up({said, name("/C=JP/O=ExampleCorp/CN=r1")}));
  EXPECT_FALSE(comes_up({said, name("/C=JP/O=Example Corp")}));
}

TEST(Identities, TheSubjectOfACertificateIsOne) {
  for (const std::size_t initiator : {0U, 1U}) {
    RealPair pair(10 + initiator);
    std::array<ike::Identity, 2> names;
    for (std::size_t i = 0; i < 2; ++i) {
      pki::testing::Wish wish;
      wish.subject = "/C=JP/O=Example Corp/CN=Router " + std::to_string(i);
      const Party own = pki::testing::issue(pair.ca, wish);
      pair.trust(i, "", own);
      names[i] = {Type::DerAsn1Dn, pki::testing::subject_of(wish.subject)};
    }
    for (const std::size_t at : {1 - initiator, initiator}) {
      ike::TunnelPolicy policy = pair.certified(at);
      policy.local_id = names[at];
      policy.remote_id = {Type::DerAsn1Dn, pki::testing::subject_of("/C=jp/O=example corp/CN=ROUTER " +
                                                                    std::to_string(1 - at))};
      pair.world.input(at, ike::SetTunnel{std::move(policy)});
    }
    ASSERT_TRUE(pair.come_up(5s)) << pair.world.trace();
    pair.world.run_for(60s);
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
  }
}

/// Whether the initiator's IKE_AUTH names the responder.
bool names_responder(const ike::Identity& expected) {
  Pair pair(30);
  pair.identities[1] = expected;
  bool named = false;
  const Rewriter ears(pair.world, 0, [&](const wire::Header& header, const wire::PayloadChain& chain) {
    if (header.exchange == wire::ExchangeType::IkeAuth && !header.response &&
        chain.find(wire::PayloadType::IdR))
      named = true;
    return std::optional<wire::PayloadWriter>();
  });
  EXPECT_TRUE(pair.settle());
  return named;
}

TEST(Identities, AResponderIsNamedButForASubjectWhoseOctetsAreItsOwn) {
  EXPECT_TRUE(names_responder(identity(Type::Fqdn, "site-b")));
  EXPECT_TRUE(names_responder(identity(kKeyId, "site b")));
  EXPECT_FALSE(names_responder({Type::DerAsn1Dn, pki::testing::subject_of("/CN=r1")}));
}

/// Which failure tells what: of a key that differs no one is to look for the name.
TEST(Identities, ANameInOtherCaseIsNotBlamedForAnotherKey) {
  Pair pair(20);
  ike::TunnelPolicy here = pair.policy(0, "one key");
  ike::TunnelPolicy there = pair.policy(1, "another key");
  here.local_id = identity(Type::Fqdn, "Site-B.Example.com");
  there.remote_id = identity(Type::Fqdn, "site-b.example.com");
  there.remote.reset();
  pair.world.input(1, ike::SetTunnel{std::move(there)});
  pair.world.input(0, ike::SetTunnel{std::move(here)});
  pair.world.run_for(5s);
  ASSERT_TRUE(pair.failure(1));
  EXPECT_EQ(pair.failure(1)->hint, "do the pre-shared keys for site-b.example.com match?");
}

}  // namespace
}  // namespace awtun::sim
