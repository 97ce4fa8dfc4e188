// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/show/cut_off.h"

#include <gtest/gtest.h>

#include "userland/daemon/show/peer_views.h"
#include "userland/daemon/show/sa_views.h"
#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

using Ike = ike::IkeSaStatus::State;
using Child = ike::ChildSaStatus::State;

/// A tunnel with an IKE SA and a Child SA in these states.
ike::Status with(Ike ike_state, Child child_state) {
  ike::Status status;
  ike::IkeSaStatus sa{};
  sa.state = ike_state;
  sa.local = {ip("10.1.1.1"), 500};
  sa.remote = {ip("10.2.2.2"), 500};
  status.ike_sas.push_back(sa);
  ike::ChildSaStatus made{};
  made.state = child_state;
  status.child_sas.push_back(made);
  ike::PeerStatus peer{};
  peer.local = sa.local.address;
  peer.remote = sa.remote.address;
  status.peers.push_back(peer);
  return status;
}

ike::Status cut_off(ike::Status status, PathState path) {
  mark_cut_off(status, [path](const IpAddress& local, const IpAddress& remote) {
    return local == ip("10.1.1.1") && remote == ip("10.2.2.2") ? path : PathState::Open;
  });
  return status;
}

TEST(CutOff, SasThatAreUpAreSo) {
  for (const Ike state : {Ike::Established, Ike::Rekeying}) {
    const auto gone = cut_off(with(state, Child::Installed), PathState::NoAddress);
    EXPECT_EQ(gone.ike_sas[0].state, Ike::NoAddress);
    EXPECT_EQ(gone.child_sas[0].state, Child::NoAddress);
    EXPECT_FALSE(gone.ike_sas[0].is_up());
    EXPECT_FALSE(gone.child_sas[0].is_up());
    const auto astray = cut_off(with(state, Child::Rekeying), PathState::NoRoute);
    EXPECT_EQ(astray.ike_sas[0].state, Ike::NoRoute);
    EXPECT_EQ(astray.child_sas[0].state, Child::NoRoute);
    EXPECT_FALSE(astray.ike_sas[0].is_up());
    EXPECT_FALSE(astray.child_sas[0].is_up());
  }
}

TEST(CutOff, OthersStayWhatTheyAre) {
  const auto going = cut_off(with(Ike::Deleting, Child::Replaced), PathState::NoAddress);
  EXPECT_EQ(going.ike_sas[0].state, Ike::Deleting);
  EXPECT_EQ(going.child_sas[0].state, Child::Replaced);
  const auto open = cut_off(with(Ike::Established, Child::Installed), PathState::Open);
  EXPECT_TRUE(open.ike_sas[0].is_up());
  EXPECT_TRUE(open.child_sas[0].is_up());
}

TEST(CutOff, IsAskedForOnce) {
  auto status = with(Ike::Established, Child::Installed);
  status.ike_sas.push_back(status.ike_sas[0]);
  int asked = 0;
  mark_cut_off(status, [&](const IpAddress&, const IpAddress&) {
    ++asked;
    return PathState::Open;
  });
  EXPECT_EQ(asked, 1);
}

TEST(CutOff, IsToldInTheViews) {
  const auto status = cut_off(with(Ike::Established, Child::Installed), PathState::NoAddress);
  EXPECT_EQ(isakmp_sa_view(status, {}, std::nullopt)["sas"][0]["state"], "No address");
  EXPECT_EQ(ipsec_sa_view(status, {}, {}, {}, std::nullopt)["sas"][0]["state"], "No address");
  const auto brief = isakmp_sa_brief_view(first_example(), status, {});
  EXPECT_EQ(brief["tunnels"][0]["state"], "No address");
  EXPECT_EQ(brief["up"], 0);
  const auto astray = cut_off(with(Ike::Established, Child::Installed), PathState::NoRoute);
  EXPECT_EQ(isakmp_sa_view(astray, {}, std::nullopt)["sas"][0]["state"], "No route");
  EXPECT_EQ(ipsec_sa_brief_view(first_example(), astray, {})["tunnels"][0]["state"], "No route");
}

TEST(CutOff, OfASourceInterfaceIsToldWithoutAnSa) {
  auto config = first_example();
  config.tunnels.at(0).source.reset();
  config.tunnels.at(0).source_interface = "wan";
  EXPECT_EQ(isakmp_sa_brief_view(config, {}, {})["tunnels"][0]["state"], "No address");
  EXPECT_EQ(isakmp_peer_view(config, {}, {})["peers"][0]["state"], "No address");
}

TEST(PathProbe, KnowsOwnAddressesAndRoutes) {
  EXPECT_EQ(probe_path(ip("127.0.0.1"), ip("127.0.0.1")), PathState::Open);
  EXPECT_EQ(probe_path(ip("127.9.9.9"), ip("127.0.0.1")), PathState::Open) << "it is local by a route";
  EXPECT_EQ(probe_path(ip("192.0.2.1"), ip("127.0.0.1")), PathState::NoAddress);
}

}  // namespace
}  // namespace awtun::daemon
