// SPDX-License-Identifier: Apache-2.0
// Perfect forward secrecy at one end and not, or by another group, at the other.
#include <gtest/gtest.h>

#include <tuple>

#include "userland/sim/rewriter.h"
#include "userland/tests/sim/pair.h"
#include "userland/wire/writer.h"

namespace awtun::sim {
namespace {

using crypto::GroupId;

constexpr std::array kOffAndGroups{GroupId::None, GroupId::Modp2048, GroupId::Modp4096};

class PfsPair {
 public:
  PfsPair(std::uint64_t seed, GroupId ike) : pair(seed) {
    pair.isakmp.transforms = {{1, *crypto::ike_suite("aes128", "sha256", ike)}};
  }
  void configure(std::size_t index, GroupId group) {
    pair.ipsec.pfs_group = group == GroupId::None ? std::nullopt : std::optional(group);
    pair.set(index);
  }
  /// Node `first` begins.
  void come_up(std::array<GroupId, 2> groups, std::size_t first = 0) {
    configure(1 - first, groups[1 - first]);
    pair.world.power(1 - first, false);
    pair.world.run_for(1s);
    pair.world.power(1 - first, true);
    configure(first, groups[first]);
    ASSERT_TRUE(pair.come_up()) << pair.world.trace();
    pair.world.run_for(60s);
    ASSERT_TRUE(pair.at_rest()) << pair.world.trace();
  }
  /// By node `who`; a packet could be sent either way all the time.
  void rekey(std::size_t who) {
    bool always = true;
    pair.world.after_event = [&] { always = always && pair.connected(); };
    pair.world.input(who, ike::Rekey{kTunnel, ike::Rekey::What::ChildSa});
    pair.world.run_for(30s);
    pair.world.after_event = nullptr;
    EXPECT_TRUE(always) << pair.world.trace();
    EXPECT_TRUE(pair.at_rest()) << pair.world.trace();
    EXPECT_EQ(pair.kernel_errors(), "");
  }

  Pair pair;
};

// ---------------------------------------------------------------- every pair of configurations

using Case = std::tuple<GroupId, GroupId, GroupId, std::size_t>;
class PfsOfTwo : public testing::TestWithParam<Case> {};

TEST_P(PfsOfTwo, EitherEndRekeysAndNothingIsLost) {
  const auto [ike, first, second, who] = GetParam();
  const std::array groups{first, second};
  PfsPair two(700, ike);
  ASSERT_NO_FATAL_FAILURE(two.come_up(groups));
  two.rekey(who);
  const GroupId asked = groups[who];
  const GroupId other = groups[1 - who];
  const bool taken = asked == other || asked == ike || (other == GroupId::None);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(two.pair.status(i).child_sas.at(0).pfs, taken ? asked : ike);
    EXPECT_EQ(two.pair.status(i).counters.child_rekeys, 1U);
  }
  EXPECT_EQ(two.pair.status(0).counters.ike_sa_established_as_initiator, 1U);
  EXPECT_FALSE(two.pair.failure(who));
}

INSTANTIATE_TEST_SUITE_P(Of, PfsOfTwo,
                         testing::Combine(testing::Values(GroupId::Modp2048, GroupId::Modp4096,
                                                          GroupId::X25519),
                                          testing::ValuesIn(kOffAndGroups), testing::ValuesIn(kOffAndGroups),
                                          testing::Values(0, 1)));

// ---------------------------------------------------------------- a peer that refuses for good

/// Whatever `sender` asks for by CREATE_CHILD_SA for a Child SA, or for the IKE SA, the other end does not
/// have.
Rewriter::ChangePayloads unknown_algorithms(wire::ProtocolId protocol) {
  return [=](const wire::Header& header, const wire::PayloadChain& chain) {
    if (header.response || header.exchange != wire::ExchangeType::CreateChildSa)
      return std::optional<wire::PayloadWriter>();
    return std::optional(copy_payloads(chain, [=](const wire::PayloadView& payload, wire::PayloadWriter& to) {
      const auto sa = wire::decode_sa(payload);
      if (payload.type != wire::PayloadType::Sa || !sa || (*sa->begin()).protocol != protocol) return false;
      wire::Proposal proposal = (*sa->begin()).copy();
      proposal.transforms.front().id = 1000;
      to.sa(proposal);
      return true;
    }));
  };
}

class PfsRefused : public testing::TestWithParam<std::tuple<std::size_t, wire::ProtocolId>> {
 protected:
  void rekey(ike::Rekey::What what) {
    bool always = true;
    two.pair.world.after_event = [&] { always = always && two.pair.connected(); };
    two.pair.world.input(0, ike::Rekey{kTunnel, what});
    two.pair.world.run_for(30s);
    two.pair.world.after_event = nullptr;
    EXPECT_TRUE(always) << two.pair.world.trace();
  }

  PfsPair two{701, GroupId::X25519};
};

TEST_P(PfsRefused, ANewIkeSaTakesOverBeforeTheOldOneGoes) {
  const auto [first, protocol] = GetParam();
  ASSERT_NO_FATAL_FAILURE(two.come_up({GroupId::None, GroupId::None}, first));
  const ike::IkeSaStatus old = two.pair.status(0).ike_sas.at(0);
  const std::uint32_t child = two.pair.status(0).child_sas.at(0).inbound_spi;
  const Rewriter sender(two.pair.world, 0, unknown_algorithms(protocol));
  rekey(protocol == wire::ProtocolId::Esp ? ike::Rekey::What::ChildSa : ike::Rekey::What::IkeSa);
  EXPECT_TRUE(two.pair.at_rest()) << two.pair.world.trace();
  EXPECT_NE(two.pair.status(0).ike_sas.at(0).initiator_spi, old.initiator_spi);
  EXPECT_NE(two.pair.status(0).child_sas.at(0).inbound_spi, child);
  ASSERT_TRUE(two.pair.failure(0));
  EXPECT_EQ(two.pair.failure(0)->exchange, "CREATE_CHILD_SA");
  EXPECT_EQ(two.pair.failure(0)->refused_by, ike::Side::Peer);
  EXPECT_EQ(two.pair.kernel_errors(), "");
}

INSTANTIATE_TEST_SUITE_P(Of, PfsRefused,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(wire::ProtocolId::Esp, wire::ProtocolId::Ike)));

// Days in which no rekey of either end succeeds.
TEST(PfsRefusedForDays, NothingIsLost) {
  PfsPair two(702, GroupId::X25519);
  ASSERT_NO_FATAL_FAILURE(two.come_up({GroupId::None, GroupId::None}));
  const Rewriter sender(two.pair.world, 0, unknown_algorithms(wire::ProtocolId::Esp));
  bool always = true;
  two.pair.world.after_event = [&] { always = always && two.pair.connected(); };
  two.pair.world.run_for(72h);
  two.pair.world.after_event = nullptr;
  EXPECT_TRUE(always) << two.pair.world.trace();
  EXPECT_EQ(two.pair.kernel_errors(), "");
}

}  // namespace
}  // namespace awtun::sim
