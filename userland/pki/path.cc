// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/path.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "userland/crypto/openssl.h"
#include "userland/pki/path_search.h"
#include "userland/pki/revocation.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using Time = Handle<ASN1_TIME, ASN1_TIME_free>;
using Usages = Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

// The stack is a view: its elements are the certificates' own.
void free_view(STACK_OF(X509) * view) { sk_X509_free(view); }
using View = Handle<STACK_OF(X509), free_view>;

/// 112 bits: RSA 2048, SHA-2.
constexpr int kSecurityLevel = 2;
constexpr int kMinStrength = 112;

Refusal library_failure() {
  return {RefusalCause::Other, "the cryptographic library failed", "while verifying a certificate"};
}

Store store_of(std::span<const Certificate> authorities) {
  Store store(X509_STORE_new());
  if (!store) return store;
  for (const Certificate& authority : authorities)
    if (X509_STORE_add_cert(store.get(), authority.handle()) != 1) return nullptr;
  return store;
}

View view_of(std::span<const Certificate> certificates) {
  View view(sk_X509_new_null());
  for (const Certificate& certificate : certificates)
    if (view && sk_X509_push(view.get(), certificate.handle()) == 0) return nullptr;
  return view;
}

void set_rules(X509_STORE_CTX* context, WallClock now) {
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(now));
  X509_VERIFY_PARAM_set_depth(rules, kMaxDepth);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  // An intermediate CA that the operator accepted is an anchor as a root is.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
}

/// OpenSSL is shown one path and must not leave it for the sake of a key identifier.
int is_next_on_path(X509_STORE_CTX* context, X509* certificate, X509* issuer) {
  const auto& path = *static_cast<const Path*>(X509_STORE_CTX_get_app_data(context));
  for (std::size_t i = 0; i + 1 < path.size(); ++i)
    if (path[i].handle() == certificate) return path[i + 1].handle() == issuer ? 1 : 0;
  return certificate == issuer && path.back().is_self_issued() ? 1 : 0;
}

std::string subjects_of(std::span<const Certificate> authorities) {
  std::string text;
  for (const Certificate& authority : authorities) text += (text.empty() ? "" : ", ") + authority.subject();
  return text.empty() ? "none" : text;
}

/// OpenSSL's verdict in the operator's words. `culprit` is the certificate that it is about.
Refusal explain(int error, X509* culprit, const Anchors& anchors, WallClock now) {
  const std::string subject = one_line(X509_get_subject_name(culprit));
  const std::string issuer = one_line(X509_get_issuer_name(culprit));
  const std::string parties = "subject " + subject + ", issuer " + issuer;
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {RefusalCause::Expired, "certificate expired",
              "subject " + subject + ", valid to " + to_text(X509_get0_notAfter(culprit)) + ", now " +
                  to_text(now)};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {RefusalCause::NotYetValid, "certificate not yet valid",
              "subject " + subject + ", valid from " + to_text(X509_get0_notBefore(culprit)) + ", now " +
                  to_text(now)};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {RefusalCause::UnknownAuthority, "certificate of an unknown CA",
              parties + "; trusted: " + subjects_of(anchors.authorities)};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {RefusalCause::CertificateSignature, "the signature of a certificate does not verify", parties};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {RefusalCause::WeakKey, "a key or hash of the certificate chain is too weak", parties};
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return {RefusalCause::Other, "the certificate chain is too long", parties};
    default:
      return {RefusalCause::Other,
              std::string("the certificate chain does not verify: ") + X509_verify_cert_error_string(error),
              parties};
  }
}

/// Why OpenSSL does not take the certificate; nullopt: it does.
std::optional<Refusal> verdict(X509_STORE* store, const Certificate& certificate,
                               std::span<const Certificate> others, const Path* path, const Anchors& anchors,
                               WallClock now) {
  const ErrorScope errors;
  const View untrusted = view_of(others);
  const StoreContext context(X509_STORE_CTX_new());
  if (!untrusted || !context ||
      X509_STORE_CTX_init(context.get(), store, certificate.handle(), untrusted.get()) != 1)
    return library_failure();
  set_rules(context.get(), now);
  // The callback only reads it.
  X509_STORE_CTX_set_app_data(context.get(), const_cast<Path*>(path));
  if (X509_verify_cert(context.get()) == 1) return std::nullopt;
  X509* culprit = X509_STORE_CTX_get_current_cert(context.get());
  return explain(X509_STORE_CTX_get_error(context.get()), culprit ? culprit : certificate.handle(), anchors,
                 now);
}

std::optional<Refusal> whole_path_objection(const Path& path, const Anchors& anchors, WallClock now) {
  const std::span<const Certificate> all(path);
  const Store store = store_of(all.last(1));
  if (!store) return library_failure();
  X509_STORE_set_check_issued(store.get(), is_next_on_path);
  return verdict(store.get(), path.front(), all.first(all.size() - 1), &path, anchors, now);
}

