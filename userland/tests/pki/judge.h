// SPDX-License-Identifier: Apache-2.0
// A router that judges a peer by what it sends, whatever that is and in whatever order.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "userland/tests/pki/authority.h"

namespace awtun::pki::testing {

/// For a certificate of the peer that a Judge expects.
inline Wish peer_wish() { return router("r2.example.com"); }

struct Judge {
  std::string trusted;
  std::string lists = {};
  std::string own = {};  ///< its own certificate, then intermediate ones
  WallClock now = kNow;
  Attachments attached = {};  ///< that the peer sends besides its certificates

  /// nullopt: it takes r2.example.com, who has the key of `peer` and sends these.
  [[nodiscard]] std::optional<Refusal> judge(const Party& peer, const std::vector<Bytes>& sent) const {
    static const Bytes octets{'o', 'c', 't', 'e', 't', 's'};
    static const std::string identity = "r2.example.com";
    const auto signer = crypto::Signer::from_pem(peer.key_pem().view());
    const auto signature = signer->sign(std::vector<std::uint16_t>{2}, octets);
    const auto trustpoint = Trustpoint::load({trusted, own, {}, lists});
    if (!trustpoint) return Refusal{RefusalCause::Trustpoint, trustpoint.error(), {}};
    Claim claim{{wire::IdType::Fqdn, as_octets(identity)},
                sent,
                signature->method,
                signature->data,
                octets,
                attached};
    return (*trustpoint)->objection(claim, now);
  }
  /// Why it does not; empty: it does.
  [[nodiscard]] std::string reason(const Party& peer, const std::vector<Party>& sent) const {
    std::vector<Bytes> certificates;
    for (const Party& one : sent) certificates.push_back(one.der());
    const auto refusal = judge(peer, certificates);
    return refusal ? refusal->reason : "";
  }
};

}  // namespace awtun::pki::testing
