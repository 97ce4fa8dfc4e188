// SPDX-License-Identifier: Apache-2.0
#include "userland/sim/foreign_sa.h"

#include "userland/wire/octets.h"

namespace awtun::sim {

std::optional<ForeignKeys> ForeignKeys::derive(const crypto::IkeSuite& suite, const Secret& seed,
                                               const ForeignNonces& nonces, std::uint64_t initiator_spi,
                                               std::uint64_t responder_spi, bool initiator) {
  const auto prf = crypto::Prf::create(suite.prf);
  auto keys =
      crypto::derive_ike_keys(suite, seed, nonces.initiator, nonces.responder, initiator_spi, responder_spi);
  if (!prf || !keys) return std::nullopt;
  auto forward = crypto::IkeCipher::create(suite, keys->sk_ei.view(), keys->sk_ai.view());
  auto backward = crypto::IkeCipher::create(suite, keys->sk_er.view(), keys->sk_ar.view());
  if (!forward || !backward) return std::nullopt;
  if (!initiator) std::swap(*forward, *backward);
  return ForeignKeys(*prf, *std::move(keys), *std::move(forward), *std::move(backward));
}

Bytes ForeignKeys::seal(const wire::Header& header, const wire::PayloadWriter& inner,
                        const ike::RandomSource& random) {
  Bytes iv(out_.iv_size());
  if (out_.aead())
    wire::store_be64(iv, 0, ++sealed_);
  else
    random(iv);
  const wire::Sealer sealer{out_.sealed_size(inner.size()),
                            [&](ByteView prefix, ByteView plaintext, MutableByteView body) {
                              return static_cast<bool>(out_.seal(iv, prefix, plaintext, body));
                            }};
  return wire::write_encrypted_message(header, inner, sealer).value_or(Bytes());
}

std::optional<Bytes> ForeignKeys::open(const wire::EncryptedView& encrypted) const {
  auto plaintext = in_.open(encrypted.prefix, encrypted.body);
  if (!plaintext) return std::nullopt;
  return *std::move(plaintext);
}

wire::Header ForeignIkeSa::header(wire::ExchangeType exchange, bool response, std::uint32_t id) const {
  wire::Header result;
  result.initiator_spi = initiator_spi();
  result.responder_spi = responder_spi();
  result.exchange = exchange;
  result.from_initiator = initiator;
  result.response = response;
  result.message_id = id;
  return result;
}

Bytes foreign_octets(std::uint64_t spi) {
  Bytes result(8);
  wire::store_be64(result, 0, spi);
  return result;
}

Bytes foreign_octets(std::uint32_t spi) {
  Bytes result(4);
  wire::store_be32(result, 0, spi);
  return result;
}

}  // namespace awtun::sim
