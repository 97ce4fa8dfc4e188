// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/enrollment.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "userland/crypto/openssl.h"
#include "userland/tests/pki/authority.h"

namespace awtun::pki {
namespace {

using namespace testing;
using crypto::KeyType;
using crypto::Signer;

TEST(Enrollment, SubjectsAreChecked) {
  EXPECT_FALSE(subject_objection("/CN=test1.example.com"));
  EXPECT_FALSE(subject_objection("/C=JP/O=EXAMPLE/OU=A\\/B/CN=test1.example.com"));
  for (const char* bad : {"", "CN=x", "/", "/CN", "/CN=", "/=x", "/CN=x/", "/NOSUCHTYPE=x", "/C=JAPAN"})
    EXPECT_TRUE(subject_objection(bad)) << bad;
  EXPECT_EQ(*subject_objection("/CN=10.0.0.1"), "an IP address as subject name is not supported");
  EXPECT_EQ(*subject_objection("/CN=2001:db8::1"), "an IP address as subject name is not supported");
  EXPECT_EQ(*subject_objection("/CN=a/CN=b"), "a subject must have at most one CN");
}

TEST(Enrollment, AlternativeNamesAreChecked) {
  EXPECT_FALSE(alternative_name_objection("test1.example.com"));
  EXPECT_FALSE(alternative_name_objection("router-1"));
  for (const char* bad : {"", ".", "a..b", "-a", "a-", "a b", "*.example.com", "a,DNS:b", "a_b"})
    EXPECT_TRUE(alternative_name_objection(bad)) << bad;
  EXPECT_TRUE(alternative_name_objection(std::string(64, 'a')));
  EXPECT_TRUE(alternative_name_objection(std::string(300, 'a')));
  EXPECT_EQ(*alternative_name_objection("10.0.0.1"),
            "an IP address as subject alternative name is not supported");
}

TEST(Enrollment, ARequestHasTheNamesAndAGoodSignature) {
  for (const KeyType type : {KeyType::Rsa, KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::EcdsaP521}) {
    const auto key = Signer::generate(type);
    ASSERT_TRUE(key);
    const auto pem = signing_request(*key, {"/C=JP/CN=test1.example.com", {"test1.example.com"}});
    ASSERT_TRUE(pem) << pem.error();
    EXPECT_EQ(pem->find("-----BEGIN CERTIFICATE REQUEST-----\n"), 0U);
    const crypto::openssl::Handle<BIO, BIO_free_all> input(
        BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
    const crypto::openssl::Handle<X509_REQ, X509_REQ_free> request(
        PEM_read_bio_X509_REQ(input.get(), nullptr, nullptr, nullptr));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), key->public_key().handle()), 1);
    EXPECT_EQ(one_line(X509_REQ_get_subject_name(request.get())), "/C=JP/CN=test1.example.com");
    auto* extensions = X509_REQ_get_extensions(request.get());
    auto* names =
        static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
    ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
    const auto* name = sk_GENERAL_NAME_value(names, 0);
    EXPECT_EQ(name->type, GEN_DNS);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                          static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))),
              "test1.example.com");
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  }
}

TEST(Enrollment, ABadRequestIsNotMade) {
  const auto key = Signer::generate(KeyType::EcdsaP256);
  EXPECT_EQ(signing_request(*key, {"/CN=10.0.0.1", {}}).error(),
            "an IP address as subject name is not supported");
  EXPECT_FALSE(signing_request(*key, {"/CN=x", {"10.0.0.1"}}));
}

