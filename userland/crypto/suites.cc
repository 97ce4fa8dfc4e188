// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/suites.h"

#include <algorithm>

#include "userland/crypto/key_exchange.h"

namespace awtun::crypto {

namespace {

using wire::Transform;
using wire::TransformType;

/// The row of a table that holds for a predicate; nullptr when none does.
template <class Row, std::size_t N>
const Row* find_row(const std::array<Row, N>& rows, auto&& holds) {
  const auto row = std::find_if(rows.begin(), rows.end(), holds);
  return row == rows.end() ? nullptr : &*row;
}

const HashRow* find_hash(std::string_view word) {
  return find_row(kHashes, [&](const HashRow& row) { return row.word.text == word; });
}

Transform encr_transform(EncrId id, std::uint16_t key_bits) {
  const EncryptionRow* row = find_encryption(id, key_bits);
  Transform transform = Transform::encr(id, key_bits);
  if (row != nullptr && !row->key_length) transform.key_bits.reset();
  return transform;
}

/// Of an algorithm whose size of key is not named the only row; of one without a word the registry's name.
std::string describe_encryption(const Transform& transform) {
  const auto id = static_cast<EncrId>(transform.id);
  const EncryptionRow* row = find_row(kEncryptions, [&](const EncryptionRow& each) {
    return each.id == id && (each.key_length ? transform.key_bits == each.key_bits : !transform.key_bits);
  });
  if (row != nullptr && row->aead())
    return capitals(row->ipsec.text) + "/" + capitals(row->ipsec_integrity.text);
  if (row != nullptr) return capitals(row->ipsec.text);
  row = find_row(kEncryptions, [&](const EncryptionRow& each) { return each.id == id; });
  const std::string name = row != nullptr ? std::string(row->registry) : std::to_string(transform.id);
  return transform.key_bits ? name + " " + std::to_string(*transform.key_bits) : name;
}

std::string describe_hash(const HashRow* row, std::uint16_t id) {
  if (row != nullptr) return capitals(row->word.text);
  return id == 0 ? "none" : std::to_string(id);
}

/// By its number, as the command line has it; those that it has not by IANA's name, if people know that
/// better.
std::string describe_group(std::uint16_t id) {
  constexpr std::array kMlKem{"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"};
  constexpr std::uint16_t kFirstMlKem = 35;
  if (id >= kFirstMlKem && id < kFirstMlKem + kMlKem.size()) return kMlKem[id - kFirstMlKem];
  return id == 0 ? "none" : std::to_string(id);
}

std::string describe_esn(std::uint16_t id) {
  if (id > 1) return std::to_string(id);
  return id == 0 ? "without" : "with";
}

}  // namespace

const EncryptionRow* find_encryption(EncrId id, std::uint16_t key_bits) {
  return find_row(kEncryptions,
                  [&](const EncryptionRow& row) { return row.id == id && row.key_bits == key_bits; });
}

const HashRow* find_hash(IntegId id) {
  return find_row(kHashes, [&](const HashRow& row) { return row.integ == id; });
}

const HashRow* find_hash(PrfId id) {
  return find_row(kHashes, [&](const HashRow& row) { return row.prf == id; });
}

// ---------------------------------------------------------------- suites

bool supported(const IkeSuite& suite) {
  return key_sizes(suite.encr, suite.key_bits, suite.integ) && find_hash(suite.prf) != nullptr &&
         KeyExchange::supported(suite.group);
}

bool supported(const EspSuite& suite) {
  const HashRow* hash = find_hash(suite.integ);
  return key_sizes(suite.encr, suite.key_bits, suite.integ) &&
         (hash == nullptr || hash->kernel != AWTUN_AUTH_NONE);
}

std::optional<KeySizes> key_sizes(EncrId encr, std::uint16_t key_bits, IntegId integ) {
  const EncryptionRow* row = find_encryption(encr, key_bits);
  const HashRow* hash = find_hash(integ);
  if (row == nullptr || !row->supported()) return std::nullopt;
  if (row->aead() ? integ != IntegId::None : hash == nullptr) return std::nullopt;
  return KeySizes{row->key_size(), row->salt, hash != nullptr ? std::size_t{hash->size} : 0};
}

// ---------------------------------------------------------------- in words

std::optional<IkeSuite> ike_suite(std::string_view encryption, std::string_view integrity, GroupId group) {
  const EncryptionRow* row = find_row(kEncryptions, [&](const EncryptionRow& each) {
    return !encryption.empty() && each.isakmp.text == encryption;
  });
  const HashRow* hash = find_hash(integrity);
  if (row == nullptr || hash == nullptr) return std::nullopt;
  return IkeSuite{row->id, row->key_bits, row->aead() ? IntegId::None : hash->integ, hash->prf, group};
}

std::optional<EspSuite> esp_suite(std::string_view encryption, std::string_view integrity) {
  const HashRow* hash = find_hash(integrity);
  if (hash != nullptr && hash->kernel == AWTUN_AUTH_NONE) return std::nullopt;
  const EncryptionRow* row = find_row(kEncryptions, [&](const EncryptionRow& each) {
    return each.ipsec.text == encryption &&
           (hash != nullptr ? !each.aead() : each.ipsec_integrity.text == integrity);
  });
  if (row == nullptr || (hash == nullptr && !row->aead())) return std::nullopt;
  return EspSuite{row->id, row->key_bits, hash != nullptr ? hash->integ : IntegId::None};
}

SuiteWords words_of(const IkeSuite& suite) {
  const EncryptionRow* row = find_encryption(suite.encr, suite.key_bits);
  const HashRow* hash = find_hash(suite.prf);
  if (row == nullptr || hash == nullptr) return {};
  return {row->isakmp.text, hash->word.text};
}

SuiteWords words_of(const EspSuite& suite) {
  const EncryptionRow* row = find_encryption(suite.encr, suite.key_bits);
  const HashRow* hash = find_hash(suite.integ);
  if (row == nullptr || (hash == nullptr && !row->aead())) return {};
  return {row->ipsec.text, hash != nullptr ? hash->word.text : row->ipsec_integrity.text};
}

std::string capitals(std::string_view word) {
  std::string text(word);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string describe(const IkeSuite& suite) {
  const auto [encryption, integrity] = words_of(suite);
  return capitals(encryption) + "/" + capitals(integrity) + "/" +
         std::to_string(static_cast<unsigned>(suite.group));
}

std::string describe(const EspSuite& suite) {
  const auto [encryption, integrity] = words_of(suite);
  return capitals(encryption) + "/" + capitals(integrity);
}

static std::string describe_algorithm(const Transform& transform) {
  switch (transform.type) {
    case TransformType::Encr:
      return describe_encryption(transform);
    case TransformType::Prf:
      return describe_hash(find_hash(static_cast<PrfId>(transform.id)), transform.id);
    case TransformType::Integ:
      return describe_hash(find_hash(static_cast<IntegId>(transform.id)), transform.id);
    case TransformType::Group:
      return describe_group(transform.id);
    case TransformType::Esn:
      return describe_esn(transform.id);
  }
  return is_additional_key_exchange(transform.type) ? describe_group(transform.id)
                                                    : std::to_string(transform.id);
}

std::string describe(const Transform& transform) {
  std::string text = describe_algorithm(transform);
  const bool says_bits = transform.type == TransformType::Encr;
  if (transform.key_bits && !says_bits) text += " of " + std::to_string(*transform.key_bits) + " bits";
  if (transform.unknown_attribute) text += " with an unknown attribute";
  return text;
}

// ---------------------------------------------------------------- on the wire

std::vector<Transform> wire_transforms(const IkeSuite& suite) {
  std::vector<Transform> transforms{encr_transform(suite.encr, suite.key_bits)};
  if (suite.integ != IntegId::None) transforms.push_back(Transform::integ(suite.integ));
  transforms.push_back(Transform::prf(suite.prf));
  transforms.push_back(Transform::group(suite.group));
  return transforms;
}

std::vector<Transform> wire_transforms(const EspSuite& suite, GroupId pfs, wire::EsnId esn) {
  std::vector<Transform> transforms{encr_transform(suite.encr, suite.key_bits)};
  if (suite.integ != IntegId::None) transforms.push_back(Transform::integ(suite.integ));
  if (pfs != GroupId::None) transforms.push_back(Transform::group(pfs));
  transforms.push_back(Transform::esn(esn));
  return transforms;
}

}  // namespace awtun::crypto
