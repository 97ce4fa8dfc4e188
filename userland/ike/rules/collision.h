// SPDX-License-Identifier: Apache-2.0
// Who gives way when both ends do something to the same SA at once (RFC 7296 2.8.1, 2.8.2, 2.25): all of
// its rules, as functions of values. The exchanges pass in their state and carry out the result.
#pragma once

#include "userland/base/bytes.h"
#include "userland/ike/time.h"

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

// ---------------------------------------------------------------- the peer asks

enum class PeerAsks : std::uint8_t { NewChild, RekeyChild, DeleteChild, RekeyIke, DeleteIke };

/// What this end is doing to the IKE SA that carries the request.
enum class IkeActivity : std::uint8_t {
  None,
  Rekeying,   ///< our rekey of it is unanswered
  Contended,  ///< and the peer's has been answered; or it is the SA that came of that
  Closing,    ///< our Delete is under way, or the peer has rekeyed it and is to delete it
};

/// What this end is doing to the Child SA that the request names. NewChild: to the one for the same networks.
enum class ChildActivity : std::uint8_t {
  Unknown,   ///< there is none
  None,      ///< it is in use
  Creating,  ///< our request for one is unanswered
  Rekeying,  ///< our rekey of it is unanswered
  Replaced,  ///< the peer has rekeyed it already
  Closing,   ///< our Delete of it is under way
};

struct Situation {
  PeerAsks asks;
  IkeActivity ike;
  ChildActivity child;      ///< Unknown when no Child SA is concerned
  bool busy_with_children;  ///< we ask for, rekey or delete some Child SA of this IKE SA
};

enum class Answer : std::uint8_t {
  Normal,            ///< as if there were no collision; of a delete: a Delete of our half
  Empty,             ///< of a delete: nothing, both ends have deleted it
  TemporaryFailure,  ///< TEMPORARY_FAILURE: the peer is to try again later
  ChildSaNotFound,   ///< CHILD_SA_NOT_FOUND
};

/// What follows when the normal answer could be given.
enum class Then : std::uint8_t {
  Nothing,
  PeerDeletesOld,  ///< the new SA takes over; the peer, who asked, deletes the old one
  CompareNonces,   ///< the old SA stays in use until our own rekey of it is answered: see conclude()
  ForgetOurs,      ///< our own request about the SA will come to nothing
  KeepTheirs,      ///< the SA of the peer's rekey takes over; ours will come to nothing
};

struct Ruling {
  Answer answer;
  Then then;
  bool operator==(const Ruling&) const = default;
};

[[nodiscard]] Ruling resolve(const Situation& situation);
/// Of a CREATE_CHILD_SA request: it met something that this end was doing to the same SA.
[[nodiscard]] bool is_collision(const Ruling& ruling);

// ---------------------------------------------------------------- our own request is answered

enum class WeAsked : std::uint8_t { NewChild, RekeyChild, RekeyIke };
enum class PeerAnswers : std::uint8_t { Agreed, TemporaryFailure, ChildSaNotFound, Refused };
/// The SA that the peer has put in the place of the one that we asked to rekey.
enum class Rival : std::uint8_t { None, Loses, Survives };

struct Reply {
  WeAsked asked;
  PeerAnswers answer;
  bool old_in_use;  ///< what we asked to rekey (NewChild: the IKE SA) is neither deleted nor going
  Rival rival;      ///< by resolve_rekey(); when the peer refused: Survives if there is one
};

enum class Conclusion : std::uint8_t {
  UseOurs,       ///< the SA that we asked for takes over; we delete the old one
  OutdoRival,    ///< so it does, and the peer deletes the rival
  YieldToRival,  ///< the rival takes over; we delete what we asked for, the peer the old one
  AdoptRival,    ///< ours was refused because the peer had rekeyed already; it deletes the old one
  DropOurs,      ///< taken down while we waited: so is what we asked for
  Forget,        ///< nothing was made, nothing is missed
  TryLater,      ///< after a random while; for minutes in a row, and the IKE SA is started over
  AskForNew,     ///< the peer does not know the old one: it is dropped and a new one asked for
  Report,        ///< the operator has to know; what there is stays in use
};

[[nodiscard]] Conclusion conclude(const Reply& reply);

// ---------------------------------------------------------------- both bring up the same tunnel

/// Where an IKE SA comes from; an SA that replaces it inherits this.
struct Origin {
  bool ours = false;  ///< we sent its IKE_SA_INIT request
  Bytes nonce;        ///< the initiator's of IKE_SA_INIT
  Time started{};     ///< that request was sent, or received
  Time established{};
  bool peer_is_awiked = false;
  /// Since then the peer may not have it: it has answered an INITIAL_CONTACT of ours, upon which a peer that
  /// is not awiked deletes all others (RFC 7296 2.4). Until it answers under this one.
  std::optional<Time> doubted = std::nullopt;
};

/// Who deletes the IKE SA that gives way, once the other one is known to be up at both ends.
enum class Deletes : std::uint8_t {
  We,
  WeLater,  ///< after some seconds: the peer may have a rule of its own
  Peer,
};

struct Duplicates {
  bool first_stays;
  Deletes deletes;
  bool operator==(const Duplicates&) const = default;
};

/// Of two IKE SAs of a tunnel: the one that is not in doubt, and nobody deletes the other, which the peer
/// either has deleted or still uses. Else by the nonces when each was under way before its end knew of the
/// other, else the newer. A peer that does not know the rule deletes nothing, so then it is our own that
/// goes.
[[nodiscard]] Duplicates resolve_duplicates(const Origin& first, const Origin& second);

}  // namespace awtun::ike
