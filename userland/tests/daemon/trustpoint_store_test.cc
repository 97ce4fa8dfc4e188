// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/trustpoint_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "userland/daemon/io/files.h"
#include "userland/tests/daemon/sample.h"
#include "userland/tests/pki/authority.h"

namespace awtun::daemon {
namespace {

namespace fs = std::filesystem;
using namespace pki::testing;

/// A store with what a router has after `authenticate`, `enroll` and `import`.
struct Router {
  ScratchDirectory scratch;
  TrustpointStore store{scratch.path()};
  Party ca = self_signed(authority("/CN=CA"));
  Party own = issue(ca, router("r1.example.com"));
  crypto::Signer key = *crypto::Signer::from_pem(own.key_pem().view());

  void enroll(std::string_view name) const {
    ASSERT_TRUE(store.save_authority(name, ca.certificate()));
    ASSERT_TRUE(store.save_own(name, key, std::vector{own.certificate()}));
  }
};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(TrustpointStore, StartsEmpty) {
  const Router router;
  const auto loaded = router.store.load_all();
  EXPECT_TRUE(loaded.credentials.empty());
  EXPECT_TRUE(loaded.errors.empty());
  const auto one = router.store.load("vpn_trust");
  ASSERT_TRUE(one);
  EXPECT_FALSE((*one)->can_sign());
  EXPECT_TRUE((*one)->authorities().empty());
}

TEST(TrustpointStore, AnEmptyRevocationListIsNotNone) {
  const Router router;
  router.enroll("vpn_trust");
  std::ofstream(router.scratch / "trustpoints/vpn_trust/crl.pem").flush();
  const auto loaded = router.store.load_all();
  EXPECT_TRUE(loaded.credentials.empty());
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_NE(loaded.errors[0].find("crl.pem: the file is empty"), std::string::npos) << loaded.errors[0];
}

TEST(TrustpointStore, KeepsWhatItWasGiven) {
  const Router router;
  router.enroll("vpn_trust");
  ASSERT_TRUE(router.store.add_revocation_lists("vpn_trust", revocation_list(router.ca, {})));
  const auto loaded = router.store.load_all();
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  ASSERT_EQ(loaded.credentials.size(), 1U);
  const auto& trustpoint = *loaded.credentials.at("vpn_trust");
  EXPECT_TRUE(trustpoint.can_sign());
  ASSERT_EQ(trustpoint.authorities().size(), 1U);
  EXPECT_EQ(trustpoint.authorities()[0].der(), router.ca.der());
  ASSERT_EQ(trustpoint.certificates().size(), 1U);
  EXPECT_EQ(trustpoint.certificates()[0].der(), router.own.der());
  EXPECT_EQ(trustpoint.revocation_lists().size(), 1U);
}

TEST(TrustpointStore, PrivateKeysAreForTheirOwnerAlone) {
  const Router router;
  router.enroll("vpn_trust");
  ASSERT_TRUE(router.store.save_key(config::KeyPair::kDefaultLabel, router.key));
  const fs::path own = router.scratch / "trustpoints/vpn_trust/own.pem";
  const fs::path key = router.scratch / "keys/server-default.pem";
  EXPECT_EQ(mode_of(own), 0600U);
  EXPECT_EQ(mode_of(key), 0600U);
  fs::permissions(own, fs::perms::group_read, fs::perm_options::add);
  fs::permissions(key, fs::perms::others_read, fs::perm_options::add);
  const std::string reason = ": a private key must not be accessible to other users: chmod 600";
  const auto loaded = router.store.load_all();
  EXPECT_TRUE(loaded.credentials.empty());
  EXPECT_EQ(loaded.errors, std::vector<std::string>{own.string() + reason});
  EXPECT_EQ(router.store.load_key(config::KeyPair::kDefaultLabel).error(), key.string() + reason);
}

TEST(TrustpointStore, ALinkIsNoPrivateKey) {
  const Router router;
  router.enroll("vpn_trust");
  const fs::path own = router.scratch / "trustpoints/vpn_trust/own.pem";
  fs::rename(own, router.scratch / "elsewhere");
  fs::create_symlink(router.scratch / "elsewhere", own);
  EXPECT_FALSE(router.store.load("vpn_trust"));
}

TEST(TrustpointStore, KeyPairsAreReadBack) {
  const Router router;
  const auto none = router.store.load_key(config::KeyPair::kDefaultLabel);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  ASSERT_TRUE(router.store.save_key(config::KeyPair::kDefaultLabel, router.key));
  const auto key = router.store.load_key(config::KeyPair::kDefaultLabel);
  ASSERT_TRUE(key && *key);
  EXPECT_TRUE((*key)->public_key().equals(router.key.public_key()));
}

TEST(TrustpointStore, OneThatIsDamagedLeavesTheOthers) {
  const Router router;
  router.enroll("good");
  router.enroll("bad");
  std::ofstream(router.scratch / "trustpoints/bad/ca.pem") << "nonsense";
  const auto loaded = router.store.load_all();
  EXPECT_EQ(loaded.credentials.count("good"), 1U);
  EXPECT_EQ(loaded.credentials.count("bad"), 0U);
  EXPECT_EQ(loaded.errors, std::vector<std::string>{(router.scratch / "trustpoints/bad").string() +
                                                    ": CA certificate: not a certificate"});
}

TEST(TrustpointStore, RemovesWholeTrustpoints) {
  const Router router;
  router.enroll("vpn_trust");
  ASSERT_TRUE(router.store.save_key(config::KeyPair::kDefaultLabel, router.key));
  ASSERT_TRUE(router.store.remove("vpn_trust"));
  EXPECT_TRUE(router.store.load_all().credentials.empty());
  EXPECT_TRUE(fs::is_empty(router.scratch / "trustpoints"));
  EXPECT_TRUE(*router.store.load_key(config::KeyPair::kDefaultLabel)) << "keys stay";
  EXPECT_TRUE(router.store.remove("vpn_trust")) << "gone already";
  router.enroll("vpn_trust");
  EXPECT_EQ(router.store.load_all().credentials.size(), 1U);
}

TEST(TrustpointStore, NamesLeadNowhereElse) {
  const Router router;
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("../x"),
                                  std::string("a/b"), std::string(65, 'a'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(router.store.load(name)) << name;
    EXPECT_FALSE(router.store.save_authority(name, router.ca.certificate())) << name;
    EXPECT_FALSE(router.store.save_key(name, router.key)) << name;
    EXPECT_FALSE(router.store.load_key(name)) << name;
    EXPECT_FALSE(router.store.remove(name)) << name;
  }
}

TEST(TrustpointStore, WhatIsNoRevocationListIsNotKept) {
  const Router router;
  router.enroll("vpn_trust");
  EXPECT_FALSE(router.store.add_revocation_lists("vpn_trust", router.ca.pem()));
  EXPECT_TRUE(router.store.load("vpn_trust"));
}

TEST(TrustpointStore, ListsInAnyFormAndInSeveralFiles) {
  const Router router;
  router.enroll("vpn_trust");
  const fs::path where = router.scratch / "trustpoints/vpn_trust";
  const auto put = [&](const char* name, const auto& contents) {
    std::ofstream file(where / name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(contents.data()), static_cast<std::streamsize>(contents.size()));
  };
  const auto loaded = [&] { return *router.store.load("vpn_trust"); };
  const std::string list = revocation_list(router.ca, {});
  put("crl.pem", der_of(list));
  EXPECT_EQ(loaded()->revocation_lists().size(), 1U);
  put("root.crl", der_of(list));
  put("between.crl", list + router.ca.pem() + list);
  EXPECT_EQ(loaded()->revocation_lists().size(), 4U);
  ASSERT_TRUE(router.store.add_revocation_lists("vpn_trust", revocation_list(router.ca, {router.own})));
  EXPECT_EQ(loaded()->revocation_lists().size(), 4U) << "that of crl.pem is replaced";
  put("bad.crl", std::string("x"));
  const auto refused = router.store.load("vpn_trust");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (where / "bad.crl").string() + ": not a revocation list");
}

}  // namespace
}  // namespace awtun::daemon
