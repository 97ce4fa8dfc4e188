// SPDX-License-Identifier: Apache-2.0
// The policy of a tunnel, as the engine gets it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/base/traffic.h"
#include "userland/crypto/profile.h"
#include "userland/ike/identity.h"

namespace awtun::ike {

/// N of tunnelN: the name by which commands, policies and SAs refer to one another.
using TunnelId = std::uint32_t;

/// Authentication by certificate. The engine holds no private key and reads no certificate: it has
/// both done by jobs that name the trustpoint.
struct CertificatePolicy {
  std::string trustpoint;
  /// SHA-1 of each trust anchor's SubjectPublicKeyInfo, 20 octets each, for CERTREQ (RFC 7296 3.7).
  std::vector<Bytes> authorities;

  bool operator==(const CertificatePolicy&) const = default;
};

/// All that the engine needs to know of one tunnel interface. Handing over a policy with a
/// different address, identity, key, trustpoint or way to authenticate restarts the tunnel; other changes
/// apply to the next SA.
struct TunnelPolicy {
  TunnelId tunnel = 0;
  IpAddress local;
  /// nullopt: from any address; only the peer initiates, and its identity selects the tunnel.
  std::optional<IpAddress> remote;
  Identity local_id;
  Identity remote_id;
  /// nullopt: no `crypto isakmp key` matches the peer; that is a reportable failure, not an error.
  std::optional<Secret> preshared_key;
  /// nullopt: no trustpoint. The profile says which end authenticates by which method.
  std::optional<CertificatePolicy> certificate;
  /// Ask for, and accept, transport mode alone (RFC 7296 1.3.1): for GRE and L2TPv3.
  bool transport_mode = false;
  IsakmpProfile isakmp = default_isakmp_profile();
  IpsecProfile ipsec = default_ipsec_profile();
  std::vector<TrafficSelector> local_selectors{TrafficSelector::any(Family::V4),
                                               TrafficSelector::any(Family::V6)};
  std::vector<TrafficSelector> remote_selectors{TrafficSelector::any(Family::V4),
                                                TrafficSelector::any(Family::V6)};

  bool operator==(const TunnelPolicy&) const = default;
};

}  // namespace awtun::ike
