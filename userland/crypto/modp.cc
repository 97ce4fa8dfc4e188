// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "userland/crypto/groups.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto::modp {

namespace {

/// A safe prime p = 2q + 1 with generator 2, prepared for Montgomery arithmetic.
struct Group {
  openssl::Number prime;
  openssl::Number largest;  // p - 2, the largest value that is accepted
  openssl::Number generator{BN_new()};
  openssl::MontgomeryContext montgomery{BN_MONT_CTX_new()};
  bool usable = false;

  explicit Group(BIGNUM* p) : prime(p), largest(p ? BN_dup(p) : nullptr) {
    const openssl::NumberContext context(BN_CTX_new());
    usable = prime && largest && generator && montgomery && context && BN_sub_word(largest.get(), 2) == 1 &&
             BN_set_word(generator.get(), 2) == 1 &&
             BN_MONT_CTX_set(montgomery.get(), prime.get(), context.get()) == 1;
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(BN_num_bytes(prime.get())); }
  /// RFC 6989 2.1, as for private keys: 1 < number < p-1.
  [[nodiscard]] bool contains(const BIGNUM* number) const {
    return BN_cmp(number, BN_value_one()) > 0 && BN_cmp(number, largest.get()) <= 0;
  }
};

/// Null for a group that is not one of these. Constants, so all threads share them.
const Group* group_of(wire::GroupId id) {
  static const Group modp1024(BN_get_rfc2409_prime_1024(nullptr));
  static const Group modp1536(BN_get_rfc3526_prime_1536(nullptr));
  static const Group modp2048(BN_get_rfc3526_prime_2048(nullptr));
  static const Group modp3072(BN_get_rfc3526_prime_3072(nullptr));
  static const Group modp4096(BN_get_rfc3526_prime_4096(nullptr));
  static const Group modp8192(BN_get_rfc3526_prime_8192(nullptr));
  switch (id) {
    case wire::GroupId::Modp1024:
      return &modp1024;
    case wire::GroupId::Modp1536:
      return &modp1536;
    case wire::GroupId::Modp2048:
      return &modp2048;
    case wire::GroupId::Modp3072:
      return &modp3072;
    case wire::GroupId::Modp4096:
      return &modp4096;
    case wire::GroupId::Modp8192:
      return &modp8192;
    case wire::GroupId::None:
    case wire::GroupId::Ecp256:
    case wire::GroupId::Ecp384:
    case wire::GroupId::Ecp521:
    case wire::GroupId::X25519:
      break;
  }
  return nullptr;
}

openssl::Number to_number(ByteView octets) {
  return openssl::Number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
}

/// base^exponent mod p in time that depends on sizes alone, padded to the left to the prime's size.
Result<Secret, CryptoError> power(const Group& group, const BIGNUM* base, const Secret& exponent) {
  const openssl::NumberContext context(BN_CTX_secure_new());
  const openssl::Number x = to_number(exponent.view());
  const openssl::Number result(BN_new());
  if (!context || !x || !result) return Error{CryptoError::Library};
  if (!group.contains(x.get())) return Error{CryptoError::BadLength};
  BN_set_flags(x.get(), BN_FLG_CONSTTIME);
  Secret octets(group.size());
  if (BN_mod_exp_mont_consttime(result.get(), base, x.get(), group.prime.get(), context.get(),
                                group.montgomery.get()) != 1 ||
      BN_bn2binpad(result.get(), octets.bytes().data(), static_cast<int>(octets.size())) < 0)
    return Error{CryptoError::Library};
  return octets;
}

}  // namespace

Result<Secret, CryptoError> private_key(wire::GroupId group, Secret random) {
  const Group* found = group_of(group);
  if (!found || random.empty() || random.size() >= found->size()) return Error{CryptoError::BadLength};
  random.bytes()[0] |= 0x80;  // never 0 or 1, and all of one length
  return random;
}

Result<Bytes, CryptoError> public_value(wire::GroupId group, const Secret& private_key) {
  const Group* found = group_of(group);
  if (!found || !found->usable) return Error{CryptoError::Library};
  const auto value = power(*found, found->generator.get(), private_key);
  if (!value) return Error{value.error()};
  return Bytes(value->view().begin(), value->view().end());
}

// The test for the subgroup, y^q = 1, is left out: the primes are safe, so that it could tell at most
// one bit of an exponent that is used once (RFC 6989 2.1), and it costs seven times the exchange.
Result<Secret, CryptoError> shared_secret(wire::GroupId group, const Secret& private_key, ByteView peer) {
  const Group* found = group_of(group);
  if (!found || !found->usable) return Error{CryptoError::Library};
  if (peer.size() != found->size()) return Error{CryptoError::BadLength};
  const openssl::Number y = to_number(peer);
  if (!y) return Error{CryptoError::Library};
  if (!found->contains(y.get())) return Error{CryptoError::BadPublicValue};
  return power(*found, y.get(), private_key);
}

}  // namespace awtun::crypto::modp
