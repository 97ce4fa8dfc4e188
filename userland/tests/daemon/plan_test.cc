// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "userland/daemon/apply/policy.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

using config::Config;
using testing::ElementsAre;
using testing::IsEmpty;

IpPrefix fake_link_local(ike::TunnelId) { return prefix("fe80::7/64"); }

Steps steps(const Config& from, const Config& to) { return plan(from, to, fake_link_local); }

kernel::TunnelSettings delivery() { return {TunnelMode::IpsecIpv4, ip("10.1.1.1"), ip("10.2.2.2")}; }

TEST(Plan, NothingToDoForEqualConfigurations) {
  EXPECT_THAT(steps(first_example(), first_example()), IsEmpty());
}

TEST(Plan, TunnelIsMadeSetUpAndThenStarted) {
  EXPECT_THAT(steps({}, first_example()),
              ElementsAre(CreateLink{0}, SetDelivery{0, {}, delivery()},
                          AddAddress{0, prefix("192.168.254.1/30")}, SetLinkUp{0, true}, StartTunnel{0}));
}

TEST(Plan, OneTunnelByItself) {
  auto both = first_example();
  both.tunnels[1] = both.tunnels[0];
  EXPECT_EQ(plan_tunnel(0, {}, both, fake_link_local), steps({}, first_example()));
  EXPECT_THAT(plan_tunnel(1, both, both, fake_link_local), IsEmpty());
}

TEST(Plan, TunnelIsStoppedBeforeItIsTakenApart) {
  EXPECT_THAT(steps(first_example(), {}),
              ElementsAre(StopTunnel{0}, SetLinkUp{0, false}, RemoveAddress{0, prefix("192.168.254.1/30")},
                          SetDelivery{0, delivery(), {}}, DeleteLink{0}));
}

TEST(Plan, NewEndpointRestartsTheTunnel) {
  auto changed = first_example();
  changed.tunnels[0].destination = ip("10.3.3.3");
  const kernel::TunnelSettings to{TunnelMode::IpsecIpv4, ip("10.1.1.1"), ip("10.3.3.3")};
  EXPECT_THAT(steps(first_example(), changed),
              ElementsAre(StopTunnel{0}, SetDelivery{0, delivery(), to}, StartTunnel{0}));
}

TEST(Plan, OtherDeliveryPacketsLeaveTheTunnelRunning) {
  auto changed = first_example();
  changed.tunnels[0].ttl = 64;
  auto to = delivery();
  to.ttl = 64;
  EXPECT_THAT(steps(first_example(), changed), ElementsAre(SetDelivery{0, delivery(), to}));
}

TEST(Plan, NewProfileUpdatesThePolicyAlone) {
  auto changed = first_example();
  changed.ipsec_profiles["p"].transforms[1] = {};
  changed.tunnels[0].protection->profile = "p";
  EXPECT_THAT(steps(first_example(), changed), ElementsAre(UpdateTunnel{0}));
}

TEST(Plan, NewKeyUpdatesThePolicyAlone) {
  auto changed = first_example();
  changed.isakmp_keys[0].key = secret("another");
  EXPECT_THAT(steps(first_example(), changed), ElementsAre(UpdateTunnel{0}));
}

TEST(Plan, DescriptionAndMtuLeaveTheTunnelRunning) {
  auto changed = first_example();
  changed.tunnels[0].description = "to branch";
  changed.tunnels[0].mtu = 1400;
  EXPECT_THAT(steps(first_example(), changed),
              ElementsAre(SetDescription{0, "", "to branch"}, SetMtu{0, std::nullopt, 1400U}));
}

TEST(Plan, ShutdownStopsAndTakesDown) {
  auto changed = first_example();
  changed.tunnels[0].shutdown = true;
  EXPECT_THAT(steps(first_example(), changed), ElementsAre(StopTunnel{0}, SetLinkUp{0, false}));
  EXPECT_THAT(steps(changed, first_example()), ElementsAre(SetLinkUp{0, true}, StartTunnel{0}));
}

