// SPDX-License-Identifier: Apache-2.0
// The ways from a certificate to a trusted CA (RFC 4158). OpenSSL follows one issuer of each certificate
// only, and so misses the way where a CA has several certificates or several CAs have one name. Internal to
// this folder.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "userland/pki/certificate.h"
#include "userland/pki/path.h"

namespace awtun::pki {

/// Finds paths by names and, where a name is not enough, by signatures; whether one is valid is for others to
/// judge. The work of one search, over all its calls, is bounded.
class PathSearch {
 public:
  /// The CAs `authorities` end a path; `others`, whoever sent them, may be on it.
  PathSearch(std::span<const Certificate> authorities, std::span<const Certificate> others, WallClock now);

  /// Shows `visit` one path after the other, the most promising first, until it returns true. `from` must
  /// outlive the search.
  void each_path(const Certificate& from, const std::function<bool(const Path&)>& visit);

  /// Every certificate with this subject, the trusted ones first.
  [[nodiscard]] std::vector<Certificate> named(const X509_NAME* subject) const;

 private:
  bool extend(Path& path, const std::function<bool(const Path&)>& visit);
  const std::vector<Certificate>& issuers_of(const Certificate& certificate);
  [[nodiscard]] std::vector<Certificate> find_issuers(const Certificate& certificate);
  bool has_signed(const Certificate& issuer, const Certificate& certificate);
  void know(std::span<const Certificate> certificates);
  [[nodiscard]] bool is_trusted(const Certificate& certificate) const;

  std::vector<Certificate> known_;  ///< the trusted ones first, each once
  std::size_t trusted_ = 0;         ///< so many of them
  WallClock now_;
  std::map<const X509*, std::vector<Certificate>> issuers_;  ///< found so far
  std::size_t signatures_ = 0;                               ///< verified so far
  std::size_t steps_ = 0;
  std::size_t paths_ = 0;
};

}  // namespace awtun::pki
