// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/commands.h"

#include <gtest/gtest.h>

#include "userland/daemon/show/views.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

/// Remembers what it was told.
class RecordingOperations final : public Operations {
 public:
  [[nodiscard]] std::string hostname() const override { return "r1"; }
  [[nodiscard]] const config::Config& running() const override { return configuration; }
  Result<void, std::string> apply(config::Config candidate) override {
    if (refuse_apply) return Error{*refuse_apply};
    configuration = std::move(candidate);
    return {};
  }
  Result<control::Turn, std::string> save_startup(const control::Enclosed& enclosed) override {
    if (loses_lines && !enclosed.accepted)
      return control::Turn{control::Ask::Acceptance, "line 1: hostname branch\n", "Save without them?"};
    ++saved;
    return control::Turn{control::Ask::Nothing, ""};
  }
  Result<Json, std::string> show(const config::Show& wanted) override {
    if (wanted.what == config::View::StartupConfig) return Error{std::string("no such file")};
    return text_view("shown");
  }
  Result<void, std::string> operate(const config::Operate& operation) override {
    operated = operation.tunnel;
    return {};
  }
  Result<control::Turn, std::string> certify(const config::Certify& step,
                                             const control::Enclosed& enclosed) override {
    if (!enclosed.text) return control::Turn{control::Ask::Text, "Paste."};
    if (!enclosed.accepted) return control::Turn{control::Ask::Acceptance, *enclosed.text};
    return control::Turn{control::Ask::Nothing, step.trustpoint};
  }
  Result<control::Turn, std::string> replace(const config::Replace& wanted,
                                             const control::Enclosed& enclosed) override {
    if (!enclosed.text) return control::Turn{control::Ask::File, "", wanted.file};
    if (!enclosed.accepted) return control::Turn{control::Ask::Acceptance, "+line", "Make these changes?"};
    return control::Turn{control::Ask::Nothing, *enclosed.text};
  }
  Result<control::Turn, std::string> reload(const config::Reload& wanted, const control::Enclosed&) override {
    if (wanted.what == config::Reload::What::Cancel) return Error{std::string("no reload is scheduled")};
    return control::Turn{control::Ask::Nothing, std::to_string(wanted.minutes)};
  }

  config::Config configuration;
  std::optional<std::string> refuse_apply;
  int saved = 0;
  bool loses_lines = false;
  std::optional<std::uint32_t> operated;
};

class CommandsTest : public testing::Test {
 protected:
  Json execute(const std::string& line) { return request({{"execute", line}}); }
  /// As a script does.
  Json hold(const std::string& line) { return request({{"execute", line}, {"hold", true}}); }
  Json request(const Json& object) {
    const auto reply = answer(fake_, operator_, object.dump());
    return Json::parse(encode(reply));
  }

  RecordingOperations fake_;
  Operator operator_;
};

TEST_F(CommandsTest, HelloNamesDaemonGrammarAndPlace) {
  const auto said = Json::parse(encode(hello(fake_)));
  EXPECT_EQ(said["hello"], "awiked");
  EXPECT_EQ(said["hostname"], "r1");
  EXPECT_EQ(said["grammar"].get<std::string>().size(), 16U);
  EXPECT_EQ(said["mode"], "exec");
  EXPECT_EQ(said["prompt"], "#");
}

TEST_F(CommandsTest, FirstExampleOfTheManual) {
  for (const char* line : {"configure terminal", "crypto isakmp key ouR4ecret address 10.2.2.2",
                           "interface tunnel0", "tunnel mode ipsec ipv4", "tunnel source 10.1.1.1",
                           "tunnel destination 10.2.2.2", "tunnel protection ipsec",
                           "ip address 192.168.254.1/30", "exit", "ip route 192.168.20.0/24 tunnel0", "end"})
    EXPECT_EQ(execute(line)["ok"], true) << line;
  EXPECT_EQ(fake_.configuration, first_example());
}

TEST_F(CommandsTest, AnswerTellsWhereTheOperatorStands) {
  execute("configure terminal");
  const auto reply = execute("interface tunnel7");
  EXPECT_EQ(reply["mode"], "config-if");
  EXPECT_EQ(reply["prompt"], "(config-if)#");
  EXPECT_EQ(reply["tunnel"], 7);
}

TEST_F(CommandsTest, RefusedChangeSaysWhyAndLeavesTheSessionWhereItWas) {
  execute("configure terminal");
  fake_.refuse_apply = "the kernel said no";
  const auto reply = execute("interface tunnel7");
  EXPECT_EQ(reply["ok"], false);
  EXPECT_EQ(reply["code"], 1);
  EXPECT_EQ(reply["error"]["kind"], "refused");
  EXPECT_EQ(reply["error"]["message"], "the kernel said no");
  EXPECT_EQ(reply["mode"], "config");
  EXPECT_TRUE(fake_.configuration.tunnels.empty());
}

