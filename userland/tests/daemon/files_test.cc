// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "userland/daemon/apply/startup_file.h"
#include "userland/daemon/io/log_watch.h"
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

TEST(Files, WhatIsNoFileOfDataIsAnErrorAndNothingWaits) {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch / "directory");
  std::filesystem::create_symlink("nowhere", scratch / "dangling");
  std::filesystem::create_symlink("circle", scratch / "circle");
  ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  for (const char* name : {"directory", "dangling", "circle", "fifo"}) {
    const auto read = read_file(scratch / name);
    ASSERT_FALSE(read) << name;
    EXPECT_NE(read.error().find(name), std::string::npos);
  }
  EXPECT_FALSE(read_file("/dev/zero"));
}

TEST(Files, OneLimitForReadingAndWriting) {
  const ScratchDirectory scratch;
  std::string text(config::kMaxConfiguration, 'x');
  ASSERT_TRUE(write_file(scratch / "file", text));
  EXPECT_EQ((**read_file(scratch / "file")).size(), text.size());
  text += 'x';
  EXPECT_EQ(write_file(scratch / "file", text).error(),
            "write " + (scratch / "file").string() + ": larger than 64 MiB");
  EXPECT_EQ(std::filesystem::file_size(scratch / "file"), config::kMaxConfiguration) << "the old one stays";
  std::filesystem::resize_file(scratch / "file", text.size());
  EXPECT_EQ(read_file(scratch / "file").error(),
            "read " + (scratch / "file").string() + ": larger than 64 MiB");
}

class StartupFileTest : public testing::Test {
 protected:
  void write(const std::string& text) { ASSERT_TRUE(write_file(path_, text)); }
  std::string good() { return config::emit(first_example()); }

  ScratchDirectory scratch_;
  std::filesystem::path path_ = scratch_ / "startup-config";
  StartupFile file_{path_};
};

TEST_F(StartupFileTest, SavedConfigurationLoadsTheSame) {
  const auto saved = file_.save(first_example(), {});
  ASSERT_TRUE(saved) << saved.error();
  EXPECT_EQ(saved->ask, control::Ask::Nothing);
  EXPECT_EQ(file_.load().config, first_example());
  EXPECT_TRUE(file_.load().errors.empty());
}

TEST_F(StartupFileTest, MissingFileIsAnEmptyConfiguration) {
  EXPECT_EQ(file_.load().config, config::Config{});
  EXPECT_TRUE(file_.load().errors.empty());
}

TEST_F(StartupFileTest, AWrongLineIsToldAndTheRestIsLoaded) {
  write("hostname branch\n" + good());
  const auto startup = file_.load();
  EXPECT_EQ(startup.config, first_example());
  ASSERT_EQ(startup.errors.size(), 1U);
  EXPECT_EQ(startup.errors[0], (StartupError{1, "hostname ********", "invalid from column 1 on"}));
  EXPECT_EQ(
      file_.errors_view(),
      control::Json::parse(
          R"({"schema":1,"file":")" + path_.string() +
          R"(","errors":[{"line":1,"text":"hostname ********","reason":"invalid from column 1 on"}]})"));
}

TEST_F(StartupFileTest, ALineThatMayHaveProtectedSaysWhatIsShutDownForIt) {
  write("interface tunnel0\n tunnel mode ipsec ipv4\n tunnel protection ipsce profile p\n");
  EXPECT_TRUE(file_.load().config.tunnels.at(0).shutdown);
  EXPECT_EQ(file_.errors_view()["errors"],
            control::Json::parse(R"([{"line":3,"text":"tunnel protection ******** profile ********",
                             "reason":"invalid from column 20 on; so tunnel0 is shut down"}])"));
}

TEST_F(StartupFileTest, TheLogSaysWhatIsLeftOutAndWhatFollows) {
  std::vector<std::string> log;
  const LogWatch watch([&log](int, std::string_view text) { log.emplace_back(text); });
  const auto name = path_.string();
  write("hostname branch\ninterface tunnel0\n tunnel protection ipsce profile p\n");
  log_errors(path_, file_.load().errors);
  EXPECT_THAT(
      log, testing::ElementsAre(name + ": line 1 is left out: hostname ********: invalid from column 1 on",
                                name + ": line 3 is left out: tunnel protection ******** profile ********: "
                                       "invalid from column 20 on; so tunnel0 is shut down"));
  log.clear();
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  log_errors(path_, file_.load().errors);
  EXPECT_THAT(log, testing::ElementsAre(name + ": the file is left out: read " + name + ": Is a directory"));
  log.clear();
  log_errors(path_, std::vector<StartupError>(102, {1, "x", "y"}));
  EXPECT_EQ(log.size(), 101U);
  EXPECT_EQ(log.back(), name + ": 2 more lines are left out: show startup-config errors");
  log_errors(path_, std::vector<StartupError>(101, {1, "x", "y"}));
  EXPECT_EQ(log.back(), name + ": 1 more line is left out: show startup-config errors");
}

