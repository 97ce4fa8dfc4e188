// SPDX-License-Identifier: Apache-2.0
// What is negotiated in a measurement, and between whom.
#pragma once

#include <cstdint>
#include <string>

#include "userland/crypto/profile.h"
#include "userland/wire/constants.h"

namespace awtun::bench {

struct Suite {
  const char* name;
  wire::GroupId group;
  AuthMethod authentication;
};

inline constexpr Suite kSuites[] = {
    {"modp2048-psk", wire::GroupId::Modp2048, AuthMethod::PreShare},
    {"x25519-psk", wire::GroupId::X25519, AuthMethod::PreShare},
    {"x25519-rsa", wire::GroupId::X25519, AuthMethod::Certificate},
};

inline constexpr const char* kHubName = "hub.bench.example.com";
inline std::string spoke_name(std::uint32_t number) {
  return "s" + std::to_string(number) + ".bench.example.com";
}

}  // namespace awtun::bench