TEST_F(CommandsTest, ASectionThatIsRefusedTakesItsLinesAlong) {
  for (const char* line : {"configure terminal", "interface tunnel0"}) execute(line);
  fake_.refuse_apply = "the kernel said no";
  EXPECT_EQ(execute("interface tunnel7")["mode"], "config");
  fake_.refuse_apply.reset();
  EXPECT_EQ(execute(" shutdown")["error"]["message"], "refused with the section `interface tunnel7`");
  EXPECT_EQ(execute(" shutdown")["prompt"], "(config)#");
  EXPECT_FALSE(fake_.configuration.tunnels.at(0).shutdown);
}

TEST_F(CommandsTest, ReplaceAsksForTheFileAndThenWhetherToDoIt) {
  const auto asked = execute("configure replace /tmp/new file");
  EXPECT_EQ(asked["ask"], "file");
  EXPECT_EQ(asked["subject"], "/tmp/new file");
  Json object{{"execute", "configure replace x"}, {"text", "end\n"}};
  EXPECT_EQ(request(object)["subject"], "Make these changes?");
  object["accept"] = true;
  EXPECT_EQ(request(object)["data"]["text"], "end\n");
}

TEST_F(CommandsTest, ReloadInCancelAndNone) {
  EXPECT_EQ(execute("reload in 5")["data"]["text"], "5");
  EXPECT_EQ(execute("reload cancel")["error"]["message"], "no reload is scheduled");
  EXPECT_EQ(execute("reload in 0")["code"], 2);
  EXPECT_EQ(execute("show reload")["view"], "reload");
}

TEST_F(CommandsTest, AHeldBlockIsAppliedAtItsEnd) {
  for (const char* line : {"configure terminal", "interface tunnel0", "tunnel source 10.1.1.1"})
    EXPECT_EQ(hold(line)["ok"], true) << line;
  EXPECT_TRUE(fake_.configuration.tunnels.empty());
  EXPECT_EQ(hold("end")["mode"], "exec");
  EXPECT_EQ(fake_.configuration.tunnels.at(0).source, ip("10.1.1.1"));
  EXPECT_FALSE(operator_.block);
}

TEST_F(CommandsTest, AHeldBlockThatIsRefusedChangesNothing) {
  for (const char* line : {"configure terminal", "interface tunnel0", "description north"}) hold(line);
  fake_.refuse_apply = "the kernel said no";
  const auto reply = hold("end");
  EXPECT_EQ(reply["error"]["message"], "the kernel said no");
  EXPECT_TRUE(fake_.configuration.tunnels.empty());
  EXPECT_FALSE(operator_.block);
}

TEST_F(CommandsTest, ACommandInAHeldBlockFindsInForceWhatStandsBeforeIt) {
  for (const char* line : {"configure terminal", "interface tunnel0"}) hold(line);
  EXPECT_EQ(hold("do show interface")["view"], "interface");
  EXPECT_TRUE(fake_.configuration.tunnels.contains(0));
  hold("crypto pki trustpoint t");
  EXPECT_FALSE(fake_.configuration.trustpoints.contains("t"));
  EXPECT_EQ(hold("do crypto pki authenticate t")["ask"], "text");
  EXPECT_TRUE(fake_.configuration.trustpoints.contains("t"));
}

TEST_F(CommandsTest, AHeldBlockGivesWayToAnotherSession) {
  for (const char* line : {"configure terminal", "interface tunnel0"}) hold(line);
  fake_.configuration.tunnels[7] = {};
  const auto reply = hold("end");
  EXPECT_EQ(reply["code"], 1);
  EXPECT_TRUE(fake_.configuration.tunnels.contains(7));
  EXPECT_FALSE(fake_.configuration.tunnels.contains(0));
}

TEST_F(CommandsTest, SyntaxErrorHasColumnAndWhatWasExpected) {
  const auto reply = execute("show nonsense");
  EXPECT_EQ(reply["code"], 2);
  EXPECT_EQ(reply["error"]["kind"], "invalid");
  EXPECT_EQ(reply["error"]["column"], 5);
  EXPECT_FALSE(reply["error"]["expected"].empty());
}

TEST_F(CommandsTest, ShowGivesViewAndData) {
  const auto reply = execute("show running-config");
  EXPECT_EQ(reply["view"], "running-config");
  EXPECT_EQ(reply["data"]["text"], "shown");
}

TEST_F(CommandsTest, AFilterIsHandedBackToWhoPrints) {
  const auto reply = execute("show running-config | include tunnel");
  EXPECT_EQ(reply["filter"], Json::parse(R"({"what":"include","pattern":"tunnel"})"));
  EXPECT_FALSE(execute("show running-config").contains("filter"));
}

TEST_F(CommandsTest, ACommandMaySayThatItIsDone) {
  execute("configure terminal");
  const auto reply = execute("crypto pki trustpoint vpn_trust");
  EXPECT_EQ(reply["view"], "message");
  EXPECT_EQ(reply["data"]["text"], "Created trustpoint \"vpn_trust\".");
  EXPECT_EQ(reply["prompt"], "(ca-trustpoint)#");
  EXPECT_EQ(reply["name"], "vpn_trust");
  EXPECT_FALSE(execute("crypto pki trustpoint vpn_trust").contains("view"));
}

