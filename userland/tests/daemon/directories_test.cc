// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/directories.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "userland/daemon/files.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

namespace fs = std::filesystem;

/// Two directories: "ours", and "theirs", which anybody may write.
struct Pair {
  ScratchDirectory scratch;
  fs::path ours = scratch / "ours";
  fs::path theirs = scratch / "theirs";

  Pair() {
    fs::create_directory(ours);
    fs::create_directory(theirs);
    EXPECT_EQ(::chmod(theirs.c_str(), 0777), 0);
  }
};

bool same_directory(const Directory& opened, const fs::path& path) {
  struct stat one {};
  struct stat other {};
  return ::fstat(opened.fd.get(), &one) == 0 && ::stat(path.c_str(), &other) == 0 &&
         one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

TEST(OpenDirectory, MakesWhatIsMissingOrSaysSo) {
  const Pair pair;
  EXPECT_FALSE(open_directory(pair.ours / "a/b", Missing::Refused));
  EXPECT_EQ(errno, ENOENT);
  const auto made = open_directory(pair.ours / "a/b", Missing::Made);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->safe);
  EXPECT_TRUE(same_directory(*made, pair.ours / "a/b"));
}

TEST(OpenDirectory, FollowsALinkOfOurs) {
  const Pair pair;
  fs::create_directory(pair.ours / "real");
  fs::create_symlink(pair.ours / "real", pair.ours / "absolute");
  fs::create_symlink("../ours/absolute", pair.ours / "relative");
  const auto opened = open_directory(pair.ours / "relative/new", Missing::Made);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->safe);
  EXPECT_TRUE(same_directory(*opened, pair.ours / "real/new"));
}

TEST(OpenDirectory, FollowsNoLinkOfAnybodyElse) {
  const Pair pair;
  fs::create_symlink(pair.ours, pair.theirs / "link");
  fs::create_symlink(pair.theirs / "link", pair.ours / "link");
  fs::create_directories(pair.theirs / "below");
  fs::create_symlink(pair.ours, pair.theirs / "below/link");
  for (const auto& path :
       {pair.theirs / "link/new", pair.ours / "link/new", pair.theirs / "below/link/new"}) {
    EXPECT_FALSE(open_directory(path, Missing::Made)) << path;
    EXPECT_EQ(errno, ELOOP) << path;
  }
  EXPECT_FALSE(fs::exists(pair.ours / "new"));
  const auto below = open_directory(pair.theirs / "below", Missing::Refused);
  ASSERT_TRUE(below);
  EXPECT_FALSE(below->safe);
}

TEST(OpenDirectory, ACircleEnds) {
  const Pair pair;
  fs::create_symlink("b", pair.ours / "a");
  fs::create_symlink("a", pair.ours / "b");
  EXPECT_FALSE(open_directory(pair.ours / "a", Missing::Made));
  EXPECT_EQ(errno, ELOOP);
}

TEST(OpenDirectory, AFileIsNone) {
  const Pair pair;
  std::ofstream(pair.ours / "file") << "x";
  EXPECT_FALSE(open_directory(pair.ours / "file/new", Missing::Made));
  EXPECT_EQ(errno, ENOTDIR);
}

TEST(FilesOfOthers, NeitherReadNorWrittenThroughALink) {
  const Pair pair;
  ASSERT_TRUE(write_file(pair.ours / "file", "ours"));
  fs::create_symlink(pair.ours / "file", pair.theirs / "link");
  fs::create_symlink(pair.ours, pair.theirs / "directory");
  EXPECT_FALSE(read_file(pair.theirs / "link"));
  EXPECT_FALSE(read_file(pair.theirs / "directory/file"));
  EXPECT_FALSE(write_file(pair.theirs / "directory/file", "theirs"));
  ASSERT_TRUE(write_file(pair.theirs / "link", "theirs"));
  EXPECT_EQ(**read_file(pair.theirs / "link"), "theirs");
  EXPECT_EQ(**read_file(pair.ours / "file"), "ours");
}

TEST(FilesOfOthers, APipeHoldsNobodyUp) {
  const Pair pair;
  ASSERT_EQ(::mkfifo((pair.theirs / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_file(pair.theirs / "pipe"));
}

}  // namespace
}  // namespace awtun::daemon
