// SPDX-License-Identifier: Apache-2.0
// A hub under attack, with Diffie-Hellman that takes its time: who gets in, and how soon. The larger figures
// are attack_bench's.
#include "userland/sim/siege.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace awtun::sim {
namespace {

using namespace std::chrono_literals;

/// Quick to compute, but not on the virtual clock.
SiegeSettings quick() {
  SiegeSettings settings;
  settings.suite = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519);
  return settings;
}

ike::Identity name(unsigned number) {
  return ike::Identity::fqdn("spoke" + std::to_string(number) + ".example.com");
}

Endpoint at(const std::string& network, unsigned host, std::uint16_t port = ike::kIkePort) {
  return {*IpAddress::parse(network + std::to_string(host)), port};
}

class ForgedRequests : public testing::TestWithParam<unsigned> {};

TEST_P(ForgedRequests, InAPeersNameKeepItNotOut) {
  Siege siege(quick());
  const Endpoint peer = at("192.0.2.", 1);
  const auto id = ike::Identity::of(peer.address);
  siege.expect(0, peer.address, id);
  siege.flood(
      GetParam(), [peer] { return peer.address; }, false);
  siege.run_for(1s);
  for (unsigned i = 0; i < 10; ++i) {
    siege.call(peer, id);
    EXPECT_TRUE(siege.run_until([&] { return siege.is_up(peer); }, 3s)) << i;
    siege.run_for(50ms);
  }
  EXPECT_LE(siege.costs().most_ike_sas, 5U + 5U);
  EXPECT_LE(siege.costs().octets_out, siege.costs().octets_in);
}

INSTANTIATE_TEST_SUITE_P(Rates, ForgedRequests, testing::Values(100U, 1000U));

// Whatever is forged besides, the peer behind the forged addresses is told what it waits for.
TEST(Siege, ForgedRequestsFromManyPeersAddressesKeepNobodyOut) {
  Siege siege(quick());
  for (unsigned i = 1; i <= 200; ++i)
    siege.expect(i, at("192.0.2.", i).address, ike::Identity::of(at("192.0.2.", i).address));
  siege.flood(
      1000, [next = 0U]() mutable { return at("192.0.2.", 1 + next++ % 200).address; }, false);
  siege.run_for(2s);
  for (unsigned i = 1; i <= 20; ++i)
    siege.call(at("192.0.2.", i * 10), ike::Identity::of(at("192.0.2.", i * 10).address));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() == 20; }, 3s)) << siege.count_up();
  EXPECT_LE(siege.costs().octets_out, siege.costs().octets_in);
}

// While the first are computed, nothing has been sent yet.
TEST(Siege, ManyForgedRequestsAtOnceBringNoMoreOctetsThanTheyHave) {
  Siege siege(quick());
  std::vector<Bytes> authorities;
  for (std::uint8_t i = 0; i < 32; ++i) authorities.emplace_back(20, i);
  const Endpoint peer = at("192.0.2.", 1);
  siege.expect(0, peer.address, ike::Identity::of(peer.address), std::move(authorities));
  const RequestForm form(quick().suite, wire::GroupId::X25519);
  for (std::uint64_t i = 1; i <= 12; ++i) siege.ask(peer, form.write(i));
  siege.run_for(1s);
  EXPECT_GT(siege.costs().octets_out, 0U);
  EXPECT_LE(siege.costs().octets_out, siege.costs().octets_in + 512U);
}

/// A slow processor: 147 jobs a second.
SiegeSettings slow() {
  SiegeSettings settings = quick();
  settings.key_exchange = std::chrono::microseconds(6800);
  return settings;
}

