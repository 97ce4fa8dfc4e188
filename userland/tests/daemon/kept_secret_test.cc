// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/kept_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "userland/daemon/io/files.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

TEST(KeptSecret, IsMadeOnceReadableByItsOwnerAlone) {
  const ScratchDirectory scratch;
  const auto path = scratch / "some-secret";
  const auto first = kept_secret(path);
  const auto second = kept_secret(path);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_TRUE(first == second);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(KeptSecret, EachFileHasItsOwn) {
  const ScratchDirectory scratch;
  const auto one = kept_secret(scratch / "one");
  const auto other = kept_secret(scratch / "other");
  EXPECT_FALSE(one == other);
}

TEST(KeptSecret, WhatIsCutOffIsMadeAnew) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(write_file(scratch / "secret", "short"));
  const auto made = kept_secret(scratch / "secret");
  EXPECT_EQ(made.size(), 32U);
}

TEST(KeptSecret, IsOfThisRunWhereNoneCanBeWritten) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(write_file(scratch / "file", "in the way"));
  const auto made = kept_secret(scratch / "file" / "secret");
  EXPECT_EQ(made.size(), 32U);
  EXPECT_FALSE(made == kept_secret(scratch / "file" / "secret"));
}

TEST(KeptSecret, IsOfThisRunWhereItCannotBeRead) {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch / "secret");
  EXPECT_EQ(kept_secret(scratch / "secret").size(), 32U);
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "secret"));
}

}  // namespace
}  // namespace awtun::daemon
