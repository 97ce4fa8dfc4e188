// SPDX-License-Identifier: Apache-2.0
// Two routers with one tunnel between them, as most tests want it.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "userland/sim/world.h"

namespace awtun::sim {

using namespace std::chrono_literals;

inline constexpr ike::TunnelId kTunnel = 0;
// Of a pair that is not of one kind.
inline constexpr std::size_t kAwiked = 0;
inline constexpr std::size_t kForeign = 1;

/// X25519, so that hundreds of handshakes take a second; the default profile has tests of its own.
inline IsakmpProfile fast_profile() {
  IsakmpProfile profile;
  profile.transforms[1] = *crypto::ike_suite("aes128", "sha256", crypto::GroupId::X25519);
  return profile;
}

struct Pair {
  explicit Pair(std::uint64_t seed, Family family = Family::V4) : world(seed) {
    for (const char* last : {"1", "2"})
      world.add_node(
          *IpAddress::parse((family == Family::V4 ? "10.0.0." : "2001:db8::") + std::string(last)));
  }

  [[nodiscard]] ike::TunnelPolicy policy(std::size_t index, std::string_view key = "ouR4ecret") {
    const IpAddress local = world.node(index).address;
    ike::TunnelPolicy result;
    result.tunnel = kTunnel;
    result.local = local;
    result.remote = world.public_address(1 - index);
    result.local_id = identity(index);
    result.remote_id = identity(1 - index);
    result.preshared_key = Secret(as_octets(key));
    result.transport_mode = transport_mode[index];
    result.certificate = ike::CertificatePolicy{"trust", {}};
    result.isakmp = isakmp;
    result.ipsec = ipsec;
    return result;
  }
  /// Behind a NAT or not, a router is called by its own address unless the test says otherwise.
  [[nodiscard]] ike::Identity identity(std::size_t index) {
    return identities[index].value_or(ike::Identity::of(world.node(index).address));
  }
  void set(std::size_t index, std::string_view key = "ouR4ecret") {
    world.input(index, ike::SetTunnel{policy(index, key)});
  }
  void set_both() {
    set(0);
    set(1);
  }
  [[nodiscard]] ike::Status status(std::size_t index) { return world.node(index).engine.status(); }
  [[nodiscard]] std::optional<ike::Failure> failure(std::size_t index) {
    return status(index).peers.at(0).last_failure;
  }
  [[nodiscard]] bool connected() const { return world.connected(0, 1, kTunnel); }
  bool come_up(Duration limit = 30s) {
    return world.run_while_not([this] { return connected(); }, limit);
  }
  /// Both are configured, the tunnel comes up, and what two attempts at once leave over has time to go.
  bool settle() {
    set_both();
    return settle_as_set();
  }
  /// The same of what has been configured before.
  bool settle_as_set() {
    if (!come_up()) return false;
    world.run_for(20s);
    return true;
  }
  /// One IKE SA and the Child SAs, commonly one, at each end, nothing left over, and they match.
  [[nodiscard]] bool at_rest() {
    for (std::size_t i = 0; i < 2; ++i) {
      const ike::Status now = status(i);
      const auto installed = [](const ike::ChildSaStatus& child) {
        return child.state == ike::ChildSaStatus::State::Installed;
      };
      if (now.ike_sas.size() != 1 || now.child_sas.size() != child_sas ||
          now.ike_sas[0].state != ike::IkeSaStatus::State::Established ||
          !std::ranges::all_of(now.child_sas, installed) ||
          world.node(i).kernel.inbound_count(kTunnel) != child_sas ||
          world.node(i).kernel.outbound_count(kTunnel) != child_sas)
        return false;
    }
    return connected();
  }
  /// The kernels were never asked for anything impossible.
  [[nodiscard]] std::string kernel_errors() {
    std::string text;
    for (std::size_t i = 0; i < 2; ++i) {
      for (const std::string& error : world.node(i).kernel.errors()) text += error + "\n";
      if (!world.node(i).kernel.keys_unique()) text += "a key was installed twice\n";
    }
    return text;
  }

  World world;
  std::size_t child_sas = 1;  ///< at rest
  IsakmpProfile isakmp = fast_profile();
  IpsecProfile ipsec = default_ipsec_profile();
  std::array<bool, 2> transport_mode{};
  std::array<std::optional<ike::Identity>, 2> identities;
};

}  // namespace awtun::sim
