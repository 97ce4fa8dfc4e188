// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/revocation.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <tuple>

#include "userland/crypto/openssl.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Scope = Handle<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using Points = Handle<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using Number = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;

/// So many pairs of list and key are tried of which one is the peer's.
constexpr std::size_t kMaxSentSignatures = 64;

/// A set of ReasonFlags (RFC 5280 4.2.1.13).
using Reasons = unsigned;
constexpr int kFirstReason = 1;
constexpr int kLastReason = 8;
constexpr Reasons kAllReasons = 0x1fe;

Reasons reasons_of(const ASN1_BIT_STRING* flags) {
  if (flags == nullptr) return kAllReasons;
  Reasons reasons = 0;
  for (int i = kFirstReason; i <= kLastReason; ++i)
    if (ASN1_BIT_STRING_get_bit(flags, i) != 0) reasons |= 1U << static_cast<unsigned>(i);
  return reasons;
}

bool same_name(const X509_NAME* one, const X509_NAME* other) { return X509_NAME_cmp(one, other) == 0; }

const X509_NAME* first_directory_name(const GENERAL_NAMES* names) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i)
    if (const auto* name = sk_GENERAL_NAME_value(names, i); name->type == GEN_DIRNAME)
      return name->d.directoryName;
  return nullptr;
}

bool has_directory_name(const GENERAL_NAMES* names, const X509_NAME* wanted) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i)
    if (const auto* name = sk_GENERAL_NAME_value(names, i);
        name->type == GEN_DIRNAME && same_name(name->d.directoryName, wanted))
      return true;
  return false;
}

bool have_one_in_common(const GENERAL_NAMES* ours, const GENERAL_NAMES* theirs) {
  for (int i = 0; i < sk_GENERAL_NAME_num(ours); ++i)
    for (int j = 0; j < sk_GENERAL_NAME_num(theirs); ++j)
      if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(ours, i), sk_GENERAL_NAME_value(theirs, j)) == 0)
        return true;
  return false;
}

/// A relative name has been made a whole one: see DIST_POINT_set_dpname().
constexpr int kRelativeName = 1;

bool is_named(const DIST_POINT_NAME* point, const X509_NAME* name) {
  if (point->type == kRelativeName) return point->dpname && same_name(point->dpname, name);
  return has_directory_name(point->name.fullname, name);
}

bool same_point(const DIST_POINT_NAME* one, const DIST_POINT_NAME* other) {
  if (one->type == kRelativeName) return one->dpname && is_named(other, one->dpname);
  if (other->type == kRelativeName) return other->dpname && is_named(one, other->dpname);
  return have_one_in_common(one->name.fullname, other->name.fullname);
}

bool is_authority(const X509* certificate) {
  return (X509_get_extension_flags(const_cast<X509*>(certificate)) & EXFLAG_CA) != 0;
}

bool may_sign_lists(const Certificate& certificate) {
  return (X509_get_key_usage(certificate.handle()) & KU_CRL_SIGN) != 0;
}

}  // namespace

/// A revocation list with what decides whom it is for.
struct RevocationCheck::List {
  RevocationList list;
  X509_CRL* handle;
  bool ours;
  bool supported;
  bool delta;
  Scope scope;  ///< null: all certificates of its issuer
  Bytes scope_octets;
  Number number;  ///< null: none

