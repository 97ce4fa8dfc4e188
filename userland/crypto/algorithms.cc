// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/algorithms.h"

#include <algorithm>

#include "userland/crypto/key_exchange.h"

namespace awtun::crypto {

namespace {

using wire::Transform;

/// What a configuration's Encryption word stands for in an ISAKMP transform; those of AES-CBC are the
/// IPsec ones too, where the Integrity word says more. 3DES stands for nothing.
struct EncryptionRow {
  Encryption word;
  EncrId encr;
  std::uint16_t key_bits;
};
constexpr EncryptionRow kEncryptionRows[] = {
    {Encryption::Aes256, EncrId::AesCbc, 256},        {Encryption::Aes192, EncrId::AesCbc, 192},
    {Encryption::Aes128, EncrId::AesCbc, 128},        {Encryption::Aes256Gcm16, EncrId::AesGcm16, 256},
    {Encryption::Aes192Gcm16, EncrId::AesGcm16, 192}, {Encryption::Aes128Gcm16, EncrId::AesGcm16, 128},
};

/// The HMACs that a configuration's Integrity word stands for.
struct HmacRow {
  Integrity word;
  IntegId integ;
  PrfId prf;
  bool esp;  // the data plane has it
};
constexpr HmacRow kHmacRows[] = {
    {Integrity::Sha512, IntegId::HmacSha512_256, PrfId::HmacSha512, true},
    {Integrity::Sha384, IntegId::HmacSha384_192, PrfId::HmacSha384, false},
    {Integrity::Sha256, IntegId::HmacSha256_128, PrfId::HmacSha256, true},
    {Integrity::Sha1, IntegId::HmacSha1_96, PrfId::HmacSha1, true},
};

/// The AEADs that the Integrity word of an IPsec transform stands for.
struct AeadRow {
  Integrity word;
  EncrId encr;
};
constexpr AeadRow kAeadRows[] = {
    {Integrity::Gcm16, EncrId::AesGcm16},
    {Integrity::Gcm12, EncrId::AesGcm12},
    {Integrity::Gcm8, EncrId::AesGcm8},
};

/// The row of a table that holds for a predicate; null when none does.
template <class Row, std::size_t N>
const Row* find_row(const Row (&rows)[N], auto&& holds) {
  const Row* row = std::find_if(std::begin(rows), std::end(rows), holds);
  return row == std::end(rows) ? nullptr : row;
}

const HmacRow* hmac_row(Integrity word) {
  return find_row(kHmacRows, [&](const HmacRow& r) { return r.word == word; });
}

/// The row of an Encryption word that an IPsec transform may have.
const EncryptionRow* esp_encryption(Encryption word) {
  return find_row(kEncryptionRows,
                  [&](const EncryptionRow& r) { return r.word == word && r.encr == EncrId::AesCbc; });
}

const EncryptionRow* encryption_row(EncrId encr, std::uint16_t key_bits) {
  return find_row(kEncryptionRows,
                  [&](const EncryptionRow& r) { return r.encr == encr && r.key_bits == key_bits; });
}

}  // namespace

std::size_t salt_size(EncrId encr) { return wire::is_aead(encr) ? 4 : 0; }

std::size_t encryption_key_size(EncrId encr, std::uint16_t key_bits) {
  if (encr != EncrId::AesCbc && !wire::is_aead(encr)) return 0;
  return encryption_row(EncrId::AesCbc, key_bits) ? key_bits / 8u : 0;
}

std::size_t integrity_key_size(IntegId integ) {
  switch (integ) {
    case IntegId::None:
      return 0;
    case IntegId::HmacSha1_96:
      return 20;
    case IntegId::HmacSha256_128:
      return 32;
    case IntegId::HmacSha384_192:
      return 48;
    case IntegId::HmacSha512_256:
      return 64;
  }
  return 0;
}

std::size_t icv_size(EncrId encr, IntegId integ) {
  switch (encr) {
    case EncrId::AesGcm8:
      return 8;
    case EncrId::AesGcm12:
      return 12;
    case EncrId::AesGcm16:
      return 16;
    case EncrId::AesCbc:
      break;
  }
  return integ == IntegId::HmacSha1_96 ? 12 : integrity_key_size(integ) / 2;
}

std::size_t prf_size(PrfId prf) {
  switch (prf) {
    case PrfId::HmacSha1:
      return 20;
    case PrfId::HmacSha256:
      return 32;
    case PrfId::HmacSha384:
      return 48;
    case PrfId::HmacSha512:
      return 64;
  }
  return 0;
}

std::optional<IkeSuite> ike_suite(const IsakmpTransform& transform) {
  const auto group = static_cast<GroupId>(transform.group);
  const EncryptionRow* encryption =
      find_row(kEncryptionRows, [&](const EncryptionRow& r) { return r.word == transform.encryption; });
  const HmacRow* hmac = hmac_row(transform.integrity);
  if (!encryption || !hmac || !KeyExchange::supported(group)) return std::nullopt;
  const IntegId integ = wire::is_aead(encryption->encr) ? IntegId::None : hmac->integ;
  return IkeSuite{encryption->encr, encryption->key_bits, integ, hmac->prf, group};
}

std::optional<EspSuite> esp_suite(const IpsecTransform& transform) {
  const EncryptionRow* encryption = esp_encryption(transform.encryption);
  if (!encryption) return std::nullopt;
  const AeadRow* aead = find_row(kAeadRows, [&](const AeadRow& r) { return r.word == transform.integrity; });
  if (aead) return EspSuite{aead->encr, encryption->key_bits, IntegId::None};
  const HmacRow* hmac = hmac_row(transform.integrity);
  if (!hmac || !hmac->esp) return std::nullopt;
  return EspSuite{encryption->encr, encryption->key_bits, hmac->integ};
}

std::optional<IsakmpTransform> isakmp_transform(const IkeSuite& suite) {
  const EncryptionRow* encryption = encryption_row(suite.encr, suite.key_bits);
  const HmacRow* hmac = find_row(kHmacRows, [&](const HmacRow& r) {
    return r.prf == suite.prf && suite.integ == (wire::is_aead(suite.encr) ? IntegId::None : r.integ);
  });
  if (!encryption || !hmac) return std::nullopt;
  return IsakmpTransform{encryption->word, hmac->word, static_cast<std::uint16_t>(suite.group)};
}

std::optional<IpsecTransform> ipsec_transform(const EspSuite& suite) {
  const EncryptionRow* encryption = encryption_row(EncrId::AesCbc, suite.key_bits);
  if (!encryption) return std::nullopt;
  const AeadRow* aead = find_row(
      kAeadRows, [&](const AeadRow& r) { return r.encr == suite.encr && suite.integ == IntegId::None; });
  if (aead) return IpsecTransform{encryption->word, aead->word};
  const HmacRow* hmac = find_row(kHmacRows, [&](const HmacRow& r) {
    return r.esp && r.integ == suite.integ && suite.encr == EncrId::AesCbc;
  });
  if (!hmac) return std::nullopt;
  return IpsecTransform{encryption->word, hmac->word};
}

std::vector<Transform> wire_transforms(const IkeSuite& suite) {
  std::vector<Transform> transforms{Transform::encr(suite.encr, suite.key_bits)};
  if (!wire::is_aead(suite.encr)) transforms.push_back(Transform::integ(suite.integ));
  transforms.push_back(Transform::prf(suite.prf));
  transforms.push_back(Transform::group(suite.group));
  return transforms;
}

std::vector<Transform> wire_transforms(const EspSuite& suite, GroupId pfs, wire::EsnId esn) {
  std::vector<Transform> transforms{Transform::encr(suite.encr, suite.key_bits)};
  if (!wire::is_aead(suite.encr)) transforms.push_back(Transform::integ(suite.integ));
  if (pfs != GroupId::None) transforms.push_back(Transform::group(pfs));
  transforms.push_back(Transform::esn(esn));
  return transforms;
}

}  // namespace awtun::crypto
