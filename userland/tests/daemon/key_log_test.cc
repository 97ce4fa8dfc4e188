// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/key_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userland/daemon/io/files.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

Secret filled(std::size_t size, std::uint8_t value) { return Secret(Bytes(size, value)); }

std::string hex(std::size_t size, const char* octet) {
  std::string text;
  while (size-- > 0) text += octet;
  return text;
}

ike::AddSa cbc(Direction direction) {
  ike::AddSa sa;
  sa.token = 1;
  sa.direction = direction;
  sa.spi = 0xc0ffee01;
  sa.local = {ip("10.1.1.1"), 500};
  sa.remote = {ip("10.2.2.2"), 500};
  sa.suite = *crypto::esp_suite("aes256", "sha256");
  sa.encryption_key = filled(32, 0xe1);
  sa.integrity_key = filled(32, 0xa1);
  return sa;
}

ike::AddSa gcm() {
  auto sa = cbc(Direction::Out);
  sa.suite = *crypto::esp_suite("aes128", "gcm8");
  sa.encryption_key = filled(16, 0xe1);
  sa.salt = filled(4, 0x5a);
  sa.integrity_key = {};
  return sa;
}

TEST(KeyLog, EspLineOfCbcSa) {
  const auto keys = R"("AES-CBC [RFC3602]","0x)" + hex(32, "e1") + R"(","HMAC-SHA-256-128 [RFC4868]","0x)" +
                    hex(32, "a1") + "\"";
  EXPECT_EQ(esp_sa_line(cbc(Direction::Out)), R"("IPv4","10.1.1.1","10.2.2.2","0xc0ffee01",)" + keys);
  EXPECT_EQ(esp_sa_line(cbc(Direction::In)), R"("IPv4","10.2.2.2","10.1.1.1","0xc0ffee01",)" + keys);
}

TEST(KeyLog, EspLineOfGcmSaHasSaltAfterKeyAndNullAuthentication) {
  EXPECT_EQ(esp_sa_line(gcm()),
            R"("IPv4","10.1.1.1","10.2.2.2","0xc0ffee01","AES-GCM with 8 octet ICV [RFC4106]",)"
            R"("0x)" +
                hex(16, "e1") + hex(4, "5a") + R"(","NULL","")");
}

TEST(KeyLog, Ikev2Line) {
  const ike::IkeKeys keys{0x0102030405060708,
                          0x1112131415161718,
                          *crypto::ike_suite("aes256", "sha256", crypto::GroupId::Modp2048),
                          filled(32, 1),
                          filled(32, 2),
                          filled(32, 3),
                          filled(32, 4)};
  EXPECT_EQ(ikev2_line(keys), "0102030405060708,1112131415161718," + hex(32, "01") + "," + hex(32, "02") +
                                  R"(,"AES-CBC-256 [RFC3602]",)" + hex(32, "03") + "," + hex(32, "04") +
                                  R"(,"HMAC_SHA2_256_128 [RFC4868]")");
}

TEST(KeyLog, Ikev2LineOfAesGcmHasSaltAfterKeyAndNoIntegrity) {
  const ike::IkeKeys keys{1,
                          2,
                          *crypto::ike_suite("aes128gcm16", "sha384", crypto::GroupId::Ecp384),
                          filled(20, 1),
                          filled(20, 2),
                          {},
                          {}};
  EXPECT_EQ(ikev2_line(keys), "0000000000000001,0000000000000002," + hex(20, "01") + "," + hex(20, "02") +
                                  R"(,"AES-GCM-128 with 16 octet ICV [RFC5282]",,,"NONE [RFC4306]")");
}

TEST(KeyLog, RefusesADirectoryThatOthersCanEnter) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ScratchDirectory scratch;
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0750), 0);
  const auto opened = KeyLog::open(scratch.path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("0700"), std::string::npos);
}

TEST(KeyLog, RefusesALinkInPlaceOfAFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ScratchDirectory scratch;
  ASSERT_EQ(::symlink("/dev/null", (scratch / "esp_sa").c_str()), 0);
  EXPECT_FALSE(KeyLog::open(scratch.path()));
}

TEST(KeyLog, LeavesOutWhatWiresharkDoesNotKnow) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ScratchDirectory scratch;
  auto opened = KeyLog::open(scratch.path());
  ASSERT_TRUE(opened) << opened.error();
  auto sa = gcm();
  sa.suite = {crypto::EncrId::ChaCha20Poly1305, 256, crypto::IntegId::None};
  opened->record(sa);
  EXPECT_EQ(**read_file(scratch / "esp_sa"), "");
}

TEST(KeyLog, AppendsToFilesOfRootAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ScratchDirectory scratch;
  for (int run = 0; run < 2; ++run) {
    auto opened = KeyLog::open(scratch.path());
    ASSERT_TRUE(opened) << opened.error();
    opened->record(gcm());
  }
  const auto line = esp_sa_line(gcm()) + "\n";
  EXPECT_EQ(**read_file(scratch / "esp_sa"), line + line);
  struct stat status {};
  ASSERT_EQ(::stat((scratch / "esp_sa").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace awtun::daemon
