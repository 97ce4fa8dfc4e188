// SPDX-License-Identifier: Apache-2.0
// Identities as text, as octets, and which of them match.
#include "userland/crypto/identity.h"

#include <gtest/gtest.h>

#include "userland/crypto/distinguished_name.h"
#include "userland/tests/crypto/common_name.h"

namespace awtun {
namespace {

using Type = Identity::Type;

Bytes octets(std::string_view text) { return {text.begin(), text.end()}; }

Identity parsed(std::string_view text) {
  auto identity = Identity::parse(text);
  EXPECT_TRUE(identity) << text << ": " << (identity ? "" : identity.error());
  return identity ? *identity : Identity{};
}

std::string refusal(std::string_view text) {
  const auto identity = Identity::parse(text);
  EXPECT_FALSE(identity) << text;
  return identity ? "" : identity.error();
}

bool match(std::string_view a, std::string_view b) {
  const bool matches = parsed(a).matches(parsed(b));
  EXPECT_EQ(parsed(b).matches(parsed(a)), matches);
  return matches;
}

TEST(IdentityText, TheTypeIsWhatItReadsAsUnlessOneIsNamed) {
  EXPECT_EQ(parsed("10.2.2.2"), (Identity{Type::Ipv4Address, {10, 2, 2, 2}}));
  EXPECT_EQ(parsed("ipv4 10.2.2.2"), parsed("10.2.2.2"));
  EXPECT_EQ(parsed("IPv6  2001:db8::2"), parsed("2001:DB8:0::2"));
  EXPECT_EQ(parsed("2001:db8::2").type, Type::Ipv6Address);
  EXPECT_EQ(parsed("site-b"), (Identity{Type::Fqdn, octets("site-b")}));
  EXPECT_EQ(parsed("fqdn 10.2.2.2"), (Identity{Type::Fqdn, octets("10.2.2.2")}));
  EXPECT_EQ(parsed("fqdn b@example.com").type, Type::Fqdn);
  EXPECT_EQ(parsed("b@example.com"), (Identity{Type::Rfc822, octets("b@example.com")}));
  EXPECT_EQ(parsed("email site-b"), (Identity{Type::Rfc822, octets("site-b")}));
  EXPECT_EQ(parsed("key-id site-b"), (Identity{Type::KeyId, octets("site-b")}));
  EXPECT_EQ(parsed("key Site  B"), (Identity{Type::KeyId, octets("Site  B")}));
  EXPECT_EQ(parsed("key-id 0x00fF"), (Identity{Type::KeyId, {0, 0xff}}));
  EXPECT_EQ(parsed("dn CN=r1"), parsed("/CN=r1"));
  // A word of a type is a name where nothing follows it.
  for (const char* word : {"ipv4", "ipv6", "fqdn", "email", "dn", "key-id"})
    EXPECT_EQ(parsed(word), Identity::fqdn(word));
}

TEST(IdentityText, WhatIsNoneIsRefusedWithAReason) {
  EXPECT_EQ(refusal("ipv4 2001:db8::2"), "not an IPv4 address");
  EXPECT_EQ(refusal("ipv6 10.2.2.2"), "not an IPv6 address");
  EXPECT_EQ(refusal("ipv4 10.2.2"), "not an IPv4 address");
  EXPECT_NE(refusal("site b").find("begin with a letter or digit"), std::string::npos);
  EXPECT_NE(refusal("-b"), "");
  EXPECT_NE(refusal("@example.com"), "");
  EXPECT_NE(refusal("site-b@"), "");
  EXPECT_NE(refusal("支社"), "");
  EXPECT_NE(refusal("i 10.2.2.2"), "") << "ipv4 or ipv6?";
  EXPECT_NE(refusal("fqdn site b"), "");
  EXPECT_NE(refusal("fqdn site\\b"), "");
  EXPECT_EQ(refusal(std::string(256, 'a')), "a name must not exceed 255 characters");
  EXPECT_EQ(refusal("key-id 0x"), "a key-id that begins with 0x must consist of pairs of hexadecimal digits");
  EXPECT_NE(refusal("key-id 0x123"), "");
  EXPECT_NE(refusal("key-id " + std::string(256, 'a')), "");
  EXPECT_NE(refusal("dn r1"), "");
  EXPECT_NE(refusal("/"), "");
  EXPECT_NE(refusal("/CN="), "");
  EXPECT_NE(refusal("/CN=r1/"), "");
  EXPECT_NE(refusal("/C=Japan"), "") << "two letters";
  EXPECT_NE(refusal("/X=r1").find("X"), std::string::npos);
  EXPECT_NE(refusal("/CN=" + std::string(1025, 'a')), "");
  EXPECT_NE(refusal("/CN=\\ff"), "") << "not UTF-8";
}

TEST(IdentityText, IsParsedAsTheSameAgain) {
  for (const char* text :
       {"10.2.2.2", "2001:db8::2", "Site-B.Example.com", "Site@Example.com", "fqdn 10.2.2.2", "fqdn a@b",
        "email site-b", "key-id Site  B", "key-id 0x00ff", "key-id 0x3078", "key-id 0x2061", "dn",
        "/C=JP/O=Example Corp/CN=r1", "/CN=a\\/b\\+c\\\\d, e", "/CN=\\20a\\20", "/CN=\\#a", "/O=a+OU=b/CN=c",
        "/1.2.3.4=x", "/DC=com/DC=example/UID=r1/emailAddress=a@b.c"}) {
    EXPECT_EQ(parsed(text).to_string(), text);
  }
  EXPECT_EQ(parsed("/O=支/CN=r").to_string(), "/O=\\e6\\94\\af/CN=r");
  EXPECT_EQ(parsed("/O=\\e6\\94\\af/CN=r"), parsed("O=支, CN=r"));
}

TEST(IdentityText, NeverHasWhatATerminalInterprets) {
  EXPECT_EQ(Identity::fqdn("a\n\x1b[0m").value(), "a\\0a\\1b[0m");
  EXPECT_EQ(Identity::fqdn("a\n\x1b[0m").to_string(), "fqdn a\\0a\\1b[0m");
  EXPECT_EQ((Identity{Type::KeyId, octets("\x1b[0m")}).value(), "0x1b5b306d");
  EXPECT_EQ((Identity{Type::KeyId, {}}).to_string(), "key-id 0x");
  EXPECT_EQ((Identity{Type::DerAsn1Dn, {0x30, 0x00}}).value(), "0x3000");
  EXPECT_EQ((Identity{Type::Ipv4Address, {1, 2}}).to_string(), "ipv4 0x0102");
}

TEST(IdentityMatch, ByTheRulesOfTheType) {
  EXPECT_TRUE(match("Site-B.Example.com", "site-b.example.COM"));
  EXPECT_FALSE(match("site-b.example.com", "site-b.example.co"));
  EXPECT_FALSE(match("site-b.example.com", "site-b.example.com."));
  EXPECT_TRUE(match("Site@Example.com", "Site@example.COM"));
  EXPECT_FALSE(match("site@example.com", "Site@example.com"));
  EXPECT_TRUE(match("2001:db8::0a", "2001:DB8:0:0::A"));
  EXPECT_FALSE(match("10.2.2.2", "fqdn 10.2.2.2"));
  EXPECT_FALSE(match("10.2.2.2", "::ffff:10.2.2.2"));
  EXPECT_FALSE(match("key-id a", "key-id A"));
  EXPECT_TRUE(match("key-id 0x61", "key-id a"));
  EXPECT_FALSE(match("a@b.c", "fqdn a@b.c"));
}

TEST(IdentityMatch, DistinguishedNamesByTheirRdns) {
  EXPECT_TRUE(match("/C=JP/O=Example Corp/CN=r1", "c=jp,  o=EXAMPLE   corp , cn=R1"));
  EXPECT_TRUE(match("/O=a+OU=b/CN=c", "/OU=B+O=A/CN=c")) << "an RDN is a set";
  EXPECT_FALSE(match("/O=a+OU=b/CN=c", "/O=a/OU=b/CN=c"));
  EXPECT_FALSE(match("/O=a/CN=c", "/CN=c/O=a"));
  EXPECT_FALSE(match("/O=a b", "/O=ab"));
  EXPECT_FALSE(match("/O=a/CN=c", "/O=a"));
  EXPECT_FALSE(match("/O=a", "/OU=a"));
  EXPECT_FALSE(match("/CN=é", "/CN=É")) << "ASCII alone";
}

TEST(IdentityMatch, ABrokenNameEqualsItselfAlone) {
  const Identity broken{Type::DerAsn1Dn, Bytes(4000, 'A')};
  EXPECT_TRUE(broken.matches(broken));
  const Identity whole = parsed("/CN=r1");
  EXPECT_FALSE(broken.matches(whole));
  // What the comparison makes of a name is none.
  for (std::size_t from = 0; from < 2; ++from) {
    const Bytes key = whole.key().second;
    EXPECT_FALSE(
        (Identity{Type::DerAsn1Dn, Bytes(key.begin() + static_cast<std::ptrdiff_t>(from), key.end())})
            .matches(whole));
  }
  Identity longer = whole;
  longer.data.push_back(0);
  EXPECT_FALSE(longer.matches(whole));
}

TEST(IdentityMatch, TheTypeOfAStringDoesNotCountButOctetsDo) {
  // CN=r1 as UTF8String, PrintableString, BMPString and BIT STRING.
  const Identity utf8 = common_name(0x0c, octets("r1"));
  EXPECT_EQ(utf8.to_string(), "/CN=r1");
  EXPECT_TRUE(utf8.matches(common_name(0x13, octets("R1"))));
  EXPECT_TRUE(utf8.matches(common_name(0x1e, {0, 'r', 0, '1'})));
  EXPECT_FALSE(utf8.matches(common_name(0x03, {0, 'r', '1'})));
  EXPECT_EQ(common_name(0x03, {0, 'r', '1'}).value(), "/CN=#7231");
}

}  // namespace
}  // namespace awtun
