// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/key_exchange.h"

#include <algorithm>
#include <array>

#include "userland/crypto/groups.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto {

namespace {

using wire::GroupId;

enum class Kind : std::uint8_t { Modp, Ecp, X25519 };

struct Row {
  GroupId group;
  Kind kind;
  std::size_t public_size;  // octets
  std::size_t random_size;  // octets that generate() takes
};

// MODP exponents have at least twice the group's strength (SP 800-56A appendix D; the lower estimate of
// RFC 3526 8), rounded up to whole words, which is what the constant-time exponentiation pays for.
constexpr std::array kRows{
    Row{GroupId::Modp1024, Kind::Modp, 128, 32},  Row{GroupId::Modp1536, Kind::Modp, 192, 32},
    Row{GroupId::Modp2048, Kind::Modp, 256, 32},  Row{GroupId::Modp3072, Kind::Modp, 384, 40},
    Row{GroupId::Modp4096, Kind::Modp, 512, 48},  Row{GroupId::Modp8192, Kind::Modp, 1024, 56},
    Row{GroupId::Ecp256, Kind::Ecp, 64, 32 + 8},  Row{GroupId::Ecp384, Kind::Ecp, 96, 48 + 8},
    Row{GroupId::Ecp521, Kind::Ecp, 132, 66 + 8}, Row{GroupId::X25519, Kind::X25519, 32, 32},
};

const Row* find(GroupId group) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.group == group; });
  return row == kRows.end() ? nullptr : row;
}

Result<Secret, CryptoError> private_key_of(const Row& row, Secret random) {
  switch (row.kind) {
    case Kind::Modp:
      return modp::private_key(row.group, std::move(random));
    case Kind::Ecp:
      return ecp::private_key(row.group, std::move(random));
    case Kind::X25519:
      return random;
  }
  return Error{CryptoError::Unsupported};
}

Result<Bytes, CryptoError> public_value_of(const Row& row, const Secret& private_key) {
  switch (row.kind) {
    case Kind::Modp:
      return modp::public_value(row.group, private_key);
    case Kind::Ecp:
      return ecp::public_value(row.group, private_key);
    case Kind::X25519:
      return x25519::public_value(private_key);
  }
  return Error{CryptoError::Unsupported};
}

}  // namespace

bool KeyExchange::supported(GroupId group) { return find(group) != nullptr; }

std::size_t KeyExchange::public_size(GroupId group) {
  const Row* row = find(group);
  return row ? row->public_size : 0;
}

std::size_t KeyExchange::random_size(GroupId group) {
  const Row* row = find(group);
  return row ? row->random_size : 0;
}

Result<KeyExchange, CryptoError> KeyExchange::generate(GroupId group, const RandomSource& random) {
  const Row* row = find(group);
  if (!row) return Error{CryptoError::Unsupported};
  Secret octets(row->random_size);
  random(octets.bytes());
  const auto private_key = private_key_of(*row, std::move(octets));
  if (!private_key) return Error{private_key.error()};
  return from_private(group, private_key->view());
}

Result<KeyExchange, CryptoError> KeyExchange::from_private(GroupId group, ByteView private_key) {
  const Row* row = find(group);
  if (!row) return Error{CryptoError::Unsupported};
  Secret key(private_key);
  auto value = public_value_of(*row, key);
  if (!value) return Error{value.error()};
  return KeyExchange(group, std::move(key), *std::move(value));
}

Result<Secret, CryptoError> KeyExchange::derive(ByteView peer) const {
  const Row* row = find(group_);
  if (!row) return Error{CryptoError::Unsupported};
  const openssl::ErrorScope errors;
  switch (row->kind) {
    case Kind::Modp:
      return modp::shared_secret(group_, private_key_, peer);
    case Kind::Ecp:
      return ecp::shared_secret(group_, private_key_, peer);
    case Kind::X25519:
      return x25519::shared_secret(private_key_, public_value_, peer);
  }
  return Error{CryptoError::Unsupported};
}

}  // namespace awtun::crypto
