// SPDX-License-Identifier: Apache-2.0
// ISAKMP and IPsec profiles: what the configuration edits and the engine negotiates.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "userland/crypto/suites.h"

namespace awtun {

enum class AuthMethod : std::uint8_t { PreShare, Certificate };
/// Its word on the command line: "pre-share".
constexpr std::string_view to_string(AuthMethod method) {
  return method == AuthMethod::PreShare ? "pre-share" : "certificate";
}

/// The longest lifetime of an SA that can be configured.
inline constexpr std::chrono::seconds kMaxLifetime = std::chrono::weeks{52};

/// Key: the transform's number, 1-255; lower numbers are preferred.
struct IsakmpProfile {
  static constexpr std::chrono::hours kDefaultLifetime{24};
  static constexpr std::chrono::seconds kDefaultDpdInterval{30};

  std::chrono::seconds lifetime = kDefaultLifetime;
  std::chrono::seconds dpd_interval = kDefaultDpdInterval;
  AuthMethod local_authentication = AuthMethod::PreShare;
  AuthMethod remote_authentication = AuthMethod::PreShare;
  std::map<std::uint8_t, crypto::IkeSuite> transforms;

  bool operator==(const IsakmpProfile&) const = default;
};

struct IpsecProfile {
  static constexpr std::chrono::hours kDefaultLifetime{8};

  std::chrono::seconds lifetime = kDefaultLifetime;
  std::optional<crypto::GroupId> pfs_group;
  std::map<std::uint8_t, crypto::EspSuite> transforms;

  bool operator==(const IpsecProfile&) const = default;
};

/// The default profiles of the manual, with the unsupported 3DES rows in their places.
const IsakmpProfile& default_isakmp_profile();
const IpsecProfile& default_ipsec_profile();

}  // namespace awtun
