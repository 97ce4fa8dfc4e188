// SPDX-License-Identifier: Apache-2.0
// The control socket with real clients, in one process: the client's end is driven by the test while
// the loop serves.
#include "userland/daemon/control/control_server.h"

#include <dlfcn.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/common.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <new>

#include "userland/daemon/io/log_watch.h"
#include "userland/daemon/show/views.h"
#include "userland/tests/daemon/sample.h"

/// How often this process has asked for a group.
static std::size_t& group_lookups() {
  static std::size_t count = 0;
  return count;
}

// In place of the C library's.
extern "C" group* getgrnam(const char* name) {
  ++group_lookups();
  return reinterpret_cast<group* (*)(const char*)>(::dlsym(RTLD_NEXT, "getgrnam"))(name);
}

namespace awtun::daemon {
namespace {

/// Shows what the test wants.
class ScriptedOperations final : public Operations {
 public:
  using Answer = Result<control::Turn, std::string>;

  [[nodiscard]] std::string hostname() const override { return "r1"; }
  [[nodiscard]] const config::Config& running() const override { return configuration; }
  Result<void, std::string> apply(config::Config) override {
    if (out_of_memory) throw std::bad_alloc();
    return {};
  }
  Answer save_startup(const control::Enclosed&) override { return done(); }
  Result<Json, std::string> show(const config::Show& wanted) override {
    return on_show ? on_show(wanted) : text_view(shown);
  }
  Result<void, std::string> operate(const config::Operate&) override { return {}; }
  Answer certify(const config::Certify&, const control::Enclosed&) override { return done(); }
  Answer replace(const config::Replace&, const control::Enclosed&) override { return done(); }
  Answer reload(const config::Reload&, const control::Enclosed&) override { return done(); }

  config::Config configuration;
  bool out_of_memory = false;
  std::string shown = "shown";
  std::function<Result<Json, std::string>(const config::Show&)> on_show;

 private:
  static Answer done() { return control::Turn{control::Ask::Nothing, {}}; }
};

class ControlServerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "the server answers root alone";
    (void)std::signal(SIGPIPE, SIG_IGN);  // as awiked does
    auto claim = SocketClaim::take(path_);
    ASSERT_TRUE(claim) << claim.error();
    auto listening = ControlServer::listen(loop_, std::move(*claim), fake_, readers_);
    ASSERT_TRUE(listening) << listening.error();
    server_ = std::move(*listening);
  }

