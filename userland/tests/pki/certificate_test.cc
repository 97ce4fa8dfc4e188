// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/certificate.h"

#include <gtest/gtest.h>

#include "userland/tests/pki/authority.h"

namespace awtun::pki {
namespace {

using namespace testing;

TEST(Certificate, IsDescribedAsTheDialoguePrintsIt) {
  Wish wish = authority("/C=JP/O=EXAMPLE/CN=SampleRootCA");
  wish.from = std::chrono::sys_days{std::chrono::year{2023} / 4 / 7} + 5h + 32min + 30s;
  wish.to = std::chrono::sys_days{std::chrono::year{2033} / 4 / 14} + 15h + 32min + 30s;
  const auto described = self_signed(wish).certificate().describe();
  EXPECT_EQ(described.subject, "/C=JP/O=EXAMPLE/CN=SampleRootCA");
  EXPECT_EQ(described.issuer, "/C=JP/O=EXAMPLE/CN=SampleRootCA");
  EXPECT_EQ(described.valid_from, "Apr  7 05:32:30 2023 GMT");
  EXPECT_EQ(described.valid_to, "Apr 14 15:32:30 2033 GMT");
  EXPECT_EQ(described.fingerprint.size(), 5 * 8 + 4U);
  EXPECT_EQ(described.fingerprint.find_first_not_of("0123456789ABCDEF "), std::string::npos);
}

TEST(Certificate, PemAndDerGoThereAndBack) {
  const Party party = self_signed(authority("/CN=CA"));
  const auto read = Certificate::from_pem(as_octets(party.pem()));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].der(), party.der());
  EXPECT_EQ((*read)[0].pem(), party.pem());
}

TEST(Certificate, AFileMayHaveSeveralAndText) {
  const std::string text = "Bag Attributes\n" + self_signed(authority("/CN=One")).pem() +
                           "friendlyName: two\n" + self_signed(authority("/CN=Two")).pem();
  const auto read = Certificate::from_pem(as_octets(text));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].subject(), "/CN=Two");
}

TEST(Certificate, WhatIsNoneIsRefused) {
  const Party party = self_signed(authority("/CN=CA"));
  EXPECT_FALSE(Certificate::from_pem({}));
  EXPECT_FALSE(
      Certificate::from_pem(as_octets("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
  const Secret key = party.key_pem();
  EXPECT_FALSE(Certificate::from_pem(key.view()));
  const std::string damaged = party.pem() + "-----BEGIN CERTIFICATE-----\n!\n";
  EXPECT_FALSE(Certificate::from_pem(as_octets(damaged))) << "the second block is cut off";
  Bytes der = party.der();
  der.push_back(0);
  EXPECT_FALSE(Certificate::from_der(der)) << "trailing octet";
  der.resize(der.size() - 2);
  EXPECT_FALSE(Certificate::from_der(der)) << "cut short";
  EXPECT_FALSE(Certificate::from_der({}));
  EXPECT_FALSE(Certificate::from_der(Bytes(kMaxCertificateSize + 1, 0x30)));
  std::string many;
  for (std::size_t i = 0; i <= kMaxCertificates; ++i) many += party.pem();
  EXPECT_EQ(Certificate::from_pem(as_octets(many)).error(), "too many certificates");
}

TEST(Certificate, TellsACaFromOthers) {
  EXPECT_TRUE(self_signed(authority("/CN=CA")).certificate().is_ca());
  EXPECT_TRUE(self_signed(authority("/CN=CA")).certificate().is_self_signed());
  EXPECT_FALSE(self_signed(router("r1.example.com")).certificate().is_ca());
  Wish wish = authority("/CN=CA");
  wish.key_usage = "digitalSignature";
  EXPECT_FALSE(self_signed(wish).certificate().is_ca()) << "may not sign certificates";
  const Party ca = self_signed(authority("/CN=CA"));
  EXPECT_FALSE(issue(ca, authority("/CN=Sub")).certificate().is_self_signed());
}

TEST(Certificate, KeyHashIsTheSameForTheSameKey) {
  const auto key = ec_key();
  const Bytes hash = self_signed(authority("/CN=One"), key).certificate().key_hash();
  EXPECT_EQ(hash.size(), 20U);
  EXPECT_EQ(hash, self_signed(authority("/CN=Two"), key).certificate().key_hash());
  EXPECT_NE(hash, self_signed(authority("/CN=One")).certificate().key_hash());
}

TEST(RevocationList, IsRead) {
  const Party ca = self_signed(authority("/CN=CA"));
  const auto read = RevocationList::from_pem(as_octets(revocation_list(ca, {})));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].issuer(), "/CN=CA");
  EXPECT_FALSE(RevocationList::from_pem(as_octets(ca.pem())));
}

}  // namespace
}  // namespace awtun::pki
