// SPDX-License-Identifier: Apache-2.0
#include "userland/pki/bundle.h"

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "userland/crypto/openssl.h"
#include "userland/crypto/public_keys.h"

namespace awtun::pki {

namespace {

using crypto::openssl::der_of;
using crypto::openssl::ErrorScope;
using crypto::openssl::Handle;
using Bundle = Handle<PKCS7, PKCS7_free>;

/// Null when it is none with certificates.
Bundle read(ByteView octets) {
  PKCS7* bundle = PKCS7_new_ex(crypto::openssl::public_keys(), nullptr);
  const std::uint8_t* at = octets.data();
  if (bundle == nullptr || d2i_PKCS7(&bundle, &at, static_cast<long>(octets.size())) == nullptr) {
    PKCS7_free(bundle);  // null where what failed has freed it
    return nullptr;
  }
  Bundle whole(bundle);
  const bool good = at == octets.data() + octets.size() && PKCS7_type_is_signed(bundle) && bundle->d.sign;
  return good ? std::move(whole) : nullptr;
}

}  // namespace

bool take_bundle(ByteView octets, std::vector<Bytes>& certificates, std::vector<Bytes>& lists) {
  const ErrorScope errors;
  const Bundle bundle = read(octets);
  if (!bundle) return false;
  for (int i = 0; i < sk_X509_num(bundle->d.sign->cert); ++i)
    certificates.push_back(der_of<X509>(i2d_X509, sk_X509_value(bundle->d.sign->cert, i)));
  for (int i = 0; i < sk_X509_CRL_num(bundle->d.sign->crl); ++i)
    lists.push_back(der_of<X509_CRL>(i2d_X509_CRL, sk_X509_CRL_value(bundle->d.sign->crl, i)));
  return true;
}

}  // namespace awtun::pki