  List(const RevocationList& read, bool by_us)
      : list(read),
        handle(list.handle()),
        ours(by_us),
        supported(list.is_understood()),
        delta(list.is_delta()),
        scope_octets(list.scope()),
        number(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(handle, NID_crl_number, nullptr, nullptr))) {
    int critical = -1;
    scope.reset(static_cast<ISSUING_DIST_POINT*>(
        X509_CRL_get_ext_d2i(handle, NID_issuing_distribution_point, &critical, nullptr)));
    if (!scope) {
      supported = supported && critical == -1;  // otherwise it is damaged
      return;
    }
    if (scope->distpoint) DIST_POINT_set_dpname(scope->distpoint, issuer());
  }

  [[nodiscard]] const X509_NAME* issuer() const { return X509_CRL_get_issuer(handle); }
  [[nodiscard]] bool is_indirect() const { return scope && scope->indirectCRL > 0; }

  /// For certificates of CAs, or of users, as this one is.
  [[nodiscard]] bool is_for_kind_of(const X509* certificate) const {
    if (!scope) return true;
    return scope->onlyattr <= 0 && !(scope->onlyuser > 0 && is_authority(certificate)) &&
           !(scope->onlyCA > 0 && !is_authority(certificate));
  }

  [[nodiscard]] bool started(std::time_t now) const {
    return X509_cmp_time(X509_CRL_get0_lastUpdate(handle), &now) < 0;
  }
  [[nodiscard]] bool in_date(std::time_t now) const {
    const ASN1_TIME* end = X509_CRL_get0_nextUpdate(handle);
    return started(now) && (end == nullptr || X509_cmp_time(end, &now) > 0);
  }
  [[nodiscard]] bool is_newer_than(const List& other) const {
    const int order =
        ASN1_TIME_compare(X509_CRL_get0_lastUpdate(handle), X509_CRL_get0_lastUpdate(other.handle));
    if (order != 0 || !number) return order > 0;
    return !other.number || ASN1_INTEGER_cmp(number.get(), other.number.get()) > 0;
  }

  /// One of the certificate's distribution points (RFC 5280 6.3.3 (b)) is this list's.
  [[nodiscard]] bool is_at(const DIST_POINT& point, const X509_NAME* certificates_issuer) const {
    const bool of_its_ca = same_name(issuer(), certificates_issuer);
    if (!point.CRLissuer && !of_its_ca) return false;
    if (point.CRLissuer && !has_directory_name(point.CRLissuer, issuer())) return false;
    if (!of_its_ca && !is_indirect()) return false;
    if (!scope || !scope->distpoint) return true;
    if (point.distpoint) return same_point(point.distpoint, scope->distpoint);
    return scope->distpoint->type != kRelativeName && point.CRLissuer &&
           have_one_in_common(scope->distpoint->name.fullname, point.CRLissuer);
  }

  /// For which reasons it tells whether the certificate is revoked; none: it is not for it.
  [[nodiscard]] Reasons covers(X509* certificate) const {
    if (!is_for_kind_of(certificate)) return 0;
    const X509_NAME* const by = X509_get_issuer_name(certificate);
    Reasons reasons = 0;
    // Without a distribution point, the list of its issuer is meant.
    if (same_name(issuer(), by) && (!scope || !scope->distpoint || is_named(scope->distpoint, by)))
      reasons = kAllReasons;
    const Points points(static_cast<CRL_DIST_POINTS*>(
        X509_get_ext_d2i(certificate, NID_crl_distribution_points, nullptr, nullptr)));
    for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
      DIST_POINT* const point = sk_DIST_POINT_value(points.get(), i);
      const X509_NAME* const owner = point->CRLissuer ? first_directory_name(point->CRLissuer) : by;
      if (point->distpoint && owner) DIST_POINT_set_dpname(point->distpoint, owner);
      if (is_at(*point, by)) reasons |= reasons_of(point->reasons);
    }
    return reasons & reasons_of(scope ? scope->onlysomereasons : nullptr);
  }
};

/// A list that is authentic and for the certificate.
struct RevocationCheck::Applied {
  const List* list;
  const X509* key;      ///< of whom has signed it
  Reasons vouches_for;  ///< a certificate that is not in it is good, as far as these go
};

/// Why a certificate is not covered, the nearest miss last.
enum class RevocationCheck::Problem : std::uint8_t {
  NoList,
  Signature,
  NotAllowed,
  Unsupported,
  NotYetValid,
  Expired
};

/// What the lists say of one certificate.
struct RevocationCheck::Status {
  bool revoked = false;
  bool must_be_covered = false;
  Reasons covered = 0;
  Problem problem = Problem::NoList;

