// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/certify.h"

#include <gtest/gtest.h>

#include <thread>

#include "userland/tests/daemon/sample.h"
#include "userland/tests/pki/authority.h"

namespace awtun::daemon {
namespace {

using namespace pki::testing;
using control::Ask;
using Certification = config::Certify::What;

const std::string kName = "vpn_trust";

class Certify : public testing::Test {
 protected:
  Certify() {
    settings.enrollment_terminal = true;
    settings.subject_name = "/CN=r1.example.com";
    settings.subject_alt_name = "r1.example.com";
  }

  Result<control::Turn, std::string> run(Certification what, std::optional<std::string> text = {},
                                         bool accepted = false) {
    return certify({what, kName}, settings, {std::move(text), accepted}, store, keys, kNow);
  }
  std::string refusal(Certification what, std::optional<std::string> text) {
    const auto answer = run(what, text, true);
    return answer ? "not refused" : answer.error();
  }
  /// What the CA makes of the request: a certificate for the key that was enrolled.
  Party issued(const Wish& wish) {
    const auto key = *store.load_key("server-default");
    EXPECT_TRUE(key);
    EVP_PKEY_up_ref(key->public_key().handle());
    return issue(ca, wish, {key->public_key().handle(), EVP_PKEY_free});
  }
  void authenticate() { ASSERT_TRUE(run(Certification::Authenticate, ca.pem(), true)); }
  /// Asked again until its key is made.
  Result<control::Turn, std::string> enroll() {
    auto answer = run(Certification::Enroll);
    while (answer && answer->ask == Ask::Patience) {
      std::this_thread::sleep_for(1ms);
      answer = run(Certification::Enroll);
    }
    return answer;
  }
  std::shared_ptr<const pki::Trustpoint> stored() { return *store.load(kName); }

  ScratchDirectory scratch;
  TrustpointStore store{scratch.path()};
  KeyMaker keys;
  config::Trustpoint settings;
  Party ca = self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
};

TEST_F(Certify, AuthenticateAsksShowsAndStores) {
  const auto paste = run(Certification::Authenticate);
  ASSERT_TRUE(paste);
  EXPECT_EQ(paste->ask, Ask::Text);
  EXPECT_EQ(paste->text, "Paste the certificate PEM file into the terminal.\nType \"abort\" to cancel.\n");
  const auto seen = run(Certification::Authenticate, ca.pem());
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->ask, Ask::Acceptance);
  EXPECT_TRUE(seen->text.starts_with("Subject     : /C=JP/O=EXAMPLE/CN=SampleRootCA\n")) << seen->text;
  EXPECT_TRUE(
      seen->text.ends_with("This is a self-signed CA certificate.\n"
                           "The certificate has been validated successfully.\n"));
  EXPECT_TRUE(stored()->authorities().empty());
  const auto done = run(Certification::Authenticate, ca.pem(), true);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->ask, Ask::Nothing);
  EXPECT_EQ(done->text, "Successfully authenticated trustpoint \"vpn_trust\".");
  ASSERT_EQ(stored()->authorities().size(), 1U);
  EXPECT_EQ(stored()->authorities()[0].der(), ca.der());
}

TEST_F(Certify, WhatIsNoGoodCaIsRefusedEvenIfAccepted) {
  Wish expired = authority("/CN=Old");
  expired.to = kNow - 1h;
  for (const std::string& text : {std::string("nonsense"), std::string(), self_signed(expired).pem(),
                                  self_signed(router("r9.example.com")).pem()})
    EXPECT_FALSE(run(Certification::Authenticate, text, true)) << text;
  EXPECT_TRUE(stored()->authorities().empty());
}

TEST_F(Certify, EnrollPrintsARequestForOneKeyPair) {
  const auto first = enroll();
  ASSERT_TRUE(first) << first.error();
  EXPECT_TRUE(
      first->text.starts_with("Using private key \"server-default\"...\n"
                              "Cut and paste this request to the certificate authority:\n"
                              "-----------------------------------------------------------------\n"
                              "-----BEGIN CERTIFICATE REQUEST-----\n"))
      << first->text;
  const auto key = *store.load_key("server-default");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key().to_string(), "RSA 2048 bits");
  ASSERT_TRUE(enroll());
  EXPECT_TRUE((*store.load_key("server-default"))->public_key().equals(key->public_key()));
}

// The loop has packets to serve meanwhile.
TEST_F(Certify, EnrollDoesNotWaitForItsKeyPair) {
  const auto first = run(Certification::Enroll);
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(first->ask, Ask::Patience);
  EXPECT_EQ(first->text, "");
  EXPECT_FALSE(*store.load_key("server-default"));
  EXPECT_EQ(enroll()->ask, Ask::Nothing);
  EXPECT_EQ(run(Certification::Enroll)->ask, Ask::Nothing);
}

TEST_F(Certify, EnrollMakesTheKeyPairThatIsNamed) {
  settings.key_pair = config::KeyPair{config::KeyPair::Kind::Ec, "curve", std::uint16_t{384}};
  ASSERT_TRUE(enroll());
  EXPECT_FALSE(*store.load_key("server-default"));
  EXPECT_EQ((*store.load_key("curve"))->public_key().to_string(), "ECDSA P-384");
}

