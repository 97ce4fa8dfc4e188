// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/directories.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "userland/daemon/io/files.h"
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

/// Makes what is missing. Whether what is opened is safe, and the directory at `real`.
bool opens_safely(const fs::path& path, const fs::path& real) {
  const auto opened = open_directory(path, Missing::Made);
  struct stat one {};
  struct stat other {};
  return opened && opened->safe && ::fstat(opened->fd.get(), &one) == 0 &&
         ::stat(real.c_str(), &other) == 0 && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/// Why `path` is not opened; 0: it is.
int refusal_of(const fs::path& path, Missing missing) { return open_directory(path, missing) ? 0 : errno; }

TEST(OpenDirectory, MakesWhatIsMissingOrSaysSo) {
  const Pair pair;
  EXPECT_EQ(refusal_of(pair.ours / "a/b", Missing::Refused), ENOENT);
  EXPECT_TRUE(opens_safely(pair.ours / "a/b", pair.ours / "a/b"));
}

TEST(OpenDirectory, FollowsALinkOfOurs) {
  const Pair pair;
  fs::create_directory(pair.ours / "real");
  fs::create_symlink(pair.ours / "real", pair.ours / "absolute");
  fs::create_symlink("../ours/absolute", pair.ours / "relative");
  EXPECT_TRUE(opens_safely(pair.ours / "relative/new", pair.ours / "real/new"));
}

TEST(OpenDirectory, FollowsNoLinkOfAnybodyElse) {
  const Pair pair;
  fs::create_symlink(pair.ours, pair.theirs / "link");
  fs::create_symlink(pair.theirs / "link", pair.ours / "link");
  fs::create_directories(pair.theirs / "below");
  fs::create_symlink(pair.ours, pair.theirs / "below/link");
  for (const auto& path : {pair.theirs / "link/new", pair.ours / "link/new", pair.theirs / "below/link/new"})
    EXPECT_EQ(refusal_of(path, Missing::Made), ELOOP) << path;
  EXPECT_FALSE(fs::exists(pair.ours / "new"));
  const auto below = open_directory(pair.theirs / "below", Missing::Refused);
  ASSERT_TRUE(below);
  EXPECT_FALSE(below->safe);
}

TEST(OpenDirectory, ACircleEnds) {
  const Pair pair;
  fs::create_symlink("b", pair.ours / "a");
  fs::create_symlink("a", pair.ours / "b");
  EXPECT_EQ(refusal_of(pair.ours / "a", Missing::Made), ELOOP);
}

TEST(OpenDirectory, AFileIsNone) {
  const Pair pair;
  std::ofstream(pair.ours / "file") << "x";
  EXPECT_EQ(refusal_of(pair.ours / "file/new", Missing::Made), ENOTDIR);
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
