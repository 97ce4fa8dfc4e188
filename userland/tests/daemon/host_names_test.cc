// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/host_names.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

#include "userland/daemon/io/unique_fd.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

/// A name server on loopback that has one name, or none: every other is not found.
class NameServer {
 public:
  explicit NameServer(EventLoop& loop)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        port_(bind()),
        asked_(loop, socket_.get(), [this] { answer(); }) {}

  [[nodiscard]] std::string servers() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int questions() const { return questions_; }

  /// b.example.com: <network>.<host>, for `seconds`, unless it is unknown.
  std::array<std::uint8_t, 3> network{10, 2, 2};
  std::uint8_t host = 2;
  bool unknown = false;
  std::uint8_t seconds = 60;
  bool silent = false;

 private:
  std::uint16_t bind() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    return ntohs(at.sin_port);
  }

  // RFC 1035 4.1: header, the question as it came, one A record that points at it.
  void answer() {
    std::array<std::uint8_t, 512> question{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const auto got = ::recvfrom(socket_.get(), question.data(), question.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    ++questions_;
    if (got < 12 || silent) return;
    std::size_t end = 12;
    while (question.at(end) != 0) end += question.at(end) + 1U;
    const bool wants_ipv4 = question.at(end + 2) == 1;
    end += 5;
    std::vector<std::uint8_t> reply(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(end));
    reply[2] = 0x84;  // an authoritative answer
    reply[3] = unknown ? 3 : 0;
    reply[7] = !unknown && wants_ipv4 ? 1 : 0;
    reply[11] = 0;
    if (reply[7] == 1)
      reply.insert(reply.end(),
                   {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, seconds, 0, 4, network[0], network[1], network[2], host});
    ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  UniqueFd socket_;
  std::uint16_t port_;
  ReadWatcher asked_;
  int questions_ = 0;
};

struct Setting {
  EventLoop loop;
  NameServer server{loop};
  HostNames names{loop, [this] { loop.stop(); }, server.servers()};
};

TEST(HostNames, AnAnswerIsKnown) {
  Setting setting;
  setting.names.want({"b.example.com"});
  EXPECT_TRUE(setting.names.addresses().at("b.example.com").empty());
  setting.loop.run();
  EXPECT_EQ(setting.names.addresses().at("b.example.com"), std::vector{ip("10.2.2.2")});
  EXPECT_EQ(setting.names.problem("b.example.com"), "");
}

TEST(HostNames, NoSuchNameIsAProblem) {
  Setting setting;
  setting.server.unknown = true;
  setting.names.want({"b.example.com"});
  setting.loop.run();
  EXPECT_TRUE(setting.names.addresses().at("b.example.com").empty());
  EXPECT_NE(setting.names.problem("b.example.com"), "");
}

TEST(HostNames, HostsAreKnownWithoutAServer) {
  Setting setting;
  setting.names.want({"localhost"});
  setting.loop.run();
  EXPECT_NE(setting.names.problem("localhost").find("a loopback address is not reachable from other hosts"),
            std::string::npos);
  EXPECT_EQ(setting.server.questions(), 0);
}

TEST(HostNames, WhatNoPeerCanHaveIsAProblemAndNoAddress) {
  const struct {
    std::array<std::uint8_t, 3> network;
    std::uint8_t host;
    const char* problem;
  } cases[] = {
      {{255, 255, 255},
       255,
       "it resolves to 255.255.255.255: a multicast or broadcast address is not a host address"},
      {{0, 0, 0}, 0, "it resolves to 0.0.0.0: the unspecified address is not a host address"},
      {{0, 1, 2}, 3, "it resolves to 0.1.2.3: an address of 0.0.0.0/8 is not a host address"},
      {{224, 0, 0}, 18, "it resolves to 224.0.0.18: a multicast or broadcast address is not a host address"},
      {{127, 9, 9}, 9, "it resolves to 127.9.9.9: a loopback address is not reachable from other hosts"},
      {{169, 254, 1}, 1, "it resolves to 169.254.1.1: the address must not be link-local"},
  };
  for (const auto& one : cases) {
    Setting setting;
    setting.server.network = one.network;
    setting.server.host = one.host;
    setting.names.want({"b.example.com"});
    setting.loop.run();
    EXPECT_TRUE(setting.names.addresses("b.example.com").empty()) << one.problem;
    EXPECT_EQ(setting.names.problem("b.example.com"), one.problem);
  }
}

TEST(HostNames, OneThatIsNoLongerWantedIsForgottenUnanswered) {
  Setting setting;
  setting.server.silent = true;
  setting.names.want({"b.example.com"});
  setting.names.want({"localhost"});
  setting.loop.run();
  EXPECT_FALSE(setting.names.addresses().contains("b.example.com"));
  EXPECT_EQ(setting.names.problem("b.example.com"), "");
}

std::set<std::string> hosts(std::size_t count) {
  std::set<std::string> names;
  for (std::size_t number = 0; number < count; ++number)
    names.insert("b" + std::to_string(number) + ".example.com");
  return names;
}

std::ptrdiff_t descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

TEST(HostNames, ManyNamesTakeFewDescriptorsFromASilentServer) {
  Setting setting;
  setting.server.silent = true;
  const auto before = descriptors();
  setting.names.want(hosts(1200));
  for (int turn = 0; turn < 200; ++turn) event_base_loop(setting.loop.base(), EVLOOP_NONBLOCK);
  EXPECT_GE(setting.server.questions(), static_cast<int>(HostNames::kAtOnce));
  EXPECT_LE(setting.server.questions(), static_cast<int>(2 * HostNames::kAtOnce)) << "A and AAAA";
  EXPECT_LE(descriptors() - before, static_cast<std::ptrdiff_t>(2 * HostNames::kAtOnce));
  setting.names.want({});
  EXPECT_LE(descriptors(), before) << "those of names that are not wanted";
  setting.names.want({"localhost"});
  setting.loop.run();
  EXPECT_NE(setting.names.problem("localhost"), "") << "asked at once";
}

TEST(HostNames, ManyNamesAreAllAskedForInTheEnd) {
  Setting setting;
  const auto names = hosts(5 * HostNames::kAtOnce);
  const auto before = descriptors();
  setting.names.want(names);
  const auto unknown = [&](const std::string& name) { return setting.names.addresses(name).empty(); };
  while (std::ranges::any_of(names, unknown)) setting.loop.run();
  for (int turn = 0; turn < 10; ++turn) event_base_loop(setting.loop.base(), EVLOOP_NONBLOCK);
  EXPECT_LE(descriptors(), before);
}

TEST(HostLookup, ItsTimeIsThatOfTheRecord) {
  EventLoop loop;
  NameServer server(loop);
  server.seconds = 77;
  std::optional<HostLookup::Answer> answer;
  const HostLookup lookup(
      loop, "b.example.com",
      [&](HostLookup::Answer got) {
        answer = std::move(got);
        loop.stop();
      },
      server.servers());
  loop.run();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->valid, std::chrono::seconds(77));
}

}  // namespace
}  // namespace awtun::daemon
