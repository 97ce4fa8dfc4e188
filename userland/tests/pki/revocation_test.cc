// SPDX-License-Identifier: Apache-2.0
// Which revocation lists count, for which certificates.
#include "userland/tests/pki/judge.h"

namespace awtun::pki {
namespace {

using namespace testing;

constexpr const char* kRevoked = "certificate revoked";
constexpr const char* kExpired = "the certificate revocation list has expired";
constexpr const char* kForged = "the signature of the certificate revocation list does not verify";
constexpr const char* kNotCovered = "no certificate revocation list covers the certificate";
constexpr const char* kForOneUrl = "critical, fullname:URI:http://ca.example.com/1.crl";

struct Revocation : ::testing::Test {
  Party root = self_signed(authority("/CN=Root"));
  Party between = issue(root, authority("/CN=Between"));
  Party peer = issue(between, peer_wish());
  Party other = issue(between, peer_wish());
  Judge judge{root.pem()};

  [[nodiscard]] std::string reason(const std::string& lists) const { return reason(lists, peer); }
  [[nodiscard]] std::string reason(const std::string& lists, const Party& end) const {
    Judge one = judge;
    one.lists = lists;
    return one.reason(end, {end, between});
  }
};

ListWish revoking(const Party& party, const std::string& scope = {}) {
  ListWish wish;
  wish.revoked = {party};
  wish.scope = scope;
  return wish;
}

ListWish scoped(const std::string& scope) {
  ListWish wish;
  wish.scope = scope;
  return wish;
}

TEST_F(Revocation, ListsForUsersAndForCas) {
  const std::string users = list_of(between, scoped("critical, onlyuser:TRUE"));
  const std::string bad_users = list_of(between, revoking(peer, "critical, onlyuser:TRUE"));
  const std::string cas = list_of(root, scoped("critical, onlyCA:TRUE"));
  const std::string bad_cas = list_of(root, revoking(between, "critical, onlyCA:TRUE"));
  const std::string roots_users = list_of(root, scoped("critical, onlyuser:TRUE"));
  EXPECT_EQ(reason(users + cas), "");
  EXPECT_EQ(reason(roots_users + users + cas), "");
  EXPECT_EQ(reason(bad_users + cas), kRevoked);
  EXPECT_EQ(reason(users + bad_cas), kRevoked);
  EXPECT_EQ(reason(roots_users + bad_cas), kRevoked);
  EXPECT_EQ(reason(roots_users), "") << "says nothing about CAs";
}

TEST_F(Revocation, BothListsOfOneCa) {
  const Party direct = issue(root, peer_wish());
  const std::string users = list_of(root, revoking(direct, "critical, onlyuser:TRUE"));
  const std::string cas = list_of(root, scoped("critical, onlyCA:TRUE"));
  for (const std::string& lists : {users + cas, cas + users}) {
    EXPECT_EQ(reason(lists, direct), kRevoked);
    EXPECT_EQ(reason(lists), "");
  }
  EXPECT_EQ(reason(cas, direct), "") << "says nothing about users";
}

TEST_F(Revocation, AListForAttributeCertificatesIsForNone) {
  EXPECT_EQ(reason(list_of(between, scoped("critical, onlyAA:TRUE"))), "");
}

TEST_F(Revocation, ListsByDistributionPoint) {
  Wish wish = peer_wish();
  wish.distribution_points = "URI:http://ca.example.com/1.crl";
  const Party first = issue(between, wish);
  const std::string one = list_of(between, scoped(kForOneUrl));
  const std::string bad_one = list_of(between, revoking(first, kForOneUrl));
  ListWish newer = scoped("critical, fullname:URI:http://ca.example.com/2.crl");
  newer.from = kNow - 1h;
  const std::string two = list_of(between, newer);
  for (const auto& [left, right] : {std::pair{one, two}, std::pair{two, one}})
    EXPECT_EQ(reason(left + right, first), "");
  for (const auto& [left, right] : {std::pair{bad_one, two}, std::pair{two, bad_one}})
    EXPECT_EQ(reason(left + right, first), kRevoked);
  EXPECT_EQ(reason(two, first), kNotCovered);
  EXPECT_EQ(reason(one), kNotCovered) << "the peer's certificate names no distribution point";
}

TEST_F(Revocation, AllListsThatApplyAreUsed) {
  Wish wish = peer_wish();
  wish.distribution_points = "URI:http://ca.example.com/1.crl";
  const Party first = issue(between, wish);
  ListWish newer = scoped(kForOneUrl);
  newer.from = kNow - 1h;
  const std::string whole = list_of(between, revoking(first));
  EXPECT_EQ(reason(whole + list_of(between, newer), first), kRevoked);
  EXPECT_EQ(reason(list_of(between, newer) + whole, first), kRevoked);
}

TEST_F(Revocation, ReasonsAddUp) {
  const std::string some = "critical, onlysomereasons:keyCompromise";
  const std::string sections =
      "[idp]\nonlysomereasons=CACompromise,affiliationChanged,superseded,"
      "cessationOfOperation,certificateHold,privilegeWithdrawn,AACompromise\n";
  ListWish rest = scoped("critical, @idp");
  rest.sections = sections;
  EXPECT_EQ(reason(list_of(between, scoped(some)) + list_of(between, rest)), "");
  EXPECT_EQ(reason(list_of(between, revoking(peer, some)) + list_of(between, rest)), kRevoked);
  rest.revoked = {peer};
  EXPECT_EQ(reason(list_of(between, scoped(some)) + list_of(between, rest)), kRevoked);
  EXPECT_EQ(reason(list_of(between, scoped(some))), kNotCovered);
  EXPECT_EQ(reason(list_of(between, revoking(peer, some))), kRevoked);
}

TEST_F(Revocation, TheNewestOfAScopeCounts) {
  ListWish old = scoped("");
  old.from = kNow - 72h;
  old.to = kNow - 48h;
  ListWish older = scoped("");
  older.from = kNow - 48h;
  for (const auto& [before, after] : {std::pair{old, revoking(peer)}, std::pair{older, revoking(peer)}}) {
    EXPECT_EQ(reason(list_of(between, before) + list_of(between, after)), kRevoked);
    EXPECT_EQ(reason(list_of(between, after) + list_of(between, before)), kRevoked);
  }
  older.revoked = {peer};  // was on hold
  EXPECT_EQ(reason(list_of(between, older) + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, scoped("")) + list_of(between, older)), "");
  EXPECT_EQ(reason(list_of(between, old) + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, old)), kExpired);
}