TEST(LeftOut, IsToldInALine) {
  EXPECT_EQ(left_out({}), "");
  EXPECT_EQ(left_out({{1, "x", "y"}}), "1 line is left out: show startup-config errors\n");
  EXPECT_EQ(left_out({{1, "x", "y"}, {2, "x", "y"}}), "2 lines are left out: show startup-config errors\n");
}

TEST_F(StartupFileTest, NothingIsLostUnasked) {
  write("hostname branch\n" + good());
  const auto asked = file_.save(first_example(), {});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->ask, control::Ask::Acceptance);
  EXPECT_NE(asked->text.find("line 1: hostname ********: invalid from column 1 on\n"), std::string::npos);
  EXPECT_EQ(file_.load().errors.size(), 1U);
  ASSERT_TRUE(file_.save(first_example(), {{}, true}));
  EXPECT_TRUE(file_.load().errors.empty());
  EXPECT_EQ(file_.save(first_example(), {})->ask, control::Ask::Nothing);
}

TEST_F(StartupFileTest, OneThatCannotBeReadIsAnEmptyConfigurationAndToldAndNotLost) {
  std::filesystem::create_directory(path_);
  const auto startup = file_.load();
  EXPECT_FALSE(startup.readable);
  ASSERT_EQ(startup.errors.size(), 1U);
  EXPECT_NE(startup.errors[0].reason.find("Is a directory"), std::string::npos);
  EXPECT_EQ(file_.save(first_example(), {})->ask, control::Ask::Acceptance);
  EXPECT_FALSE(file_.save(first_example(), {{}, true})) << "a directory is not replaced";
}

TEST_F(StartupFileTest, ErrorsNeverShowAKey) {
  write(
      "crypto isakmp key ouR4ecret address 10.2.2\ncrypto isakmp kye ouR4ecret address 10.2.2.2\n"
      "psk ouR4ecret\ncrypto isakmp key\n ouR4ecret address 10.2.2.2\ncrypto isakmp key address 10.2.2.2\n"
      "ouR4ecret\ninterface tunnel0\nneighbor 10.0.0.2 ouR4ecret\n mtu 1300\n"
      "-----BEGIN PRIVATE KEY-----\nMIGouR4ecret==\n-----END PRIVATE KEY-----\n" +
      good());
  EXPECT_EQ(file_.load().errors.size(), 12U);
  std::string log;
  const LogWatch watch([&log](int, std::string_view text) { log += text; });
  log_errors(path_, file_.load().errors);
  EXPECT_EQ(log.find("ouR4ecret"), std::string::npos) << log;
  EXPECT_EQ(file_.errors_view().dump().find("ouR4ecret"), std::string::npos) << file_.errors_view();
  EXPECT_EQ(file_.save({}, {})->text.find("ouR4ecret"), std::string::npos);
}

TEST_F(StartupFileTest, IsShownWithoutKeysAndReadAnewOnlyWhenItChanged) {
  EXPECT_EQ(file_.shown().text, config::emit(config::Config{}, config::Secrets::Hidden));
  write("tunnel mode\n" + good());
  const auto settled = [&] { return file_version(path_).has_value(); };
  while (!settled()) ::usleep(1000);
  EXPECT_EQ(file_.shown().errors.size(), 1U);
  EXPECT_EQ(file_.shown().text.find("ouR4ecret"), std::string::npos);
  const auto* text = file_.shown().text.data();
  EXPECT_EQ(file_.shown().text.data(), text) << "the same, not made anew";
  // Written in place, of the same size.
  std::fstream(path_, std::ios::in | std::ios::out) << "tunnel name\n";
  EXPECT_EQ(file_.shown().errors.at(0).text, "tunnel name");
  while (!settled()) ::usleep(1000);
  EXPECT_EQ(file_.shown().errors.at(0).text, "tunnel name");
  write(good());
  EXPECT_TRUE(file_.shown().errors.empty());
  std::filesystem::remove(path_);
  EXPECT_EQ(file_.shown().text, config::emit(config::Config{}, config::Secrets::Hidden));
}

TEST_F(StartupFileTest, WhatCouldNotBeLoadedIsNotSaved) {
  auto large = first_example();
  for (std::uint32_t number = 0; number < 300000; ++number)
    large.trustpoints["t" + std::to_string(number)].subject_name = "/CN=" + std::string(240, 'x');
  const auto saved = file_.save(large, {});
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().find("larger than 64 MiB"), std::string::npos) << saved.error();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(LoadText, AnErrorNamesFileAndLine) {
  const auto loaded = load_text("interface tunnel0\n tunnel mode nonsense\n", "new.cfg");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("new.cfg:2:"), std::string::npos) << loaded.error();
  EXPECT_NE(loaded.error().find('^'), std::string::npos) << loaded.error();
}

}  // namespace
}  // namespace awtun::daemon
