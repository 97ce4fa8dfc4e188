// SPDX-License-Identifier: Apache-2.0
// The path from a peer's certificate to a trusted CA, among whatever the peer sends.
#include <algorithm>

#include "userland/tests/pki/judge.h"

namespace awtun::pki {
namespace {

using namespace testing;

constexpr const char* kUnknown = "certificate of an unknown CA";
constexpr const char* kBadSignature = "the signature of a certificate does not verify";

/// The same key certified again, as one CA's certificate by another CA is.
Party certified_by(const Party& issuer, const Party& party, const Wish& wish) {
  return issue(issuer, wish, party.key);
}

/// What is signed with the key of `party` and names the certificate of `shown` as the issuer's.
Party signed_by(const Party& party, const Party& shown) { return {party.key, shown.x509}; }

struct Chain {
  Party root = self_signed(authority("/CN=Root"));
  Party first = issue(root, authority("/CN=First"));
  Party second = issue(first, authority("/CN=Second"));
  Party peer = issue(second, peer_wish());
  Judge judge{root.pem()};
};

TEST(Path, AnyOrderOfTheIntermediatesTwiceAndWithStrangers) {
  const Chain c;
  const Party stranger = self_signed(authority("/CN=Stranger"));
  const Party strangers = issue(stranger, router("r3.example.com"));
  std::vector<int> order{0, 1, 2, 3, 4, 5};
  const std::vector<Party> others{c.first, c.second, c.root, stranger, strangers, c.second};
  do {
    std::vector<Party> sent{c.peer};
    for (const int i : order) sent.push_back(others[static_cast<std::size_t>(i)]);
    ASSERT_EQ(c.judge.reason(c.peer, sent), "");
  } while (std::next_permutation(order.begin(), order.begin() + 4));
}

TEST(Path, ThePeersOwnCertificateMayComeAnywhere) {
  const Chain c;
  EXPECT_EQ(c.judge.reason(c.peer, {c.second, c.first, c.peer}), "");
  EXPECT_EQ(c.judge.reason(c.peer, {c.root, c.peer, c.second, c.first}), "");
}

TEST(Path, AnotherCertificateOfThePeerDoesNotStandInTheWay) {
  const Chain c;
  Wish old = peer_wish();
  old.to = kNow - 1h;
  const Party expired = certified_by(c.second, c.peer, old);
  EXPECT_EQ(c.judge.reason(c.peer, {expired, c.peer, c.second, c.first}), "");
  EXPECT_EQ(c.judge.reason(c.peer, {c.peer, expired, c.second, c.first}), "");
  EXPECT_EQ(c.judge.reason(c.peer, {expired, c.second, c.first}), "certificate expired");
  const Party with_another_key = issue(c.second, peer_wish());
  EXPECT_EQ(c.judge.reason(c.peer, {with_another_key, c.peer, c.second, c.first}), "");
  EXPECT_EQ(c.judge.reason(c.peer, {with_another_key, c.second, c.first}), "the signature does not verify");
}

TEST(Path, ManyCertificatesBesideTheNeededOnes) {
  const Chain c;
  std::vector<Party> sent{c.peer};
  for (int i = 0; i < 30; ++i) sent.push_back(self_signed(authority("/CN=Stranger " + std::to_string(i))));
  sent.push_back(c.second);
  sent.push_back(c.first);
  EXPECT_EQ(c.judge.reason(c.peer, sent), "");
}

TEST(Path, OneOfManyTrustedCas) {
  const Chain c;
  std::string trusted;
  for (int i = 0; i < 12; ++i) trusted += self_signed(authority("/CN=Stranger " + std::to_string(i))).pem();
  EXPECT_EQ(Judge{trusted + c.root.pem()}.reason(c.peer, {c.peer, c.second, c.first}), "");
}

TEST(Path, AnIntermediateOfOurOwnNeedNotBeSent) {
  const Chain c;
  Judge judge = c.judge;
  judge.own = issue(c.second, router("r1.example.com")).pem() + c.second.pem() + c.first.pem();
  EXPECT_EQ(judge.reason(c.peer, {c.peer}), "");
}

TEST(Path, OneCaCertifiedByTwoOthers) {
  const Party a = self_signed(authority("/CN=A"));
  const Party b = self_signed(authority("/CN=B"));
  const Party by_a = issue(a, authority("/CN=Between"));
  const Party by_b = certified_by(b, by_a, authority("/CN=Between"));
  const Party peer = issue(by_a, peer_wish());
  for (const Party& trusted : {a, b})
    for (const auto& between : {std::vector{by_a, by_b}, std::vector{by_b, by_a}}) {
      EXPECT_EQ(Judge{trusted.pem()}.reason(peer, {peer, between[0], between[1]}), "");
      EXPECT_EQ(Judge{trusted.pem()}.reason(peer, {peer, between[0], between[1], a, b}), "");
    }
  EXPECT_EQ(Judge{a.pem()}.reason(peer, {peer, by_b}), kUnknown);
}

// Each level has a dead end beside the way.
TEST(Path, CrossSignedOnEveryLevel) {
  const Party root = self_signed(authority("/CN=Root"));
  const Party stranger = self_signed(authority("/CN=Stranger"));
  std::vector<Party> sent;
  Party issuer = root;
  for (int i = 0; i < kMaxDepth; ++i) {
    const Wish wish = authority("/CN=CA " + std::to_string(i));
    const Party next = issue(issuer, wish);
    sent.push_back(certified_by(stranger, next, wish));
    sent.push_back(next);
    issuer = next;
  }
  const Party peer = issue(issuer, peer_wish());
  sent.insert(sent.begin(), peer);
  EXPECT_EQ(Judge{root.pem()}.reason(peer, sent), "");
  std::reverse(sent.begin() + 1, sent.end());
  EXPECT_EQ(Judge{root.pem()}.reason(peer, sent), "");
}

// Two bridges that certify one another: a circle.
TEST(Path, CasThatCertifyOneAnother) {
  const Party root = self_signed(authority("/CN=Root"));
  const Party left = issue(root, authority("/CN=Left"));
  const Party right = self_signed(authority("/CN=Right"));
  const Party left_by_right = certified_by(right, left, authority("/CN=Left"));
  const Party right_by_left = certified_by(left, right, authority("/CN=Right"));
  const Party peer = issue(right, peer_wish());
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, left_by_right, right_by_left, right, left}), "");
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, left_by_right, right_by_left, right}), kUnknown);
}

