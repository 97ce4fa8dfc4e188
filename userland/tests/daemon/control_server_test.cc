// SPDX-License-Identifier: Apache-2.0
// The control socket with real clients, in one process: the client's end is driven by the test while
// the loop serves.
#include "userland/daemon/control_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/common.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

class ControlServerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "the server answers root alone";
    auto claim = SocketClaim::take(path_);
    ASSERT_TRUE(claim) << claim.error();
    auto listening = ControlServer::listen(loop_, std::move(*claim), target_, readers_);
    ASSERT_TRUE(listening) << listening.error();
    server_ = std::move(*listening);
  }

  UniqueFd connect() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  void say(const UniqueFd& fd, const std::string& text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  /// Serves until the server has nothing to do, then reads what it said; `closed` when it hung up.
  std::string hear(const UniqueFd& fd, bool* closed = nullptr) {
    for (int turn = 0; turn < 8; ++turn) event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
    std::string text(1 << 20, '\0');
    const auto size = ::recv(fd.get(), text.data(), text.size(), 0);
    char more = 0;
    // Hung up while there was something to read of ours: ECONNRESET.
    if (closed != nullptr) *closed = ::recv(fd.get(), &more, 1, 0) == 0 || errno == ECONNRESET;
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

  ScratchDirectory scratch_;
  std::filesystem::path path_ = scratch_ / "run/awiked.sock";
  std::string readers_;
  EventLoop loop_;
  config::Config running_;
  CommandTarget target_{"r1",
                        [this]() -> const config::Config& { return running_; },
                        [](config::Config) -> Result<void, std::string> { return {}; },
                        [](const Enclosed&) -> Result<Turn, std::string> {
                          return Turn{Turn::Ask::Nothing, {}};
                        },
                        [](const config::Show&) -> Result<Json, std::string> { return text_view("shown"); },
                        [](const config::Operate&) -> Result<void, std::string> { return {}; },
                        [](const config::Certify&, const Enclosed&) -> Result<Turn, std::string> {
                          return Turn{Turn::Ask::Nothing, {}};
                        },
                        [](const config::Replace&, const Enclosed&) -> Result<Turn, std::string> {
                          return Turn{Turn::Ask::Nothing, {}};
                        },
                        [](const config::Reload&, const Enclosed&) -> Result<Turn, std::string> {
                          return Turn{Turn::Ask::Nothing, {}};
                        }};
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, SocketIsForOwnerAndGroup) {
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(ControlServerTest, SecondServerOfAPathIsRefusedAndTheFirstStays) {
  const auto second = SocketClaim::take(path_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another awiked (process "), std::string::npos) << second.error();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ControlServerTest, SocketIsForAllWhereSomeMayLook) {
  server_.reset();
  readers_ = "nogroup";
  SetUp();
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
}

TEST_F(ControlServerTest, AGroupOfReadersMustExist) {
  server_.reset();
  auto claim = SocketClaim::take(path_);
  ASSERT_TRUE(claim) << claim.error();
  const auto listening = ControlServer::listen(loop_, std::move(*claim), target_, "no such group");
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error(), "there is no group no such group");
}

TEST_F(ControlServerTest, StaleSocketIsTakenOver) {
  server_.reset();
  ASSERT_TRUE(SocketClaim::take(path_));
  SetUp();
  EXPECT_NE(hear(connect()).find("hello"), std::string::npos);
}

TEST_F(ControlServerTest, GreetsAnswersAndKeepsASessionForEachClient) {
  const auto one = connect();
  const auto two = connect();
  EXPECT_EQ(hear(one).substr(0, 17), R"({"hello":"awiked")");
  EXPECT_NE(hear(two), "");
  say(one, "{\"execute\":\"configure terminal\"}\n{\"execute\":\"\"}\n");
  const auto answers = hear(one);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\n'), 2);
  EXPECT_NE(answers.find(R"("mode":"config")"), std::string::npos);
  say(two, "{\"execute\":\"\"}\n");
  EXPECT_NE(hear(two).find(R"("mode":"exec")"), std::string::npos);
}

TEST_F(ControlServerTest, LineMayComeInPieces) {
  const auto client = connect();
  hear(client);
  say(client, "{\"execute\":");
  EXPECT_EQ(hear(client), "");
  say(client, "\"show running-config\"}\n");
  EXPECT_NE(hear(client).find("shown"), std::string::npos);
}

TEST_F(ControlServerTest, TheLogGoesToThoseWhoWantIt) {
  const auto silent = connect();
  const auto monitor = connect();
  const auto debugger = connect();
  hear(silent);
  hear(monitor);
  hear(debugger);
  EXPECT_FALSE(server_->debugs());
  say(monitor, "{\"execute\":\"terminal monitor\"}\n");
  EXPECT_NE(hear(monitor), "");
  say(debugger, "{\"execute\":\"debug isakmp\"}\n");
  EXPECT_NE(hear(debugger), "");
  EXPECT_TRUE(server_->debugs());
  server_->log(spdlog::level::info, "it rains");
  server_->log(spdlog::level::debug, "drops fall");
  EXPECT_EQ(hear(silent), "");
  EXPECT_EQ(hear(monitor), "{\"log\":\"it rains\",\"level\":\"info\"}\n");
  EXPECT_EQ(hear(debugger),
            "{\"log\":\"it rains\",\"level\":\"info\"}\n{\"log\":\"drops fall\",\"level\":\"debug\"}\n");
}

TEST_F(ControlServerTest, WhoDoesNotReadLosesTheLogAndNothingElse) {
  const auto client = connect();
  hear(client);
  say(client, "{\"execute\":\"terminal monitor\"}\n");
  hear(client);
  for (int i = 0; i < 4000; ++i) server_->log(spdlog::level::info, std::string(1000, 'x'));
  std::string heard;
  for (std::string part = hear(client); !part.empty(); part = hear(client)) heard += part;
  EXPECT_LT(heard.size(), 2000000U);
  say(client, "{\"execute\":\"show running-config\"}\n");
  EXPECT_NE(hear(client).find("shown"), std::string::npos);
}

TEST_F(ControlServerTest, EndlessLineIsCutOff) {
  const auto client = connect();
  hear(client);
  bool closed = false;
  std::string heard;
  for (int part = 0; part < 30 && heard.empty(); ++part) {
    say(client, std::string(50000, 'x'));
    heard = hear(client, &closed);
  }
  EXPECT_NE(heard.find("too long"), std::string::npos);
  EXPECT_TRUE(closed);
}

TEST_F(ControlServerTest, QuitCloses) {
  const auto client = connect();
  hear(client);
  say(client, "{\"execute\":\"exit\"}\n");
  bool closed = false;
  EXPECT_NE(hear(client, &closed).find("quit"), std::string::npos);
  EXPECT_TRUE(closed);
}

TEST_F(ControlServerTest, TooManyClientsAreToldSo) {
  std::vector<UniqueFd> clients;
  for (int count = 0; count < 32; ++count) {
    clients.push_back(connect());
    EXPECT_NE(hear(clients.back()).find("hello"), std::string::npos);
  }
  bool closed = false;
  EXPECT_NE(hear(connect(), &closed).find("too many"), std::string::npos);
  EXPECT_TRUE(closed);
  clients.pop_back();
  EXPECT_NE(hear(clients.front()), "x");
  EXPECT_NE(hear(connect()).find("hello"), std::string::npos);
}

}  // namespace
}  // namespace awtun::daemon
