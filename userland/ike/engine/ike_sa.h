// SPDX-License-Identifier: Apache-2.0
// An IKE SA: its keys, its window of one request each way, and its timers.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "userland/crypto/key_exchange.h"
#include "userland/ike/engine.h"
#include "userland/ike/rules/admission.h"
#include "userland/ike/rules/child_terms.h"
#include "userland/ike/rules/collision.h"
#include "userland/ike/rules/fragments.h"
#include "userland/ike/rules/nat.h"
#include "userland/ike/rules/proposal.h"
#include "userland/ike/rules/protection.h"

namespace awtun::ike {

enum class IkeState : std::uint8_t {
  InitSent,      ///< we prepare IKE_SA_INIT, wait for its response, or prepare IKE_AUTH
  InitReceived,  ///< our answer to IKE_SA_INIT waits for the shared secret
  HalfOpen,      ///< we answered IKE_SA_INIT and wait for IKE_AUTH
  AuthSent,      ///< we wait for the IKE_AUTH response
  Established,   ///< both ends are authenticated
  Replaced,      ///< rekeyed; the peer, who started that, is to delete it
  Deleting,      ///< our Delete is queued or under way
  Ended,         ///< over; answers nothing but a repetition of the last request
  Closed,        ///< leaves the table at the end of the step
};

// What a request of ours was for; the answer is read in that light.

struct AskInit {};
struct AskAuth {
  std::uint32_t child;
};
struct AskNewChild {
  std::uint32_t child;
  std::optional<std::uint32_t> replaces;
  IpsecProfile profile;  ///< as it was when we asked
  Wanted wanted;
  Bytes nonce;
  std::shared_ptr<const crypto::KeyExchange> key_exchange;  ///< nullptr: without PFS
  bool again;  ///< by another group, which the peer refused before

  [[nodiscard]] wire::GroupId group() const {
    return key_exchange ? key_exchange->group() : wire::GroupId::None;
  }
};
struct AskRekeyIke {
  std::uint64_t spi;      ///< ours, of the IKE SA to come
  IsakmpProfile profile;  ///< as it was when we asked
  Bytes nonce;
  std::shared_ptr<const crypto::KeyExchange> key_exchange;
};
struct AskDeleteChild {
  std::uint32_t child;
};
struct AskDeleteIke {};
struct AskLiveness {};

using Purpose =
    std::variant<AskInit, AskAuth, AskNewChild, AskRekeyIke, AskDeleteChild, AskDeleteIke, AskLiveness>;

/// The one request that may be unanswered.
struct Request {
  std::uint32_t message_id;
  std::vector<Bytes> packets;  ///< more than one: fragments
  Purpose purpose;
  Time first_sent;
  unsigned retransmitted = 0;
  std::string not_sent{};  ///< why the system did not take it the last time; empty: it did
  // What came instead of an answer that counts, perhaps not from the peer.
  std::optional<wire::NotifyType> refusal{};  ///< an error in the clear
  std::string wrong_answer{};                 ///< what it chooses; empty: none came

