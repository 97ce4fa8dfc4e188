// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/trustpoint.h"

#include <gtest/gtest.h>

#include "userland/tests/pki/authority.h"

namespace awtun::pki {
namespace {

using namespace testing;

const std::vector<std::uint16_t> kAllHashes{2, 3, 4};
const Bytes kOctets{'o', 'c', 't', 'e', 't', 's'};

std::shared_ptr<const Trustpoint> loaded(const PemTexts& texts) {
  auto trustpoint = Trustpoint::load(texts);
  EXPECT_TRUE(trustpoint) << trustpoint.error();
  return trustpoint ? *trustpoint : nullptr;
}

PemTexts texts_of(const Party& party, const std::string& certificates, const std::string& authorities) {
  return {authorities, certificates, party.key_pem(), {}};
}

/// One end that judges the other: a CA, the peer's certificates, the peer's name.
struct Scene {
  Party ca = self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
  std::string trusted = ca.pem();
  std::string lists = {};
  std::string identity = "r2.example.com";
  WallClock now = kNow;

  /// What the judge makes of a peer that has these.
  [[nodiscard]] std::optional<Refusal> judge(const Party& peer, const std::vector<Party>& between = {},
                                             const std::vector<std::uint16_t>& hashes = kAllHashes) const {
    std::string chain = peer.pem();
    for (const Party& one : between) chain += one.pem();
    const auto made = loaded(texts_of(peer, chain, trusted))->sign(hashes, kOctets);
    if (!made) return made.error();
    const PemTexts ours{trusted, {}, {}, lists};
    return loaded(ours)->objection({{wire::IdType::Fqdn, as_octets(identity)},
                                    made->chain,
                                    made->signature.method,
                                    made->signature.data,
                                    kOctets},
                                   now);
  }
  /// What it makes of these certificates by themselves, before it comes to the signature.
  [[nodiscard]] std::optional<Refusal> judge_sent(const std::vector<Bytes>& sent) const {
    const Claim claim{
        {wire::IdType::Fqdn, as_octets(identity)}, sent, wire::AuthMethodId::DigitalSignature, {}, kOctets};
    return loaded({trusted, {}, {}, {}})->objection(claim, now);
  }
  [[nodiscard]] std::string reason(const Party& peer, const std::vector<Party>& between = {}) const {
    const auto refusal = judge(peer, between);
    return refusal ? refusal->reason : "";
  }
};

TEST(Trustpoint, AcceptsThePeerOfTheSameCa) {
  const Scene scene;
  for (const auto& key : {rsa_key(), rsa_key(3072), ec_key("P-256"), ec_key("P-384"), ec_key("P-521")}) {
    const Party peer = issue(scene.ca, router("r2.example.com"), key);
    EXPECT_FALSE(scene.judge(peer));
    EXPECT_FALSE(scene.judge(peer, {}, {})) << "by the old methods";
  }
}

TEST(Trustpoint, AcceptsAnRsaCa) {
  Scene scene;
  scene.ca = self_signed(authority("/CN=CA"), rsa_key());
  scene.trusted = scene.ca.pem();
  EXPECT_EQ(scene.reason(issue(scene.ca, router("r2.example.com"))), "");
}

TEST(Trustpoint, AcceptsAnEd25519Ca) {
  Scene scene;
  Wish wish = authority("/CN=CA");
  wish.digest = nullptr;  // the key's own
  scene.ca = self_signed(wish, key_of_kind("ED25519"));
  scene.trusted = scene.ca.pem();
  wish = router("r2.example.com");
  wish.digest = nullptr;
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "");
}

TEST(Trustpoint, IntermediatesComeWithThePeer) {
  const Scene scene;
  const Party first = issue(scene.ca, authority("/CN=First"));
  const Party second = issue(first, authority("/CN=Second"));
  const Party peer = issue(second, router("r2.example.com"));
  EXPECT_EQ(scene.reason(peer, {second, first}), "");
  EXPECT_EQ(scene.reason(peer, {first, second}), "") << "their order does not matter";
  EXPECT_EQ(scene.reason(peer, {second}), "certificate of an unknown CA");
}

TEST(Trustpoint, AnIntermediateMayBeTheAnchor) {
  Scene scene;
  const Party between = issue(scene.ca, authority("/CN=Between"));
  scene.trusted = between.pem();
  EXPECT_EQ(scene.reason(issue(between, router("r2.example.com"))), "");
  EXPECT_EQ(scene.reason(issue(scene.ca, router("r2.example.com"))), "certificate of an unknown CA");
}

TEST(Trustpoint, AnotherCaIsUnknownAndNamed) {
  const Scene scene;
  const Party other = self_signed(authority("/CN=Other CA"));
  const auto refusal = scene.judge(issue(other, router("r2.example.com")));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "certificate of an unknown CA");
  EXPECT_NE(refusal->detail.find("issuer /CN=Other CA"), std::string::npos);
  EXPECT_NE(refusal->detail.find("trusted: /C=JP/O=EXAMPLE/CN=SampleRootCA"), std::string::npos);
  EXPECT_EQ(scene.reason(self_signed(router("r2.example.com"))), "certificate of an unknown CA");
  const Party forged =
      issue(self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA")), router("r2.example.com"));
  EXPECT_EQ(scene.reason(forged), "the signature of a certificate does not verify")
      << "same name, another key";
}

TEST(Trustpoint, DatesCount) {
  Scene scene;
  Wish wish = router("r2.example.com");
  wish.to = kNow - 1s;
  const auto expired = scene.judge(issue(scene.ca, wish));
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->reason, "certificate expired");
  EXPECT_NE(expired->detail.find("valid to May 31 23:59:59 2026 GMT, now Jun  1 00:00:00 2026 GMT"),
            std::string::npos)
      << expired->detail;
  wish = router("r2.example.com");
  wish.from = kNow + 1s;
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "certificate not yet valid");
  scene.now = kNow + 24h * 365;
  EXPECT_EQ(scene.reason(issue(scene.ca, router("r2.example.com"))), "certificate expired");
}

