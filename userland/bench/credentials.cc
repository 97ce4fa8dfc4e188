// SPDX-License-Identifier: Apache-2.0
#include "userland/bench/credentials.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "userland/bench/suite.h"
#include "userland/tests/pki/authority.h"

namespace awtun::bench {
namespace {

using pki::testing::Wish;

void write(const std::filesystem::path& file, std::string_view text) { std::ofstream(file) << text; }

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Good today: the tests' own are not.
Wish valid_now(Wish wish) {
  const auto now = std::chrono::system_clock::now();
  wish.from = now - std::chrono::hours(24);
  wish.to = now + std::chrono::hours(24);
  return wish;
}

std::string text_of(const Secret& secret) { return {secret.view().begin(), secret.view().end()}; }

std::shared_ptr<const pki::Trustpoint> load(const std::filesystem::path& directory, const std::string& name,
                                            const std::string& key) {
  pki::PemTexts texts;
  texts.authorities = read(directory / "ca.pem");
  texts.certificates = read(directory / (name + ".pem"));
  texts.key = Secret(as_octets(key));
  auto loaded = pki::Trustpoint::load(texts);
  if (!loaded) throw std::runtime_error(name + ": " + loaded.error());
  return *loaded;
}

}  // namespace

void make_credentials(const std::filesystem::path& directory, std::uint32_t spokes) {
  const auto ca = self_signed(valid_now(pki::testing::authority("/O=Bench/CN=CA")), pki::testing::rsa_key());
  write(directory / "ca.pem", ca.pem());
  const auto hub = issue(ca, valid_now(pki::testing::router(kHubName)), pki::testing::rsa_key());
  write(directory / "hub.pem", hub.pem());
  write(directory / "hub.key", text_of(hub.key_pem()));
  const auto key = pki::testing::rsa_key();
  for (std::uint32_t number = 0; number < spokes; ++number) {
    const auto spoke = issue(ca, valid_now(pki::testing::router(spoke_name(number))), key);
    write(directory / (spoke_name(number) + ".pem"), spoke.pem());
    if (number == 0) write(directory / "spoke.key", text_of(spoke.key_pem()));
  }
}

pki::Credentials hub_credentials(const std::filesystem::path& directory) {
  return {{"hub", load(directory, "hub", read(directory / "hub.key"))}};
}

pki::Credentials spoke_credentials(const std::filesystem::path& directory, std::uint32_t spokes) {
  pki::Credentials all;
  const auto key = read(directory / "spoke.key");
  for (std::uint32_t number = 0; number < spokes; ++number)
    all.emplace(spoke_name(number), load(directory, spoke_name(number), key));
  return all;
}

}  // namespace awtun::bench
