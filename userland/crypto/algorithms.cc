// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/algorithms.h"

#include <algorithm>

#include "userland/crypto/key_exchange.h"

namespace awtun::crypto {

namespace {

using wire::Transform;
using wire::TransformType;

std::optional<std::uint16_t> key_bits_of(Encryption encryption) {
  switch (encryption) {
    case Encryption::Aes256:
      return std::uint16_t{256};
    case Encryption::Aes192:
      return std::uint16_t{192};
    case Encryption::Aes128:
      return std::uint16_t{128};
    case Encryption::Des3:
      break;
  }
  return std::nullopt;
}

std::optional<Encryption> encryption_of(std::uint16_t key_bits) {
  for (const auto encryption : {Encryption::Aes256, Encryption::Aes192, Encryption::Aes128})
    if (key_bits_of(encryption) == key_bits) return encryption;
  return std::nullopt;
}

/// What a configuration's Integrity word stands for.
struct IntegrityRow {
  Integrity word;
  EncrId encr;    // the cipher that it implies
  IntegId integ;  // None for an AEAD
  std::optional<PrfId> prf;
};
constexpr IntegrityRow kIntegrityRows[] = {
    {Integrity::Sha512, EncrId::AesCbc, IntegId::HmacSha512_256, PrfId::HmacSha512},
    {Integrity::Sha256, EncrId::AesCbc, IntegId::HmacSha256_128, PrfId::HmacSha256},
    {Integrity::Sha1, EncrId::AesCbc, IntegId::HmacSha1_96, PrfId::HmacSha1},
    {Integrity::Gcm16, EncrId::AesGcm16, IntegId::None, {}},
    {Integrity::Gcm12, EncrId::AesGcm12, IntegId::None, {}},
    {Integrity::Gcm8, EncrId::AesGcm8, IntegId::None, {}},
};

/// The row that holds for a predicate; null when none does.
const IntegrityRow* find_row(auto&& holds) {
  const auto* row = std::find_if(std::begin(kIntegrityRows), std::end(kIntegrityRows), holds);
  return row == std::end(kIntegrityRows) ? nullptr : row;
}

}  // namespace

std::size_t salt_size(EncrId encr) { return wire::is_aead(encr) ? 4 : 0; }

std::size_t encryption_key_size(EncrId encr, std::uint16_t key_bits) {
  if (encr != EncrId::AesCbc && !wire::is_aead(encr)) return 0;
  return encryption_of(key_bits) ? key_bits / 8u : 0;
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
  const auto key_bits = key_bits_of(transform.encryption);
  const auto group = static_cast<GroupId>(transform.group);
  const IntegrityRow* row = find_row([&](const IntegrityRow& r) { return r.word == transform.integrity; });
  if (!key_bits || !row || !row->prf || !KeyExchange::supported(group)) return std::nullopt;
  return IkeSuite{row->encr, *key_bits, row->integ, *row->prf, group};
}

std::optional<EspSuite> esp_suite(const IpsecTransform& transform) {
  const auto key_bits = key_bits_of(transform.encryption);
  const IntegrityRow* row = find_row([&](const IntegrityRow& r) { return r.word == transform.integrity; });
  if (!key_bits || !row) return std::nullopt;
  return EspSuite{row->encr, *key_bits, row->integ};
}

std::optional<IsakmpTransform> isakmp_transform(const IkeSuite& suite) {
  const auto encryption = encryption_of(suite.key_bits);
  const IntegrityRow* row = find_row([&](const IntegrityRow& r) {
    return r.encr == suite.encr && r.integ == suite.integ && r.prf == suite.prf;
  });
  if (!encryption || !row) return std::nullopt;
  return IsakmpTransform{*encryption, row->word, static_cast<std::uint16_t>(suite.group)};
}

std::optional<IpsecTransform> ipsec_transform(const EspSuite& suite) {
  const auto encryption = encryption_of(suite.key_bits);
  const IntegrityRow* row =
      find_row([&](const IntegrityRow& r) { return r.encr == suite.encr && r.integ == suite.integ; });
  if (!encryption || !row) return std::nullopt;
  return IpsecTransform{*encryption, row->word};
}

std::vector<Transform> wire_transforms(const IkeSuite& suite) {
  std::vector<Transform> transforms{Transform::encr(suite.encr, suite.key_bits)};
  if (!wire::is_aead(suite.encr)) transforms.push_back(Transform::integ(suite.integ));
  transforms.push_back(Transform::prf(suite.prf));
  transforms.push_back(Transform::group(suite.group));
  return transforms;
}

std::vector<Transform> wire_transforms(const EspSuite& suite, GroupId pfs) {
  std::vector<Transform> transforms{Transform::encr(suite.encr, suite.key_bits)};
  if (!wire::is_aead(suite.encr)) transforms.push_back(Transform::integ(suite.integ));
  if (pfs != GroupId::None) transforms.push_back(Transform::group(pfs));
  transforms.push_back(Transform::esn(wire::EsnId::None));
  return transforms;
}

bool offers(const wire::TransformRange& offered, std::span<const Transform> wanted) {
  const auto is_offered = [&](const Transform& transform) {
    return std::find(offered.begin(), offered.end(), transform) != offered.end();
  };
  // A type that we leave out may be offered when one of its choices is "none", which all are: 0.
  const auto is_answered = [&](const Transform& transform) {
    const bool optional = transform.type == TransformType::Integ || transform.type == TransformType::Group;
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Transform& w) { return w.type == transform.type; }) ||
           (optional && is_offered(Transform{transform.type, 0, std::nullopt, false}));
  };
  return std::all_of(wanted.begin(), wanted.end(), is_offered) &&
         std::all_of(offered.begin(), offered.end(), is_answered);
}

}  // namespace awtun::crypto