  /// The exchange by name, or "DPD".
  [[nodiscard]] std::string exchange() const;
  [[nodiscard]] Time last_sent() const;
  /// When it is to be sent again or given up.
  [[nodiscard]] Time deadline() const;
};

/// Something to ask once the window is free.
struct Task {
  enum class What : std::uint8_t {
    NewChild,
    RekeyChild,
    RekeyIke,
    DeleteChild,
    DeleteIke,
    Liveness,
    ReportSpi
  } what;
  std::uint32_t child = 0;  ///< which one, where that matters; ReportSpi: the unknown SPI
  /// By which group; None: that of the IKE SA for RekeyIke, that of the profile for a Child SA.
  wire::GroupId group = wire::GroupId::None;
  bool operator==(const Task&) const = default;
};

// What an IKE SA waits for while a job runs; the result is read in that light.

struct MakeKey {};  ///< for our IKE_SA_INIT request
struct DeriveAsInitiator {
  IkeChoice choice;
  Bytes response;
};
struct DeriveAsResponder {
  IkeChoice choice;
};

/// The payloads of a message, kept until a job has ended.
struct KeptPayloads {
  Bytes octets;
  wire::PayloadType first = wire::PayloadType::None;
};
[[nodiscard]] KeptPayloads keep(const wire::PayloadChain& chain);
struct SignAsInitiator {};
struct VerifyAsInitiator {
  AskAuth asked;
  KeptPayloads inner;
};
struct VerifyAsResponder {
  wire::Header header;
  KeptPayloads inner;
  bool known;  ///< the identity is one that a tunnel expects
};
struct SignAsResponder {
  wire::Header header;
  KeptPayloads inner;
};

/// The answer to the peer's CREATE_CHILD_SA. What it says is decided when the keys are there, as if the
/// request had come just then: a network could have kept it as long.
struct AnswerCreateChild {
  wire::Header header;
  KeptPayloads inner;
};
/// A key for a CREATE_CHILD_SA of ours. Nothing has been asked yet; the task begins anew with it.
struct PrepareRequest {
  Task task;
};
/// The peer has answered a CREATE_CHILD_SA of ours, and counts as not having done so until the shared
/// secret is there.
struct ConcludeRequest {
  Purpose asked;
  KeptPayloads inner;
};

using Continuation =
    std::variant<MakeKey, DeriveAsInitiator, DeriveAsResponder, SignAsInitiator, VerifyAsInitiator,
                 VerifyAsResponder, SignAsResponder, AnswerCreateChild, PrepareRequest, ConcludeRequest>;

struct PendingJob {
  std::uint64_t token;
  Time until;  ///< then it counts as failed
  Continuation what;
};

/// By which a request is known again. The peer repeats it bit by bit (RFC 7296 2.1), or, when it has come
/// to believe that its packets are too large, in more parts (RFC 7383 2.5.2).
struct RequestMark {
  std::uint64_t tail = 0;   ///< its last octets, or those of its first part: they check all before them
  std::uint16_t parts = 0;  ///< 0: it came whole

  [[nodiscard]] static RequestMark of(ByteView datagram, std::uint16_t parts);
  [[nodiscard]] bool repeated_by(const RequestMark& later) const {
    return later.tail == tail || later.parts > parts;
  }
};

/// Needed until the IKE SA is established.
struct Handshake {
  Bytes nonce_i;
  Bytes nonce_r;
  Bytes init_request;
  Bytes init_response;
  /// As initiator: our half, until the response has come.
  std::shared_ptr<const crypto::KeyExchange> key_exchange;
  Bytes cookie;
  unsigned cookies = 0;  ///< how often the peer asked for one
  std::set<wire::GroupId> groups_tried;
  /// The peer's SIGNATURE_HASH_ALGORITHMS (RFC 7427 4).
  std::vector<std::uint16_t> peer_hashes;
  bool first_contact = false;  ///< as initiator: IKE_AUTH says INITIAL_CONTACT
};

/// Who has sent IKE_SA_INIT, as far as that is known.
struct Caller {
  bool stranger = false;  ///< from an address that no policy names
  bool proved = false;    ///< it has returned a cookie, so it receives what is sent to that address

  [[nodiscard]] bool is_peer() const { return proved && !stranger; }
};

/// Of a responder's IKE SA before IKE_AUTH: whose request it was, and where that came from.
struct HalfOpen : Caller {
  std::pair<Endpoint, std::uint64_t> key;  ///< and the initiator's SPI
  std::uint64_t number;                    ///< in its Crowd
  Throttle repeated;                       ///< answers to the same request again
  /// For the answer, until it goes.
  std::optional<AnswerBudget::Payment> unsent;
  Duration patience{};                    ///< with it, once it has been answered
  std::size_t parts = 0;                  ///< octets that it keeps of a message in fragments
  std::optional<std::uint64_t> keeper{};  ///< if any: its number in the Crowd of those that do
};

/// How many IKE SAs of a tunnel may be established and not over: beyond, none is rekeyed. A peer that deletes
/// what it has replaced (RFC 7296 2.8) is far from that, even where every other message is lost.
inline constexpr std::size_t kMaxIkeSas = 32;

/// Its handle is the local SPI.
struct IkeSa {
  std::uint64_t local_spi = 0;
  std::uint64_t peer_spi = 0;
  bool initiator = false;  ///< of the exchange that made it: decides flag I and the order of the keys
  IkeState state = IkeState::InitSent;
  TunnelId tunnel = 0;
  Endpoint local;
  Endpoint remote;
  NatView nat;
  Path reply_to;  ///< where the request that is to be answered came from
  std::optional<crypto::IkeSuite> suite;
  std::optional<Protection> keys;
  std::unique_ptr<Handshake> handshake;  ///< apart: an IKE SA has none for most of its life
  Origin origin;
  /// By which the peer would show that it has lost this IKE SA (RFC 6290).
  Bytes peer_token;
  bool token_given = false;  ///< the peer has ours
  Throttle hinted;           ///< hints that it is lost which were heeded
  std::optional<HalfOpen> half_open;
  /// The peer is known to have established it too.
  bool confirmed = false;
  /// We could not authenticate the peer, which the Delete is to say.
  bool blames_peer = false;
  Duration dpd_interval{};

