// SPDX-License-Identifier: Apache-2.0
// The keys of an IKE SA at work: messages into SK payloads and out of them.
#pragma once

#include <optional>

#include "userland/crypto/ike_cipher.h"
#include "userland/crypto/ikev2_keys.h"
#include "userland/crypto/prf.h"
#include "userland/ike/rules/dice.h"
#include "userland/wire/writer.h"

namespace awtun::ike {

class Protection {
 public:
  /// `initiator`: we are the original initiator, so SK_ei and SK_ai are our sending keys.
  [[nodiscard]] static std::optional<Protection> create(const crypto::IkeSuite& suite,
                                                        const crypto::IkeKeyMaterial& material,
                                                        bool initiator);

  [[nodiscard]] const crypto::Prf& prf() const { return prf_; }
  [[nodiscard]] const Secret& sk_d() const { return sk_d_; }
  [[nodiscard]] const Secret& sk_pi() const { return sk_pi_; }
  [[nodiscard]] const Secret& sk_pr() const { return sk_pr_; }
  /// SK_pi and SK_pr, which are for IKE_AUTH alone (RFC 7296 2.15).
  void forget_sk_p() {
    sk_pi_ = Secret();
    sk_pr_ = Secret();
  }

  /// The message: one datagram of at most `limit` octets, or as many fragments (RFC 7383) as it takes.
  /// nullopt when it would be too large even so.
  [[nodiscard]] std::optional<std::vector<Bytes>> seal(const wire::Header& header,
                                                       const wire::PayloadWriter& inner, std::size_t limit,
                                                       Dice& dice);
  /// The plaintext of an SK or SKF payload; nullopt unless the ICV is right.
  [[nodiscard]] std::optional<Bytes> open(const wire::EncryptedView& encrypted) const;

 private:
  Protection(crypto::Prf prf, const crypto::IkeKeyMaterial& material, crypto::IkeCipher out,
             crypto::IkeCipher in)
      : prf_(prf),
        sk_d_(material.sk_d.copy()),
        sk_pi_(material.sk_pi.copy()),
        sk_pr_(material.sk_pr.copy()),
        out_(std::move(out)),
        in_(std::move(in)) {}
  [[nodiscard]] Bytes next_iv(Dice& dice);
  [[nodiscard]] wire::Sealer sealer(std::size_t plaintext_size, Dice& dice);
  [[nodiscard]] std::size_t fragment_capacity(std::size_t limit) const;

  crypto::Prf prf_;
  Secret sk_d_;
  Secret sk_pi_;
  Secret sk_pr_;
  crypto::IkeCipher out_;
  crypto::IkeCipher in_;
  std::uint64_t sealed_ = 0;
};

}  // namespace awtun::ike