TEST(Trustpoint, RevokedIsRefused) {
  Scene scene;
  const Party good = issue(scene.ca, router("r2.example.com"));
  const Party bad = issue(scene.ca, router("r2.example.com"));
  scene.lists = revocation_list(scene.ca, {bad});
  EXPECT_EQ(scene.reason(good), "");
  EXPECT_EQ(scene.reason(bad), "certificate revoked");
}

TEST(Trustpoint, ARevocationListMustBeInDateAndGenuine) {
  Scene scene;
  const Party peer = issue(scene.ca, router("r2.example.com"));
  scene.lists = revocation_list(scene.ca, {}, kNow - 48h, kNow - 24h);
  EXPECT_EQ(scene.reason(peer), "the certificate revocation list has expired");
  scene.lists = revocation_list(scene.ca, {}, kNow + 24h, kNow + 48h);
  EXPECT_EQ(scene.reason(peer), "the certificate revocation list is not yet valid");
  scene.lists = revocation_list(self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA")), {});
  EXPECT_EQ(scene.reason(peer), "the signature of the certificate revocation list does not verify");
}

TEST(Trustpoint, OnlyCasWithAListAreCheckedAgainstOne) {
  Scene scene;
  const Party between = issue(scene.ca, authority("/CN=Between"));
  const Party peer = issue(between, router("r2.example.com"));
  scene.lists = revocation_list(scene.ca, {});
  EXPECT_EQ(scene.reason(peer, {between}), "");
  scene.lists = revocation_list(scene.ca, {between});
  EXPECT_EQ(scene.reason(peer, {between}), "certificate revoked");
}

TEST(Trustpoint, UsagesCount) {
  const Scene scene;
  Wish wish = router("r2.example.com");
  wish.key_usage = "keyEncipherment";
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "the certificate's key usage does not allow signatures");
  wish.key_usage = "critical, digitalSignature";
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "");
  wish.extended_key_usage = "codeSigning";
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "the certificate's extended key usage does not allow IPsec");
  for (const char* usage :
       {"serverAuth", "clientAuth", "ipsecIKE", "1.3.6.1.5.5.8.2.2", "anyExtendedKeyUsage"}) {
    wish.extended_key_usage = usage;
    EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "") << usage;
  }
}

TEST(Trustpoint, ARouterSignsNoCertificates) {
  const Scene scene;
  const Party middle = issue(scene.ca, router("r1.example.com"));
  EXPECT_NE(scene.reason(issue(middle, router("r2.example.com")), {middle}), "");
}