TEST_F(Revocation, ListsOfOneSecondGoByTheirNumber) {
  ListWish first = scoped("");
  first.number = 5;
  ListWish second = revoking(peer);
  second.number = 6;
  EXPECT_EQ(reason(list_of(between, first) + list_of(between, second)), kRevoked);
  EXPECT_EQ(reason(list_of(between, second) + list_of(between, first)), kRevoked);
}

TEST_F(Revocation, ARevocationOutlivesItsList) {
  ListWish recent = revoking(peer);
  recent.to = kNow - 1h;
  ListWish older = scoped("");
  older.from = kNow - 48h;
  EXPECT_EQ(reason(list_of(between, recent)), kRevoked);
  EXPECT_EQ(reason(list_of(between, older) + list_of(between, recent)), kRevoked);
}

TEST_F(Revocation, AListOfTheFutureDoesNotHideTodays) {
  ListWish future = scoped("");
  future.from = kNow + 1h;
  future.to = kNow + 48h;
  EXPECT_EQ(reason(list_of(between, future) + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, future) + list_of(between, revoking(peer))), kRevoked);
}

TEST_F(Revocation, DeltasAddToTheirBase) {
  ListWish base = scoped("");
  base.number = 5;
  ListWish delta = revoking(peer);
  delta.from = kNow - 1h;
  delta.number = 6;
  delta.base = 5;
  const std::string complete = list_of(between, base);
  EXPECT_EQ(reason(complete + list_of(between, delta)), kRevoked);
  EXPECT_EQ(reason(list_of(between, delta) + complete), kRevoked);
  EXPECT_EQ(reason(complete + list_of(between, delta), other), "");
  delta.revoked = {};
  EXPECT_EQ(reason(list_of(between, delta)), kNotCovered) << "no base";
  base.revoked = {peer};
  EXPECT_EQ(reason(list_of(between, base) + list_of(between, delta)), kRevoked);
  delta.released = {peer};
  EXPECT_EQ(reason(list_of(between, base) + list_of(between, delta)), "");
  delta.to = kNow - 1min;
  EXPECT_EQ(reason(list_of(between, base) + list_of(between, delta)), kRevoked);
}