TEST(Plan, Ipv6EnableMakesTheLinkLocalAddressAndOnlyIt) {
  auto changed = first_example();
  changed.tunnels[0].ipv6_enable = true;
  EXPECT_THAT(steps(first_example(), changed), ElementsAre(AddAddress{0, prefix("fe80::7/64")}));
  EXPECT_THAT(steps(changed, first_example()), ElementsAre(RemoveAddress{0, prefix("fe80::7/64")}));
}

TEST(Plan, AddressMovesFromTunnelToTunnel) {
  Config before;
  Config after;
  before.tunnels[1].ip_addresses = {prefix("192.0.2.1/30")};
  before.tunnels[2];
  after.tunnels[1];
  after.tunnels[2].ip_addresses = {prefix("192.0.2.1/30")};
  EXPECT_THAT(steps(before, after),
              ElementsAre(RemoveAddress{1, prefix("192.0.2.1/30")}, AddAddress{2, prefix("192.0.2.1/30")}));
}

TEST(Plan, ReversedTwiceIsTheSame) {
  auto there = first_example();
  there.tunnels[0].description = "x";
  there.tunnels[0].mtu = 1300;
  for (const auto& all : {steps({}, there), steps(there, {})})
    for (const auto& step : all)
      if (!std::holds_alternative<UpdateTunnel>(step)) {
        EXPECT_EQ(reverse(reverse(step)), step);
      }
}

TEST(CarryOut, FailureUndoesTheStepsBeforeItLastFirst) {
  const Steps three{CreateLink{0}, AddAddress{0, prefix("192.0.2.1/30")}, SetLinkUp{0, true}};
  Steps done;
  const Config from;
  const auto to = first_example();
  const auto execute = [&](const Step& step, const Config& towards) -> Result<void, std::string> {
    if (step == Step(SetLinkUp{0, true})) return Error{std::string("no")};
    EXPECT_EQ(&towards, done.size() < 2 ? &to : &from);
    done.push_back(step);
    return {};
  };
  const auto result = carry_out(three, from, to, execute, [](const std::string&) { ADD_FAILURE(); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "no");
  EXPECT_THAT(done, ElementsAre(three[0], three[1], RemoveAddress{0, prefix("192.0.2.1/30")}, DeleteLink{0}));
}

TEST(CarryOut, OutOfMemoryIsAFailure) {
  const Steps two{CreateLink{0}, SetLinkUp{0, true}};
  Steps done;
  const auto execute = [&](const Step& step, const Config&) -> Result<void, std::string> {
    if (step == Step(SetLinkUp{0, true})) throw std::bad_alloc();
    done.push_back(step);
    return {};
  };
  const auto result = carry_out(two, {}, {}, execute, [](const std::string&) { ADD_FAILURE(); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "out of memory");
  EXPECT_THAT(done, ElementsAre(two[0], DeleteLink{0}));
}

TEST(CarryOut, FailureToUndoIsReportedAndTheRestUndone) {
  const Steps two{CreateLink{0}, SetMtu{0, {}, 1400U}, SetLinkUp{0, true}};
  int undone = 0;
  const auto execute = [&](const Step& step, const Config&) -> Result<void, std::string> {
    if (step == two[2] || step == Step(SetMtu{0, 1400U, {}})) return Error{std::string("no")};
    if (step == Step(DeleteLink{0})) ++undone;
    return {};
  };
  int reported = 0;
  EXPECT_FALSE(carry_out(two, {}, {}, execute, [&](const std::string&) { ++reported; }));
  EXPECT_EQ(reported, 1);
  EXPECT_EQ(undone, 1);
}

TEST(RoutePlan, RemovesWhatIsNotWantedAndAddsWhatIsMissing) {
  const kernel::Route kept{prefix("192.0.2.0/24"), 3U, 1};
  const kernel::Route stale{prefix("198.51.100.0/24"), 3U, 1};
  const kernel::Route missing{prefix("203.0.113.0/24"), ip("192.0.2.9"), 1};
  const auto changes = plan_routes({{kept, nullptr}, {missing, nullptr}}, {stale, kept});
  EXPECT_THAT(changes.remove, ElementsAre(stale));
  EXPECT_THAT(changes.add, ElementsAre(missing));
}

}  // namespace
}  // namespace awtun::daemon
