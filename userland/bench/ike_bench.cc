// SPDX-License-Identifier: Apache-2.0
// One end of a measurement of handshakes, for tools/bench-ike: a hub that answers, or spokes that ask.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <string>

#include "userland/bench/credentials.h"
#include "userland/bench/speaker.h"
#include "userland/bench/suite.h"
#include "userland/crypto/key_exchange.h"
#include "userland/daemon/drive/jobs.h"

namespace awtun::bench {
namespace {

constexpr std::chrono::seconds kLimit{600};
constexpr std::string_view kPresharedKey = "bench of handshakes";
/// Spokes are spread over 10.64.0.0/10, one a /24, as spokes of the world are.
constexpr std::uint32_t kFirstSpoke = 0x0a400001;
constexpr std::uint32_t kFirstHost = 0xac100001;  // 172.16.0.1

struct Options {
  Suite suite = kSuites[0];
  std::uint32_t tunnels = 100;
  std::uint32_t window = 16;
  std::filesystem::path credentials;
  IpAddress hub = *IpAddress::parse("10.9.0.1");
};

IpAddress ipv4(std::uint32_t address) {
  const std::array octets{static_cast<std::uint8_t>(address >> 24U),
                          static_cast<std::uint8_t>(address >> 16U), static_cast<std::uint8_t>(address >> 8U),
                          static_cast<std::uint8_t>(address)};
  return *IpAddress::from_bytes(octets);
}

IpAddress spoke_address(std::uint32_t number) { return ipv4(kFirstSpoke + (number << 8U)); }

/// The one host behind it.
TrafficSelector spoke_selector(std::uint32_t number) {
  return TrafficSelector::of({ipv4(kFirstHost + number), 32});
}

/// What both ends have in common. No DPD and no rekey within the measurement.
ike::TunnelPolicy policy(const Options& options, std::uint32_t number) {
  ike::TunnelPolicy made;
  made.tunnel = number;
  made.preshared_key = Secret(as_octets(kPresharedKey));
  made.isakmp.transforms = {{1, *crypto::ike_suite("aes256", "sha256", options.suite.group)}};
  made.isakmp.dpd_interval = std::chrono::hours(24);
  made.isakmp.local_authentication = made.isakmp.remote_authentication = options.suite.authentication;
  made.ipsec.transforms = {{1, *crypto::esp_suite("aes256", "sha256")}};
  return made;
}

ike::TunnelPolicy hub_policy(const Options& options, std::uint32_t number,
                             const std::vector<Bytes>& authorities) {
  auto made = policy(options, number);
  made.local = options.hub;
  made.local_id = ike::Identity::fqdn(kHubName);
  made.remote_id = ike::Identity::fqdn(spoke_name(number));
  if (!authorities.empty()) made.certificate = ike::CertificatePolicy{"hub", authorities};
  made.local_selectors = {TrafficSelector::of(*IpPrefix::parse("192.168.0.0/16"))};
  made.remote_selectors = {spoke_selector(number)};
  return made;
}

ike::TunnelPolicy spoke_policy(const Options& options, std::uint32_t number,
                               const std::vector<Bytes>& authorities) {
  auto made = policy(options, number);
  made.local = spoke_address(number);
  made.remote = options.hub;
  made.local_id = ike::Identity::fqdn(spoke_name(number));
  made.remote_id = ike::Identity::fqdn(kHubName);
  if (!authorities.empty()) made.certificate = ike::CertificatePolicy{spoke_name(number), authorities};
  made.local_selectors = {spoke_selector(number)};
  made.remote_selectors = {TrafficSelector::of(*IpPrefix::parse("192.168.0.0/16"))};
  return made;
}

/// Says a word and waits for one: the script measures in between.
void step(const char* word) {
  std::printf("%s\n", word);
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
}

bool is_certified(const Options& options) { return options.suite.authentication == AuthMethod::Certificate; }

/// Of the CA, for CERTREQ.
std::vector<Bytes> authorities_of(const pki::Credentials& credentials) {
  return credentials.empty() ? std::vector<Bytes>() : credentials.begin()->second->authority_hashes();
}

int run_hub(const Options& options) {
  auto credentials = is_certified(options) ? hub_credentials(options.credentials) : pki::Credentials();
  const auto authorities = authorities_of(credentials);
  Speaker hub(std::move(credentials), [] {});
  step("empty");
  for (std::uint32_t number = 0; number < options.tunnels; ++number)
    hub.set_tunnel(hub_policy(options, number, authorities));
  std::printf("ready\n");
  std::fflush(stdout);
  hub.run(kLimit);
  return 0;
}

int run_spokes(const Options& options) {
  auto credentials =
      is_certified(options) ? spoke_credentials(options.credentials, options.tunnels) : pki::Credentials();
  const auto authorities = authorities_of(credentials);
  std::uint32_t begun = 0;
  std::uint32_t up = 0;
  std::function<void()> next;
  Speaker spokes(std::move(credentials), [&] {
    ++up;
    if (up == options.tunnels) return spokes.stop();
    next();
  });
  next = [&] {
    if (begun == options.tunnels) return;
    const auto number = begun++;
    spokes.set_tunnel(spoke_policy(options, number, authorities));
  };
  step("ready");
  for (std::uint32_t i = 0; i < options.window; ++i) next();
  spokes.run(kLimit);
  std::printf("up %u of %u\n", up, options.tunnels);
  std::fflush(stdout);
  return up == options.tunnels ? 0 : 1;
}

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The public key work of a responder's handshake by itself, ms of CPU.
int run_crypto(const Options& options) {
  constexpr int rounds = 300;
  const auto group = options.suite.group;
  const auto fill = [](MutableByteView out) { std::ranges::fill(out, std::uint8_t{0x5a}); };
  const auto peer = crypto::KeyExchange::generate(group, fill);
  if (!peer) return 1;
  const ike::Job exchange =
      ike::KeyExchangeJob{group, Secret(Bytes(crypto::KeyExchange::random_size(group), 0x33)), nullptr,
                          Bytes(peer->public_value().begin(), peer->public_value().end())};
  const bool certified = is_certified(options);
  const auto credentials = certified ? hub_credentials(options.credentials) : pki::Credentials();
  const Bytes octets(200, 1);
  const ike::Job sign = ike::SignJob{"hub", {2}, octets};
  std::optional<ike::Job> verify;
  if (certified) {
    const auto done = std::get<ike::SignDone>(daemon::run_job(sign, credentials));
    verify =
        ike::VerifyJob{"hub", ike::Identity::fqdn(kHubName), done.chain, done.method, done.signature, octets};
  }
  const double before = cpu_ms();
  for (int i = 0; i < rounds; ++i) {
    (void)daemon::run_job(exchange, credentials);
    if (!certified) continue;
    (void)daemon::run_job(sign, credentials);
    (void)daemon::run_job(*verify, credentials);
  }
  std::printf("%.3f\n", (cpu_ms() - before) / rounds);
  return 0;
}

Suite named(const std::string& name) {
  for (const auto& suite : kSuites)
    if (name == suite.name) return suite;
  throw CLI::ValidationError("--suite", "no such suite: " + name);
}

int main(int argc, char** argv) {
  CLI::App app("One end of a measurement of IKE handshakes.");
  app.require_subcommand(1);
  app.fallthrough();
  Options options;
  std::string suite = options.suite.name;
  app.add_option("--suite", suite, "Suite: modp2048-psk, x25519-psk or x25519-rsa");
  app.add_option("--tunnels", options.tunnels, "Number of tunnels")->check(CLI::Range(1, 16000));
  app.add_option("--window", options.window, "Number of concurrent handshakes")->check(CLI::Range(1, 32));
  app.add_option("--credentials", options.credentials, "Directory made by `credentials`");
  auto* hub = app.add_subcommand("hub", "Respond to the spokes");
  auto* spokes = app.add_subcommand("spokes", "Initiate");
  auto* crypto = app.add_subcommand("crypto", "Do only the public key work");
  auto* credentials = app.add_subcommand("credentials", "Make certificates");
  CLI11_PARSE(app, argc, argv);
  options.suite = named(suite);
  if (*hub) return run_hub(options);
  if (*spokes) return run_spokes(options);
  if (*crypto) return run_crypto(options);
  if (*credentials) make_credentials(options.credentials, options.tunnels);
  return 0;
}

}  // namespace
}  // namespace awtun::bench

int main(int argc, char** argv) {
  try {
    return awtun::bench::main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ike_bench: %s\n", error.what());
    return 1;
  }
}