TEST_F(Revocation, AListWithAnUnknownCriticalExtensionIsNotUsed) {
  ListWish strange = scoped("");
  strange.unknown_extension = true;
  strange.from = kNow - 1h;
  EXPECT_EQ(reason(list_of(between, strange)),
            "the certificate revocation list has a critical extension that is not supported");
  EXPECT_EQ(reason(list_of(between, strange) + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, strange) + list_of(between, revoking(peer))), kRevoked);
}

TEST_F(Revocation, ACaWithoutTheRightToSignLists) {
  Wish wish = authority("/CN=Between");
  wish.key_usage = "critical, keyCertSign";
  between = issue(root, wish, between.key);
  EXPECT_EQ(reason(list_of(between, scoped(""))),
            "the CA's key usage does not allow it to sign certificate revocation lists");
}

TEST_F(Revocation, AnotherCertificateOfTheCasKeyMaySignLists) {
  Wish wish = authority("/CN=Between");
  const Party lister = issue(root, wish, between.key);
  wish.key_usage = "critical, keyCertSign";
  between = issue(root, wish, between.key);
  judge.own = issue(root, router("r1.example.com")).pem() + lister.pem();
  EXPECT_EQ(reason(list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, revoking(peer))), kRevoked);
}

TEST_F(Revocation, ARevokedSignerOfListsIsNone) {
  const Party new_key = issue(root, authority("/CN=Between"));
  const std::string by_new_key = list_of(new_key, scoped("")) + new_key.pem();
  EXPECT_EQ(reason(by_new_key), "");
  EXPECT_EQ(reason(by_new_key + list_of(root, revoking(new_key))), kForged);
}

TEST_F(Revocation, AListOfAStrangerOfTheSameNameDecidesNothing) {
  const Party stranger = self_signed(authority("/CN=Between"));
  const std::string theirs = list_of(stranger, revoking(peer));
  EXPECT_EQ(reason(theirs + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, scoped("")) + theirs), "");
  EXPECT_EQ(reason(theirs + list_of(between, revoking(peer))), kRevoked);
  EXPECT_EQ(reason(theirs), kForged);
}

TEST_F(Revocation, EachTrustedCaOfOneNameHasItsList) {
  const Party twin = self_signed(authority("/CN=Root"));
  const Party left = issue(root, peer_wish());
  const Party right = issue(twin, peer_wish());
  judge.trusted = root.pem() + twin.pem();
  const std::string of_root = list_of(root, revoking(left));
  const std::string of_twin = list_of(twin, scoped(""));
  for (const std::string& lists : {of_root + of_twin, of_twin + of_root}) {
    EXPECT_EQ(reason(lists, left), kRevoked);
    EXPECT_EQ(reason(lists, right), "");
  }
  EXPECT_EQ(reason(of_twin, left), "") << "not a list of this CA";
}

TEST_F(Revocation, ListsOfBothKeysOfACa) {
  const Party new_root = self_signed(authority("/CN=Root"));
  const Party new_with_old = issue(root, authority("/CN=Root"), new_root.key);
  judge.trusted = root.pem();
  const Party end = issue(root, peer_wish());
  const auto with_link = [&](const std::string& lists) {
    Judge one = judge;
    one.lists = lists;
    return one.reason(end, {end, new_with_old});
  };
  EXPECT_EQ(with_link(list_of(new_root, revoking(end))), kRevoked);
  EXPECT_EQ(with_link(list_of(new_root, scoped(""))), "");
  EXPECT_EQ(with_link(list_of(root, revoking(end)) + list_of(new_root, scoped(""))), kRevoked);
}

TEST_F(Revocation, AListOfTheOldKeyBesideTheNewOnes) {
  const Party old_key = issue(root, authority("/CN=Between"));
  ListWish recent = scoped("");
  recent.from = kNow - 1h;
  EXPECT_EQ(reason(list_of(old_key, recent) + list_of(between, revoking(peer))), kRevoked);
  EXPECT_EQ(reason(list_of(old_key, recent) + list_of(between, scoped(""))), "");
}

