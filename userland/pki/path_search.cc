// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/path_search.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <tuple>

#include "userland/crypto/openssl.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;

// Who sends certificates is not authenticated yet: so much work may it cause.
constexpr std::size_t kMaxSignatures = 64;
constexpr std::size_t kMaxPaths = 16;
constexpr std::size_t kMaxSteps = 2000;

bool same(const Certificate& one, const Certificate& other) {
  return X509_cmp(one.handle(), other.handle()) == 0;
}

bool contains(std::span<const Certificate> all, const Certificate& one) {
  return std::any_of(all.begin(), all.end(), [&](const Certificate& other) { return same(one, other); });
}

/// Of one CA: a path that comes to it twice has a circle.
bool same_holder(const Certificate& one, const Certificate& other) {
  return X509_NAME_cmp(X509_get_subject_name(one.handle()), X509_get_subject_name(other.handle())) == 0 &&
         EVP_PKEY_eq(X509_get0_pubkey(one.handle()), X509_get0_pubkey(other.handle())) == 1;
}

bool in_date(const Certificate& certificate, WallClock now) { return !date_objection(certificate, now); }

/// The certificate names this key as its issuer's, or none. Only a hint: CAs err, and a CA with several
/// certificates is named by one of them.
bool fits_key_identifier(const Certificate& certificate, const Certificate& issuer) {
  return X509_check_issued(issuer.handle(), certificate.handle()) == X509_V_OK;
}

}  // namespace

PathSearch::PathSearch(std::span<const Certificate> authorities, std::span<const Certificate> others,
                       WallClock now)
    : now_(now) {
  know(authorities);
  trusted_ = known_.size();
  know(others);
}

void PathSearch::know(std::span<const Certificate> certificates) {
  for (const Certificate& one : certificates)
    if (!contains(known_, one)) known_.push_back(one);
}

bool PathSearch::is_trusted(const Certificate& certificate) const {
  return contains(std::span(known_).first(trusted_), certificate);
}

std::vector<Certificate> PathSearch::named(const X509_NAME* subject) const {
  std::vector<Certificate> found;
  for (const Certificate& one : known_)
    if (X509_NAME_cmp(X509_get_subject_name(one.handle()), subject) == 0) found.push_back(one);
  return found;
}

bool PathSearch::has_signed(const Certificate& issuer, const Certificate& certificate) {
  return signatures_++ < kMaxSignatures && issuer.has_signed(certificate);
}

/// A single one is not verified here, nor is the best of several that all have not signed: the verdict on the
/// path will be that a signature is wrong.
std::vector<Certificate> PathSearch::find_issuers(const Certificate& certificate) {
  auto issuers = named(X509_get_issuer_name(certificate.handle()));
  const auto merit = [&](const Certificate& issuer) {
    return std::tuple(fits_key_identifier(certificate, issuer), in_date(issuer, now_), is_trusted(issuer));
  };
  std::stable_sort(issuers.begin(), issuers.end(),
                   [&](const Certificate& a, const Certificate& b) { return merit(a) > merit(b); });
  if (issuers.size() <= 1) return issuers;
  std::vector<Certificate> signers;
  for (const Certificate& issuer : issuers)
    if (has_signed(issuer, certificate)) signers.push_back(issuer);
  if (signers.empty()) signers.push_back(issuers.front());
  return signers;
}

const std::vector<Certificate>& PathSearch::issuers_of(const Certificate& certificate) {
  const auto known = issuers_.find(certificate.handle());
  if (known != issuers_.end()) return known->second;
  return issuers_[certificate.handle()] = find_issuers(certificate);
}

/// True: the search is over.
bool PathSearch::extend(Path& path, const std::function<bool(const Path&)>& visit) {
  if (++steps_ > kMaxSteps) return true;
  if (is_trusted(path.back())) return ++paths_ > kMaxPaths || visit(path);
  if (path.size() > kMaxDepth + 1) return false;
  for (const Certificate& issuer : issuers_of(path.back())) {
    if (std::any_of(path.begin(), path.end(), [&](const auto& one) { return same_holder(one, issuer); }))
      continue;
    path.push_back(issuer);
    const bool done = extend(path, visit);
    path.pop_back();
    if (done) return true;
  }
  return false;
}

void PathSearch::each_path(const Certificate& from, const std::function<bool(const Path&)>& visit) {
  const ErrorScope errors;
  Path path{from};
  extend(path, visit);
}

}  // namespace awtun::pki
