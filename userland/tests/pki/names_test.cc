// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/names.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "userland/tests/pki/authority.h"

namespace awtun::pki {
namespace {

using namespace testing;
using wire::IdType;

/// "" when the certificate may speak for the identity.
std::string objection(const Wish& wish, IdType type, std::string_view identity) {
  const std::string copy(identity);
  const auto refusal = name_objection(self_signed(wish).certificate(), {type, as_octets(copy)});
  return refusal ? refusal->reason : "";
}

Wish named(const std::string& subject, const std::string& alternative_names) {
  Wish wish;
  wish.subject = subject;
  wish.alternative_names = alternative_names;
  return wish;
}

TEST(Names, CommonNameAndAlternativeNameMustBothBeTheFqdn) {
  EXPECT_EQ(objection(router("r2.example.com"), IdType::Fqdn, "r2.example.com"), "");
  EXPECT_EQ(objection(router("R2.Example.com"), IdType::Fqdn, "r2.example.COM"), "");
  EXPECT_EQ(objection(router("r2.example.com"), IdType::Fqdn, "r1.example.com"),
            "name mismatch: the CN is not the identity");
  EXPECT_EQ(objection(named("/CN=r1.example.com", "DNS:r2.example.com"), IdType::Fqdn, "r2.example.com"),
            "name mismatch: the CN is not the identity");
  const std::string no_alternative = "name mismatch: the identity is not a subject alternative name";
  EXPECT_EQ(objection(named("/CN=r2.example.com", ""), IdType::Fqdn, "r2.example.com"), no_alternative);
  EXPECT_EQ(objection(named("/CN=r2.example.com", "DNS:r1.example.com"), IdType::Fqdn, "r2.example.com"),
            no_alternative);
  EXPECT_EQ(objection(named("/CN=r2.example.com", "email:r2.example.com"), IdType::Fqdn, "r2.example.com"),
            no_alternative);
  EXPECT_EQ(objection(named("/CN=r2.example.com", "DNS:other.example.com, DNS:r2.example.com"), IdType::Fqdn,
                      "r2.example.com"),
            "");
}

TEST(Names, TheSubjectHasExactlyOneCommonName) {
  EXPECT_EQ(objection(named("/O=Example", "DNS:r2.example.com"), IdType::Fqdn, "r2.example.com"),
            "name mismatch: the subject has no CN");
  EXPECT_EQ(objection(named("/CN=r2.example.com/CN=r3.example.com", "DNS:r2.example.com"), IdType::Fqdn,
                      "r2.example.com"),
            "name mismatch: the subject has more than one CN");
}

TEST(Names, NeitherAPrefixNorAWildcardMatches) {
  EXPECT_NE(objection(router("*.example.com"), IdType::Fqdn, "r2.example.com"), "");
  EXPECT_NE(objection(router("r2.example.com"), IdType::Fqdn, "r2.example.co"), "");
  EXPECT_NE(objection(router("r2.example.com"), IdType::Fqdn, "r2.example.com."), "");
  EXPECT_NE(objection(router("r2.example.com"), IdType::Fqdn, std::string_view("r2.example.com\0", 15)), "");
  EXPECT_NE(objection(router("r2.example.com"), IdType::Fqdn, ""), "");
}

TEST(Names, AddressesAreNoNames) {
  const std::string as_identity = "an IP address as identity is not supported with certificates";
  EXPECT_EQ(objection(router("r2.example.com"), IdType::Ipv4Address, std::string("\x0a\x00\x00\x01", 4)),
            as_identity);
  EXPECT_EQ(objection(router("r2.example.com"), IdType::Ipv6Address, std::string(16, 'x')), as_identity);
  EXPECT_EQ(objection(named("/CN=10.0.0.1", "DNS:10.0.0.1"), IdType::Fqdn, "10.0.0.1"),
            "an IP address as a certificate's name is not supported");
  EXPECT_TRUE(has_address_as_name(self_signed(named("/CN=r2", "DNS:r2, IP:10.0.0.1")).certificate()));
  EXPECT_TRUE(has_address_as_name(self_signed(named("/CN=2001:db8::1", "DNS:r2")).certificate()));
  EXPECT_TRUE(has_address_as_name(self_signed(named("/CN=r2", "DNS:10.0.0.1")).certificate()));
  EXPECT_FALSE(has_address_as_name(self_signed(router("r2")).certificate()));
}

TEST(Names, MailAddresses) {
  const Wish wish = named("/CN=x", "email:Someone@example.com");
  EXPECT_EQ(objection(wish, IdType::Rfc822, "Someone@EXAMPLE.com"), "");
  EXPECT_NE(objection(wish, IdType::Rfc822, "someone@example.com"), "") << "the mailbox's case counts";
  EXPECT_NE(objection(wish, IdType::Rfc822, "else@example.com"), "");
  EXPECT_NE(objection(named("/CN=a@b.c", "DNS:a.b.c"), IdType::Rfc822, "a@b.c"), "");
}

TEST(Names, DistinguishedNames) {
  const Party party = self_signed(named("/C=JP/O=Example/CN=r2", ""));
  unsigned char* octets = nullptr;
  const int size = i2d_X509_NAME(X509_get_subject_name(party.x509.get()), &octets);
  Bytes der(octets, octets + size);
  OPENSSL_free(octets);
  const auto judge = [&](ByteView data) {
    return name_objection(party.certificate(), {IdType::DerAsn1Dn, data});
  };
  EXPECT_FALSE(judge(der));
  EXPECT_EQ(
      name_objection(self_signed(named("/C=JP/CN=r2", "")).certificate(), {IdType::DerAsn1Dn, der})->reason,
      "name mismatch: the identity is not the subject");
  der.push_back(0);
  EXPECT_EQ(judge(der)->reason, "the identity is not a distinguished name");
  EXPECT_TRUE(judge({}));
}

TEST(Names, OtherTypesAreRefused) {
  EXPECT_NE(objection(router("r2.example.com"), IdType::KeyId, "r2.example.com"), "");
  EXPECT_NE(objection(router("r2.example.com"), static_cast<IdType>(200), "r2.example.com"), "");
}

}  // namespace
}  // namespace awtun::pki
