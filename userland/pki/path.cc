// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/path.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "userland/crypto/openssl.h"

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

Refusal library_failure() {
  return {RefusalCause::Other, "the cryptographic library failed", "while verifying a certificate"};
}

Store store_of(const Anchors& anchors) {
  Store store(X509_STORE_new());
  if (!store) return store;
  for (const Certificate& authority : anchors.authorities)
    if (X509_STORE_add_cert(store.get(), authority.handle()) != 1) return nullptr;
  for (const RevocationList& list : anchors.revocation_lists)
    if (X509_STORE_add_crl(store.get(), list.handle()) != 1) return nullptr;
  return store;
}

View view_of(std::span<const Certificate> certificates) {
  View view(sk_X509_new_null());
  for (const Certificate& certificate : certificates)
    if (view && sk_X509_push(view.get(), certificate.handle()) == 0) return nullptr;
  return view;
}

/// A CA that publishes no list here is not asked for one.
int forgive_missing_list(int good, X509_STORE_CTX* context) {
  if (good == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return good;
  const auto* anchors = static_cast<const Anchors*>(X509_STORE_CTX_get_app_data(context));
  const X509_NAME* issuer = X509_get_issuer_name(X509_STORE_CTX_get_current_cert(context));
  const auto& lists = anchors->revocation_lists;
  return std::none_of(lists.begin(), lists.end(), [&](const RevocationList& list) {
    return X509_NAME_cmp(X509_CRL_get_issuer(list.handle()), issuer) == 0;
  });
}

void set_rules(X509_STORE_CTX* context, const Anchors& anchors, WallClock now) {
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(now));
  X509_VERIFY_PARAM_set_depth(rules, kMaxDepth);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  // An intermediate CA that the operator accepted is an anchor as a root is.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (!anchors.revocation_lists.empty()) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(rules, flags);
}

std::string now_text(WallClock now) {
  const Time time(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(now)));
  return time ? to_text(time.get()) : "unknown";
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
                  now_text(now)};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {RefusalCause::NotYetValid, "certificate not yet valid",
              "subject " + subject + ", valid from " + to_text(X509_get0_notBefore(culprit)) + ", now " +
                  now_text(now)};
    case X509_V_ERR_CERT_REVOKED:
      return {RefusalCause::Revoked, "certificate revoked", parties};
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return {RefusalCause::RevocationList, "the certificate revocation list has expired",
              "issuer " + issuer + ", now " + now_text(now)};
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return {RefusalCause::RevocationList, "the certificate revocation list is not yet valid",
              "issuer " + issuer + ", now " + now_text(now)};
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return {RefusalCause::RevocationList,
              "the signature of the certificate revocation list does not verify", "issuer " + issuer};
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

std::optional<Refusal> path_objection(const Certificate& certificate, std::span<const Certificate> others,
                                      const Anchors& anchors, WallClock now) {
  const ErrorScope errors;
  const Store store = store_of(anchors);
  const View untrusted = view_of(others);
  const StoreContext context(X509_STORE_CTX_new());
  if (!store || !untrusted || !context ||
      X509_STORE_CTX_init(context.get(), store.get(), certificate.handle(), untrusted.get()) != 1)
    return library_failure();
  set_rules(context.get(), anchors, now);
  X509_STORE_CTX_set_verify_cb(context.get(), forgive_missing_list);
  // The callback only reads it.
  X509_STORE_CTX_set_app_data(context.get(), const_cast<Anchors*>(&anchors));
  if (X509_verify_cert(context.get()) == 1) return std::nullopt;
  X509* culprit = X509_STORE_CTX_get_current_cert(context.get());
  return explain(X509_STORE_CTX_get_error(context.get()), culprit ? culprit : certificate.handle(), anchors,
                 now);
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
