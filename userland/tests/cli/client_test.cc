// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userland/tests/cli/test_daemon.h"

namespace awtun::cli::test {
namespace {

TEST(Client, ExecutesLinesInOneSession) {
  TestDaemon daemon;
  auto client = Client::connect(daemon.socket());
  ASSERT_TRUE(client);
  EXPECT_EQ(client->hostname(), "r1");
  EXPECT_TRUE(client->same_grammar());
  EXPECT_EQ(client->execute("configure terminal")->place.mode, config::Mode::Config);
  EXPECT_EQ(client->execute("interface tunnel0")->place.prompt, "(config-if)#");
  const auto reply = client->execute("tunnel mode bridge");
  ASSERT_FALSE(reply->ok());
  EXPECT_TRUE(reply->failure->syntax);
  EXPECT_EQ(reply->failure->column, 12U);
  EXPECT_EQ(reply->failure->expected, (std::vector<std::string>{"gre", "ipsec", "l2tp"}));
  EXPECT_FALSE(client->execute("no interface tunnel9")->failure->syntax);
  client->execute("end").operator bool();
  EXPECT_TRUE(client->execute("exit")->quit);
  EXPECT_FALSE(client->execute("show ipsec sa"));
}

TEST(Client, ADaemonThatDoesNotRunIsReported) {
  const auto client = Client::connect("/nonexistent/sock");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error(), "cannot reach awiked at /nonexistent/sock: No such file or directory");
  EXPECT_FALSE(Client::connect(std::string(200, 'x')));
}

/// A client whose other end says `text` and hangs up.
Result<Client, std::string> greeted_with(const std::string& text) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  EXPECT_EQ(::send(ends[1], text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  ::shutdown(ends[1], SHUT_WR);
  auto client = Client::adopt(ends[0]);
  ::close(ends[1]);
  return client;
}

TEST(Client, AGreetingOfAnotherProtocolIsRefused) {
  EXPECT_FALSE(greeted_with("{\"hello\":\"awiked\",\"grammar\":\"1\"}\n")->same_grammar());
  EXPECT_FALSE(greeted_with("{\"hello\":\"awiked\",\"grammar\":7}\n")->same_grammar());
  EXPECT_EQ(greeted_with("220 smtp ready\n").error(), "the other end of the socket is not awiked");
  EXPECT_EQ(greeted_with("").error(), "awiked closed the connection");
  EXPECT_EQ(greeted_with("{\"ok\":false,\"error\":{\"message\":\"not for you\"}}\n").error(), "not for you");
}

TEST(Client, AGoodbyeSaysWhyTheSessionEnds) {
  auto client = greeted_with(
      "{\"hello\":\"awiked\",\"grammar\":\"1\"}\n{\"bye\":\"idle for 10 min (exec-timeout)\"}\n");
  ASSERT_TRUE(client);
  const auto reply = client->execute("show ipsec sa");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), "awiked ended the session: idle for 10 min (exec-timeout)");
  auto watcher = greeted_with("{\"hello\":\"awiked\",\"grammar\":\"1\"}\n{\"bye\":\"x\"}\n");
  EXPECT_EQ(watcher->take_log().error(), "awiked ended the session: x");
  EXPECT_EQ(watcher->execute("end").error(), "awiked ended the session: x");
}

TEST(Client, WhatIsNotUtf8IsRefusedByTheDaemonNotByAnException) {
  TestDaemon daemon;
  auto client = Client::connect(daemon.socket());
  ASSERT_TRUE(client);
  const auto reply = client->execute("show \xff");
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->ok());
}

}  // namespace
}  // namespace awtun::cli::test
