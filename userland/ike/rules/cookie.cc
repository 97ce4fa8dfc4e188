// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/cookie.h"

#include "userland/crypto/prf.h"
#include "userland/ike/rules/proposal.h"

namespace awtun::ike {
namespace {

constexpr std::size_t kSecretSize = 32;

Bytes bake(std::uint8_t version, const Secret& secret, const CookieClaim& claim) {
  const auto prf = crypto::Prf::create(wire::PrfId::HmacSha256);
  if (!prf) return {};
  const auto hash =
      prf->compute(secret.view(), {claim.nonce, claim.remote.bytes(), spi_bytes(claim.initiator_spi)});
  if (!hash) return {};
  Bytes cookie{version};
  cookie.insert(cookie.end(), hash->view().begin(), hash->view().end());
  return cookie;
}

}  // namespace

Bytes CookieJar::make(Time now, Dice& dice, const CookieClaim& claim) {
  if (!current_ || now - current_->born >= kSecretAge) {
    const auto version = static_cast<std::uint8_t>(current_ ? current_->version + 1 : 1);
    previous_ = std::move(current_);
    current_ = Generation{version, now, Secret(kSecretSize)};
    dice.source()(current_->secret.bytes());
  }
  return bake(current_->version, current_->secret, claim);
}

bool CookieJar::accepts(Time now, ByteView cookie, const CookieClaim& claim) const {
  for (const auto* generation : {&current_, &previous_}) {
    if (!*generation || now - (*generation)->born >= 2 * kSecretAge) continue;
    if (cookie.empty() || cookie[0] != (*generation)->version) continue;
    const Bytes expected = bake((*generation)->version, (*generation)->secret, claim);
    return !expected.empty() && constant_time_equal(expected, cookie);
  }
  return false;
}

}  // namespace awtun::ike