/// The last step of the path is from a CA's new key to its old one, which is trusted (RFC 4210 4.4), by a
/// certificate that OpenSSL takes for self-signed, since it does not identify the old key: OpenSSL must see
/// it as the end of the path. For what the trusted certificate restricts, it must not be left out.
bool is_link(std::span<const Certificate> path) {
  const ErrorScope errors;
  if (path.size() < 2) return false;
  const Certificate& last = path[path.size() - 2];
  X509* const link = last.handle();
  X509* const anchor = path.back().handle();
  int strength = 0;
  return X509_self_signed(link, 0) == 1 && !last.is_self_signed() &&
         X509_get_signature_info(link, nullptr, nullptr, &strength, nullptr) == 1 &&
         strength >= kMinStrength && X509_get_pathlen(anchor) < 0 &&
         X509_get_ext_by_NID(anchor, NID_name_constraints, -1) < 0 &&
         (X509_get_key_usage(anchor) & KU_KEY_CERT_SIGN) != 0 && path.back().has_signed(last);
}

/// Where the way ends, OpenSSL says.
Refusal no_path(const Certificate& certificate, std::span<const Certificate> others, const Anchors& anchors,
                WallClock now) {
  const Store store = store_of(anchors.authorities);
  if (!store) return library_failure();
  const auto refusal = verdict(store.get(), certificate, others, nullptr, anchors, now);
  if (refusal) return *refusal;
  return {RefusalCause::Other, "the certificates allow too many paths", "subject " + certificate.subject()};
}

/// iKEIntermediate (1.3.6.1.5.5.8.2.2) has no number of OpenSSL's everywhere, so it goes by its text.
bool is_ike_usage(const ASN1_OBJECT* usage) {
  switch (OBJ_obj2nid(usage)) {
    case NID_anyExtendedKeyUsage:
    case NID_ipsec_IKE:
    case NID_ipsecEndSystem:
    case NID_server_auth:
    case NID_client_auth:
      return true;
    default:
      break;
  }
  char text[32];
  return OBJ_obj2txt(text, sizeof text, usage, 1) > 0 && std::string_view(text) == "1.3.6.1.5.5.8.2.2";
}

bool allows_ike(const EXTENDED_KEY_USAGE* usages) {
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages); ++i)
    if (is_ike_usage(sk_ASN1_OBJECT_value(usages, i))) return true;
  return false;
}

}  // namespace

std::string to_text(WallClock now) {
  const Time time(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(now)));
  return time ? to_text(time.get()) : "unknown";
}

std::optional<Refusal> validity_objection(const Path& path, const Anchors& anchors, WallClock now) {
  const std::span<const Certificate> all(path);
  if (is_link(all)) {
    if (auto refusal = whole_path_objection({path.back()}, anchors, now)) return refusal;
    return whole_path_objection(Path(all.begin(), all.end() - 1), anchors, now);
  }
  return whole_path_objection(path, anchors, now);
}

std::optional<Refusal> path_objection(const Certificate& certificate, std::span<const Certificate> others,
                                      const Anchors& anchors, WallClock now) {
  const ErrorScope errors;
  std::vector<Certificate> known(anchors.others.begin(), anchors.others.end());
  known.insert(known.end(), others.begin(), others.end());
  PathSearch search(anchors.authorities, known, now);
  RevocationCheck revocation(anchors, known, now);
  std::optional<Refusal> first;
  bool found = false;
  search.each_path(certificate, [&](const Path& path) {
    auto refusal = validity_objection(path, anchors, now);
    if (!refusal) refusal = revocation.objection(path);
    found = !refusal;
    if (!first) first = std::move(refusal);
    return found;
  });
  if (found) return std::nullopt;
  return first ? first : no_path(certificate, known, anchors, now);
}

std::optional<Refusal> date_objection(const Certificate& certificate, WallClock now) {
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  X509* const handle = certificate.handle();
  if (X509_cmp_time(X509_get0_notBefore(handle), &time) > 0)
    return explain(X509_V_ERR_CERT_NOT_YET_VALID, handle, {}, now);
  if (X509_cmp_time(X509_get0_notAfter(handle), &time) < 0)
    return explain(X509_V_ERR_CERT_HAS_EXPIRED, handle, {}, now);
  return std::nullopt;
}

std::optional<Refusal> usage_objection(const Certificate& certificate) {
  const ErrorScope errors;
  constexpr std::uint32_t kSigning = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
  // Without the extension every use is allowed, and so it reads.
  if ((X509_get_key_usage(certificate.handle()) & kSigning) == 0)
    return Refusal{RefusalCause::Usage, "the certificate's key usage does not allow signatures",
                   "subject " + certificate.subject()};
  const int at = X509_get_ext_by_NID(certificate.handle(), NID_ext_key_usage, -1);
  if (at < 0) return std::nullopt;
  const Usages usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509V3_EXT_d2i(X509_get_ext(certificate.handle(), at))));
  if (usages && allows_ike(usages.get())) return std::nullopt;
  return Refusal{RefusalCause::Usage, "the certificate's extended key usage does not allow IPsec",
                 "subject " + certificate.subject()};
}

}  // namespace awtun::pki
