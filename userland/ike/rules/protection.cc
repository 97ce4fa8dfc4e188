// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/protection.h"

#include <algorithm>

#include "userland/ike/rules/fragments.h"
#include "userland/ike/rules/proposal.h"

namespace awtun::ike {

std::optional<Protection> Protection::create(const crypto::IkeSuite& suite,
                                             const crypto::IkeKeyMaterial& material, bool initiator) {
  auto prf = crypto::Prf::create(suite.prf);
  auto forward = crypto::IkeCipher::create(suite, material.sk_ei.view(), material.sk_ai.view());
  auto backward = crypto::IkeCipher::create(suite, material.sk_er.view(), material.sk_ar.view());
  if (!prf || !forward || !backward) return std::nullopt;
  if (!initiator) std::swap(*forward, *backward);
  return Protection(*prf, material, *std::move(forward), *std::move(backward));
}

/// A counter for an AEAD, whose nonce must never repeat under a key; unpredictable for CBC.
Bytes Protection::next_iv(Dice& dice) {
  return out_.aead() ? spi_bytes(++sealed_) : dice.bytes(out_.iv_size());
}

wire::Sealer Protection::sealer(std::size_t plaintext_size, Dice& dice) {
  return {out_.sealed_size(plaintext_size),
          [this, iv = next_iv(dice)](ByteView prefix, ByteView plaintext, MutableByteView body) {
            return static_cast<bool>(out_.seal(iv, prefix, plaintext, body));
          }};
}

/// How much plaintext a fragment of `limit` octets holds.
std::size_t Protection::fragment_capacity(std::size_t limit) const {
  const std::size_t around =
      wire::kHeaderSize + wire::kPayloadHeaderSize + wire::kFragmentNumbersSize + out_.sealed_size(0);
  if (limit < around) return 0;
  // An empty plaintext already takes a block, for the octet that counts the padding.
  const std::size_t more = limit - around;
  return more - more % out_.block_size() + out_.block_size() - 1;
}

std::optional<std::vector<Bytes>> Protection::seal(const wire::Header& header,
                                                   const wire::PayloadWriter& inner, std::size_t limit,
                                                   Dice& dice) {
  std::vector<Bytes> packets;
  const ByteView plaintext = inner.octets();
  if (wire::kHeaderSize + wire::kPayloadHeaderSize + out_.sealed_size(plaintext.size()) <= limit) {
    auto whole = wire::write_encrypted_message(header, inner, sealer(plaintext.size(), dice));
    if (!whole) return std::nullopt;
    packets.push_back(*std::move(whole));
    return packets;
  }
  const std::size_t capacity = fragment_capacity(limit);
  if (!inner.ok() || capacity == 0 ||
      plaintext.size() > std::min(capacity * kMaxFragments, wire::kMaxMessageSize))
    return std::nullopt;
  const std::size_t total = (plaintext.size() + capacity - 1) / capacity;
  for (std::size_t i = 0; i < total; ++i) {
    const ByteView part =
        plaintext.subspan(i * capacity, std::min(capacity, plaintext.size() - i * capacity));
    const wire::Fragment fragment{inner.first(), part, static_cast<std::uint16_t>(i + 1),
                                  static_cast<std::uint16_t>(total)};
    auto packet = wire::write_fragment(header, fragment, sealer(part.size(), dice));
    if (!packet) return std::nullopt;
    packets.push_back(*std::move(packet));
  }
  return packets;
}

std::optional<Bytes> Protection::open(const wire::EncryptedView& encrypted) const {
  auto plaintext = in_.open(encrypted.prefix, encrypted.body);
  if (!plaintext) return std::nullopt;
  return *std::move(plaintext);
}

}  // namespace awtun::ike