// Somebody else behind the NAT of a configured peer returns cookies, for more than can be computed.
TEST(Siege, ABusyPortOfAPeersAddressKeepsItNotOut) {
  Siege siege(slow());
  const IpAddress address = at("192.0.2.", 1).address;
  siege.expect(0, address, name(0));
  siege.flood(
      200, [address] { return address; }, true);
  siege.run_for(5s);
  for (std::uint16_t port = 1024; port < 1034; ++port) {
    siege.call({address, port}, name(0));
    EXPECT_TRUE(siege.run_until([&] { return siege.is_up({address, port}); }, 10s)) << port;
  }
}

TEST(Siege, ManyNetworksThatReturnCookiesKeepNotEverybodyOut) {
  Siege siege(slow());
  for (unsigned i = 0; i < 20; ++i) siege.expect(i, std::nullopt, name(i));
  siege.flood(
      1000,
      [next = 0U]() mutable {
        ++next;
        return at("20." + std::to_string(next / 250 % 6) + "." + std::to_string(next % 250) + ".", 1).address;
      },
      true);
  siege.run_for(20s);
  for (unsigned i = 0; i < 20; ++i) siege.call(at("10.1." + std::to_string(i) + ".", 1), name(i));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() >= 1; }, 60s)) << siege.count_up();
}

// All peers lose their IKE SAs at once: what is computed for them is used.
TEST(Siege, WhoComesWhenAllDoIsServedInTurn) {
  constexpr unsigned peers = 1200;
  Siege siege(slow());
  for (unsigned i = 0; i < peers; ++i) siege.expect(i, std::nullopt, name(i));
  for (unsigned i = 0; i < peers; ++i)
    siege.call(at("20." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".", 1), name(i));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() == peers; }, 60s)) << siege.count_up();
  EXPECT_EQ(siege.status().counters.half_open_evicted, 0U);
  EXPECT_EQ(siege.status().counters.jobs_cancelled, 0U);
}

class HeldNetworks : public testing::TestWithParam<std::array<const char*, 2>> {};

TEST_P(HeldNetworks, KeepNoNewPeerOut) {
  const auto networks = GetParam();
  constexpr unsigned newcomers = 20;
  Siege siege(quick());
  for (unsigned i = 0; i < newcomers; ++i) siege.expect(i, std::nullopt, name(i));
  siege.flood(
      200,
      [networks, next = 0U]() mutable {
        ++next;
        return at(networks[next % 2], 1 + next / 2 % 250).address;
      },
      true);
  siege.run_for(27s);
  for (unsigned i = 0; i < newcomers; ++i) siege.call(at("10.1." + std::to_string(i) + ".", 1), name(i));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() == newcomers; }, 3s)) << siege.count_up();
}

INSTANTIATE_TEST_SUITE_P(Of, HeldNetworks,
                         testing::Values(std::array{"198.51.100.", "203.0.113."},
                                         std::array{"2001:db8:1::", "2001:db8:2:3::"}));

TEST(Siege, ManyPeersBehindOneCarriersNatComeUp) {
  Siege siege(quick());
  for (unsigned i = 0; i < 300; ++i) siege.expect(i, std::nullopt, name(i));
  for (unsigned i = 0; i < 300; ++i)
    siege.call(at("100.64.0.", 1 + i % 100, static_cast<std::uint16_t>(1024 + i / 100)), name(i));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() == 300; }, 15s)) << siege.count_up();
}

// Somebody behind the same NAT who returns cookies for what he begins.
TEST(Siege, ABusyNeighbourKeepsNobodyOut) {
  Siege siege(quick());
  for (unsigned i = 0; i < 10; ++i) siege.expect(i, std::nullopt, name(i));
  siege.flood(
      300, [] { return at("100.64.0.", 1).address; }, true);
  siege.run_for(10s);
  for (unsigned i = 0; i < 10; ++i)
    siege.call(at("100.64.0.", 2 + i % 2, static_cast<std::uint16_t>(1024 + i)), name(i));
  EXPECT_TRUE(siege.run_until([&] { return siege.count_up() == 10; }, 3s)) << siege.count_up();
}

}  // namespace
}  // namespace awtun::sim
