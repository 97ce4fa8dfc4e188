// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>
#include <string_view>

#include "userland/crypto/openssl.h"
#include "userland/crypto/public_keys.h"

namespace awtun::pki {

namespace {

using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Stream = Handle<BIO, BIO_free_all>;

void free_text(char* text) { OPENSSL_free(text); }
using Text = Handle<char, free_text>;

/// No pass phrase is asked for: a daemon has no terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

/// What a BIO in memory has been written.
std::string contents(BIO* output) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(output, &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

/// Twenty octets as five groups of eight digits.
std::string grouped(ByteView digest) {
  std::string text;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02X", digest[i]);
    if (i != 0 && i % 4 == 0) text += ' ';
    text += digits.data();
  }
  return text;
}

/// What `parse` makes of a blank certificate; null when it makes nothing of it.
X509* filled(auto&& parse) {
  X509* certificate = X509_new_ex(crypto::openssl::public_keys(), nullptr);
  if (certificate && parse(&certificate)) return certificate;
  X509_free(certificate);  // null where what failed has freed it
  return nullptr;
}

/// Every object of one kind that a PEM text has.
template <class Value, class Handle>
Result<std::vector<Value>, std::string> all_of(ByteView text, auto&& read, auto&& make, const char* what) {
  const ErrorScope errors;
  if (text.size() > kMaxCertificates * 2 * kMaxCertificateSize)
    return Error{std::string("too long for a file of ") + what + "s"};
  const Stream input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Value> found;
  while (Handle* next = input ? read(input.get()) : nullptr) {
    found.push_back(make(next));
    if (found.size() > kMaxCertificates) return Error{std::string("too many ") + what + "s"};
  }
  // A text that ends is "no start line"; anything else is a damaged block.
  const unsigned long error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (found.empty() || !at_end) return Error{std::string("not a ") + what};
  return found;
}

/// Every critical one of `count` extensions is of these types.
bool understands(int count, auto&& extension_at, std::initializer_list<int> types) {
  for (int i = 0; i < count; ++i) {
    X509_EXTENSION* const extension = extension_at(i);
    if (X509_EXTENSION_get_critical(extension) != 0 &&
        std::ranges::find(types, OBJ_obj2nid(X509_EXTENSION_get_object(extension))) == types.end())
      return false;
  }
  return true;
}

/// The list's extensions, and those of its entries.
bool understands(X509_CRL* list) {
  if (!understands(
          X509_CRL_get_ext_count(list), [&](int i) { return X509_CRL_get_ext(list, i); },
          {NID_issuing_distribution_point, NID_authority_key_identifier, NID_delta_crl, NID_crl_number}))
    return false;
  auto* const entries = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* const entry = sk_X509_REVOKED_value(entries, i);
    if (!understands(X509_REVOKED_get_ext_count(entry),
                     [&](int at) { return X509_REVOKED_get_ext(entry, at); },
                     {NID_certificate_issuer, NID_crl_reason, NID_invalidity_date}))
      return false;
  }
  return true;
}

/// An extension's contents; empty: there is none.
Bytes extension_of(const X509_CRL* list, int type) {
  const int at = X509_CRL_get_ext_by_NID(list, type, -1);
  if (at < 0) return {};
  const ASN1_STRING* const data = X509_EXTENSION_get_data(X509_CRL_get_ext(list, at));
  return {ASN1_STRING_get0_data(data), ASN1_STRING_get0_data(data) + ASN1_STRING_length(data)};
}

}  // namespace

bool is_pem(ByteView octets) {
  const std::string_view text(reinterpret_cast<const char*>(octets.data()), octets.size());
  return text.find("-----BEGIN ") != std::string_view::npos;
}

std::string one_line(const X509_NAME* name) {
  const Text text(X509_NAME_oneline(name, nullptr, 0));
  return text ? text.get() : "";
}

std::string to_text(const ASN1_TIME* time) {
  const ErrorScope errors;
  const Stream output(BIO_new(BIO_s_mem()));
  if (!output || ASN1_TIME_print(output.get(), time) != 1) return "an unreadable date";
  return contents(output.get());
}

Certificate::Certificate(X509* owned) : handle_(owned, X509_free) {}

Result<Certificate, std::string> Certificate::from_der(ByteView der) {
  const ErrorScope errors;
  if (der.size() > kMaxCertificateSize) return Error{std::string("certificate too long")};
  const std::uint8_t* at = der.data();
  X509* parsed = filled([&](X509** into) { return d2i_X509(into, &at, static_cast<long>(der.size())); });
  if (!parsed) return Error{std::string("not a certificate")};
  Certificate certificate(parsed);
  if (at != der.data() + der.size()) return Error{std::string("not a certificate")};
  return certificate;
}