TEST(Enrollment, ACaIsTakenAndDescribed) {
  const Party ca = self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
  const auto pasted = pasted_authority(ca.pem(), kNow);
  ASSERT_TRUE(pasted) << pasted.error().reason;
  EXPECT_TRUE(pasted->self_signed);
  const std::string text = to_text(pasted->description);
  EXPECT_EQ(text.find("Subject     : /C=JP/O=EXAMPLE/CN=SampleRootCA\n"
                      "Issuer      : /C=JP/O=EXAMPLE/CN=SampleRootCA\n"
                      "Valid From  : May  2 00:00:00 2026 GMT\n"
                      "Valid To    : Jul  1 00:00:00 2026 GMT\n"
                      "Fingerprint : "),
            0U)
      << text;
  const Party between = issue(ca, authority("/CN=Between"));
  const auto subordinate = pasted_authority(between.pem(), kNow);
  ASSERT_TRUE(subordinate) << subordinate.error().reason;
  EXPECT_FALSE(subordinate->self_signed);
}

TEST(Enrollment, WhatIsNoGoodCaIsRefused) {
  const Party ca = self_signed(authority("/CN=CA"));
  const auto reason = [](const std::string& pem, WallClock now = kNow) {
    const auto pasted = pasted_authority(pem, now);
    return pasted ? std::string() : pasted.error().reason;
  };
  EXPECT_EQ(reason("hello"), "not a certificate");
  EXPECT_EQ(reason(issue(ca, router("r1.example.com")).pem()), "this is not a valid CA certificate");
  EXPECT_EQ(reason(ca.pem() + ca.pem()), "exactly one certificate is required");
  EXPECT_EQ(reason(ca.pem(), kNow + 24h * 365), "certificate expired");
  EXPECT_EQ(reason(ca.pem(), kNow - 24h * 365), "certificate not yet valid");
  EXPECT_EQ(reason(self_signed(authority("/CN=CA"), rsa_key(1024)).pem()),
            "the certificate's key is not acceptable");
  const Party forged = issue(self_signed(authority("/CN=CA")), authority("/CN=CA"));
  EXPECT_EQ(reason(forged.pem()), "the signature of a certificate does not verify");
}

/// A router whose key was enrolled, and what its CA may send back.
struct Enrolled {
  Party ca = self_signed(authority("/CN=CA"));
  std::vector<Certificate> trusted{ca.certificate()};
  std::shared_ptr<EVP_PKEY> pair = ec_key();
  Signer key = *Signer::from_pem(Party{pair, nullptr}.key_pem().view());

  [[nodiscard]] std::string reason(const std::string& pem) const {
    const auto pasted = pasted_certificate(pem, key, trusted, kNow);
    return pasted ? std::string() : pasted.error().reason;
  }
};

TEST(Enrollment, OurCertificateIsTaken) {
  const Enrolled enrolled;
  EXPECT_EQ(enrolled.reason(issue(enrolled.ca, router("r1.example.com"), enrolled.pair).pem()), "");
  const Party between = issue(enrolled.ca, authority("/CN=Between"));
  const Party own = issue(between, router("r1.example.com"), enrolled.pair);
  EXPECT_EQ(enrolled.reason(own.pem()), "certificate of an unknown CA");
  EXPECT_EQ(enrolled.reason(own.pem() + between.pem()), "");
}

TEST(Enrollment, WhatIsNotOurCertificateIsRefused) {
  const Enrolled enrolled;
  EXPECT_EQ(enrolled.reason("hello"), "not a certificate");
  EXPECT_EQ(enrolled.reason(issue(enrolled.ca, router("r1.example.com")).pem()),
            "the certificate's key does not match the enrolled key");
  EXPECT_EQ(enrolled.reason(self_signed(router("r1.example.com"), enrolled.pair).pem()),
            "certificate of an unknown CA");
  Wish wish = router("r1.example.com");
  wish.alternative_names += ", IP:10.0.0.1";
  EXPECT_EQ(enrolled.reason(issue(enrolled.ca, wish, enrolled.pair).pem()),
            "an IP address as a certificate's name is not supported");
  wish = router("r1.example.com");
  wish.to = kNow - 1s;
  EXPECT_EQ(enrolled.reason(issue(enrolled.ca, wish, enrolled.pair).pem()), "certificate expired");
}

}  // namespace
}  // namespace awtun::pki
