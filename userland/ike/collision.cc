// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/collision.h"

#include <algorithm>

namespace awtun::ike {

bool nonce_less(ByteView a, ByteView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

static ByteView lower(const ExchangeNonces& nonces) {
  return nonce_less(nonces.initiator, nonces.responder) ? nonces.initiator : nonces.responder;
}

Verdict resolve_rekey(const ExchangeNonces& ours, const ExchangeNonces& theirs) {
  return nonce_less(lower(ours), lower(theirs)) ? Verdict::TheirsSurvives : Verdict::OursSurvives;
}

Verdict resolve_initiation(ByteView our_nonce, ByteView their_nonce) {
  return nonce_less(our_nonce, their_nonce) ? Verdict::TheirsSurvives : Verdict::OursSurvives;
}

}  // namespace awtun::ike