TEST(Trustpoint, PathLengthCounts) {
  const Scene scene;
  Wish wish = authority("/CN=First");
  wish.basic_constraints = "critical, CA:TRUE, pathlen:0";
  const Party first = issue(scene.ca, wish);
  EXPECT_EQ(scene.reason(issue(first, router("r2.example.com")), {first}), "");
  const Party second = issue(first, authority("/CN=Second"));
  const std::string seen = scene.reason(issue(second, router("r2.example.com")), {second, first});
  EXPECT_NE(seen.find("path length"), std::string::npos) << seen;
}

TEST(Trustpoint, DepthIsBounded) {
  const Scene scene;
  std::vector<Party> between;
  Party issuer = scene.ca;
  for (int i = 0; i < kMaxDepth + 1; ++i) {
    issuer = issue(issuer, authority("/CN=CA " + std::to_string(i)));
    between.push_back(issuer);
  }
  EXPECT_NE(scene.reason(issue(issuer, router("r2.example.com")), between), "");
  between.pop_back();
  EXPECT_EQ(scene.reason(issue(between.back(), router("r2.example.com")), between), "");
}

TEST(Trustpoint, NameConstraintsCount) {
  const Scene scene;
  Wish wish = authority("/CN=Constrained");
  wish.name_constraints = "critical, permitted;DNS:example.org";
  const Party constrained = issue(scene.ca, wish);
  const std::string seen = scene.reason(issue(constrained, router("r2.example.com")), {constrained});
  EXPECT_NE(seen.find("permitted subtree"), std::string::npos) << seen;
}

TEST(Trustpoint, WeakKeysAndHashesAreRefused) {
  Scene scene;
  Wish wish = router("r2.example.com");
  wish.digest = EVP_sha1();
  EXPECT_EQ(scene.reason(issue(scene.ca, wish)), "a key or hash of the certificate chain is too weak");
  const Party weak = issue(scene.ca, authority("/CN=Weak"), rsa_key(1024));
  EXPECT_EQ(scene.reason(issue(weak, router("r2.example.com")), {weak}),
            "a key or hash of the certificate chain is too weak");
  const Party short_key = issue(scene.ca, router("r2.example.com"), rsa_key(1024));
  const auto refusal = scene.judge_sent({short_key.der()});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "the certificate's key is not acceptable");
  EXPECT_NE(refusal->detail.find("1024 bits"), std::string::npos);
}

TEST(Trustpoint, APeersKeyIsOfTheKindsThatSignHere) {
  const Scene scene;
  const auto detail = [&](const char* kind) {
    const auto refusal =
        scene.judge_sent({issue(scene.ca, router("r2.example.com"), key_of_kind(kind)).der()});
    return refusal ? refusal->detail : "";
  };
  EXPECT_EQ(detail("ED25519"),
            "neither an RSA key nor one of ECDSA P-256, P-384, P-521, subject /O=AlliedWare "
            "Plus/CN=r2.example.com");
  // A kind that OpenSSL knows and certificates' keys here are not read as.
  EXPECT_EQ(detail("X25519"),
            "the public key is damaged or of an unknown type, subject /O=AlliedWare Plus/CN=r2.example.com");
}

TEST(Trustpoint, AnotherNameIsRefused) {
  Scene scene;
  scene.identity = "r3.example.com";
  EXPECT_EQ(scene.reason(issue(scene.ca, router("r2.example.com"))),
            "name mismatch: the CN is not the identity");
}

TEST(Trustpoint, ASignatureByAnotherKeyIsRefused) {
  const Scene scene;
  const Party peer = issue(scene.ca, router("r2.example.com"));
  const Party thief = issue(scene.ca, router("r1.example.com"));
  const auto made = loaded(texts_of(thief, thief.pem(), scene.trusted))->sign(kAllHashes, kOctets);
  ASSERT_TRUE(made);
  const auto judge = loaded({scene.trusted, {}, {}, {}});
  const std::vector<Bytes> sent{peer.der()};
  const Identity identity{wire::IdType::Fqdn, as_octets(scene.identity)};
  EXPECT_EQ(
      judge->objection({identity, sent, made->signature.method, made->signature.data, kOctets}, kNow)->reason,
      "the signature does not verify");
  EXPECT_EQ(
      judge
          ->objection({identity, sent, wire::AuthMethodId::RsaSignature, made->signature.data, kOctets}, kNow)
          ->reason,
      "the signature's algorithm is not supported");
}

