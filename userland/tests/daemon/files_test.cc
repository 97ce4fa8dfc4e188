// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <iterator>

#include "userland/daemon/startup_file.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(Files, MissingFileIsNoError) {
  const ScratchDirectory scratch;
  const auto read = read_file(scratch / "nothing");
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(Files, WritesAndReplacesWholeFilesReadableByTheirOwnerAlone) {
  const ScratchDirectory scratch;
  const auto path = scratch / "new-directory/file";
  ASSERT_TRUE(write_file(path, "one"));
  ASSERT_TRUE(write_file(path, "two"));
  EXPECT_EQ(**read_file(path), "two");
  EXPECT_EQ(files_in(path.parent_path()), 1U) << "nothing else stays behind";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(Files, FailedWriteLeavesNothingAndSaysWhere) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(std::filesystem::create_directories(scratch / "taken/inside"));
  const auto written = write_file(scratch / "taken", "text");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("taken"), std::string::npos);
  EXPECT_EQ(files_in(scratch.path()), 1U);
}

TEST(StartupFile, SavedConfigurationLoadsTheSame) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(save_startup(scratch / "startup-config", first_example()));
  const auto loaded = load_startup(scratch / "startup-config");
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(*loaded, first_example());
}

TEST(StartupFile, MissingFileIsAnEmptyConfiguration) {
  const ScratchDirectory scratch;
  const auto loaded = load_startup(scratch / "startup-config");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(*loaded, config::Config{});
}

TEST(StartupFile, BrokenFileNamesFileAndLine) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(write_file(scratch / "startup-config", "interface tunnel0\n tunnel mode nonsense\n"));
  const auto loaded = load_startup(scratch / "startup-config");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("startup-config:2:"), std::string::npos) << loaded.error();
  EXPECT_NE(loaded.error().find('^'), std::string::npos) << loaded.error();
}

TEST(StartupFile, ErrorNeverShowsAKey) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(write_file(scratch / "startup-config", "crypto isakmp key ouR4ecret address 10.2.2\n"));
  const auto loaded = load_startup(scratch / "startup-config");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().find("ouR4ecret"), std::string::npos) << loaded.error();
}

}  // namespace
}  // namespace awtun::daemon
