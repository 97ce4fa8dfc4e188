// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/files.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
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

TEST(Files, WhatACrashHasLeftBehindGoesWithTheNextWrite) {
  const ScratchDirectory scratch;
  std::ofstream(scratch / "file.new") << "half of a se";
  ASSERT_TRUE(write_file(scratch / "file", "whole"));
  EXPECT_EQ(files_in(scratch.path()), 1U);
}

/// A process that writes "new" over the file, stopped at each of its system calls: `before` is told the
/// number of each and says whether it may go on; if not, the process is killed there. True: it got to its
/// end.
bool write_stopped(const std::filesystem::path& path, const std::function<bool(std::uint64_t)>& before) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::_exit(write_file(path, "new") ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD));
  for (;;) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0;
    struct __ptrace_syscall_info info {};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, child, reinterpret_cast<void*>(sizeof info), &info);
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || before(info.entry.nr)) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return false;
  }
}

TEST(Files, KilledAtAnySystemCallTheOldOrTheNewIsThere) {
  const ScratchDirectory scratch;
  bool ended = false;
  int calls = 0;
  for (; !ended && calls < 100; ++calls) {
    ASSERT_TRUE(write_file(scratch / "file", "old"));
    int left = calls;
    ended = write_stopped(scratch / "file", [&left](std::uint64_t) { return left-- > 0; });
    const auto read = read_file(scratch / "file");
    ASSERT_TRUE(read && *read) << calls;
    EXPECT_TRUE(**read == "new" || (!ended && **read == "old")) << calls << ": " << **read;
  }
  EXPECT_TRUE(ended);
  EXPECT_GT(calls, 5);
}

TEST(Files, TheNewIsOnTheDiskBeforeItTakesThePlaceAndThenTheDirectoryIs) {
  const ScratchDirectory scratch;
  std::vector<std::uint64_t> calls;
  ASSERT_TRUE(write_stopped(scratch / "file", [&calls](std::uint64_t number) {
    if (number == SYS_write || number == SYS_fsync || number == SYS_rename || number == SYS_renameat ||
        number == SYS_renameat2)
      calls.push_back(number);
    return true;
  }));
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0], static_cast<std::uint64_t>(SYS_write));
  EXPECT_EQ(calls[1], static_cast<std::uint64_t>(SYS_fsync));
  EXPECT_EQ(calls[3], static_cast<std::uint64_t>(SYS_fsync));
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
