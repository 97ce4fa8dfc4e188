// SPDX-License-Identifier: Apache-2.0
#include "userland/tests/pki/authority.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include <cstdlib>

#include "userland/crypto/openssl.h"

namespace awtun::pki::testing {

namespace {

using crypto::openssl::Handle;
using Stream = Handle<BIO, BIO_free_all>;
using Time = Handle<ASN1_TIME, ASN1_TIME_free>;

Time time_of(WallClock when) {
  return Time(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(when)));
}

std::string contents(BIO* output) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(output, &text);
  return {text, static_cast<std::size_t>(size)};
}

/// "/C=JP/CN=x", without escapes.
void set_name(X509_NAME* name, std::string_view text, int type = MBSTRING_UTF8) {
  while (!text.empty()) {
    text.remove_prefix(1);
    const auto piece = text.substr(0, text.find('/'));
    text.remove_prefix(piece.size());
    const auto equals = piece.find('=');
    const std::string value(piece.substr(equals + 1));
    X509_NAME_add_entry_by_txt(name, std::string(piece.substr(0, equals)).c_str(), type,
                               reinterpret_cast<const unsigned char*>(value.data()),
                               static_cast<int>(value.size()), -1, 0);
  }
}

/// Extensions in the language of OpenSSL's configuration.
class Extender {
 public:
  Extender(X509* issuer, X509* certificate, X509_CRL* list, const std::string& sections)
      : configuration_(NCONF_new(nullptr)) {
    const Stream input(BIO_new_mem_buf(sections.data(), static_cast<int>(sections.size())));
    NCONF_load_bio(configuration_.get(), input.get(), nullptr);
    X509V3_set_ctx(&context_, issuer, certificate, nullptr, list, 0);
    X509V3_set_nconf(&context_, configuration_.get());
  }
  void add(auto&& adder, auto* to, int nid, const std::string& value) {
    if (value.empty()) return;
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(configuration_.get(), &context_, nid, value.c_str());
    if (!extension) std::abort();  // a wish that OpenSSL does not understand
    adder(to, extension, -1);
    X509_EXTENSION_free(extension);
  }

 private:
  Handle<CONF, NCONF_free> configuration_;
  X509V3_CTX context_{};
};

Party make(const Wish& wish, std::shared_ptr<EVP_PKEY> key, const Party* issuer) {
  static long serial = 0;
  std::shared_ptr<X509> made(X509_new(), X509_free);
  X509* signer = issuer ? issuer->x509.get() : made.get();
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  set_name(X509_get_subject_name(made.get()), wish.subject);
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  X509_set1_notBefore(made.get(), time_of(wish.from).get());
  X509_set1_notAfter(made.get(), time_of(wish.to).get());
  X509_set_pubkey(made.get(), key.get());
  Extender extender(signer, made.get(), nullptr, wish.sections);
  const auto extend = [&](int nid, const std::string& value) {
    extender.add(X509_add_ext, made.get(), nid, value);
  };
  extend(NID_basic_constraints, wish.basic_constraints);
  extend(NID_key_usage, wish.key_usage);
  extend(NID_ext_key_usage, wish.extended_key_usage);
  extend(NID_subject_alt_name, wish.alternative_names);
  extend(NID_name_constraints, wish.name_constraints);
  extend(NID_subject_key_identifier, "hash");
  extend(NID_authority_key_identifier, wish.authority_key);
  extend(NID_crl_distribution_points, wish.distribution_points);
  X509_sign(made.get(), issuer ? issuer->key.get() : key.get(), wish.digest);
  return {std::move(key), std::move(made)};
}

}  // namespace

std::string Party::pem() const {
  const Stream output(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(output.get(), x509.get());
  return contents(output.get());
}

Bytes Party::der() const {
  unsigned char* octets = nullptr;
  const int size = i2d_X509(x509.get(), &octets);
  Bytes copy(octets, octets + size);
  OPENSSL_free(octets);
  return copy;
}

Certificate Party::certificate() const { return *Certificate::from_der(der()); }

Secret Party::key_pem() const {
  const Stream output(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(output.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Secret(as_octets(contents(output.get())));
}

std::shared_ptr<EVP_PKEY> rsa_key(unsigned bits) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}), EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> ec_key(const char* curve) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> key_of_kind(const char* kind) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, kind), EVP_PKEY_free};
}

Bytes subject_of(const std::string& subject, int type) {
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> name(X509_NAME_new(), X509_NAME_free);
  set_name(name.get(), subject, type != 0 ? type : MBSTRING_UTF8);
  unsigned char* out = nullptr;
  const int size = i2d_X509_NAME(name.get(), &out);
  Bytes der(out, out + size);
  OPENSSL_free(out);
  return der;
}

Wish authority(const std::string& subject) {
  Wish wish;
  wish.subject = subject;
  wish.basic_constraints = "critical, CA:TRUE";
  wish.key_usage = "critical, keyCertSign, cRLSign";
  return wish;
}