  UniqueFd connect() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(fd);
    return fd;
  }
  void connect(const UniqueFd& fd) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  /// As a user who may only look.
  UniqueFd connect_as_reader(uid_t uid) {
    EXPECT_EQ(::setegid(group_called_nogroup()), 0);
    EXPECT_EQ(::seteuid(uid), 0);
    auto fd = connect();
    EXPECT_EQ(::seteuid(0), 0);
    EXPECT_EQ(::setegid(0), 0);
    return fd;
  }
  static gid_t group_called_nogroup() {
    static const gid_t gid = ::getgrnam("nogroup")->gr_gid;
    return gid;
  }

  void serve_readers() {
    server_.reset();
    readers_ = "nogroup";
    std::filesystem::permissions(scratch_.path(), std::filesystem::perms(0711));
    SetUp();
  }

  /// What is said to `fd` until `enough` of it, for at most so long.
  std::string hear_until(const UniqueFd& fd, const std::function<bool(const std::string&)>& enough,
                         std::chrono::seconds most = std::chrono::seconds(30)) {
    std::string heard;
    const auto end = std::chrono::steady_clock::now() + most;
    while (!enough(heard) && std::chrono::steady_clock::now() < end) {
      event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
      std::string part(1 << 20, '\0');
      const auto size = ::recv(fd.get(), part.data(), part.size(), 0);
      if (size == 0) break;
      if (size > 0) heard.append(part.data(), static_cast<std::size_t>(size));
    }
    return heard;
  }

  /// Sends all of it, however long.
  void say_all(const UniqueFd& fd, std::string_view text) {
    while (!text.empty()) {
      const auto size = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
      event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
      ASSERT_TRUE(size > 0 || errno == EAGAIN) << errno;
    }
  }

  /// With EVLOOP_NONBLOCK alone it goes on for as long as there is something to do.
  void turn_once() { event_base_loop(loop_.base(), EVLOOP_ONCE | EVLOOP_NONBLOCK); }

  /// Lines that are there to be read, without serving meanwhile.
  static std::ptrdiff_t lines_at(const UniqueFd& fd) {
    std::string text(1 << 16, '\0');
    const auto size = ::recv(fd.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return std::ranges::count(text, '\n');
  }

  /// Eight sessions of users who may only look, which have read the greeting.
  std::vector<UniqueFd> connect_readers() {
    serve_readers();
    std::vector<UniqueFd> readers;
    for (uid_t uid = 60000; uid < 60008; ++uid) {
      readers.push_back(connect_as_reader(uid));
      hear(readers.back());
    }
    return readers;
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
  ScriptedOperations fake_;
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
  const auto listening = ControlServer::listen(loop_, std::move(*claim), fake_, "no such group");
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

bool whole_line(const std::string& heard) { return heard.ends_with('\n'); }

const std::string kShow = "{\"execute\":\"show running-config\"}\n";

TEST_F(ControlServerTest, AnEndlessRequestTakesNoMemoryAndTheSessionGoesOn) {
  serve_readers();
  const auto client = connect_as_reader(65534);
  hear(client);
  for (int part = 0; part < 200; ++part) say_all(client, std::string(50000, 'x'));
  EXPECT_EQ(hear(client), "");
  say_all(client, "\n" + kShow);
  const auto heard =
      hear_until(client, [](const auto& text) { return std::count(text.begin(), text.end(), '\n') == 2; });
  EXPECT_NE(heard.find("a request must not exceed 64 KiB"), std::string::npos) << heard;
  EXPECT_NE(heard.find("shown"), std::string::npos) << heard;
}

TEST_F(ControlServerTest, AWholeConfigurationMayComeWithARequest) {
  const auto client = connect();
  hear(client);
  const std::string text(config::kMaxConfiguration, 'x');
  const auto begin = std::chrono::steady_clock::now();
  say_all(client, "{\"execute\":\"configure replace x\",\"text\":\"" + text + "\"}\n");
  EXPECT_NE(hear_until(client, whole_line).find(R"("ok":true)"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  say_all(client, "{\"execute\":\"configure replace x\",\"text\":\"" + text + text +
                      std::string(2 << 20, 'x') + "\"}\n");
  EXPECT_NE(hear_until(client, whole_line).find("a request must not exceed"), std::string::npos);
  say(client, kShow);
  EXPECT_NE(hear_until(client, whole_line).find("shown"), std::string::npos);
}

TEST_F(ControlServerTest, OneLargeRequestAtATime) {
  const auto one = connect();
  const auto two = connect();
  hear(one);
  hear(two);
  say_all(one, std::string(3 << 20, 'x'));
  say_all(two, std::string(3 << 20, 'x') + "\n");
  EXPECT_NE(hear_until(two, whole_line).find("another session is sending a large request"),
            std::string::npos);
  say_all(one, "\n");
  EXPECT_NE(hear_until(one, whole_line).find("a request must be"), std::string::npos);
}

TEST_F(ControlServerTest, ALargeAnswerIsSentWhole) {
  const auto client = connect();
  hear(client);
  fake_.shown = std::string(20 << 20, 'x');
  say(client, kShow + kShow);
  EXPECT_GT(hear_until(client, [](const auto& text) { return text.size() > std::size_t{40} << 20; }).size(),
            std::size_t{40} << 20);
}

TEST_F(ControlServerTest, WhoDoesNotReadIsNotServedFurther) {
  const auto client = connect();
  hear(client);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += kShow;
  int served = 0;
  fake_.on_show = [&](const config::Show&) -> Result<Json, std::string> {
    ++served;
    return text_view(std::string(1 << 20, 'x'));
  };
  say(client, requests);
  for (int turn = 0; turn < 100; ++turn) event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
  EXPECT_LE(served, 2);
  hear_until(client, [&](const auto&) { return served == 100; });
  EXPECT_EQ(served, 100);
}

TEST_F(ControlServerTest, AnAnswerThatIsTooLargeIsRefusedAndTheSessionGoesOn) {
  const auto client = connect();
  hear(client);
  fake_.shown = std::string(std::size_t{4} * config::kMaxConfiguration, 'x');
  say(client, kShow);
  EXPECT_NE(hear_until(client, whole_line).find("the answer is too large: 256 MiB"), std::string::npos);
  fake_.shown = "shown";
  say(client, kShow);
  EXPECT_NE(hear_until(client, whole_line).find("shown"), std::string::npos);
}

TEST_F(ControlServerTest, OneSessionsRequestsDoNotKeepTheLoop) {
  const auto busy = connect();
  const auto other = connect();
  hear(busy);
  hear(other);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += kShow;
  int served = 0;
  int served_before_other = 0;
  fake_.on_show = [&](const config::Show& what) -> Result<Json, std::string> {
    if (what.what == config::View::StartupConfig)
      served_before_other = served;
    else if (++served == 1)
      say(other, "{\"execute\":\"show startup-config\"}\n");
    return text_view("shown");
  };
  say(busy, requests);
  hear_until(other, whole_line);
  EXPECT_LE(served_before_other, 5);
  EXPECT_GE(served_before_other, 1);
}

TEST_F(ControlServerTest, ManyReadersAreServedOneATurnAndEachInHisOrder) {
  const auto readers = connect_readers();
  int served = 0;
  fake_.on_show = [&](const config::Show&) -> Result<Json, std::string> {
    ++served;
    return text_view("shown");
  };
  for (const auto& reader : readers) say(reader, kShow + kShow + kShow);
  std::vector<std::ptrdiff_t> answers(readers.size());
  int before = 0;
  for (int turn = 0; turn < 200 && served < 24; ++turn, before = served) {
    turn_once();
    EXPECT_LE(served - before, 1);
    for (std::size_t at = 0; at < readers.size(); ++at) answers[at] += lines_at(readers[at]);
    const auto [least, most] = std::ranges::minmax(answers);
    EXPECT_LE(most - least, 1);
  }
  EXPECT_EQ(served, 24);
}

TEST_F(ControlServerTest, WhoMayChangeSomethingIsServedEachTurnHoweverManyReadersWait) {
  const auto readers = connect_readers();
  std::vector<UniqueFd> roots;
  for (int count = 0; count < 3; ++count) {
    roots.push_back(connect());
    hear(roots.back());
  }
  int of_readers = 0;
  int of_roots = 0;
  fake_.on_show = [&](const config::Show& what) -> Result<Json, std::string> {
    ++(what.what == config::View::StartupConfig ? of_roots : of_readers);
    return text_view("shown");
  };
  for (const auto& reader : readers) say(reader, kShow + kShow);
  const std::string ask = "{\"execute\":\"show startup-config\"}\n";
  for (const auto& root : roots) say(root, ask + ask + ask + ask);
  for (int turn = 0; turn < 100 && of_roots < 12; ++turn) {
    const int before = of_roots;
    turn_once();
    EXPECT_LE(of_roots - before, 3);
  }
  EXPECT_EQ(of_roots, 12);
  EXPECT_LE(of_readers, 5);
}

TEST_F(ControlServerTest, OutOfMemoryIsTheEndOfTheCommand) {
  const auto client = connect();
  hear(client);
  say(client, "{\"execute\":\"configure terminal\"}\n");
  hear(client);
  fake_.out_of_memory = true;
  say(client, "{\"execute\":\"interface tunnel0\"}\n");
  const auto heard = hear(client);
  EXPECT_NE(heard.find("out of memory"), std::string::npos) << heard;
  EXPECT_NE(heard.find(R"("mode":"config")"), std::string::npos) << heard;
  fake_.out_of_memory = false;
  say(client, "{\"execute\":\"interface tunnel0\"}\n");
  EXPECT_NE(hear(client).find(R"("mode":"config-if")"), std::string::npos);
}

TEST_F(ControlServerTest, AnIdleSessionEndsAndIsToldWhy) {
  fake_.configuration.exec_timeout = std::chrono::seconds(1);
  const auto idle = connect();
  const auto watcher = connect();
  hear(idle);
  hear(watcher);
  say(watcher, "{\"execute\":\"terminal monitor\"}\n");
  const auto heard = hear_until(idle, whole_line);
  EXPECT_EQ(heard, "{\"bye\":\"idle for 1 s (exec-timeout)\"}\n");
  EXPECT_EQ(hear_until(idle, [](const auto&) { return false; }), "") << "it is closed";
  server_->log(spdlog::level::info, "it rains");
  EXPECT_NE(hear(watcher).find("it rains"), std::string::npos) << "who watches the log is not idle";
}

TEST_F(ControlServerTest, WithoutATimeoutNoSessionEnds) {
  fake_.configuration.exec_timeout = std::chrono::seconds(0);
  const auto idle = connect();
  hear(idle);
  EXPECT_EQ(hear_until(
                idle, [](const auto&) { return false; }, std::chrono::seconds(2)),
            "");
  say(idle, kShow);
  EXPECT_NE(hear(idle).find("shown"), std::string::npos);
}

TEST_F(ControlServerTest, NoSessionWaitsForADirectoryOfGroups) {
  serve_readers();
  EXPECT_NE(hear(connect_as_reader(60000)).find("hello"), std::string::npos);
  const auto before = group_lookups();
  for (uid_t uid = 60000; uid < 60004; ++uid)
    EXPECT_NE(hear(connect_as_reader(uid)).find("hello"), std::string::npos);
  ASSERT_EQ(group_lookups(), before);
  ::raise(SIGHUP);
  while (group_lookups() == before) event_base_loop(loop_.base(), EVLOOP_ONCE);
  EXPECT_NE(hear(connect_as_reader(60000)).find("hello"), std::string::npos);
}

TEST_F(ControlServerTest, ReadersDoNotLockRootOut) {
  serve_readers();
  std::vector<UniqueFd> readers;
  for (uid_t uid = 60000; uid < 60040; ++uid) {
    readers.push_back(connect_as_reader(uid));
    hear(readers.back());
  }
  std::vector<UniqueFd> roots;
  for (int count = 0; count < 32; ++count) {
    roots.push_back(connect());
    EXPECT_NE(hear(roots.back()).find("hello"), std::string::npos) << count;
  }
  EXPECT_NE(hear(readers.front()).find("closed to make room for another session"), std::string::npos);
}

TEST_F(ControlServerTest, OneUserHasHisShareOfTheReadersPlaces) {
  serve_readers();
  std::vector<UniqueFd> readers;
  for (int count = 0; count < 8; ++count) {
    readers.push_back(connect_as_reader(60000));
    EXPECT_NE(hear(readers.back()).find("hello"), std::string::npos) << count;
  }
  bool closed = false;
  EXPECT_NE(hear(connect_as_reader(60000), &closed).find("too many sessions of this user"),
            std::string::npos);
  EXPECT_TRUE(closed);
  EXPECT_NE(hear(connect_as_reader(60001)).find("hello"), std::string::npos);
}

TEST_F(ControlServerTest, ComingAndGoingQuicklyLeavesNothing) {
  for (int count = 0; count < 500; ++count) {
    connect();
    event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
  }
  EXPECT_NE(hear(connect()).find("hello"), std::string::npos);
}

/// Counts what is logged while it lives.
class LogCount {
 public:
  LogCount()
      : watch_([this](int level, std::string_view) { count += level >= spdlog::level::warn ? 1 : 0; }) {}
  int count = 0;

 private:
  LogWatch watch_;
};

TEST_F(ControlServerTest, OutOfDescriptorsItWaitsInsteadOfSpinning) {
  std::vector<UniqueFd> clients;
  for (int count = 0; count < 3; ++count)
    clients.push_back(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<UniqueFd> fillers;
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY)) >= 0;) fillers.emplace_back(fd);
  LogCount log;
  for (const auto& client : clients) connect(client);
  int turns = 0;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
       std::chrono::steady_clock::now() < end; ++turns) {
    timeval moment{0, 100000};
    event_base_loopexit(loop_.base(), &moment);
    event_base_loop(loop_.base(), EVLOOP_ONCE);
  }
  EXPECT_LE(log.count, 3);
  EXPECT_GE(log.count, 1);
  EXPECT_LE(turns, 60);
  EXPECT_NE(hear(clients.front()).find("out of file descriptors"), std::string::npos);
  fillers.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_NE(hear_until(clients.back(), whole_line).find("hello"), std::string::npos);
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
