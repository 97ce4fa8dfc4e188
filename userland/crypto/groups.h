// SPDX-License-Identifier: Apache-2.0
// The three families of groups that KeyExchange chooses from. Internal to this folder. In each:
// private keys are octets, big endian where they are numbers; public_value() gives what goes into a
// KE payload; shared_secret() judges the peer's value (RFC 6989) and gives g^ir.
#pragma once

#include <cstddef>

#include "userland/base/bytes.h"
#include "userland/base/result.h"
#include "userland/base/secret.h"
#include "userland/crypto/error.h"
#include "userland/wire/constants.h"

namespace awtun::crypto {

/// RFC 2409 group 2, RFC 3526.
namespace modp {
/// Turns random octets into a private key.
Result<Secret, CryptoError> private_key(wire::GroupId group, Secret random);
Result<Bytes, CryptoError> public_value(wire::GroupId group, const Secret& private_key);
Result<Secret, CryptoError> shared_secret(wire::GroupId group, const Secret& private_key, ByteView peer);
}  // namespace modp

/// RFC 5903.
namespace ecp {
/// Turns random octets, 8 more than the field has, into a private key.
Result<Secret, CryptoError> private_key(wire::GroupId group, Secret random);
Result<Bytes, CryptoError> public_value(wire::GroupId group, const Secret& private_key);
Result<Secret, CryptoError> shared_secret(wire::GroupId group, const Secret& private_key, ByteView peer);
}  // namespace ecp

/// RFC 7748, RFC 8031. Any 32 octets are a private key.
namespace x25519 {
Result<Bytes, CryptoError> public_value(const Secret& private_key);
/// `own_public` is public_value(private_key), which OpenSSL would otherwise compute once more.
Result<Secret, CryptoError> shared_secret(const Secret& private_key, ByteView own_public, ByteView peer);
}  // namespace x25519

}  // namespace awtun::crypto
