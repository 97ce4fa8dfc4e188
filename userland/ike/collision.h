// SPDX-License-Identifier: Apache-2.0
// Who gives way when both ends do the same at once (RFC 7296 2.8.1, 2.8.2).
#pragma once

#include "userland/base/bytes.h"

namespace awtun::ike {

/// The two nonces of one CREATE_CHILD_SA exchange.
struct ExchangeNonces {
  Bytes initiator;
  Bytes responder;

  bool operator==(const ExchangeNonces&) const = default;
};

enum class Verdict : std::uint8_t { OursSurvives, TheirsSurvives };

/// Octet by octet; a nonce that is a prefix of the other is the lower one.
[[nodiscard]] bool nonce_less(ByteView a, ByteView b);

/// Both ends rekeyed the same SA: the SA made by the exchange that holds the lowest of the four
/// nonces is deleted, by the end that started that exchange.
[[nodiscard]] Verdict resolve_rekey(const ExchangeNonces& ours, const ExchangeNonces& theirs);

/// Both ends brought up an IKE SA for the same tunnel: the one whose IKE_SA_INIT has the lower
/// initiator's nonce gives way. No RFC rule; both ends see both nonces, so they agree.
[[nodiscard]] Verdict resolve_initiation(ByteView our_nonce, ByteView their_nonce);

}  // namespace awtun::ike
