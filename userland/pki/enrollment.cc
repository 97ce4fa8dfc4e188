// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/enrollment.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "userland/base/ascii.h"
#include "userland/base/ip.h"
#include "userland/crypto/identity.h"
#include "userland/crypto/openssl.h"
#include "userland/pki/names.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Request = Handle<X509_REQ, X509_REQ_free>;
using DistinguishedName = Handle<X509_NAME, X509_NAME_free>;
using GeneralName = Handle<GENERAL_NAME, GENERAL_NAME_free>;
using AlternativeNames = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using Label = Handle<ASN1_IA5STRING, ASN1_IA5STRING_free>;
using Stream = Handle<BIO, BIO_free_all>;

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using Extensions = Handle<STACK_OF(X509_EXTENSION), free_extensions>;

constexpr std::size_t kMaxLabelLength = 63;  // of a host name, RFC 1035 2.3.4

using Piece = std::pair<std::string, std::string>;

/// Splits at slashes; nullopt when a piece has no "=".
std::optional<std::vector<Piece>> pieces_of(std::string_view subject) {
  if (subject.empty() || subject[0] != '/') return std::nullopt;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < subject.size(); ++i) {
    if (subject[i] == '/')
      texts.emplace_back();
    else if (subject[i] == '\\' && i + 1 < subject.size())
      texts.back() += subject[++i];
    else
      texts.back() += subject[i];
  }
  std::vector<Piece> pieces;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return std::nullopt;
    pieces.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pieces;
}

/// Null when a type is unknown or a value is not one of that type (a country of three letters).
DistinguishedName name_of(const std::vector<Piece>& pieces) {
  DistinguishedName name(X509_NAME_new());
  for (const auto& [type, value] : pieces)
    if (!name || X509_NAME_add_entry_by_txt(name.get(), type.c_str(), MBSTRING_UTF8,
                                            reinterpret_cast<const unsigned char*>(value.data()),
                                            static_cast<int>(value.size()), -1, 0) != 1)
      return nullptr;
  return name;
}

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelLength && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

bool is_host_name(std::string_view name) {
  if (name.size() > kMaxHostName) return false;
  for (;;) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool add_alternative_name(GENERAL_NAMES* names, const std::string& text) {
  GeneralName name(GENERAL_NAME_new());
  Label label(ASN1_IA5STRING_new());
  if (!name || !label || ASN1_STRING_set(label.get(), text.data(), static_cast<int>(text.size())) != 1)
    return false;
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, label.release());
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return false;
  static_cast<void>(name.release());  // the list's now
  return true;
}

bool set_alternative_names(X509_REQ* request, const std::vector<std::string>& texts) {
  if (texts.empty()) return true;
  const AlternativeNames names(GENERAL_NAMES_new());
  for (const std::string& text : texts)
    if (!names || !add_alternative_name(names.get(), text)) return false;
  STACK_OF(X509_EXTENSION)* list = nullptr;
  const bool encoded = X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
  const Extensions extensions(list);
  return encoded && X509_REQ_add_extensions(request, extensions.get()) == 1;
}

/// The hash of the key's strength; SHA2-256 for RSA.
const EVP_MD* digest_for(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::Rsa:
    case crypto::KeyType::EcdsaP256:
      return EVP_sha256();
    case crypto::KeyType::EcdsaP384:
      return EVP_sha384();
    case crypto::KeyType::EcdsaP521:
      return EVP_sha512();
  }
  return nullptr;
}