  std::uint32_t next_request = 0;      ///< message id of our next request
  std::uint32_t expected_request = 0;  ///< message id of the peer's next request
  RequestMark last_request;            ///< the latest of the peer's
  std::vector<Bytes> last_response;    ///< to the request before the next one; empty: none yet
  Throttle repeated;                   ///< how often that was sent again
  // What a quiet IKE SA has not: a router has ten thousand of those.
  std::unique_ptr<Request> outstanding;
  std::vector<Task> queue;     ///< first come, first served
  bool fragmentation = false;  ///< both ends understand fragments
  Reassembly request_parts;    ///< of the peer's next request
  Reassembly response_parts;   ///< of the response to our outstanding one
  /// For the handshake, or for what the peer asks. Meanwhile its messages, then its requests, are passed
  /// over: it repeats what is not answered.
  std::unique_ptr<PendingJob> job;
  /// For what we ask under an established IKE SA. Meanwhile we ask for nothing else.
  std::unique_ptr<PendingJob> own_job;
  /// Made by such a job, for the task that begins next.
  std::shared_ptr<const crypto::KeyExchange> prepared;

  std::optional<Time> established;
  std::optional<Time> last_heard;
  /// SPIs that the peer has deleted and that we do not know, while an answer of it that may name one is on
  /// its way; the oldest first.
  std::vector<std::uint32_t> deleted_early;
  std::optional<Time> dpd_at;
  std::optional<Time> rekey_at;
  std::optional<Time> expires_at;   ///< end of the lifetime, or of the patience with this state
  std::optional<Time> give_way_at;  ///< redundant: to be deleted then
  std::optional<Time> keepalive_at;

  /// All but that of keepalives: it is no longer looked after.
  void stop_timers() {
    dpd_at.reset();
    rekey_at.reset();
    expires_at.reset();
    give_way_at.reset();
  }

  /// Made by the peer's rekey while ours is still unanswered: it waits for the outcome.
  bool provisional = false;
  /// On the old SA: that provisional one.
  std::optional<std::uint64_t> rival;
  ExchangeNonces nonces;  ///< of the CREATE_CHILD_SA exchange that made this SA
  /// Since when the peer has answered nothing but TEMPORARY_FAILURE (RFC 7296 2.25).
  std::optional<Time> put_off_since;

  [[nodiscard]] std::optional<Time> deadline() const;
  [[nodiscard]] std::uint64_t initiator_spi() const { return initiator ? local_spi : peer_spi; }
  [[nodiscard]] std::uint64_t responder_spi() const { return initiator ? peer_spi : local_spi; }
  /// Not nullptr when a request for `Ask` is under way: unanswered, or its answer waits for a job.
  template <class Ask>
  [[nodiscard]] const Ask* asking() const {
    if (outstanding) return std::get_if<Ask>(&outstanding->purpose);
    const auto* concluding = own_job ? std::get_if<ConcludeRequest>(&own_job->what) : nullptr;
    return concluding != nullptr ? std::get_if<Ask>(&concluding->asked) : nullptr;
  }
  /// Established, and not by a rekey that may yet come to nothing.
  [[nodiscard]] bool is_up() const { return state == IkeState::Established && !provisional; }
  /// Queues a task unless it is there already.
  void want(Task task);
  /// The same, before all others.
  void want_first(Task task);
};

}  // namespace awtun::ike
