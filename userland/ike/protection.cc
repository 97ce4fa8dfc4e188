// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/protection.h"

#include "userland/ike/proposal.h"

namespace awtun::ike {

std::optional<Protection> Protection::create(const crypto::IkeSuite& suite, crypto::IkeKeyMaterial material,
                                             bool initiator) {
  auto prf = crypto::Prf::create(suite.prf);
  auto forward = crypto::IkeCipher::create(suite, material.sk_ei.view(), material.sk_ai.view());
  auto backward = crypto::IkeCipher::create(suite, material.sk_er.view(), material.sk_ar.view());
  if (!prf || !forward || !backward) return std::nullopt;
  if (!initiator) std::swap(*forward, *backward);
  return Protection(*prf, std::move(material), *std::move(forward), *std::move(backward),
                    wire::is_aead(suite.encr));
}

/// A counter for an AEAD, whose nonce must never repeat under a key; unpredictable for CBC.
Bytes Protection::next_iv(Dice& dice) { return aead_ ? spi_bytes(++sealed_) : dice.bytes(out_.iv_size()); }

std::optional<Bytes> Protection::seal(const wire::Header& header, const wire::PayloadWriter& inner,
                                      Dice& dice) {
  const Bytes iv = next_iv(dice);
  const wire::Sealer sealer{out_.sealed_size(inner.size()),
                            [&](ByteView prefix, ByteView plaintext, MutableByteView body) {
                              return static_cast<bool>(out_.seal(iv, prefix, plaintext, body));
                            }};
  return wire::write_encrypted_message(header, inner, sealer);
}

std::optional<Bytes> Protection::open(const wire::EncryptedView& encrypted) const {
  auto plaintext = in_.open(encrypted.prefix, encrypted.body);
  if (!plaintext) return std::nullopt;
  return *std::move(plaintext);
}

}  // namespace awtun::ike
