// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/collision.h"

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

// ---------------------------------------------------------------- the peer asks

namespace {

constexpr Ruling kTemporaryFailure{Answer::TemporaryFailure, Then::Nothing};

Ruling new_child(const Situation& situation) {
  if (situation.ike != IkeActivity::None) return kTemporaryFailure;
  switch (situation.child) {
    case ChildActivity::Unknown:
    case ChildActivity::Replaced:
    case ChildActivity::Closing:
      return {Answer::Normal, Then::Nothing};
    case ChildActivity::None:
      return {Answer::Normal, Then::PeerDeletesOld};
    case ChildActivity::Creating:
    case ChildActivity::Rekeying:
      break;
  }
  return kTemporaryFailure;
}

Ruling rekey_child(const Situation& situation) {
  if (situation.ike == IkeActivity::Closing) return kTemporaryFailure;
  if (situation.child == ChildActivity::Unknown) return {Answer::ChildSaNotFound, Then::Nothing};
  if (situation.ike != IkeActivity::None) return kTemporaryFailure;
  switch (situation.child) {
    case ChildActivity::None:
      return {Answer::Normal, Then::PeerDeletesOld};
    case ChildActivity::Rekeying:
      return {Answer::Normal, Then::CompareNonces};
    case ChildActivity::Unknown:
    case ChildActivity::Creating:
    case ChildActivity::Replaced:
    case ChildActivity::Closing:
      break;
  }
  return kTemporaryFailure;
}

/// Whatever becomes of the IKE SA, a Child SA may go.
Ruling delete_child(const Situation& situation) {
  switch (situation.child) {
    case ChildActivity::None:
    case ChildActivity::Replaced:
      return {Answer::Normal, Then::Nothing};
    case ChildActivity::Rekeying:
      return {Answer::Normal, Then::ForgetOurs};
    case ChildActivity::Unknown:
    case ChildActivity::Creating:
    case ChildActivity::Closing:
      break;
  }
  return {Answer::Empty, Then::Nothing};
}

Ruling rekey_ike(const Situation& situation) {
  if (situation.busy_with_children) return kTemporaryFailure;
  switch (situation.ike) {
    case IkeActivity::None:
      return {Answer::Normal, Then::PeerDeletesOld};
    case IkeActivity::Rekeying:
      return {Answer::Normal, Then::CompareNonces};
    case IkeActivity::Contended:
    case IkeActivity::Closing:
      break;
  }
  return kTemporaryFailure;
}

Ruling delete_ike(const Situation& situation) {
  switch (situation.ike) {
    case IkeActivity::None:
      return {Answer::Normal, Then::Nothing};
    case IkeActivity::Rekeying:
    case IkeActivity::Closing:
      return {Answer::Normal, Then::ForgetOurs};
    case IkeActivity::Contended:
      break;
  }
  return {Answer::Normal, Then::KeepTheirs};
}

}  // namespace

Ruling resolve(const Situation& situation) {
  switch (situation.asks) {
    case PeerAsks::NewChild:
      return new_child(situation);
    case PeerAsks::RekeyChild:
      return rekey_child(situation);
    case PeerAsks::DeleteChild:
      return delete_child(situation);
    case PeerAsks::RekeyIke:
      return rekey_ike(situation);
    case PeerAsks::DeleteIke:
      return delete_ike(situation);
  }
  return kTemporaryFailure;
}

bool is_collision(const Ruling& ruling) {
  switch (ruling.then) {
    case Then::Nothing:
    case Then::PeerDeletesOld:
      return ruling.answer == Answer::TemporaryFailure;
    case Then::CompareNonces:
    case Then::ForgetOurs:
    case Then::KeepTheirs:
      return true;
  }
  return false;
}

// ---------------------------------------------------------------- our own request is answered

namespace {

/// A Child SA that was deleted while we asked to rekey it leaves the tunnel wanted. An IKE SA that was
/// takes all with it.
bool still_wanted(const Reply& reply) { return reply.old_in_use || reply.asked == WeAsked::RekeyChild; }

Conclusion agreed(const Reply& reply) {
  if (!still_wanted(reply)) return Conclusion::DropOurs;
  switch (reply.rival) {
    case Rival::None:
      return Conclusion::UseOurs;
    case Rival::Loses:
      return Conclusion::OutdoRival;
    case Rival::Survives:
      break;
  }
  return Conclusion::YieldToRival;
}

}  // namespace

Conclusion conclude(const Reply& reply) {
  if (reply.answer == PeerAnswers::Agreed) return agreed(reply);
  if (reply.rival != Rival::None && still_wanted(reply)) return Conclusion::AdoptRival;
  if (!reply.old_in_use) return Conclusion::Forget;
  switch (reply.answer) {
    case PeerAnswers::TemporaryFailure:
      return Conclusion::TryLater;
    case PeerAnswers::ChildSaNotFound:
      return reply.asked == WeAsked::RekeyChild ? Conclusion::AskForNew : Conclusion::Report;
    case PeerAnswers::Agreed:
    case PeerAnswers::Refused:
      break;
  }
  return Conclusion::Report;
}

// ---------------------------------------------------------------- both bring up the same tunnel

namespace {

/// Each one was under way before the other was up.
bool overlapping(const Origin& a, const Origin& b) {
  return a.started <= b.established && b.started <= a.established;
}

/// Each one was under way before its end knew of the other.
bool concurrent(const Origin& a, const Origin& b) { return a.ours != b.ours && overlapping(a, b); }

bool stays(const Origin& a, const Origin& b) {
  if (!concurrent(a, b)) return a.established >= b.established;
  if (!a.peer_is_awiked || !b.peer_is_awiked) return !a.ours;
  const Verdict verdict =
      a.ours ? resolve_initiation(a.nonce, b.nonce) : resolve_initiation(b.nonce, a.nonce);
  return a.ours == (verdict == Verdict::OursSurvives);
}

}  // namespace

Duplicates resolve_duplicates(const Origin& first, const Origin& second) {
  if (first.doubted.has_value() != second.doubted.has_value()) return {!first.doubted, Deletes::Peer};
  const bool first_stays = stays(first, second);
  const Origin& loser = first_stays ? second : first;
  const bool peer_knows = first.peer_is_awiked && second.peer_is_awiked;
  // Which of two that the peer has begun at once was up first, the two ends may see differently.
  if (!concurrent(first, second))
    return {first_stays, overlapping(first, second) && !peer_knows ? Deletes::WeLater : Deletes::We};
  if (!loser.ours) return {first_stays, Deletes::Peer};
  return {first_stays, peer_knows ? Deletes::We : Deletes::WeLater};
}

}  // namespace awtun::ike
