// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/operate.h"

#include <gtest/gtest.h>

#include "userland/tests/daemon/sample.h"

namespace awtun::daemon {
namespace {

using Order = config::Operate::What;

/// Two tunnels: the first is up, the second tries.
class OperateTest : public testing::Test {
 protected:
  OperateTest() {
    config_ = first_example();
    config_.tunnels[5] = config_.tunnels[0];
    config_.tunnels[5].destination = ip("10.3.3.3");
    for (const ike::TunnelId tunnel : {0U, 5U}) {
      ike::PeerStatus peer{};
      peer.tunnel = tunnel;
      status_.peers.push_back(peer);
    }
    ike::IkeSaStatus sa{};
    sa.remote = {ip("10.9.9.9"), 4500};
    status_.ike_sas.push_back(sa);
    status_.child_sas.push_back({});
  }

  /// The tunnels of the inputs of type `Input`.
  template <class Input>
  std::vector<ike::TunnelId> tunnels(const config::Operate& wanted) {
    std::vector<ike::TunnelId> found;
    const auto inputs = inputs_for(wanted, config_, status_);
    if (!inputs) return found;
    for (const auto& input : *inputs)
      if (const auto* one = std::get_if<Input>(&input)) found.push_back(one->tunnel);
    return found;
  }
  std::string error(const config::Operate& wanted) {
    const auto inputs = inputs_for(wanted, config_, status_);
    return inputs ? "" : inputs.error();
  }

  config::Config config_;
  ike::Status status_;
};

using Tunnels = std::vector<ike::TunnelId>;

TEST_F(OperateTest, ClearIsakmpSaIsForAllOrOneOrThoseOfAPeer) {
  EXPECT_EQ(tunnels<ike::ClearSa>({.what = Order::ClearIsakmpSa}), (Tunnels{0, 5}));
  EXPECT_EQ(tunnels<ike::ClearSa>({.what = Order::ClearIsakmpSa, .tunnel = 5}), Tunnels{5});
  EXPECT_EQ(tunnels<ike::ClearSa>({.what = Order::ClearIsakmpSa, .peer = ip("10.3.3.3")}), Tunnels{5});
  EXPECT_EQ(tunnels<ike::ClearSa>({.what = Order::ClearIsakmpSa, .peer = ip("10.9.9.9")}), Tunnels{0});
  EXPECT_EQ(error({.what = Order::ClearIsakmpSa, .peer = ip("10.4.4.4")}), "there is no such peer");
}

TEST_F(OperateTest, IpsecSasAreClearedWhereThereAreSome) {
  EXPECT_EQ(tunnels<ike::ClearChildSa>({.what = Order::ClearIpsecSa}), Tunnels{0});
  EXPECT_EQ(error({.what = Order::ClearIpsecSa, .tunnel = 5}), "tunnel5 has no ISAKMP SA");
  status_.child_sas.clear();
  EXPECT_EQ(error({.what = Order::ClearIpsecSa, .tunnel = 0}), "tunnel0 has no IPsec SA");
}

TEST_F(OperateTest, OneTunnelIsRekeyed) {
  EXPECT_EQ(tunnels<ike::Rekey>({.what = Order::RekeyIpsecSa, .tunnel = 0}), Tunnels{0});
  EXPECT_EQ(tunnels<ike::Rekey>({.what = Order::RekeyIsakmpSa, .tunnel = 0}), Tunnels{0});
  status_.child_sas.clear();
  EXPECT_EQ(error({.what = Order::RekeyIpsecSa, .tunnel = 0}), "tunnel0 has no IPsec SA");
}

TEST_F(OperateTest, CountersAreNotTheEnginesAffair) {
  const auto inputs = inputs_for({.what = Order::ClearIsakmpCounters}, config_, status_);
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->empty());
}

}  // namespace
}  // namespace awtun::daemon
