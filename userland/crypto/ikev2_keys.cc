// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/ikev2_keys.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "userland/wire/octets.h"

namespace awtun::crypto {

namespace {

/// Cuts keys off the front of a key stream.
class Cutter {
 public:
  explicit Cutter(const Secret& stream) : rest_(stream.view()) {}
  Secret cut(std::size_t size) {
    Secret key(rest_.first(size));
    rest_ = rest_.subspan(size);
    return key;
  }

 private:
  ByteView rest_;
};

Secret concatenate(ByteView a, ByteView b) {
  Secret both(a.size() + b.size());
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), both.bytes().begin()));
  return both;
}

EspKeys cut_esp_keys(Cutter& cutter, const KeySizes& sizes) {
  EspKeys keys;
  keys.encryption = cutter.cut(sizes.encryption);
  keys.salt = cutter.cut(sizes.salt);
  keys.integrity = cutter.cut(sizes.integrity);
  return keys;
}

}  // namespace

Result<Secret, CryptoError> skeyseed(const Prf& prf, ByteView ni, ByteView nr, const Secret& shared_secret) {
  return prf.compute(concatenate(ni, nr).view(), {shared_secret.view()});
}

Result<Secret, CryptoError> skeyseed_for_rekey(const Prf& old_prf, const Secret& old_sk_d,
                                               const Secret& shared_secret, ByteView ni, ByteView nr) {
  return old_prf.compute(old_sk_d.view(), {shared_secret.view(), ni, nr});
}

Result<IkeKeyMaterial, CryptoError> derive_ike_keys(const IkeSuite& suite, const Secret& seed, ByteView ni,
                                                    ByteView nr, std::uint64_t initiator_spi,
                                                    std::uint64_t responder_spi) {
  const auto sizes = key_sizes(suite.encr, suite.key_bits, suite.integ);
  if (!sizes) return Error{CryptoError::Unsupported};
  const auto prf = Prf::create(suite.prf);
  if (!prf) return Error{prf.error()};
  const std::size_t encryption = sizes->encryption + sizes->salt;
  std::array<std::uint8_t, 16> spis{};
  wire::store_be64(spis, 0, initiator_spi);
  wire::store_be64(spis, 8, responder_spi);
  const auto stream =
      prf->plus(seed.view(), {ni, nr, spis}, 3 * prf->size() + 2 * sizes->integrity + 2 * encryption);
  if (!stream) return Error{stream.error()};

  Cutter cutter(*stream);
  IkeKeyMaterial keys;
  keys.sk_d = cutter.cut(prf->size());
  keys.sk_ai = cutter.cut(sizes->integrity);
  keys.sk_ar = cutter.cut(sizes->integrity);
  keys.sk_ei = cutter.cut(encryption);
  keys.sk_er = cutter.cut(encryption);
  keys.sk_pi = cutter.cut(prf->size());
  keys.sk_pr = cutter.cut(prf->size());
  return keys;
}

Result<ChildKeys, CryptoError> derive_child_keys(const Prf& prf, const EspSuite& suite, const Secret& sk_d,
                                                 const Secret* shared_secret, ByteView ni, ByteView nr) {
  const auto sizes = key_sizes(suite.encr, suite.key_bits, suite.integ);
  if (!sizes) return Error{CryptoError::Unsupported};
  const std::size_t one_way = sizes->encryption + sizes->salt + sizes->integrity;
  const ByteView shared = shared_secret ? shared_secret->view() : ByteView{};
  const auto stream = prf.plus(sk_d.view(), {shared, ni, nr}, 2 * one_way);
  if (!stream) return Error{stream.error()};

  Cutter cutter(*stream);
  ChildKeys keys;
  keys.initiator_to_responder = cut_esp_keys(cutter, *sizes);
  keys.responder_to_initiator = cut_esp_keys(cutter, *sizes);
  return keys;
}

Result<Bytes, CryptoError> signed_octets(const Prf& prf, ByteView own_first_message, ByteView others_nonce,
                                         const Secret& sk_p, ByteView id_body) {
  const auto maced_id = prf.compute(sk_p.view(), {id_body});
  if (!maced_id) return Error{maced_id.error()};
  Bytes octets;
  octets.reserve(own_first_message.size() + others_nonce.size() + maced_id->size());
  for (const ByteView part : {own_first_message, others_nonce, maced_id->view()})
    octets.insert(octets.end(), part.begin(), part.end());
  return octets;
}

Result<Secret, CryptoError> shared_key_auth(const Prf& prf, const Secret& preshared_key, ByteView octets) {
  static constexpr std::string_view kPad = "Key Pad for IKEv2";  // 17 octets, without a final zero
  static constexpr auto kPadOctets = [] {
    std::array<std::uint8_t, kPad.size()> pad{};
    std::copy(kPad.begin(), kPad.end(), pad.begin());
    return pad;
  }();
  const auto key = prf.compute(preshared_key.view(), {kPadOctets});
  if (!key) return Error{key.error()};
  return prf.compute(key->view(), {octets});
}

}  // namespace awtun::crypto
