// SPDX-License-Identifier: Apache-2.0
// The program itself, as a shell script uses it: what it prints, where, and how it exits.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "userland/tests/cli/test_daemon.h"

namespace awtun::cli::test {
namespace {

struct Finished {
  int status = -1;
  std::string out;
  std::string err;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs awcli with `arguments`, as a shell reads them, and `input` on standard input.
Finished awcli(const std::string& arguments, const std::string& input = "") {
  const TemporaryDirectory directory;
  const std::string at = directory.path().string();
  std::ofstream(at + "/in") << input;
  const std::string command =
      std::string(AWCLI_PATH) + " " + arguments + " <" + at + "/in >" + at + "/out 2>" + at + "/err";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(at + "/out"), contents(at + "/err")};
}

struct Program : testing::Test {
  TestDaemon daemon;
  std::string socket = "--socket " + daemon.socket() + " ";

  std::string write(const std::string& text) {
    const auto path = daemon.directory() / "script";
    std::ofstream(path) << text;
    return path.string();
  }
};

constexpr const char* kFirstExample =
    "configure terminal\n"
    "crypto isakmp key ouR4ecret address 10.2.2.2\n"
    "interface tunnel0\n"
    "tunnel mode ipsec ipv4\n"
    "tunnel source 10.1.1.1\n"
    "tunnel destination 10.2.2.2\n"
    "tunnel protection ipsec\n"
    "ip address 192.168.254.1/30\n"
    "exit\n"
    "ip route 192.168.20.0/24 tunnel0\n";

TEST_F(Program, AScriptOnStandardInput) {
  const Finished run = awcli(socket, kFirstExample);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out + run.err, "");
  EXPECT_NE(daemon.running().find("ip route 192.168.20.0/24 tunnel0"), std::string::npos);
}

TEST_F(Program, ABlockThatAFileDoesNotEndIsEnded) {
  awcli(socket + "-f " + write("configure terminal\ninterface tunnel0\n"));
  EXPECT_EQ(daemon.lines().back(), "end");
}

TEST_F(Program, ABlockWithAnErrorIsSaidToBeNothing) {
  const Finished run =
      awcli(socket + "-f " + write("show interface\nconfigure terminal\ninterface tunnel0\nmtu 5\n"));
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("script:4:"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("% Nothing of the block that begins in line 2 was applied\n"), std::string::npos);
  EXPECT_EQ(daemon.lines().back(), "mtu 5");
}

TEST_F(Program, AFileThatCannotBeReadReplacesNothing) {
  const Finished run = awcli(socket + "--yes configure replace /nonexistent/file");
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("cannot read /nonexistent/file"), std::string::npos) << run.err;
}

/// What bash offers behind `awcli `; the last word is the one that is being typed.
std::string offered(const std::string& words) {
  const std::string command = "bash -c 'source " BASH_COMPLETION "; COMP_WORDS=(" AWCLI_PATH " " + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _awcli; echo \"${COMPREPLY[*]}\"'";
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string out;
  for (int octet = 0; (octet = std::fgetc(pipe)) != EOF;) out += static_cast<char>(octet);
  ::pclose(pipe);
  return out;
}

TEST_F(Program, BashCompletesACommandAndOptions) {
  EXPECT_EQ(offered("show isakmp pe"), "peer\n");
  EXPECT_EQ(offered("--json -s /tmp/sock sh ipsec p"), "peer policy profile\n");
  EXPECT_EQ(offered("--jso"), "--json\n");
  EXPECT_EQ(offered("reload \"\""), "cancel in\n");
  EXPECT_EQ(offered("nonsense x"), "\n");
}

TEST_F(Program, OneShotWords) {
  daemon.set_view("ipsec-sa", {{"schema", 1}, {"sas", control::Json::array()}});
  const Finished text = awcli(socket + "show ipsec sa");
  EXPECT_EQ(text.status, 0);
  EXPECT_EQ(text.out, "No IPsec SA.\n");
  const Finished json = awcli(socket + "sh ips sa --json");
  EXPECT_EQ(control::Json::parse(json.out), (control::Json{{"schema", 1}, {"sas", control::Json::array()}}));
}

TEST_F(Program, SeveralCommandsShareASession) {
  const Finished run = awcli(socket + "-c 'conf t' -c 'int tun0' -c 'mtu 1400' -c 'do show running-config'");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "!\ninterface tunnel0\n mtu 1400\n!\nend\n");
}

TEST_F(Program, AFileStopsAtItsFirstErrorAndNamesIt) {
  const std::string path = write("configure terminal\ninterface tunnel0\n mtu 9\nshutdown\n");
  const Finished run = awcli(socket + "-f " + path);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, path +
                         ":3:\n"
                         " mtu 9\n"
                         "     ^\n"
                         "% Invalid input detected at '^' marker.\n"
                         "% Expected: <68-1582>\n"
                         "% Nothing of the block that begins in line 1 was applied\n");
  EXPECT_EQ(daemon.lines().size(), 3U);
}

TEST_F(Program, ARefusalIsAnotherStatus) {
  const Finished run = awcli(socket + "-c 'configure terminal' -c 'no interface tunnel5'");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err, "% tunnel5 does not exist\n");
}

TEST_F(Program, ErrorsAsJson) {
  const Finished run = awcli(socket + "--json show foo");
  EXPECT_EQ(run.status, 2);
  const control::Json error = control::Json::parse(run.err)["error"];
  EXPECT_EQ(error["column"], 5);
  EXPECT_EQ(error["kind"], "invalid");
  EXPECT_EQ(error["expected"].front(), "crypto");
}

TEST_F(Program, IncompleteAndAmbiguousHaveNoCaret) {
  EXPECT_EQ(awcli(socket + "show ipsec").err,
            "% Incomplete command.\n% Expected: counters, peer, policy, profile, sa\n");
  EXPECT_EQ(awcli(socket + "s i").err,
            "% Ambiguous command:  \"s i\"\n% Expected: interface, ipsec, isakmp\n");
}

TEST_F(Program, ExitInAScriptEndsIt) {
  const Finished run = awcli(socket + "-f -", "show running-config\r\nexit\r\nshow foo\n");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "!\nend\n");
}

TEST_F(Program, OfflineCheck) {
  EXPECT_EQ(awcli("-C -", "interface tunnel0\n shutdown\n").status, 0);
  const std::string path = write("interface tunnel0\n tunnel mode bridge\n");
  const Finished bad = awcli("-C " + path);
  EXPECT_EQ(bad.status, 2);
  EXPECT_TRUE(bad.err.starts_with(path + ":2:\n tunnel mode bridge\n             ^\n")) << bad.err;
  const Finished partial = awcli("-C -", "interface tunnel0\n tunnel mode ipsec ipv4\n");
  EXPECT_EQ(partial.status, 0);
  EXPECT_TRUE(partial.err.starts_with("stdin: tunnel0: no tunnel source\n")) << partial.err;
}

TEST(ProgramAlone, WithoutADaemon) {
  const Finished run = awcli("--socket /nonexistent/sock show ipsec sa");
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.err, "awcli: cannot reach awiked at /nonexistent/sock: No such file or directory\n");
}

TEST(ProgramAlone, BadOptionsAndFiles) {
  EXPECT_EQ(awcli("--bogus").status, 2);
  EXPECT_EQ(awcli("-C /nonexistent/file").status, 2);
}

}  // namespace
}  // namespace awtun::cli::test
