// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/history.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "userland/tests/cli/test_daemon.h"

namespace awtun::cli::test {
namespace {

TEST(History, KeepsCommandsAndNoSecrets) {
  const TemporaryDirectory directory;
  const HistoryFile file(directory.path() / "history");
  EXPECT_TRUE(file.read().empty());
  file.append("show ipsec sa");
  file.append("  ");
  file.append("crypto isakmp key ouR4ecret address 10.2.2.2");
  file.append("cry isa key ouR4ecret addr 10.2.2.2");
  file.append("exit");
  EXPECT_EQ(file.read(), (std::vector<std::string>{"show ipsec sa", "exit"}));
}

TEST(History, IsForItsOwnerAlone) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "history";
  std::ofstream(path) << "old\n";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  HistoryFile(path).append("exit");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(History, WithoutAPlaceIsNoTrouble) {
  HistoryFile("").append("exit");
  HistoryFile("/nonexistent/history").append("exit");
  EXPECT_TRUE(HistoryFile("/nonexistent/history").read().empty());
}

TEST(History, ReadsTheNewestLines) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "history";
  std::ofstream out(path);
  for (std::size_t i = 0; i < HistoryFile::kMaxLines + 5; ++i) out << "line " << i << "\n";
  out.close();
  const auto lines = HistoryFile(path).read();
  EXPECT_EQ(lines.size(), HistoryFile::kMaxLines);
  EXPECT_EQ(lines.front(), "line 5");
}

}  // namespace
}  // namespace awtun::cli::test
