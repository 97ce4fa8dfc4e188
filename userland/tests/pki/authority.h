// SPDX-License-Identifier: Apache-2.0
// A CA for tests, good or bad as they wish: keys, certificates and revocation lists made by OpenSSL.
#pragma once

#include <openssl/evp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "userland/pki/trustpoint.h"

namespace awtun::pki::testing {

using namespace std::chrono_literals;

/// The tests' present.
inline const WallClock kNow = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};

/// How a certificate shall look. Extensions are in the language of OpenSSL's configuration; empty: none.
struct Wish {
  std::string subject = "/CN=r2.example.com";
  std::string alternative_names = {};    ///< "DNS:r2.example.com, email:a@example.com, IP:10.0.0.1"
  std::string basic_constraints = {};    ///< "critical, CA:TRUE, pathlen:0"
  std::string key_usage = {};            ///< "digitalSignature"
  std::string extended_key_usage = {};   ///< "codeSigning"
  std::string name_constraints = {};     ///< "permitted;DNS:example.com"
  std::string authority_key = {};        ///< "keyid, issuer:always"
  std::string distribution_points = {};  ///< "URI:http://ca.example.com/1.crl"
  std::string sections = {};             ///< that the others refer to: "[name]\nkey=value\n"
  WallClock from = kNow - 24h * 30;
  WallClock to = kNow + 24h * 30;
  const EVP_MD* digest = EVP_sha256();
};

/// A key pair and a certificate for it.
struct Party {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> x509;

  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Bytes der() const;
  [[nodiscard]] Certificate certificate() const;
  /// The private key.
  [[nodiscard]] Secret key_pem() const;
};

std::shared_ptr<EVP_PKEY> rsa_key(unsigned bits = 2048);
std::shared_ptr<EVP_PKEY> ec_key(const char* curve = "P-256");
/// Of a kind without parameters: "ED25519".
std::shared_ptr<EVP_PKEY> key_of_kind(const char* kind);

/// A subject's DER, its attributes of OpenSSL's `type` (V_ASN1_PRINTABLESTRING); 0: as certificates have
/// them.
Bytes subject_of(const std::string& subject, int type = 0);

/// A wish for a CA's certificate, and for a router's with the name in CN and subjectAltName.
Wish authority(const std::string& subject);
Wish router(const std::string& name);

Party self_signed(const Wish& wish, std::shared_ptr<EVP_PKEY> key = ec_key());
Party issue(const Party& issuer, const Wish& wish, std::shared_ptr<EVP_PKEY> key = ec_key());

/// The issuer's list as PEM.
std::string revocation_list(const Party& issuer, const std::vector<Party>& revoked,
                            WallClock from = kNow - 24h, WallClock to = kNow + 24h);

/// How a revocation list shall look.
struct ListWish {
  std::vector<Party> revoked = {};
  std::vector<Party> released = {};  ///< removeFromCRL, in a delta
  std::string scope = {};            ///< issuingDistributionPoint: "critical, onlyuser:TRUE"
  std::string sections = {};         ///< as in Wish
  WallClock from = kNow - 24h;
  WallClock to = kNow + 24h;
  long number = 0;                 ///< cRLNumber; 0: none
  long base = 0;                   ///< of a delta; 0: it is complete
  bool names_issuers = false;      ///< the entries say whose certificate is meant
  bool key_identifier = false;     ///< of the issuer's key
  bool unknown_extension = false;  ///< a critical one
};

/// The issuer's list as PEM.
std::string list_of(const Party& issuer, const ListWish& wish);
/// The first list of a PEM text as DER.
Bytes der_of(const std::string& list);
/// PKCS #7, without a signature, in DER.
Bytes bundle_of(const std::vector<Party>& parties, const std::vector<std::string>& lists);

}  // namespace awtun::pki::testing