  /// Something is in the way of a list of ours.
  void note(Problem other) { problem = std::max(problem, other); }
};

RevocationCheck::RevocationCheck(const Anchors& anchors, std::span<const Certificate> others, WallClock now)
    : now_(now),
      anchors_(anchors),
      ours_(anchors.authorities, anchors.others, now),
      all_(anchors.authorities, others, now) {
  for (const RevocationList& list : anchors.revocation_lists) lists_.emplace_back(list, true);
  for (const RevocationList& list : anchors.sent_lists) lists_.emplace_back(list, false);
}

RevocationCheck::~RevocationCheck() = default;

const char* RevocationCheck::text_of(Problem problem) {
  switch (problem) {
    case Problem::NoList:
      return "no certificate revocation list covers the certificate";
    case Problem::Signature:
      return "the signature of the certificate revocation list does not verify";
    case Problem::NotAllowed:
      return "the CA's key usage does not allow it to sign certificate revocation lists";
    case Problem::Unsupported:
      return "the certificate revocation list has a critical extension that is not supported";
    case Problem::NotYetValid:
      return "the certificate revocation list is not yet valid";
    case Problem::Expired:
      return "the certificate revocation list has expired";
  }
  return "";
}

bool RevocationCheck::has_signed(const Certificate& issuer, const List& list, bool counts) {
  const std::pair<const X509*, const X509_CRL*> pair{issuer.handle(), list.handle};
  if (const auto known = signatures_.find(pair); known != signatures_.end()) return known->second;
  if ((counts || !list.ours) && ++sent_signatures_ > kMaxSentSignatures) return false;
  return signatures_[pair] = issuer.has_signed(list.list);
}

/// The trusted CAs that valid paths lead to. First among what the peer has not sent: there it cannot exhaust
/// the search.
const std::vector<Certificate>& RevocationCheck::anchors_of(const Certificate& issuer) {
  const auto known = anchors_of_.find(issuer.handle());
  if (known != anchors_of_.end()) return known->second;
  std::vector<Certificate> found;
  const auto visit = [&](const Path& path) {
    if (!validity_objection(path, anchors_, now_) && !is_revoked(path)) found.push_back(path.back());
    return false;
  };
  PathSearch(anchors_.authorities, anchors_.others, now_).each_path(issuer, visit);
  all_.each_path(issuer, visit);
  return anchors_of_[issuer.handle()] = std::move(found);
}

/// Who has signed a list that is not signed with the key of the certificate's CA.
RevocationCheck::Signature RevocationCheck::delegate(const List& list, const Certificate& anchor) {
  Signature best;
  const auto consider = [&](const PathSearch& among, bool counts) {
    for (const Certificate& issuer : among.named(list.issuer())) {
      if (!may_sign_lists(issuer) || !has_signed(issuer, list, counts)) continue;
      for (const Certificate& other : anchors_of(issuer)) {
        const bool same = X509_cmp(other.handle(), anchor.handle()) == 0;
        const Signer signer = same ? Signer::SameAnchor : Signer::OtherAnchor;
        if (signer > best.signer) best = {signer, issuer.handle()};
      }
    }
  };
  consider(ours_, false);
  consider(all_, true);
  return best;
}

RevocationCheck::Signature RevocationCheck::signature(const List& list, const Path& path, std::size_t at,
                                                      Delegates delegates) {
  const Certificate& authority = path[std::min(at + 1, path.size() - 1)];
  const bool by_it = same_name(X509_get_subject_name(authority.handle()), list.issuer()) &&
                     has_signed(authority, list, false);
  if (by_it && may_sign_lists(authority)) return {Signer::Issuer, authority.handle()};
  Signature other;
  if (delegates == Delegates::Accepted) other = delegate(list, path.back());
  if (by_it && other.signer == Signer::Nobody) return {Signer::NotAllowed, authority.handle()};
  return other;
}

/// Otherwise it might be asked without end: those who sign lists for a CA are judged by the lists that CAs
/// have signed themselves.
bool RevocationCheck::is_revoked(const Path& path) {
  for (std::size_t at = 0; at < path.size(); ++at)
    if (status(path, at, Delegates::Refused).revoked) return true;
  return false;
}