TEST(Path, SameNameAnotherKey) {
  const Party root = self_signed(authority("/CN=Root"));
  const Party old_key = issue(root, authority("/CN=Between"));
  const Party new_key = issue(root, authority("/CN=Between"));
  const Party peer = issue(new_key, peer_wish());
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, old_key, new_key}), "");
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, new_key, old_key}), "");
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, old_key}), kBadSignature);
}

TEST(Path, TwoTrustedCasOfOneName) {
  const Party old_root = self_signed(authority("/CN=Root"));
  const Party new_root = self_signed(authority("/CN=Root"));
  for (const std::string& trusted : {old_root.pem() + new_root.pem(), new_root.pem() + old_root.pem()})
    for (const Party& root : {old_root, new_root}) {
      const Party peer = issue(root, peer_wish());
      EXPECT_EQ(Judge{trusted}.reason(peer, {peer}), "");
      EXPECT_EQ(Judge{trusted}.reason(peer, {peer, new_root, old_root}), "");
    }
}

// RFC 4210 4.4: the new key certified with the old one.
TEST(Path, ARootsNewKeyIsReachedThroughItsOldOne) {
  const Party old_root = self_signed(authority("/CN=Root"));
  const Party new_root = self_signed(authority("/CN=Root"));
  const Party new_with_old = certified_by(old_root, new_root, authority("/CN=Root"));
  const Party peer = issue(new_root, peer_wish());
  EXPECT_EQ(Judge{old_root.pem()}.reason(peer, {peer, new_root, new_with_old}), "");
  EXPECT_EQ(Judge{old_root.pem()}.reason(peer, {peer, new_with_old, new_root}), "");
}

