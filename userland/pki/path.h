// SPDX-License-Identifier: Apache-2.0
// Does a certificate come from one of these CAs, now? (RFC 5280 6) Internal to this folder.
#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "userland/pki/certificate.h"
#include "userland/pki/refusal.h"

namespace awtun::pki {

/// Longest path between a certificate and its CA: so many certificates may be between them.
inline constexpr int kMaxDepth = 5;

using WallClock = std::chrono::system_clock::time_point;

/// The anchors alone are trusted: there is no system store and nothing is fetched. A CA that a revocation
/// list is there for is checked against it, and the list must be in date.
struct Anchors {
  std::span<const Certificate> authorities;
  std::span<const RevocationList> revocation_lists;
};

/// nullopt: it does, and every key and hash on the way has a strength of 112 bits at least. `others` are
/// certificates that may be on the way.
[[nodiscard]] std::optional<Refusal> path_objection(const Certificate& certificate,
                                                    std::span<const Certificate> others,
                                                    const Anchors& anchors, WallClock now);

/// nullopt: it is in date.
[[nodiscard]] std::optional<Refusal> date_objection(const Certificate& certificate, WallClock now);

/// nullopt: keyUsage and extendedKeyUsage let the certificate sign in IKE (RFC 4945 5.1.3.2, 5.1.3.12;
/// serverAuth and clientAuth are taken too, since CAs seldom know of IPsec's own).
[[nodiscard]] std::optional<Refusal> usage_objection(const Certificate& certificate);

}  // namespace awtun::pki