Result<std::vector<Certificate>, std::string> Certificate::from_pem(ByteView text) {
  return all_of<Certificate, X509>(
      text,
      [](BIO* input) {
        return filled([&](X509** into) { return PEM_read_bio_X509(input, into, no_pass_phrase, nullptr); });
      },
      [](X509* read) { return Certificate(read); }, "certificate");
}

std::vector<Certificate> Certificate::any_in(ByteView text) {
  auto read = from_pem(text);
  return read ? *std::move(read) : std::vector<Certificate>();
}

Bytes Certificate::der() const { return crypto::openssl::der_of<X509>(i2d_X509, handle()); }

std::string Certificate::pem() const {
  const Stream output(BIO_new(BIO_s_mem()));
  if (!output || PEM_write_bio_X509(output.get(), handle()) != 1) return {};
  return contents(output.get());
}

Description Certificate::describe() const {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  const bool hashed = X509_digest(handle(), EVP_sha1(), digest.data(), nullptr) == 1;
  return {subject(), issuer(), to_text(X509_get0_notBefore(handle())), to_text(X509_get0_notAfter(handle())),
          hashed ? grouped(digest) : ""};
}

std::string Certificate::subject() const { return one_line(X509_get_subject_name(handle())); }
std::string Certificate::issuer() const { return one_line(X509_get_issuer_name(handle())); }

Bytes Certificate::subject_der() const {
  const ErrorScope errors;
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(X509_get_subject_name(handle()), &der, &size) != 1) return {};
  return {der, der + size};
}

// 1 is a version 3 certificate with basicConstraints; OpenSSL's other values are guesses about old ones.
bool Certificate::is_ca() const {
  const ErrorScope errors;
  return X509_check_ca(handle()) == 1;
}

bool Certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(handle()), X509_get_issuer_name(handle())) == 0;
}

bool Certificate::is_self_signed() const {
  const ErrorScope errors;
  return X509_self_signed(handle(), 1) == 1;
}

bool Certificate::has_signed(const Certificate& other) const {
  const ErrorScope errors;
  EVP_PKEY* const key = X509_get0_pubkey(handle());
  return key != nullptr && X509_verify(other.handle(), key) == 1;
}

Result<crypto::PublicKey, std::string> Certificate::public_key() const {
  return crypto::PublicKey::of(X509_get0_pubkey(handle()));
}

bool Certificate::has_signed(const RevocationList& list) const {
  const ErrorScope errors;
  EVP_PKEY* const key = X509_get0_pubkey(handle());
  return key != nullptr && X509_CRL_verify(list.handle(), key) == 1;
}

Bytes Certificate::key_hash() const {
  const ErrorScope errors;
  const Bytes key = crypto::openssl::der_of<X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(handle()));
  Bytes digest(SHA_DIGEST_LENGTH);
  if (key.empty() || EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    return {};
  return digest;
}

RevocationList::RevocationList(X509_CRL* owned)
    : handle_(owned, X509_CRL_free), understood_(understands(owned)) {}

Result<std::vector<RevocationList>, std::string> RevocationList::from_pem(ByteView text) {
  return all_of<RevocationList, X509_CRL>(
      text, [](BIO* input) { return PEM_read_bio_X509_CRL(input, nullptr, no_pass_phrase, nullptr); },
      [](X509_CRL* read) { return RevocationList(read); }, "revocation list");
}

Result<std::vector<RevocationList>, std::string> RevocationList::from_either(ByteView octets) {
  const ErrorScope errors;
  if (is_pem(octets)) return from_pem(octets);
  const std::uint8_t* at = octets.data();
  X509_CRL* const parsed = d2i_X509_CRL(nullptr, &at, static_cast<long>(octets.size()));
  if (parsed == nullptr) return Error{std::string("not a revocation list")};
  std::vector<RevocationList> lists{RevocationList(parsed)};
  if (at != octets.data() + octets.size()) return Error{std::string("not a revocation list")};
  return lists;
}

std::string RevocationList::pem() const {
  const Stream output(BIO_new(BIO_s_mem()));
  if (!output || PEM_write_bio_X509_CRL(output.get(), handle()) != 1) return {};
  return contents(output.get());
}

std::string RevocationList::issuer() const { return one_line(X509_CRL_get_issuer(handle())); }

bool RevocationList::is_delta() const { return !extension_of(handle(), NID_delta_crl).empty(); }

Bytes RevocationList::scope() const { return extension_of(handle(), NID_issuing_distribution_point); }

bool RevocationList::replaces(const RevocationList& other) const {
  return is_delta() == other.is_delta() && scope() == other.scope() &&
         ASN1_TIME_compare(X509_CRL_get0_lastUpdate(handle()), X509_CRL_get0_lastUpdate(other.handle())) >= 0;
}

bool RevocationList::is_of(const Certificate& authority) const {
  const ErrorScope errors;
  return X509_NAME_cmp(X509_CRL_get_issuer(handle()), X509_get_subject_name(authority.handle())) == 0 &&
         authority.has_signed(*this);
}

}  // namespace awtun::pki
