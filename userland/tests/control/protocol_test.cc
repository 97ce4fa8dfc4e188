// SPDX-License-Identifier: Apache-2.0
#include "userland/control/protocol.h"

#include <gtest/gtest.h>

namespace awtun::control {
namespace {

const Place kPlace{config::Mode::Interface, "(config-if)#", 7, ""};

TEST(Protocol, WhatOneEndEncodesTheOtherDecodes) {
  const Request requests[] = {
      {"show ipsec sa"}, {"", {"pasted\n", true}}, {"end", {}, true}, {"x", {std::nullopt, true}}};
  for (const auto& request : requests) EXPECT_EQ(decode_request(encode(request)), request) << request.line;

  const Message messages[] = {
      Hello{"0.1", 0x0123456789abcdef, "r1", kPlace},
      Reply{},
      Reply{.place = {config::Mode::IpsecProfile, "(config-ipsec-profile)#", std::nullopt, "p"}},
      Reply{.quit = true},
      Reply{.place = kPlace, .view = "reload", .data = {{"schema", 1}, {"in", 5}}, .json = true},
      Reply{.view = "x",
            .data = Json::array({1, "a"}),
            .filter = config::Filter{config::Filter::What::Begin, "a|b"}},
      Reply{
          .view = std::string(kMessage), .data = {{"text", "?"}}, .ask = Ask::Acceptance, .subject = "Now?"},
      Reply{.ask = Ask::Text},
      Reply{.ask = Ask::File, .subject = "/tmp/f"},
      Reply{.ask = Ask::Patience},
      Reply{.length = 0, .monitor = false},
      Reply{.place = kPlace, .failure = Failure{"the kernel said no"}},
      Reply{.failure = Failure{"% Invalid input", "invalid", true, 12, {"gre", "ipsec"}}},
      Reply{.failure = Failure{"% Incomplete command", "incomplete", true, 0, {}}},
      LogLine{"tunnel0 is up", "info"},
      Goodbye{"idle for 10 min"}};
  for (const auto& message : messages) EXPECT_EQ(decode_message(encode(message)), message) << encode(message);
}

TEST(Protocol, EachMessageIsWhatOtherBuildsExpect) {
  EXPECT_EQ(encode(Request{"end", {"a\n", true}, true}),
            R"({"execute":"end","text":"a\n","accept":true,"hold":true})");
  EXPECT_EQ(encode(Hello{"0.1", 1, "r1"}),
            R"({"hello":"awiked","version":"0.1","grammar":"0000000000000001","hostname":"r1",)"
            R"("mode":"exec","prompt":"#"})");
  EXPECT_EQ(encode(Reply{.place = kPlace,
                         .view = "v",
                         .data = {{"schema", 1}},
                         .filter = config::Filter{config::Filter::What::Count, "x"},
                         .json = true}),
            R"({"ok":true,"mode":"config-if","prompt":"(config-if)#","tunnel":7,"view":"v",)"
            R"("filter":{"what":"count","pattern":"x"},"format":"json","data":{"schema":1}})");
  EXPECT_EQ(encode(Reply{.failure = Failure{"m", "ambiguous", true, 3, {"a", "b"}}}),
            R"({"ok":false,"mode":"exec","prompt":"#","code":2,)"
            R"("error":{"message":"m","kind":"ambiguous","column":3,"expected":["a","b"]}})");
  EXPECT_EQ(encode(Reply{.failure = Failure{"no"}}),
            R"({"ok":false,"mode":"exec","prompt":"#","code":1,"error":{"message":"no","kind":"refused"}})");
  EXPECT_EQ(encode(Reply{.quit = true}), R"({"ok":true,"quit":true})");
  EXPECT_EQ(encode(Goodbye{"idle"}), R"({"bye":"idle"})");
  EXPECT_EQ(encode(LogLine{"up", "info"}), R"({"log":"up","level":"info"})");
}

TEST(Protocol, WhatIsNoMessageIsNone) {
  for (const char* line : {"", "{", "[]", "7", "null", R"("hello")"}) {
    EXPECT_FALSE(decode_request(line)) << line;
    EXPECT_FALSE(decode_message(line)) << line;
  }
  for (const char* line : {"{}", R"({"execute":7})", R"({"execute":null})", R"({"text":"x"})"})
    EXPECT_FALSE(decode_request(line)) << line;
  EXPECT_EQ(decode_request(R"({"execute":"x","text":1,"accept":1,"hold":"true"})"), Request{"x"});
}

TEST(Protocol, MembersOfTheWrongTypeCountAsMissing) {
  const auto message =
      decode_message(R"({"ok":1,"mode":{},"prompt":[],"error":{"column":-1,"expected":[1,"a"]},"code":"2"})");
  ASSERT_TRUE(message);
  const auto& reply = std::get<Reply>(*message);
  EXPECT_EQ(reply.place, Place{});
  EXPECT_EQ(reply.failure, (Failure{"", "", false, std::nullopt, {"a"}}));
}

TEST(Protocol, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(encode(Request{"show \xff"}), "{\"execute\":\"show \xef\xbf\xbd\"}");
  EXPECT_EQ(encode(Goodbye{"\xc3"}), "{\"bye\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace awtun::control
