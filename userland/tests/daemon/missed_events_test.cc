// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/missed_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace awtun::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

constexpr ike::TunnelId kTunnel = 3;
constexpr std::uint32_t kIfindex = 7;
constexpr kernel::SaName kIn{kIfindex, Direction::In, 0x1111};
constexpr kernel::SaName kOut{kIfindex, Direction::Out, 0x2222};

/// A tunnel with one Child SA.
class MissedEvents : public testing::Test {
 protected:
  MissedEvents() {
    tunnels.insert(kTunnel, {kIfindex, 1400});
    status.child_sas.emplace_back();
    status.child_sas[0].tunnel = kTunnel;
    status.child_sas[0].state = ike::ChildSaStatus::State::Installed;
    status.child_sas[0].inbound_spi = kIn.spi;
    status.child_sas[0].outbound_spi = kOut.spi;
    in.name = kIn;
    out.name = kOut;
  }
  [[nodiscard]] std::vector<kernel::Event> missed(const std::vector<kernel::SaState>& sas) const {
    return missed_events(sas, status, tunnels);
  }

  TunnelTable tunnels;
  ike::Status status;
  kernel::SaState in;
  kernel::SaState out;
};

TEST_F(MissedEvents, WhereAllIsWellTheTransportsAloneAreHandedOverAgain) {
  EXPECT_THAT(missed({in, out}), ElementsAre(kernel::Event(kernel::TransportLost{})));
}

TEST_F(MissedEvents, AKernelThatSendsByNoSaIsThatOfAClone) {
  EXPECT_THAT(missed({in}), ElementsAre(kernel::Event(kernel::VmForked{})));
  EXPECT_THAT(missed({}), ElementsAre(kernel::Event(kernel::VmForked{})));
}

TEST_F(MissedEvents, WhileAllChildSasAreBeingDeletedNoSaToSendByIsMissing) {
  status.child_sas[0].state = ike::ChildSaStatus::State::Replaced;
  EXPECT_THAT(missed({in}), ElementsAre(kernel::Event(kernel::TransportLost{})));
  status.child_sas.push_back(status.child_sas[0]);
  status.child_sas[1].state = ike::ChildSaStatus::State::Rekeying;
  EXPECT_THAT(missed({in}), ElementsAre(kernel::Event(kernel::VmForked{})));
}

TEST_F(MissedEvents, WithoutAChildSaThereIsNothingToSendBy) {
  status.child_sas.clear();
  EXPECT_THAT(missed({}), ElementsAre(kernel::Event(kernel::TransportLost{})));
}

TEST_F(MissedEvents, AnSaThatHasReachedItsLimitIsReportedAgain) {
  const auto reached = [](const kernel::SaName& sa, bool hard) {
    return Contains(kernel::Event(kernel::SaLimitReached{sa, hard}));
  };
  out.sequence = 0xbfffffff;
  EXPECT_THAT(missed({out}), Not(reached(kOut, false)));
  out.sequence = 0xc0000000;
  EXPECT_THAT(missed({out}), reached(kOut, false));
  out.sequence = 0xffffffff;
  EXPECT_THAT(missed({out}), reached(kOut, true));
  out.esn = true;
  EXPECT_THAT(missed({out}), Not(reached(kOut, true)));
  in.expired = true;
  EXPECT_THAT(missed({in, out}), reached(kIn, true));
}

TEST_F(MissedEvents, WhereAPeerHasMovedIsReportedAgain) {
  const Endpoint there{*IpAddress::parse("192.0.2.9"), 61000};
  out.remote = there.address;
  EXPECT_EQ(missed({out}).size(), 1U) << "not in UDP";
  out.udp = kernel::UdpPorts{4500, there.port};
  EXPECT_THAT(missed({out}), Contains(kernel::Event(kernel::PeerMoved{kIn, there})));
  out.name.spi = 0x3333;
  EXPECT_EQ(missed({out}).size(), 1U) << "IKE knows it no more";
}

}  // namespace
}  // namespace awtun::daemon