TEST(Path, TheLinkMayIdentifyTheOldKeyOrNot) {
  const Party old_root = self_signed(authority("/CN=Root"));
  const Party new_root = self_signed(authority("/CN=Root"));
  for (const char* identifier : {"", "keyid:always", "keyid:always, issuer:always"}) {
    Wish wish = authority("/CN=Root");
    wish.authority_key = identifier;
    const Party link = certified_by(old_root, new_root, wish);
    const Party between = issue(new_root, authority("/CN=Between"));
    const Party peer = issue(between, peer_wish());
    EXPECT_EQ(Judge{old_root.pem()}.reason(peer, {peer, link, between}), "") << identifier;
    wish.to = kNow - 1h;
    const Party expired = certified_by(old_root, new_root, wish);
    EXPECT_EQ(Judge{old_root.pem()}.reason(peer, {peer, expired, between}), "certificate expired")
        << identifier;
    const Party forged = certified_by(self_signed(authority("/CN=Root")), new_root, wish);
    EXPECT_NE(Judge{old_root.pem()}.reason(peer, {peer, forged, between}), "") << identifier;
  }
}

TEST(Path, ALinkDoesNotLeadRoundWhatTheOldRootRestricts) {
  Wish names = authority("/CN=Root");
  names.name_constraints = "critical, permitted;DNS:example.org";
  Wish length = authority("/CN=Root");
  length.basic_constraints = "critical, CA:TRUE, pathlen:0";
  for (const Wish& wish : {names, length})
    for (const char* identifier : {"", "keyid:always"}) {
      const Party old_root = self_signed(wish);
      const Party new_root = self_signed(authority("/CN=Root"));
      Wish linking = authority("/CN=Root");
      linking.authority_key = identifier;
      const Party link = certified_by(old_root, new_root, linking);
      const Party between = issue(new_root, authority("/CN=Between"));
      const Party peer = issue(between, peer_wish());
      EXPECT_NE(Judge{old_root.pem()}.reason(peer, {peer, link, between}), "");
    }
}

TEST(Path, ALinkBetweenARootsKeysIsSent) {
  const Party old_root = self_signed(authority("/CN=Root"));
  const Party new_root = self_signed(authority("/CN=Root"));
  const Party new_with_old = certified_by(old_root, new_root, authority("/CN=Root"));
  const Party own = issue(new_root, router("r1.example.com"));
  const auto trustpoint =
      Trustpoint::load({new_root.pem(), own.pem() + new_with_old.pem() + new_root.pem(), own.key_pem(), {}});
  ASSERT_TRUE(trustpoint);
  const auto made = (*trustpoint)->sign(std::vector<std::uint16_t>{2}, Bytes{1});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->chain, (std::vector<Bytes>{own.der(), new_with_old.der()}));
}

/// An intermediate CA has two certificates for its key, of which one has expired.
struct Renewal {
  static Wish past() {
    Wish wish = authority("/CN=Between");
    wish.to = kNow - 1h;
    return wish;
  }
  Party root = self_signed(authority("/CN=Root"));
  Party expired = issue(root, past());
  Party renewed = certified_by(root, expired, authority("/CN=Between"));
  Party peer = issue(renewed, peer_wish());
};

TEST(Path, AnExpiredIntermediateBesideItsRenewal) {
  const Renewal c;
  EXPECT_EQ(Judge{c.root.pem()}.reason(c.peer, {c.peer, c.expired, c.renewed}), "");
  EXPECT_EQ(Judge{c.root.pem()}.reason(c.peer, {c.peer, c.renewed, c.expired}), "");
  EXPECT_EQ(Judge{c.root.pem()}.reason(c.peer, {c.peer, c.expired}), "certificate expired");
}

TEST(Path, AnExpiredAnchorBesideAnotherOfItsKey) {
  const Renewal c;
  EXPECT_EQ(Judge{c.expired.pem() + c.root.pem()}.reason(c.peer, {c.peer, c.renewed}), "");
  EXPECT_EQ(Judge{c.expired.pem() + c.renewed.pem()}.reason(c.peer, {c.peer}), "");
  EXPECT_EQ(Judge{c.expired.pem()}.reason(c.peer, {c.peer, c.renewed}), "certificate expired");
}