std::string pem_of(X509_REQ* request) {
  const Stream output(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!output || PEM_write_bio_X509_REQ(output.get(), request) != 1) return {};
  const long size = BIO_get_mem_data(output.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::string> objection_to(const RequestedNames& names) {
  if (auto objection = subject_objection(names.subject)) return objection;
  for (const std::string& name : names.alternative_names)
    if (auto objection = alternative_name_objection(name)) return objection;
  return std::nullopt;
}

/// What may have signed a list, but for the CAs.
std::vector<Certificate> others_with(const Trustpoint& trustpoint, std::string_view pasted) {
  auto others = Certificate::any_in(as_octets(pasted));
  others.insert(others.end(), trustpoint.others().begin(), trustpoint.others().end());
  return others;
}

Result<std::vector<Certificate>, Refusal> read(std::string_view pem) {
  auto certificates = Certificate::from_pem(as_octets(pem));
  if (!certificates) return Error{Refusal{RefusalCause::Other, certificates.error(), {}}};
  return *std::move(certificates);
}

Pasted shown(std::vector<Certificate> certificates) {
  const Certificate first = certificates[0];
  return {std::move(certificates), first.describe(), first.is_self_signed()};
}

}  // namespace

std::optional<std::string> subject_objection(std::string_view subject) {
  const ErrorScope errors;
  const auto pieces = pieces_of(subject);
  if (!pieces) return "a subject must have the form /C=JP/O=EXAMPLE/CN=router.example.com";
  const auto is_cn = [](const Piece& piece) { return equal_ignoring_case(piece.first, "CN"); };
  const auto cn = std::find_if(pieces->begin(), pieces->end(), is_cn);
  if (std::count_if(pieces->begin(), pieces->end(), is_cn) > 1) return "a subject must have at most one CN";
  if (cn != pieces->end() && IpAddress::parse(cn->second))
    return "an IP address as subject name is not supported";
  if (!name_of(*pieces)) return "the subject has an unknown type or a value that is not of its type";
  return std::nullopt;
}

std::optional<std::string> alternative_name_objection(std::string_view name) {
  if (IpAddress::parse(name)) return "an IP address as subject alternative name is not supported";
  if (!is_host_name(name))
    return "a subject alternative name must be a host name, such as router.example.com";
  return std::nullopt;
}

Result<std::string, std::string> signing_request(const crypto::Signer& key, const RequestedNames& names) {
  if (auto objection = objection_to(names)) return Error{*std::move(objection)};
  const ErrorScope errors;
  const auto subject = name_of(*pieces_of(names.subject));
  const Request request(X509_REQ_new());
  EVP_PKEY* pair = key.public_key().handle();
  if (!request || !subject || X509_REQ_set_version(request.get(), 0) != 1 ||
      X509_REQ_set_subject_name(request.get(), subject.get()) != 1 ||
      X509_REQ_set_pubkey(request.get(), pair) != 1 ||
      !set_alternative_names(request.get(), names.alternative_names) ||
      X509_REQ_sign(request.get(), pair, digest_for(key.public_key().type())) == 0)
    return Error{std::string("the cryptographic library failed")};
  return pem_of(request.get());
}

Result<Pasted, Refusal> pasted_authority(std::string_view pem, WallClock now) {
  auto certificates = read(pem);
  if (!certificates) return Error{certificates.error()};
  if (certificates->size() != 1)
    return Error{Refusal{RefusalCause::Other, "exactly one certificate is required", {}}};
  const Certificate& authority = (*certificates)[0];
  if (!authority.is_ca())
    return Error{
        Refusal{RefusalCause::Other, "this is not a valid CA certificate", "subject " + authority.subject()}};
  if (const auto key = authority.public_key(); !key)
    return Error{Refusal{RefusalCause::WeakKey, "the certificate's key is not acceptable", key.error()}};
  // To itself it is the whole chain: what is left to judge are dates, and a root's signature.
  if (auto refusal = path_objection(authority, {}, {*certificates, {}}, now))
    return Error{*std::move(refusal)};
  if (authority.is_self_issued() && !authority.is_self_signed())
    return Error{Refusal{RefusalCause::CertificateSignature, "the signature of a certificate does not verify",
                         "subject " + authority.subject()}};
  return shown(*std::move(certificates));
}

Result<Pasted, Refusal> pasted_certificate(std::string_view pem, const crypto::Signer& key,
                                           std::span<const Certificate> authorities, WallClock now) {
  auto certificates = read(pem);
  if (!certificates) return Error{certificates.error()};
  const Certificate& own = (*certificates)[0];
  const auto own_key = own.public_key();
  if (!own_key || !own_key->equals(key.public_key()))
    return Error{Refusal{RefusalCause::Other, "the certificate's key does not match the enrolled key",
                         "subject " + own.subject()}};
  const auto others = std::span<const Certificate>(*certificates).subspan(1);
  if (auto refusal = path_objection(own, others, {authorities, {}}, now)) return Error{*std::move(refusal)};
  if (auto refusal = usage_objection(own)) return Error{*std::move(refusal)};
  if (has_address_as_name(own))
    return Error{Refusal{RefusalCause::IdentityType, "an IP address as a certificate's name is not supported",
                         "subject " + own.subject()}};
  return shown(*std::move(certificates));
}

std::optional<std::string> foreign_list(std::span<const RevocationList> lists, std::string_view pasted,
                                        const Trustpoint& trustpoint, WallClock now) {
  const auto authorities = trustpoint.authorities();
  const auto others = others_with(trustpoint, pasted);
  const auto is_ours = [&](const RevocationList& list) {
    return std::ranges::any_of(authorities, [&](const auto& one) { return list.is_of(one); }) ||
           std::ranges::any_of(others, [&](const auto& one) {
             return list.is_of(one) && !path_objection(one, others, {authorities, {}}, now);
           });
  };
  const auto foreign = std::ranges::find_if_not(lists, is_ours);
  if (foreign == lists.end()) return std::nullopt;
  return foreign->issuer();
}

Result<std::string, std::string> merged_lists(std::string_view stored, std::string_view pasted,
                                              const Trustpoint& trustpoint) {
  const auto fresh = RevocationList::from_pem(as_octets(pasted));
  if (!fresh) return Error{fresh.error()};
  const auto before = RevocationList::from_either(as_octets(stored));
  if (!stored.empty() && !before) return Error{before.error()};
  auto signers = others_with(trustpoint, pasted);
  signers.insert(signers.end(), trustpoint.authorities().begin(), trustpoint.authorities().end());
  const auto is_replaced = [&](const RevocationList& old) {
    return std::ranges::any_of(signers, [&](const Certificate& signer) {
      return old.is_of(signer) && std::ranges::any_of(*fresh, [&](const RevocationList& list) {
               return list.is_of(signer) && list.replaces(old);
             });
    });
  };
  std::string text;
  for (const RevocationList& list : *fresh) text += list.pem();
  std::size_t count = fresh->size();
  for (const RevocationList& old : stored.empty() ? std::vector<RevocationList>() : *before) {
    if (is_replaced(old)) continue;
    text += old.pem();
    ++count;
  }
  if (count > kMaxCertificates) return Error{std::string("too many revocation lists")};
  for (const std::string_view from : {pasted, stored})
    for (const Certificate& one : Certificate::any_in(as_octets(from)))
      if (text.find(one.pem()) == std::string::npos) text += one.pem();
  return text;
}

std::string to_text(const Description& description) {
  return "Subject     : " + description.subject + "\nIssuer      : " + description.issuer +
         "\nValid From  : " + description.valid_from + "\nValid To    : " + description.valid_to +
         "\nFingerprint : " + description.fingerprint + "\n";
}

}  // namespace awtun::pki
