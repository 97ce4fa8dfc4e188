// SPDX-License-Identifier: Apache-2.0
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>

#include "userland/crypto/groups.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto::ecp {

namespace {

using Curve = openssl::Handle<EC_GROUP, EC_GROUP_free>;
using Point = openssl::Handle<EC_POINT, EC_POINT_clear_free>;

constexpr std::uint8_t kUncompressed = 4;  // SEC 1: 04 | x | y

/// Null for a group that is not one of these. Constants, so all threads share them.
const EC_GROUP* curve_of(wire::GroupId id) {
  static const Curve p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  static const Curve p384(EC_GROUP_new_by_curve_name(NID_secp384r1));
  static const Curve p521(EC_GROUP_new_by_curve_name(NID_secp521r1));
  switch (id) {
    case wire::GroupId::Ecp256:
      return p256.get();
    case wire::GroupId::Ecp384:
      return p384.get();
    case wire::GroupId::Ecp521:
      return p521.get();
    case wire::GroupId::None:
    case wire::GroupId::Modp1024:
    case wire::GroupId::Modp1536:
    case wire::GroupId::Modp2048:
    case wire::GroupId::Modp3072:
    case wire::GroupId::Modp4096:
    case wire::GroupId::Modp8192:
    case wire::GroupId::X25519:
      break;
  }
  return nullptr;
}

std::size_t field_size(const EC_GROUP* curve) {
  return (static_cast<std::size_t>(EC_GROUP_get_degree(curve)) + 7) / 8;
}

openssl::Number to_number(ByteView octets) {
  return openssl::Number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
}

/// The private key as a number, 0 < d < order; null when it is none.
openssl::Number to_scalar(const EC_GROUP* curve, const Secret& private_key) {
  openssl::Number scalar = to_number(private_key.view());
  if (!scalar || BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), EC_GROUP_get0_order(curve)) >= 0)
    return nullptr;
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  return scalar;
}

/// x | y of a point that is not at infinity.
Result<Secret, CryptoError> coordinates(const EC_GROUP* curve, const EC_POINT* point, BN_CTX* context) {
  const openssl::Number x(BN_new());
  const openssl::Number y(BN_new());
  const std::size_t size = field_size(curve);
  Secret octets(2 * size);
  if (!x || !y || EC_POINT_get_affine_coordinates(curve, point, x.get(), y.get(), context) != 1 ||
      BN_bn2binpad(x.get(), octets.bytes().data(), static_cast<int>(size)) < 0 ||
      BN_bn2binpad(y.get(), octets.bytes().subspan(size).data(), static_cast<int>(size)) < 0)
    return Error{CryptoError::Library};
  return octets;
}

/// scalar * base, or scalar * generator when `base` is null.
Result<Secret, CryptoError> multiply(const EC_GROUP* curve, const EC_POINT* base, const Secret& private_key,
                                     BN_CTX* context) {
  const openssl::Number scalar = to_scalar(curve, private_key);
  const Point product(EC_POINT_new(curve));
  if (!scalar) return Error{CryptoError::BadLength};
  if (!product) return Error{CryptoError::Library};
  const int done = base ? EC_POINT_mul(curve, product.get(), nullptr, base, scalar.get(), context)
                        : EC_POINT_mul(curve, product.get(), scalar.get(), nullptr, nullptr, context);
  if (done != 1) return Error{CryptoError::Library};
  return coordinates(curve, product.get(), context);
}

}  // namespace

// With 64 bits to spare the remainder is as good as uniform (FIPS 186-5 A.2.1).
Result<Secret, CryptoError> private_key(wire::GroupId group, Secret random) {
  const EC_GROUP* curve = curve_of(group);
  const openssl::NumberContext context(BN_CTX_secure_new());
  if (!curve || !context) return Error{CryptoError::Library};
  const openssl::Number limit(BN_dup(EC_GROUP_get0_order(curve)));
  const openssl::Number number = to_number(random.view());
  const openssl::Number scalar(BN_new());
  if (!limit || !number || !scalar) return Error{CryptoError::Library};
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  Secret octets(field_size(curve));
  if (BN_sub_word(limit.get(), 1) != 1 ||
      BN_mod(scalar.get(), number.get(), limit.get(), context.get()) != 1 ||
      BN_add_word(scalar.get(), 1) != 1 ||
      BN_bn2binpad(scalar.get(), octets.bytes().data(), static_cast<int>(octets.size())) < 0)
    return Error{CryptoError::Library};
  return octets;
}

Result<Bytes, CryptoError> public_value(wire::GroupId group, const Secret& private_key) {
  const EC_GROUP* curve = curve_of(group);
  const openssl::NumberContext context(BN_CTX_secure_new());
  if (!curve || !context) return Error{CryptoError::Library};
  const auto value = multiply(curve, nullptr, private_key, context.get());
  if (!value) return Error{value.error()};
  return Bytes(value->view().begin(), value->view().end());
}

// The cofactor of these curves is 1: a point on the curve is in the group (RFC 6989 2.3).
Result<Secret, CryptoError> shared_secret(wire::GroupId group, const Secret& private_key, ByteView peer) {
  const EC_GROUP* curve = curve_of(group);
  const openssl::NumberContext context(BN_CTX_secure_new());
  if (!curve || !context) return Error{CryptoError::Library};
  if (peer.size() != 2 * field_size(curve)) return Error{CryptoError::BadLength};
  Bytes encoded{kUncompressed};
  encoded.insert(encoded.end(), peer.begin(), peer.end());
  const Point point(EC_POINT_new(curve));
  if (!point) return Error{CryptoError::Library};
  if (EC_POINT_oct2point(curve, point.get(), encoded.data(), encoded.size(), context.get()) != 1)
    return Error{CryptoError::BadPublicValue};
  const auto product = multiply(curve, point.get(), private_key, context.get());
  if (!product) return Error{product.error()};
  return Secret(product->view().first(field_size(curve)));
}

}  // namespace awtun::crypto::ecp
