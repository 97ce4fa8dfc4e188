// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/dialogue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <sstream>
#include <thread>

namespace awtun::cli {
namespace {

const std::string kPem = "-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----\n";

/// The daemon's side of `crypto pki authenticate`: asks for a text, then whether it is accepted.
class Asker {
 public:
  Asker() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    thread_ = std::thread([this, socket = ends[1]] { serve(socket); });
    client_.emplace(*Client::adopt(ends[0]));
  }
  ~Asker() {
    client_.reset();
    thread_.join();
  }

  /// The reply to the dialogue with these lines typed; what is on the screen is in `screen`.
  control::Reply with(std::deque<std::string> typed, bool only_paste = false, bool yes = false) {
    const auto read = [&](const std::string& prompt) -> std::optional<std::string> {
      screen << prompt;
      if (typed.empty()) return std::nullopt;
      auto line = typed.front();
      typed.pop_front();
      return line;
    };
    const auto reply = converse(*client_, "crypto pki authenticate ca", {read, only_paste, yes}, screen);
    EXPECT_TRUE(reply);
    return *reply;
  }
  std::ostringstream screen;
  std::vector<control::Json> requests;
  std::size_t not_ready = 0;  ///< how many requests are answered with "patience" first

 private:
  void serve(int socket) {
    say(socket, R"({"hello":"awiked","grammar":"0"})");
    std::string received;
    char octets[4096];
    for (ssize_t size = 0; (size = ::recv(socket, octets, sizeof(octets), 0)) > 0;) {
      received.append(octets, static_cast<std::size_t>(size));
      if (!received.ends_with('\n')) continue;
      requests.push_back(control::Json::parse(received));
      received.clear();
      const control::Json& request = requests.back();
      control::Json reply{{"ok", true}, {"view", "message"}};
      if (requests.size() <= not_ready)
        reply = {{"ok", true}, {"ask", "patience"}};
      else if (!request.contains("text"))
        reply.update({{"ask", "text"}, {"data", {{"text", "Paste it.\n"}}}});
      else if (!request.contains("accept"))
        reply.update({{"ask", "acceptance"},
                      {"subject", "Accept this certificate?"},
                      {"data", {{"text", "Subject: x\n"}}}});
      else
        reply.update({{"data", {{"text", "Done."}}}});
      say(socket, reply.dump());
    }
    ::close(socket);
  }
  static void say(int socket, const std::string& line) {
    const std::string text = line + "\n";
    EXPECT_EQ(::send(socket, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  std::optional<Client> client_;
  std::thread thread_;
};

const std::deque<std::string> kLines = {"-----BEGIN CERTIFICATE-----", "QUFB", "-----END CERTIFICATE-----"};

std::deque<std::string> then(std::deque<std::string> lines, const std::vector<std::string>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

TEST(Dialogue, PasteAndAccept) {
  Asker asker;
  const control::Reply reply = asker.with(then(kLines, {"y"}));
  EXPECT_TRUE(reply.ok());
  EXPECT_EQ(reply.data["text"], "Done.");
  EXPECT_EQ(asker.screen.str(),
            "Paste it.\nComplete (\"END CERTIFICATE\" detected).\nSubject: x\n"
            "Accept this certificate? (y/n): ");
  EXPECT_EQ(asker.requests.back()["text"], kPem);
  EXPECT_EQ(asker.requests.back()["accept"], true);
}

TEST(Dialogue, AsksAgainUntilItIsReady) {
  Asker asker;
  asker.not_ready = 2;
  EXPECT_TRUE(asker.with(then(kLines, {"y"})).ok());
  ASSERT_EQ(asker.requests.size(), 5U);
  EXPECT_EQ(asker.requests[1], asker.requests[0]);
  EXPECT_EQ(asker.requests[2], asker.requests[0]);
  EXPECT_TRUE(asker.screen.str().starts_with("Paste it.\n")) << asker.screen.str();
}

TEST(Dialogue, OnlyYesOrNoIsAnAnswer) {
  Asker asker;
  EXPECT_TRUE(asker.with(then(kLines, {"what?", "", "YES"})).ok());
  const control::Reply refused = asker.with(then(kLines, {"n"}));
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure->message, "not accepted");
  EXPECT_FALSE(asker.requests.back().contains("accept"));
}

TEST(Dialogue, AbortAndTheEndOfInput) {
  Asker asker;
  EXPECT_EQ(asker.with({"Abort"}).failure->message, "aborted");
  EXPECT_EQ(asker.with({"-----BEGIN CERTIFICATE-----"}).failure->message,
            "the input ends before an END line");
  EXPECT_EQ(asker.with(kLines).failure->message, "not accepted");
  EXPECT_FALSE(asker.with(std::deque<std::string>(1000, std::string(64, 'A'))).ok());
}

TEST(Dialogue, AChainComesToTheEndOfWhatIsOnlyPaste) {
  Asker asker;
  EXPECT_TRUE(asker.with(then(kLines, {kLines.begin(), kLines.end()}), true, true).ok());
  EXPECT_EQ(asker.requests.back()["text"], kPem + kPem);
}

TEST(Dialogue, BlanksAndCarriageReturnsOfATerminalDoNotCount) {
  Asker asker;
  EXPECT_TRUE(
      asker.with({"  -----BEGIN CERTIFICATE-----\r", "QUFB ", "-----END CERTIFICATE-----\r", "y"}).ok());
  EXPECT_EQ(asker.requests.back()["text"], kPem);
}

TEST(ReadConfiguration, HasALimit) {
  std::istringstream good(std::string(100000, 'x'));
  EXPECT_EQ(read_configuration(good)->size(), 100000U);
  std::istringstream large(std::string(config::kMaxConfiguration + 1, 'x'));
  EXPECT_FALSE(read_configuration(large));
}

}  // namespace
}  // namespace awtun::cli