TEST(Trustpoint, WhatThePeerSendsIsBounded) {
  const Scene scene;
  const auto reason = [&](const std::vector<Bytes>& sent) { return scene.judge_sent(sent)->reason; };
  EXPECT_EQ(reason({}), "the peer sent no certificate");
  EXPECT_EQ(reason({Bytes{1, 2, 3}}), "not a certificate");
  EXPECT_EQ(reason({issue(scene.ca, router("r2.example.com")).der(), Bytes(100, 0)}), "not a certificate");
  EXPECT_EQ(reason(std::vector<Bytes>(kMaxCertificates + 1, scene.ca.der())),
            "the peer sent too many certificates");
  EXPECT_EQ(reason({Bytes(kMaxCertificateSize + 1, 0x30)}), "certificate too long");
}

TEST(Trustpoint, SendsItsChainWithoutTheRoot) {
  const Scene scene;
  const Party between = issue(scene.ca, authority("/CN=Between"));
  const Party own = issue(between, router("r1.example.com"));
  const auto trustpoint = loaded(texts_of(own, own.pem() + between.pem() + scene.ca.pem(), scene.trusted));
  EXPECT_TRUE(trustpoint->can_sign());
  const auto made = trustpoint->sign(kAllHashes, kOctets);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->chain, (std::vector<Bytes>{own.der(), between.der()}));
}

TEST(Trustpoint, NamesItsAuthoritiesByTheirKeys) {
  const Party one = self_signed(authority("/CN=One"));
  const Party two = self_signed(authority("/CN=Two"));
  const std::vector<Bytes> expected{one.certificate().key_hash(), two.certificate().key_hash()};
  EXPECT_EQ(loaded({one.pem() + two.pem(), {}, {}, {}})->authority_hashes(), expected);
}

TEST(Trustpoint, LoadSaysWhatIsWrong) {
  const Party ca = self_signed(authority("/CN=CA"));
  const Party own = issue(ca, router("r1.example.com"));
  const Party other = issue(ca, router("r1.example.com"));
  const auto error = [](const PemTexts& texts) {
    const auto trustpoint = Trustpoint::load(texts);
    return trustpoint ? std::string() : trustpoint.error();
  };
  EXPECT_EQ(error({"x", {}, {}, {}}), "CA certificate: not a certificate");
  EXPECT_EQ(error({own.pem(), {}, {}, {}}),
            "CA certificate: /O=AlliedWare Plus/CN=r1.example.com is not a CA");
  EXPECT_EQ(error({ca.pem(), "x", {}, {}}), "certificate: not a certificate");
  EXPECT_EQ(error({ca.pem(), {}, {}, "x"}), "certificate revocation list: not a revocation list");
  EXPECT_EQ(error({ca.pem(), own.pem(), other.key_pem(), {}}),
            "certificate: the private key does not match it");
  EXPECT_EQ(error({ca.pem(), own.pem(), Secret(as_octets(ca.pem())), {}}),
            "private key: not a private key in PEM form, or one with a pass phrase");
  EXPECT_EQ(error({{}, {}, {}, {}}), "") << "a trustpoint starts empty";
}

TEST(Trustpoint, AnIncompleteOneSignsAndJudgesNothing) {
  const auto empty = loaded({});
  EXPECT_FALSE(empty->can_sign());
  EXPECT_EQ(empty->sign(kAllHashes, kOctets).error().reason, "the trustpoint has no private key");
  EXPECT_EQ(
      empty->objection({{wire::IdType::Fqdn, {}}, {}, wire::AuthMethodId::DigitalSignature, {}, {}}, kNow)
          ->reason,
      "the trustpoint has no CA certificate");
  const Party ca = self_signed(authority("/CN=CA"));
  EXPECT_EQ(loaded({ca.pem(), {}, ca.key_pem(), {}})->sign(kAllHashes, kOctets).error().reason,
            "the trustpoint has no certificate of its own");
}

}  // namespace
}  // namespace awtun::pki