TEST_F(CommandsTest, OperationIsHandedOn) {
  fake_.configuration = first_example();
  EXPECT_EQ(execute("rekey ipsec sa tunnel0")["ok"], true);
  EXPECT_EQ(fake_.operated, 0U);
}

TEST_F(CommandsTest, ACommandThatAsksBackIsAnsweredByTheSameLineAgain) {
  fake_.configuration.trustpoints["ca"];
  const std::string line = "crypto pki authenticate ca";
  const auto send = [&](const Json& more) {
    Json request{{"execute", line}};
    request.update(more);
    return Json::parse(encode(answer(fake_, operator_, request.dump())));
  };
  EXPECT_EQ(send(Json::object())["ask"], "text");
  const auto shown = send({{"text", "PEM"}});
  EXPECT_EQ(shown["ask"], "acceptance");
  EXPECT_EQ(shown["data"]["text"], "PEM");
  const auto done = send({{"text", "PEM"}, {"accept", true}});
  EXPECT_FALSE(done.contains("ask"));
  EXPECT_EQ(done["data"]["text"], "ca");
  // What is of the wrong type is not there.
  EXPECT_EQ(send({{"text", 7}, {"accept", true}})["ask"], "text");
  EXPECT_EQ(send({{"text", "PEM"}, {"accept", "true"}})["ask"], "acceptance");
}

TEST_F(CommandsTest, WhoMayOnlyLookChangesNothingAndSeesNoKey) {
  operator_.may_change = false;
  for (const char* line : {"show ipsec sa", "show running-config", "show tech-support", "", "! a remark"})
    EXPECT_EQ(execute(line)["ok"], true) << line;
  for (const char* line :
       {"show isakmp key", "configure terminal", "clear isakmp sa", "copy running-config startup-config",
        "reload", "reload in 5", "configure replace /tmp/x"}) {
    const auto reply = execute(line);
    EXPECT_EQ(reply["ok"], false) << line;
    EXPECT_EQ(reply["code"], 1) << line;
    EXPECT_EQ(reply["mode"], "exec") << line;
    EXPECT_EQ(reply["error"]["message"], "read-only access: this command changes something or shows keys")
        << line;
  }
  EXPECT_EQ(fake_.saved, 0);
  EXPECT_EQ(fake_.configuration, config::Config{});
  EXPECT_EQ(execute("nonsense")["code"], 2);
  EXPECT_EQ(execute("exit")["quit"], true);
}

TEST_F(CommandsTest, AViewMayBeWantedAsData) {
  EXPECT_EQ(execute("show ipsec sa | json")["format"], "json");
  EXPECT_FALSE(execute("show ipsec sa").contains("format"));
}

TEST_F(CommandsTest, TheTerminalIsTheSessionsOwn) {
  EXPECT_EQ(execute("terminal length 40")["length"], 40);
  EXPECT_EQ(execute("terminal monitor")["monitor"], true);
  EXPECT_TRUE(operator_.monitors);
  EXPECT_EQ(execute("debug isakmp")["monitor"], true);
  EXPECT_EQ(execute("no terminal monitor")["monitor"], true) << "there is more to come yet";
  EXPECT_EQ(execute("no debug isakmp")["monitor"], false);
  EXPECT_FALSE(operator_.monitors || operator_.debugs);
  EXPECT_EQ(execute("configure terminal")["mode"], "config");
  EXPECT_EQ(execute("do terminal monitor")["mode"], "config");
}

TEST_F(CommandsTest, SaveStartup) {
  EXPECT_EQ(execute("copy running-config startup-config")["ok"], true);
  EXPECT_EQ(fake_.saved, 1);
}

TEST_F(CommandsTest, SaveStartupAsksBeforeLinesAreLost) {
  fake_.loses_lines = true;
  const auto asked = execute("write");
  EXPECT_EQ(asked["ask"], "acceptance");
  EXPECT_EQ(asked["subject"], "Save without them?");
  EXPECT_EQ(fake_.saved, 0);
  EXPECT_FALSE(request({{"execute", "write"}, {"accept", true}}).contains("ask"));
  EXPECT_EQ(fake_.saved, 1);
}

TEST_F(CommandsTest, ExitFromExecModeCloses) {
  const auto reply = execute("exit");
  EXPECT_EQ(reply["quit"], true);
}

TEST_F(CommandsTest, WhateverComesInIsAnswered) {
  for (const char* request :
       {"", "{", "[]", "null", "{}", R"({"execute":7})", "\xff\xfe", R"({"execute":"\ud800"})"}) {
    const auto reply = Json::parse(encode(answer(fake_, operator_, request)));
    EXPECT_EQ(reply["ok"], false) << request;
    EXPECT_EQ(reply["code"], 2) << request;
  }
}

TEST_F(CommandsTest, OtherScriptsDoNoHarm) { EXPECT_EQ(execute("show \u3042\u3044")["ok"], false); }

}  // namespace
}  // namespace awtun::daemon