TEST_F(Certify, EnrollNeedsItsSettings) {
  auto whole = settings;
  for (const auto& spoil : std::vector<std::function<void()>>{[&] { settings.enrollment_terminal = false; },
                                                              [&] { settings.subject_name.reset(); },
                                                              [&] { settings.subject_alt_name.reset(); }}) {
    settings = whole;
    spoil();
    EXPECT_FALSE(run(Certification::Enroll));
  }
  EXPECT_FALSE(*store.load_key("server-default"));
}

TEST_F(Certify, ImportShowsAndStores) {
  authenticate();
  ASSERT_TRUE(enroll());
  const Party own = issued(router("r1.example.com"));
  const auto seen = run(Certification::ImportCertificate, own.pem());
  ASSERT_TRUE(seen) << seen.error();
  EXPECT_EQ(seen->ask, Ask::Acceptance);
  EXPECT_TRUE(seen->text.ends_with(
      "This is not a valid CA certificate. Attempting to import as a server certificate.\n"
      "The certificate has been validated successfully.\n"))
      << seen->text;
  EXPECT_FALSE(stored()->can_sign());
  const auto done = run(Certification::ImportCertificate, own.pem(), true);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->text, "The certificate was successfully imported.");
  EXPECT_TRUE(stored()->can_sign());
}

TEST_F(Certify, ImportRefusesWhatDoesNotFit) {
  const Party stranger = issue(ca, router("r1.example.com"));
  EXPECT_EQ(refusal(Certification::ImportCertificate, stranger.pem()),
            "trustpoint vpn_trust has no CA yet: crypto pki authenticate vpn_trust");
  authenticate();
  EXPECT_EQ(refusal(Certification::ImportCertificate, stranger.pem()),
            "there is no key pair \"server-default\" yet: crypto pki enroll vpn_trust");
  ASSERT_TRUE(enroll());
  EXPECT_TRUE(refusal(Certification::ImportCertificate, stranger.pem())
                  .starts_with("the certificate's key does not match the enrolled key"));
  Wish expired = router("r1.example.com");
  expired.to = kNow - 1h;
  EXPECT_TRUE(
      refusal(Certification::ImportCertificate, issued(expired).pem()).starts_with("certificate expired"));
  Wish address = router("r1.example.com");
  address.alternative_names += ", IP:10.0.0.1";
  EXPECT_TRUE(refusal(Certification::ImportCertificate, issued(address).pem())
                  .starts_with("an IP address as a certificate's name is not supported"));
  ca = self_signed(authority("/CN=OtherCA"));
  EXPECT_TRUE(refusal(Certification::ImportCertificate, issued(router("r1.example.com")).pem())
                  .starts_with("certificate of an unknown CA"));
  EXPECT_FALSE(stored()->can_sign());
}

TEST_F(Certify, ACaMayBeImportedToo) {
  ASSERT_TRUE(run(Certification::ImportCertificate, ca.pem(), true));
  EXPECT_EQ(stored()->authorities().size(), 1U);
}

TEST_F(Certify, ARevocationListIsOfOurCaAndSignedByIt) {
  authenticate();
  const Party other = self_signed(authority("/CN=OtherCA"));
  const Party twin = self_signed(authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
  for (const Party& forger : {other, twin})
    EXPECT_FALSE(run(Certification::ImportRevocationList, revocation_list(forger, {}), true));
  EXPECT_TRUE(stored()->revocation_lists().empty());
  ASSERT_TRUE(run(Certification::ImportRevocationList, revocation_list(ca, {})));
  EXPECT_EQ(stored()->revocation_lists().size(), 1U);
}

TEST_F(Certify, ListsOfSeveralCasAreKept) {
  authenticate();
  const Party between = issue(ca, authority("/CN=Between"));
  const Party other = issue(self_signed(authority("/CN=OtherCA")), authority("/CN=Between"));
  const auto import = [&](const std::string& text) {
    return static_cast<bool>(run(Certification::ImportRevocationList, text));
  };
  EXPECT_FALSE(import(revocation_list(between, {}))) << "who is that?";
  EXPECT_FALSE(import(revocation_list(other, {}) + other.pem()));
  EXPECT_TRUE(import(revocation_list(ca, {})));
  EXPECT_TRUE(import(revocation_list(between, {}) + between.pem()));
  EXPECT_EQ(stored()->revocation_lists().size(), 2U);
  EXPECT_TRUE(import(revocation_list(between, {between}))) << "its certificate is known now";
  EXPECT_EQ(stored()->revocation_lists().size(), 2U) << "the list before is replaced";
  EXPECT_TRUE(import(list_of(ca, {.scope = "critical, onlyCA:TRUE"})));
  EXPECT_EQ(stored()->revocation_lists().size(), 3U);
  const Party other_key = issue(ca, authority("/CN=Between"));
  EXPECT_TRUE(import(revocation_list(other_key, {}) + other_key.pem()));
  EXPECT_EQ(stored()->revocation_lists().size(), 4U) << "it is another CA's, or its other key's";
  EXPECT_TRUE(import(revocation_list(ca, {}, kNow - 48h))) << "an older one replaces nothing";
  EXPECT_EQ(stored()->revocation_lists().size(), 5U);
}

}  // namespace
}  // namespace awtun::daemon