TEST(Path, TheOneThatMayBesideTheOneThatMayNot) {
  const Party root = self_signed(authority("/CN=Root"));
  Wish short_path = authority("/CN=Between");
  short_path.basic_constraints = "critical, CA:TRUE, pathlen:0";
  Wish narrow = authority("/CN=Between");
  narrow.name_constraints = "critical, permitted;DNS:example.org";
  Wish no_signer = authority("/CN=Between");
  no_signer.key_usage = "critical, digitalSignature";
  Wish no_ca = authority("/CN=Between");
  no_ca.basic_constraints = "critical, CA:FALSE";
  for (const Wish& wish : {short_path, narrow, no_signer, no_ca}) {
    const Party bad = issue(root, wish);
    const Party good = certified_by(root, bad, authority("/CN=Between"));
    const Party below = issue(good, authority("/CN=Below"));
    const Party peer = issue(below, peer_wish());
    EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, below, bad, good}), "");
    EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, below, good, bad}), "");
    EXPECT_NE(Judge{root.pem()}.reason(peer, {peer, below, bad}), "");
  }
}

TEST(Path, KeyIdentifiersAreHintsOnly) {
  const Party root = self_signed(authority("/CN=Root"));
  const Party before = issue(root, authority("/CN=Between"));
  const Party renewed = certified_by(root, before, authority("/CN=Between"));
  Wish wish = peer_wish();
  wish.authority_key = "keyid:always, issuer:always";
  const Party peer = issue(before, wish);  // the serial number of the certificate before
  EXPECT_EQ(Judge{root.pem()}.reason(peer, {peer, renewed}), "");
  const Party other = issue(root, authority("/CN=Between"));
  wish.authority_key = "keyid:always";
  const Party misled = issue(signed_by(before, other), wish);
  EXPECT_EQ(Judge{root.pem()}.reason(misled, {misled, other, before}), "");
}

TEST(Path, ACaCertifiedByTwoOthersNamesOneOfThem) {
  const Party a = self_signed(authority("/CN=A"));
  const Party b = self_signed(authority("/CN=B"));
  const Party by_a = issue(a, authority("/CN=Between"));
  const Party by_b = certified_by(b, by_a, authority("/CN=Between"));
  Wish wish = peer_wish();
  wish.authority_key = "keyid:always, issuer:always";
  const Party peer = issue(by_a, wish);
  EXPECT_EQ(Judge{b.pem()}.reason(peer, {peer, by_a, by_b, a}), "");
}

// All have one name and one key and certify one another: a path may take any order of them.
TEST(Path, TheWorkIsBounded) {
  const Party root = self_signed(authority("/CN=Root"));
  const Party stranger = self_signed(authority("/CN=Loop"));
  std::vector<Party> sent;
  for (std::size_t i = 0; i + 1 < kMaxCertificates; ++i)
    sent.push_back(certified_by(stranger, stranger, authority("/CN=Loop")));
  const Party peer = issue(stranger, peer_wish());
  sent.insert(sent.begin(), peer);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Judge{root.pem()}.reason(peer, sent), kUnknown);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

// CAs of one name with different keys, each certified by all the others of the level above.
TEST(Path, TheWorkIsBoundedWithManyKeysOfOneName) {
  const Party root = self_signed(authority("/CN=Root"));
  std::vector<Party> sent;
  std::vector<Party> above{self_signed(authority("/CN=Loop"))};
  while (sent.size() + 1 < kMaxCertificates) {
    const Party next = issue(above[sent.size() % above.size()], authority("/CN=Loop"));
    sent.push_back(next);
    if (above.size() < 4) above.push_back(next);
  }
  const Party peer = issue(above.back(), peer_wish());
  sent.insert(sent.begin(), peer);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(Judge{root.pem()}.reason(peer, sent), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

}  // namespace
}  // namespace awtun::pki