/// The lists of one scope by one key, the newest first.
void RevocationCheck::read(std::span<const Applied> line, X509* certificate, Status& status) const {
  constexpr int kRevoked = 1;
  constexpr int kRemovedFromList = 2;
  const std::time_t now = std::chrono::system_clock::to_time_t(now_);
  bool released = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const List& list = *line[i].list;
    if (!list.started(now)) {
      if (list.ours) status.note(Problem::NotYetValid);
      continue;
    }
    X509_REVOKED* entry = nullptr;
    const int found = X509_CRL_get0_by_cert(list.handle, &entry, certificate);
    const bool in_date = list.in_date(now);
    released = released || (found == kRemovedFromList && in_date);
    status.revoked = status.revoked || (found == kRevoked && !released);
    if (list.delta) continue;
    if (!in_date) {
      if (list.ours) status.note(Problem::Expired);
      continue;
    }
    status.covered |= line[i].vouches_for;
    const bool last = list.ours || line[i].vouches_for != 0;
    if (last && (i + 1 == line.size() || list.is_newer_than(*line[i + 1].list))) return;
  }
}

/// Whether a list may say something of the certificate; what is in its way is noted.
std::optional<RevocationCheck::Applied> RevocationCheck::applied(const List& list, const Path& path,
                                                                 std::size_t at, Delegates delegates,
                                                                 Status& status) {
  X509* const certificate = path[at].handle();
  const Reasons reasons = list.covers(certificate);
  const bool of_its_ca = list.ours && list.is_for_kind_of(certificate) &&
                         same_name(list.issuer(), X509_get_issuer_name(certificate));
  if (reasons == 0 && !of_its_ca) return std::nullopt;
  const auto [signer, key] = signature(list, path, at, delegates);
  if (list.ours && signer != Signer::OtherAnchor) status.must_be_covered = true;
  if (reasons == 0) return std::nullopt;
  if (signer < Signer::OtherAnchor) {
    if (list.ours) status.note(signer == Signer::Nobody ? Problem::Signature : Problem::NotAllowed);
    return std::nullopt;
  }
  if (!list.supported) {
    if (list.ours) status.note(Problem::Unsupported);
    return std::nullopt;
  }
  const bool vouches = signer == Signer::Issuer || (signer == Signer::SameAnchor && list.ours);
  return Applied{&list, key, vouches ? reasons : 0};
}

RevocationCheck::Status RevocationCheck::status(const Path& path, std::size_t at, Delegates delegates) {
  Status status;
  std::vector<Applied> all;
  for (const List& list : lists_)
    if (const auto one = applied(list, path, at, delegates, status)) all.push_back(*one);
  const auto line = [](const Applied& one) { return std::tie(one.key, one.list->scope_octets); };
  std::stable_sort(all.begin(), all.end(), [&](const Applied& a, const Applied& b) {
    return line(a) != line(b) ? line(a) < line(b) : a.list->is_newer_than(*b.list);
  });
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end =
        std::find_if(begin, all.end(), [&](const auto& one) { return line(one) != line(*begin); });
    read({begin, end}, path[at].handle(), status);
    begin = end;
  }
  return status;
}

std::optional<Refusal> RevocationCheck::objection(const Path& path) {
  const ErrorScope errors;
  std::optional<Refusal> not_covered;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const Status found = status(path, at, Delegates::Accepted);
    const std::string parties = "subject " + path[at].subject() + ", issuer " + path[at].issuer();
    if (found.revoked) return Refusal{RefusalCause::Revoked, "certificate revoked", parties};
    const bool trusted = at + 1 == path.size();
    if (!trusted && !not_covered && found.must_be_covered && found.covered != kAllReasons)
      not_covered =
          Refusal{RefusalCause::RevocationList, text_of(found.problem), parties + ", now " + to_text(now_)};
  }
  return not_covered;
}

}  // namespace awtun::pki