TEST_F(Revocation, IndirectLists) {
  Wish wish = authority("/CN=Lists");
  const Party lister = issue(root, wish);
  Wish pointed = peer_wish();
  pointed.distribution_points = "dp";
  pointed.sections =
      "[dp]\nfullname=URI:http://ca.example.com/1.crl\nCRLissuer=dirName:name\n"
      "[name]\nCN=Lists\n";
  const Party end = issue(between, pointed);
  ListWish list = scoped("critical, fullname:URI:http://ca.example.com/1.crl, indirectCRL:TRUE");
  list.names_issuers = true;
  const std::string good = list_of(lister, list);
  list.revoked = {end};
  const std::string bad = list_of(lister, list);
  EXPECT_EQ(reason(good + lister.pem(), end), "");
  EXPECT_EQ(reason(bad + lister.pem(), end), kRevoked);
  EXPECT_EQ(reason(list_of(between, scoped("")) + bad + lister.pem(), end), kRevoked);
  EXPECT_EQ(reason(good, end), kForged) << "its issuer's certificate is missing";
  EXPECT_EQ(reason(bad + lister.pem()), "") << "the certificate does not name that issuer";
}

TEST_F(Revocation, OnlyTheIntermediatesListIsThere) {
  EXPECT_EQ(reason(list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(between, revoking(peer))), kRevoked);
}

TEST_F(Revocation, ListsOfCasThatAreNotOnThePathDoNotMatter) {
  const Party stranger = self_signed(authority("/CN=Stranger"));
  ListWish expired = scoped("");
  expired.to = kNow - 1h;
  EXPECT_EQ(reason(list_of(stranger, expired)), "");
}

TEST_F(Revocation, AnAnchorBesideTheListOfItsOwnCa) {
  judge.trusted = between.pem();
  EXPECT_EQ(reason(list_of(root, scoped(""))), "");
  judge.trusted = between.pem() + root.pem();
  EXPECT_EQ(reason(list_of(root, scoped("")) + list_of(between, scoped(""))), "");
  EXPECT_EQ(reason(list_of(root, revoking(between))), kRevoked);
}

TEST_F(Revocation, AnotherWayRoundTheRevokedCertificate) {
  const Party second = self_signed(authority("/CN=Second root"));
  const Party cross = issue(second, authority("/CN=Between"), between.key);
  Judge both{root.pem() + second.pem(), list_of(root, revoking(between))};
  EXPECT_EQ(both.reason(peer, {peer, between, cross}), "") << "it is another certificate, which is good";
  both.lists += list_of(second, revoking(cross));
  EXPECT_EQ(both.reason(peer, {peer, between, cross}), kRevoked);
}

TEST_F(Revocation, ListsAreReadAsDerToo) {
  const auto text = [](const Bytes& octets) { return std::string(octets.begin(), octets.end()); };
  EXPECT_EQ(reason(text(der_of(list_of(between, revoking(peer))))), kRevoked);
  EXPECT_EQ(reason(text(der_of(list_of(between, scoped(""))))), "");
}

/// What the peer sends, beside what we have.
struct SentRevocation : Revocation {
  [[nodiscard]] std::string reason_with(const std::vector<std::string>& sent, const std::string& ours = {}) {
    judge.attached.revocation_lists.clear();
    for (const std::string& list : sent) judge.attached.revocation_lists.push_back(der_of(list));
    return reason(ours);
  }
};

TEST_F(SentRevocation, ThePeersListsAreUsed) {
  const std::string bad = list_of(between, revoking(peer));
  const std::string good = list_of(between, scoped(""));
  EXPECT_EQ(reason_with({good}), "");
  EXPECT_EQ(reason_with({bad}), kRevoked);
  EXPECT_EQ(reason_with({list_of(root, scoped("")), bad}), kRevoked);
  EXPECT_EQ(reason_with({list_of(root, revoking(between))}), kRevoked);
  EXPECT_EQ(reason_with({bad}, good), kRevoked);
  judge.attached.revocation_lists = {Bytes(bad.begin(), bad.end())};
  EXPECT_EQ(reason(""), kRevoked) << "as PEM";
}

TEST_F(SentRevocation, NoneIsAskedForAndABadOneDoesNoHarm) {
  ListWish expired = scoped("");
  expired.to = kNow - 1h;
  ListWish strange = scoped("");
  strange.unknown_extension = true;
  const Party stranger = self_signed(authority("/CN=Between"));
  for (const std::string& ours : {std::string(), list_of(between, scoped(""))}) {
    EXPECT_EQ(reason_with({list_of(between, expired)}, ours), "");
    EXPECT_EQ(reason_with({list_of(between, strange)}, ours), "");
    EXPECT_EQ(reason_with({list_of(between, scoped(kForOneUrl))}, ours), "");
    EXPECT_EQ(reason_with({list_of(stranger, revoking(peer))}, ours), "");
    judge.attached.revocation_lists = {Bytes{1, 2, 3}, Bytes{}};
    EXPECT_EQ(reason(ours), "");
  }
}

