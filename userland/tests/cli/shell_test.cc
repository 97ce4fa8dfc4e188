// SPDX-License-Identifier: Apache-2.0
// The interactive shell, driven through a pseudo-terminal.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "userland/tests/cli/test_daemon.h"

namespace awtun::cli::test {
namespace {

/// awcli on a terminal of 80 columns, with a home of its own.
class Terminal {
 public:
  explicit Terminal(const TestDaemon& daemon) : home_(daemon.directory().string()) {
    winsize size{24, 80, 0, 0};
    child_ = ::forkpty(&master_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    ::setenv("HOME", home_.c_str(), 1);
    ::setenv("TERM", "dumb", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // libedit never frees the names of bound functions
    ::execl(AWCLI_PATH, "awcli", "--socket", daemon.socket().c_str(), nullptr);
    ::_exit(127);
  }
  ~Terminal() {
    ::close(master_);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) const {
    EXPECT_EQ(::write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void resize(unsigned short columns) const {
    const winsize size{24, columns, 0, 0};
    EXPECT_EQ(::ioctl(master_, TIOCSWINSZ, &size), 0);
  }

  /// What appears until `text` has; fails after a while without it.
  std::string wait_for(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::size_t at = 0;
    while ((at = screen_.find(text)) == screen_.npos) {
      if (std::chrono::steady_clock::now() > deadline || !read()) {
        ADD_FAILURE() << "no \"" << text << "\" in:\n" << screen_;
        return {};
      }
    }
    std::string seen = screen_.substr(0, at + text.size());
    screen_.erase(0, at + text.size());
    return seen;
  }

  /// The exit status, once the program is done.
  int wait() {
    while (read()) {
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  [[nodiscard]] std::string history() const {
    std::ifstream file(home_ + "/.awcli_history");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  bool read() {
    pollfd waiting{master_, POLLIN, 0};
    if (::poll(&waiting, 1, 20000) <= 0) return false;
    std::array<char, 4096> buffer;
    const ssize_t size = ::read(master_, buffer.data(), buffer.size());
    if (size <= 0) return false;
    screen_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }

  std::string home_;
  int master_ = -1;
  pid_t child_ = 0;
  std::string screen_;
};

TEST(Shell, PromptsFollowTheMode) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("configure terminal\n");
  terminal.wait_for("r1(config)# ");
  terminal.type("interface tunnel0\n");
  terminal.wait_for("r1(config-if)# ");
  terminal.type("mtu 9\n");
  EXPECT_NE(terminal.wait_for("r1(config-if)# ").find("% Invalid input detected at '^' marker."),
            std::string::npos);
  terminal.type("end\n");
  terminal.wait_for("r1# ");
  terminal.type("exit\n");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(Shell, QuestionMarkHelpsAtOnce) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("show i?");
  terminal.wait_for("  ipsec      IPsec");
  terminal.wait_for("r1# show i");
  terminal.type("psec sa\n");
  terminal.wait_for("r1# ");
  EXPECT_EQ(daemon.lines(), std::vector<std::string>{"show ipsec sa"});
}

TEST(Shell, TabCompletes) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("sh\tru\t\n");
  terminal.wait_for("end");
  terminal.wait_for("r1# ");
  EXPECT_EQ(daemon.lines(), std::vector<std::string>{"show running-config "});
}

control::Json numbered_lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += "line " + std::to_string(i) + "\n";
  return {{"schema", 1}, {"text", text}};
}

/// A shell before a view of so many lines.
struct ShellWithView {
  explicit ShellWithView(int lines)
      : terminal((daemon.set_view("startup-config", numbered_lines(lines)), daemon)) {
    terminal.wait_for("r1# ");
  }
  TestDaemon daemon;
  Terminal terminal;
};

TEST(Shell, LongViewsComeInPages) {
  ShellWithView shell(60);
  Terminal& terminal = shell.terminal;
  terminal.type("show startup-config\n");
  const std::string first = terminal.wait_for("--More--");
  EXPECT_NE(first.find("line 23\r\n"), std::string::npos);
  EXPECT_EQ(first.find("line 24"), std::string::npos);
  terminal.type("\r");
  const std::string one = terminal.wait_for("--More--");
  EXPECT_NE(one.find("line 24\r\n"), std::string::npos);
  EXPECT_EQ(one.find("line 25"), std::string::npos);
  terminal.type(" ");
  EXPECT_NE(terminal.wait_for("--More--").find("line 47\r\n"), std::string::npos);
  terminal.type("q");
  EXPECT_EQ(terminal.wait_for("r1# ").find("line"), std::string::npos);
}

TEST(Shell, AViewMayBeWantedAsJson) {
  ShellWithView shell(1);
  Terminal& terminal = shell.terminal;
  terminal.type("show startup-config | json\n");
  EXPECT_NE(terminal.wait_for("r1# ").find("\"text\": \"line 1\\n\""), std::string::npos);
}

TEST(Shell, TerminalLengthSaysHowLongAPageIs) {
  ShellWithView shell(60);
  Terminal& terminal = shell.terminal;
  terminal.type("terminal length 11\n");
  terminal.wait_for("r1# ");
  terminal.type("show startup-config\n");
  const std::string first = terminal.wait_for("--More--");
  EXPECT_NE(first.find("line 10\r\n"), std::string::npos);
  EXPECT_EQ(first.find("line 11"), std::string::npos);
  terminal.type("q");
  terminal.wait_for("r1# ");
  terminal.type("terminal length 0\n");
  terminal.wait_for("r1# ");
  terminal.type("show startup-config\n");
  EXPECT_EQ(terminal.wait_for("r1# ").find("--More--"), std::string::npos);
}

TEST(Shell, TheLogComesAboveTheLineThatIsEdited) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("terminal monitor\n");
  terminal.wait_for("r1# ");
  terminal.type("show ipsec p");
  terminal.wait_for("show ipsec p");
  daemon.log("tunnel0: the peer has moved");
  terminal.wait_for("tunnel0: the peer has moved\r\n");
  terminal.wait_for("r1# show ipsec p");
  terminal.type("eer\n");
  terminal.wait_for("r1# ");
  EXPECT_EQ(daemon.lines(), (std::vector<std::string>{"terminal monitor", "show ipsec peer"}));
}

TEST(Shell, EveryChangeOfTheWindowIsSeen) {
  ShellWithView shell(1);
  Terminal& terminal = shell.terminal;
  for (const int columns : {40, 60, 100}) terminal.resize(static_cast<unsigned short>(columns));
  terminal.type("show startup-config \xc3\xa9\x7f\n");
  terminal.wait_for("line 1\r\n");
  EXPECT_EQ(shell.daemon.lines(), std::vector<std::string>{"show startup-config "});
}

TEST(Shell, ControlZReturnsToExecMode) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("conf t\n");
  terminal.wait_for("r1(config)# ");
  terminal.type("interface tunnel9\x1a");
  terminal.wait_for("r1# ");
  EXPECT_EQ(daemon.lines(), (std::vector<std::string>{"conf t", "end"}));
}

TEST(Shell, ControlCGivesTheLineUp) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("show foo\x03");
  terminal.wait_for("^C");
  terminal.wait_for("r1# ");
  terminal.type("exit\n");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(daemon.lines(), (std::vector<std::string>{"", "exit"}));
}

TEST(Shell, ControlDEndsIt) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("\x04");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(Shell, HistoryIsKeptWithoutKeys) {
  TestDaemon daemon;
  {
    Terminal terminal(daemon);
    terminal.wait_for("r1# ");
    terminal.type("conf t\n");
    terminal.wait_for("r1(config)# ");
    terminal.type("crypto isakmp key ouR4ecret address 10.2.2.2\n");
    terminal.wait_for("r1(config)# ");
    terminal.type("end\n");
    terminal.wait_for("r1# ");
    terminal.type("exit\n");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(terminal.history(), "conf t\nend\nexit\n");
  }
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("\x10\x10\x10\n");  // ^P: the third line from the end
  terminal.wait_for("r1(config)# ");
}

TEST(Shell, AKeyDoesNotComeBackInTheSameShell) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("conf t\n");
  terminal.wait_for("r1(config)# ");
  terminal.type("crypto isakmp key ouR4ecret address 10.2.2.2\n");
  terminal.wait_for("r1(config)# ");
  terminal.type("\x10\n");  // ^P: the last line that is remembered
  // That is "conf t", which is none of this mode.
  const std::string seen = terminal.wait_for("% Invalid input");
  EXPECT_EQ(seen.find("ouR4ecret"), std::string::npos) << seen;
}

TEST(Shell, APastedBlockIsTakenLineByLine) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("configure terminal\ninterface tunnel0\n description north\n mtu 1300\n!\nend\n");
  terminal.wait_for("r1(config-if)# end");
  terminal.wait_for("r1# ");
  EXPECT_NE(daemon.running().find(" description north\n mtu 1300\n"), std::string::npos) << daemon.running();
}

/// What drivers like Netmiko rely on: prompts that a pattern finds, and nothing that moves the cursor.
TEST(Shell, ADumbTerminalGetsNoEscapeSequences) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  std::string seen = terminal.wait_for("r1# ");
  terminal.type("terminal length 0\n");
  seen += terminal.wait_for("r1# ");
  terminal.type("show interface ?");
  seen += terminal.wait_for("tunnel<0-65535>");
  terminal.type("\x15show running-config\n");
  seen += terminal.wait_for("\nr1# ");
  EXPECT_EQ(seen.find('\x1b'), std::string::npos);
}

TEST(Shell, GoesOnWhenTheTerminalIsResized) {
  TestDaemon daemon;
  Terminal terminal(daemon);
  terminal.wait_for("r1# ");
  terminal.type("configure ter");
  terminal.wait_for("configure ter");
  terminal.resize(40);
  terminal.type("minal\n");
  terminal.wait_for("r1(config)# ");
}

}  // namespace
}  // namespace awtun::cli::test
