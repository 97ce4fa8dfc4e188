// SPDX-License-Identifier: Apache-2.0
#include "userland/tests/pki/authority.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
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

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str());
  if (!extension) std::abort();  // a wish that OpenSSL does not understand
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

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
  extend(made.get(), signer, NID_basic_constraints, wish.basic_constraints);
  extend(made.get(), signer, NID_key_usage, wish.key_usage);
  extend(made.get(), signer, NID_ext_key_usage, wish.extended_key_usage);
  extend(made.get(), signer, NID_subject_alt_name, wish.alternative_names);
  extend(made.get(), signer, NID_name_constraints, wish.name_constraints);
  extend(made.get(), signer, NID_subject_key_identifier, "hash");
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
  return Secret(view_of(contents(output.get())));
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

std::string revocation_list(const Party& issuer, const std::vector<Party>& revoked, WallClock from,
                            WallClock to) {
  const Handle<X509_CRL, X509_CRL_free> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.x509.get()));
  X509_CRL_set1_lastUpdate(list.get(), time_of(from).get());
  X509_CRL_set1_nextUpdate(list.get(), time_of(to).get());
  for (const Party& party : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(party.x509.get()));
    X509_REVOKED_set_revocationDate(entry, time_of(from).get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_sort(list.get());
  X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256());
  const Stream output(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(output.get(), list.get());
  return contents(output.get());
}

}  // namespace awtun::pki::testing