TEST_F(SentRevocation, WhatThePeerSendsHidesNothing) {
  const std::string ours = list_of(between, revoking(peer));
  ListWish older = scoped("");
  older.from = kNow - 48h;
  older.to = kNow + 48h;
  ListWish future = scoped("");
  future.from = kNow + 1h;
  ListWish other_scope = scoped("critical, onlyuser:TRUE");
  other_scope.from = kNow - 1h;
  ListWish brief = scoped("");
  brief.from = kNow - 2h;
  brief.to = kNow - 1h;
  ListWish strange = scoped("");
  strange.from = kNow - 1h;
  strange.unknown_extension = true;
  for (const ListWish& wish : {older, future, other_scope, brief, strange})
    EXPECT_EQ(reason_with({list_of(between, wish)}, ours), kRevoked);
  ListWish recent = scoped("");
  recent.from = kNow - 1h;
  const Party stranger = self_signed(authority("/CN=Between"));
  EXPECT_EQ(reason_with({list_of(stranger, recent)}, ours), kRevoked);
}

TEST_F(SentRevocation, OnlyTheCaItselfRenewsItsList) {
  ListWish expired = scoped("");
  expired.from = kNow - 48h;
  expired.to = kNow - 24h;
  const std::string ours = list_of(between, expired);
  EXPECT_EQ(reason_with({}, ours), kExpired);
  EXPECT_EQ(reason_with({list_of(between, scoped(""))}, ours), "");
  EXPECT_EQ(reason_with({list_of(between, revoking(peer))}, ours), kRevoked);
  // Another CA below the same root may take any name.
  const Party impostor = issue(root, authority("/CN=Between"));
  judge.own = issue(root, router("r1.example.com")).pem() + impostor.pem();
  EXPECT_EQ(reason_with({list_of(impostor, scoped(""))}, ours), kExpired);
  EXPECT_EQ(reason_with({list_of(impostor, scoped(""))}, list_of(between, revoking(peer))), kRevoked);
}

TEST_F(SentRevocation, ADeltaOfThePeer) {
  ListWish base = revoking(peer);
  base.number = 5;
  ListWish delta = scoped("");
  delta.number = 6;
  delta.base = 5;
  delta.released = {peer};
  delta.from = kNow - 48h;
  EXPECT_EQ(reason_with({list_of(between, delta)}, list_of(between, base)), kRevoked) << "an old one";
  delta.from = kNow - 1h;
  EXPECT_EQ(reason_with({list_of(between, delta)}, list_of(between, base)), "") << "the CA says so";
}

TEST_F(SentRevocation, Bundles) {
  const Bytes whole = bundle_of({between, peer, root}, {});
  judge.attached.bundles = {whole};
  EXPECT_EQ(judge.reason(peer, {}), "");
  EXPECT_EQ(judge.reason(peer, {peer}), "");
  judge.attached.bundles = {bundle_of({peer}, {}), bundle_of({between}, {list_of(between, revoking(peer))})};
  EXPECT_EQ(judge.reason(peer, {}), kRevoked);
  judge.attached.bundles = {Bytes{1, 2, 3}};
  EXPECT_EQ(judge.reason(peer, {peer, between}), "not a PKCS #7 bundle of certificates");
  judge.attached.bundles = {Bytes(whole.begin(), whole.end() - 1)};
  EXPECT_EQ(judge.reason(peer, {peer, between}), "not a PKCS #7 bundle of certificates");
}

TEST_F(SentRevocation, WhereACertificateIsIsNotACertificate) {
  judge.attached.only_by_url = true;
  const auto refusal = judge.judge(peer, {});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, "the peer sent only the URL of its certificate");
  EXPECT_EQ(refusal->cause, RefusalCause::CertificateByUrl);
}

TEST_F(SentRevocation, TheWorkIsBounded) {
  judge.attached.revocation_lists.assign(200, der_of(list_of(between, scoped(""))));
  std::vector<Party> sent{peer, between};
  while (sent.size() < kMaxCertificates) sent.push_back(issue(root, authority("/CN=Between")));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(judge.reason(peer, sent), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(Revocation, MoreThanAFewLists) {
  std::string lists;
  for (int i = 0; i < 20; ++i)
    lists += list_of(self_signed(authority("/CN=CA " + std::to_string(i))), scoped(""));
  EXPECT_EQ(reason(lists + list_of(between, revoking(peer))), kRevoked);
}

}  // namespace
}  // namespace awtun::pki
