// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/auth.h"

#include <algorithm>

namespace awtun::ike {

Bytes id_body(const Identity& identity) {
  Bytes body(4 + identity.data.size());
  body[0] = static_cast<std::uint8_t>(identity.type);
  std::copy(identity.data.begin(), identity.data.end(), body.begin() + 4);
  return body;
}

std::optional<Bytes> auth_octets(const crypto::Prf& prf, const AuthInput& input) {
  auto octets =
      crypto::signed_octets(prf, input.own_first_message, input.others_nonce, input.sk_p, input.id_body);
  if (!octets) return std::nullopt;
  return *std::move(octets);
}

bool proves(wire::AuthMethodId method, AuthMethod demanded) {
  switch (method) {
    case wire::AuthMethodId::SharedKey:
      return demanded == AuthMethod::PreShare;
    case wire::AuthMethodId::RsaSignature:
    case wire::AuthMethodId::EcdsaSha256P256:
    case wire::AuthMethodId::EcdsaSha384P384:
    case wire::AuthMethodId::EcdsaSha512P521:
    case wire::AuthMethodId::DigitalSignature:
      return demanded == AuthMethod::Certificate;
    case wire::AuthMethodId::DssSignature:
    case wire::AuthMethodId::Null:
      return false;
  }
  return false;
}

std::optional<Secret> preshared_auth(const crypto::Prf& prf, const Secret& preshared_key,
                                     const AuthInput& input) {
  const auto octets = auth_octets(prf, input);
  if (!octets) return std::nullopt;
  auto auth = crypto::shared_key_auth(prf, preshared_key, *octets);
  if (!auth) return std::nullopt;
  return *std::move(auth);
}

bool verify_preshared_auth(const crypto::Prf& prf, const Secret* preshared_key, const AuthInput& input,
                           ByteView received) {
  const Secret dummy(std::size_t{32});
  const auto expected = preshared_auth(prf, preshared_key != nullptr ? *preshared_key : dummy, input);
  const bool equal = expected && constant_time_equal(expected->view(), received);
  return equal && preshared_key != nullptr;
}

}  // namespace awtun::ike
