// SPDX-License-Identifier: Apache-2.0
// What an attack costs the attacked: one hub in the simulator, on its virtual clock, so the figures but for
// memory and the longest step are the same on every machine.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "userland/sim/siege.h"

namespace awtun::bench {
namespace {

using namespace std::chrono_literals;
using sim::Siege;

constexpr ike::Duration kPeersLimit{3000};

IpAddress numbered(std::string_view network, unsigned host) {
  return *IpAddress::parse(std::string(network) + std::to_string(host));
}

ike::Identity named(unsigned number) {
  return ike::Identity::fqdn("spoke" + std::to_string(number) + ".example.com");
}

void print_costs(const Siege& siege) {
  const Siege::Costs& costs = siege.costs();
  std::printf("; %zu IKE SAs and %.1f MB at most, longest step %.2f ms\n", costs.most_ike_sas,
              static_cast<double>(costs.most_heap) / 1e6, costs.longest_step_ms);
  std::fflush(stdout);
}

// ---------------------------------------------------------------- a configured peer

void forged_in_a_peers_name(unsigned rate, unsigned calls) {
  Siege siege({});
  const Endpoint peer{numbered("192.0.2.", 1), ike::kIkePort};
  const auto id = ike::Identity::of(peer.address);
  siege.expect(0, peer.address, id);
  siege.flood(
      rate, [peer] { return peer.address; }, false);
  siege.run_for(2s);
  unsigned succeeded = 0;
  ike::Duration slowest{0};
  for (unsigned i = 0; i < calls; ++i) {
    const auto began = siege.now();
    siege.call(peer, id);
    if (siege.run_until([&] { return siege.is_up(peer); }, kPeersLimit)) ++succeeded;
    slowest = std::max(slowest, siege.now() - began);
    siege.run_for(200ms);
  }
  std::printf("%6u forged IKE_SA_INIT/s in a peer's name: %u of %u negotiations within 3 s, slowest %.2f s",
              rate, succeeded, calls, static_cast<double>(slowest.count()) / 1e3);
  print_costs(siege);
}

// ---------------------------------------------------------------- dynamic peers

void two_networks_hold_what_they_can(unsigned rate, unsigned newcomers) {
  Siege siege({});
  for (unsigned i = 0; i < newcomers; ++i) siege.expect(i, std::nullopt, named(i));
  siege.flood(
      rate,
      [next = 0U]() mutable {
        ++next;
        return numbered(next % 2 == 0 ? "198.51.100." : "203.0.113.", 1 + next / 2 % 250);
      },
      true);
  siege.run_for(35s);
  for (unsigned i = 0; i < newcomers; ++i) {
    siege.call({numbered("10.1." + std::to_string(i) + ".", 1), ike::kIkePort}, named(i));
    siege.run_for(200ms);
  }
  static_cast<void>(siege.run_until([&] { return siege.count_up() == newcomers; }, 15s));
  std::printf("%6u IKE_SA_INIT/s with cookies from two networks: %zu of %u new peers served", rate,
              siege.count_up(), newcomers);
  print_costs(siege);
}

void one_network_comes_up(unsigned peers) {
  Siege siege({});
  for (unsigned i = 0; i < peers; ++i) siege.expect(i, std::nullopt, named(i));
  siege.run_for(1s);
  const auto began = siege.now();
  for (unsigned i = 0; i < peers; ++i)
    siege.call({numbered("100.64.0.", 1 + i % 100), static_cast<std::uint16_t>(1024 + i / 100)}, named(i));
  static_cast<void>(siege.run_until([&] { return siege.count_up() == peers; }, 400s));
  std::printf("%u honest peers in one /24: %zu up after %.2f s", peers, siege.count_up(),
              static_cast<double>((siege.now() - began).count()) / 1e3);
  print_costs(siege);
}

// ---------------------------------------------------------------- answers to strangers

struct Kind {
  const char* name;
  /// What to send as number `i`.
  std::function<Bytes(std::uint64_t i)> request;
  std::size_t authorities = 0;
};

wire::Header request_header(wire::ExchangeType exchange, std::uint64_t initiator_spi) {
  wire::Header header;
  header.initiator_spi = initiator_spi;
  header.exchange = exchange;
  header.from_initiator = true;
  return header;
}

Bytes another_version(std::uint64_t spi) {
  Bytes bytes = *wire::write_message(request_header(wire::ExchangeType::IkeSaInit, spi), {});
  bytes[17] = 0x30;
  return bytes;
}

Bytes unknown_ike_sa(std::uint64_t spi) {
  wire::PayloadWriter payloads;
  payloads.raw(wire::PayloadType::Sk, Bytes(32));
  wire::Header header = request_header(wire::ExchangeType::Informational, spi);
  header.responder_spi = spi + 1;
  return *wire::write_message(header, payloads);
}

Bytes unknown_critical(std::uint64_t spi) {
  wire::PayloadWriter payloads;
  payloads.raw(static_cast<wire::PayloadType>(200), {}, true);
  payloads.sa(wire::Proposal{1, wire::ProtocolId::Ike, {}, {wire::Transform::group(wire::GroupId::X25519)}});
  payloads.ke(wire::GroupId::X25519, Bytes(32, 9));
  payloads.nonce(Bytes(16, 1));
  return *wire::write_message(request_header(wire::ExchangeType::IkeSaInit, spi), payloads);
}

std::vector<Kind> kinds() {
  const crypto::IkeSuite ours = sim::SiegeSettings().suite;
  const sim::RequestForm good(ours, wire::GroupId::Modp2048);
  const sim::RequestForm group(ours, wire::GroupId::X25519);
  const sim::RequestForm offer(*crypto::ike_suite("aes128", "sha1", crypto::GroupId::X25519),
                               wire::GroupId::X25519);
  return {
      {"INVALID_MAJOR_VERSION", another_version},
      {"INVALID_IKE_SPI with a token", unknown_ike_sa},
      {"UNSUPPORTED_CRITICAL_PAYLOAD", unknown_critical},
      {"INVALID_KE_PAYLOAD", [group](std::uint64_t i) { return group.write(i); }},
      {"NO_PROPOSAL_CHOSEN", [offer](std::uint64_t i) { return offer.write(i); }},
      {"IKE_SA_INIT, others each time", [good](std::uint64_t i) { return good.write(i); }},
      {"IKE_SA_INIT, repeated", [good](std::uint64_t) { return good.write(1); }},
      {"IKE_SA_INIT, repeated, 32 CAs", [good](std::uint64_t) { return good.write(1); }, 32},
  };
}

void answers_to_strangers(unsigned requests) {
  std::printf("octets out per octet in, %u requests in a peer's name:\n", requests);
  for (const Kind& kind : kinds()) {
    Siege siege({});
    const IpAddress peer = numbered("192.0.2.", 1);
    std::vector<Bytes> authorities;
    for (std::size_t i = 0; i < kind.authorities; ++i)
      authorities.emplace_back(20, static_cast<std::uint8_t>(i));
    siege.expect(0, peer, ike::Identity::of(peer), std::move(authorities));
    for (std::uint64_t i = 1; i <= requests; ++i) {
      static_cast<void>(siege.ask({peer, ike::kIkePort}, kind.request(i)));
      siege.run_for(10ms);
    }
    const Siege::Costs& costs = siege.costs();
    std::printf("  %-30s  %8llu / %8llu = %.2f\n", kind.name,
                static_cast<unsigned long long>(costs.octets_out),
                static_cast<unsigned long long>(costs.octets_in),
                static_cast<double>(costs.octets_out) / static_cast<double>(costs.octets_in));
    std::fflush(stdout);
  }
}

int main(int argc, char** argv) {
  CLI::App app("Cost of attacks on IKE, in the simulator.");
  unsigned calls = 50;
  app.add_option("--calls", calls, "Negotiations under each flood")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  for (const unsigned rate : {100U, 1000U, 10000U}) forged_in_a_peers_name(rate, calls);
  for (const unsigned rate : {20U, 200U, 2000U}) two_networks_hold_what_they_can(rate, 55);
  one_network_comes_up(300);
  answers_to_strangers(1000);
  return 0;
}

}  // namespace
}  // namespace awtun::bench

int main(int argc, char** argv) { return awtun::bench::main(argc, argv); }
