// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/names.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "userland/base/ascii.h"
#include "userland/base/hexadecimal.h"
#include "userland/base/ip.h"
#include "userland/crypto/distinguished_name.h"
#include "userland/crypto/identity.h"
#include "userland/crypto/openssl.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string text_of(const ASN1_STRING* string) {
  const auto* octets = ASN1_STRING_get0_data(string);
  return {octets, octets + ASN1_STRING_length(string)};
}

Names alternative_names(const Certificate& certificate) {
  const ErrorScope errors;
  return Names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
}

/// The alternative names of one kind, each as octets: a NUL inside is a character like any other.
std::vector<std::string> alternative_names(const Certificate& certificate, int kind) {
  const Names names = alternative_names(certificate);
  std::vector<std::string> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == kind) found.push_back(text_of(static_cast<const ASN1_STRING*>(value)));
  }
  return found;
}

/// For the operator's terminal; two that differ never look alike.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<std::uint8_t>(c);
    const bool plain = octet >= 0x20 && octet < 0x7f && c != '\\';
    out += plain ? std::string(1, c) : "\\" + to_hexadecimal({&octet, 1});
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text.empty() ? "none" : text;
}

bool is_address(std::string_view name) { return IpAddress::parse(name).has_value(); }

std::optional<Refusal> fqdn_objection(const Certificate& certificate, std::string_view name) {
  if (is_address(name))
    return Refusal{RefusalCause::IdentityType, "an IP address as a certificate's name is not supported",
                   "identity " + printable(name)};
  const auto common = common_names(certificate);
  const auto dns = dns_names(certificate);
  const std::string shown = "CN " + joined(common) + ", subject alternative names " + joined(dns);
  if (common.size() != 1)
    return Refusal{RefusalCause::Name,
                   common.empty() ? "name mismatch: the subject has no CN"
                                  : "name mismatch: the subject has more than one CN",
                   shown};
  if (!equal_ignoring_case(common[0], name))
    return Refusal{RefusalCause::Name, "name mismatch: the CN is not the identity", shown};
  if (std::none_of(dns.begin(), dns.end(),
                   [&](const std::string& one) { return equal_ignoring_case(one, name); }))
    return Refusal{RefusalCause::Name, "name mismatch: the identity is not a subject alternative name",
                   shown};
  return std::nullopt;
}

bool same_mailbox(std::string_view a, std::string_view b) {
  const auto mailbox = [](std::string_view text) {
    return awtun::Identity{awtun::Identity::Type::Rfc822, Bytes(text.begin(), text.end())};
  };
  return mailbox(a).matches(mailbox(b));
}

std::optional<Refusal> mailbox_objection(const Certificate& certificate, std::string_view address) {
  const auto names = alternative_names(certificate, GEN_EMAIL);
  if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return same_mailbox(name, address); }))
    return std::nullopt;
  return Refusal{RefusalCause::Name, "name mismatch: the identity is not an rfc822Name of the certificate",
                 "rfc822Names " + joined(names)};
}

std::optional<Refusal> subject_objection(const Certificate& certificate, ByteView der) {
  const auto name = crypto::canonical_name(der);
  if (!name)
    return Refusal{RefusalCause::Name, "the identity is not a distinguished name",
                   "subject " + certificate.subject()};
  if (name == crypto::canonical_name(certificate.subject_der())) return std::nullopt;
  return Refusal{RefusalCause::Name, "name mismatch: the identity is not the subject",
                 "subject " + certificate.subject()};
}

}  // namespace

std::optional<Refusal> name_objection(const Certificate& certificate, const Identity& identity) {
  const std::string_view text(reinterpret_cast<const char*>(identity.data.data()), identity.data.size());
  switch (identity.type) {
    case wire::IdType::Fqdn:
      return fqdn_objection(certificate, text);
    case wire::IdType::Rfc822:
      return mailbox_objection(certificate, text);
    case wire::IdType::DerAsn1Dn:
      return subject_objection(certificate, identity.data);
    case wire::IdType::Ipv4Address:
    case wire::IdType::Ipv6Address:
      return Refusal{RefusalCause::IdentityType,
                     "an IP address as identity is not supported with certificates",
                     "subject " + certificate.subject()};
    case wire::IdType::DerAsn1Gn:
    case wire::IdType::KeyId:
      break;
  }
  return Refusal{RefusalCause::IdentityType, "this type of identity is not supported with certificates",
                 "subject " + certificate.subject()};
}

std::vector<std::string> common_names(const Certificate& certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate.handle());
  std::vector<std::string> found;
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
    found.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return found;
}

std::vector<std::string> dns_names(const Certificate& certificate) {
  return alternative_names(certificate, GEN_DNS);
}

bool has_address_as_name(const Certificate& certificate) {
  const auto common = common_names(certificate);
  const auto dns = dns_names(certificate);
  return std::any_of(common.begin(), common.end(), is_address) ||
         std::any_of(dns.begin(), dns.end(), is_address) ||
         !alternative_names(certificate, GEN_IPADD).empty();
}

}  // namespace awtun::pki