Wish router(const std::string& name) {
  Wish wish;
  wish.subject = "/O=AlliedWare Plus/CN=" + name;
  wish.alternative_names = "DNS:" + name;
  return wish;
}

Party self_signed(const Wish& wish, std::shared_ptr<EVP_PKEY> key) {
  return make(wish, std::move(key), nullptr);
}

Party issue(const Party& issuer, const Wish& wish, std::shared_ptr<EVP_PKEY> key) {
  return make(wish, std::move(key), &issuer);
}

namespace {

/// certificateIssuer: the entry is about a certificate of that CA.
void name_issuer(X509_REVOKED* entry, const X509* certificate) {
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(X509_get_issuer_name(certificate)));
  sk_GENERAL_NAME_push(names.get(), name);
  X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names.get(), 1, 0);
}

void add_entry(X509_CRL* list, const Party& party, const ListWish& wish, int reason = -1) {
  X509_REVOKED* entry = X509_REVOKED_new();
  X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(party.x509.get()));
  X509_REVOKED_set_revocationDate(entry, time_of(wish.from).get());
  if (reason >= 0) {
    const Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free> code(ASN1_ENUMERATED_new());
    ASN1_ENUMERATED_set(code.get(), reason);
    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code.get(), 0, 0);
  }
  if (wish.names_issuers) name_issuer(entry, party.x509.get());
  X509_CRL_add0_revoked(list, entry);
}

void add_number(X509_CRL* list, int nid, long number, bool critical) {
  if (number == 0) return;
  const Handle<ASN1_INTEGER, ASN1_INTEGER_free> value(ASN1_INTEGER_new());
  ASN1_INTEGER_set(value.get(), number);
  X509_CRL_add1_ext_i2d(list, nid, value.get(), critical ? 1 : 0, 0);
}

void add_unknown_extension(X509_CRL* list) {
  const Handle<ASN1_OBJECT, ASN1_OBJECT_free> type(OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1));
  const Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
  const unsigned char null[] = {5, 0};
  ASN1_OCTET_STRING_set(value.get(), null, sizeof null);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, value.get());
  X509_CRL_add_ext(list, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

std::string list_of(const Party& issuer, const ListWish& wish) {
  const Handle<X509_CRL, X509_CRL_free> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.x509.get()));
  X509_CRL_set1_lastUpdate(list.get(), time_of(wish.from).get());
  X509_CRL_set1_nextUpdate(list.get(), time_of(wish.to).get());
  for (const Party& party : wish.revoked) add_entry(list.get(), party, wish);
  for (const Party& party : wish.released) add_entry(list.get(), party, wish, CRL_REASON_REMOVE_FROM_CRL);
  X509_CRL_sort(list.get());
  Extender extender(issuer.x509.get(), nullptr, list.get(), wish.sections);
  extender.add(X509_CRL_add_ext, list.get(), NID_issuing_distribution_point, wish.scope);
  extender.add(X509_CRL_add_ext, list.get(), NID_authority_key_identifier,
               wish.key_identifier ? "keyid:always" : "");
  add_number(list.get(), NID_crl_number, wish.number, false);
  add_number(list.get(), NID_delta_crl, wish.base, true);
  if (wish.unknown_extension) add_unknown_extension(list.get());
  X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256());
  const Stream output(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(output.get(), list.get());
  return contents(output.get());
}

std::string revocation_list(const Party& issuer, const std::vector<Party>& revoked, WallClock from,
                            WallClock to) {
  ListWish wish;
  wish.revoked = revoked;
  wish.from = from;
  wish.to = to;
  return list_of(issuer, wish);
}

Bytes der_of(const std::string& list) {
  const Stream input(BIO_new_mem_buf(list.data(), static_cast<int>(list.size())));
  const Handle<X509_CRL, X509_CRL_free> read(PEM_read_bio_X509_CRL(input.get(), nullptr, nullptr, nullptr));
  unsigned char* octets = nullptr;
  const int size = i2d_X509_CRL(read.get(), &octets);
  Bytes copy(octets, octets + size);
  OPENSSL_free(octets);
  return copy;
}

Bytes bundle_of(const std::vector<Party>& parties, const std::vector<std::string>& lists) {
  const Handle<PKCS7, PKCS7_free> bundle(PKCS7_new());
  PKCS7_set_type(bundle.get(), NID_pkcs7_signed);
  PKCS7_content_new(bundle.get(), NID_pkcs7_data);
  for (const Party& party : parties) PKCS7_add_certificate(bundle.get(), party.x509.get());
  for (const std::string& text : lists) {
    const Stream input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const Handle<X509_CRL, X509_CRL_free> list(PEM_read_bio_X509_CRL(input.get(), nullptr, nullptr, nullptr));
    PKCS7_add_crl(bundle.get(), list.get());
  }
  unsigned char* octets = nullptr;
  const int size = i2d_PKCS7(bundle.get(), &octets);
  Bytes copy(octets, octets + size);
  OPENSSL_free(octets);
  return copy;
}

}  // namespace awtun::pki::testing
