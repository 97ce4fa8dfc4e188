// SPDX-License-Identifier: Apache-2.0
// Does a certificate come from one of these CAs, now? (RFC 5280 6) Internal to this folder.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userland/pki/certificate.h"
#include "userland/pki/refusal.h"

namespace awtun::pki {

/// Longest path between a certificate and its CA: so many certificates may be between them.
inline constexpr int kMaxDepth = 5;

using WallClock = std::chrono::system_clock::time_point;

/// The authorities alone are trusted: there is no system store and nothing is fetched. A CA that one of our
/// revocation lists is there for is checked against it, and the list must be in date: see RevocationCheck.
struct Anchors {
  std::span<const Certificate> authorities;
  std::span<const RevocationList> revocation_lists;
  std::span<const Certificate> others = {};         ///< ours, not trusted: intermediate CAs, signers of lists
  std::span<const RevocationList> sent_lists = {};  ///< the peer's
};

/// The certificate first, a trusted CA last.
using Path = std::vector<Certificate>;

/// nullopt: the path is valid, and every key and hash on it has a strength of 112 bits at least. Revocation
/// is not looked at.
[[nodiscard]] std::optional<Refusal> validity_objection(const Path& path, const Anchors& anchors,
                                                        WallClock now);

/// nullopt: there is a valid path on which no certificate is revoked. `others` are the peer's certificates
/// that may be on the way.
[[nodiscard]] std::optional<Refusal> path_objection(const Certificate& certificate,
                                                    std::span<const Certificate> others,
                                                    const Anchors& anchors, WallClock now);

[[nodiscard]] std::string to_text(WallClock now);

/// nullopt: it is in date.
[[nodiscard]] std::optional<Refusal> date_objection(const Certificate& certificate, WallClock now);

/// nullopt: keyUsage and extendedKeyUsage let the certificate sign in IKE (RFC 4945 5.1.3.2, 5.1.3.12;
/// serverAuth and clientAuth are taken too, since CAs seldom know of IPsec's own).
[[nodiscard]] std::optional<Refusal> usage_objection(const Certificate& certificate);

}  // namespace awtun::pki
