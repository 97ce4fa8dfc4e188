// SPDX-License-Identifier: Apache-2.0
// The engine's inside: its tables, and its functions by subject. Each group of functions lives in the
// source file that is named above it.
//
// Lifetime rule: SAs are map entries that stay where they are until the end of a step. A function
// that finishes one marks it Closed; sweep() alone erases. So a reference is good for the whole step
// and whoever calls into other subjects looks at the state afterwards. Across steps only handles
// (SPIs, tunnel numbers) are kept; a stale one is simply not found.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "userland/ike/engine.h"
#include "userland/ike/engine/child_sa.h"
#include "userland/ike/engine/ike_sa.h"
#include "userland/ike/engine/key_pool.h"
#include "userland/ike/engine/timer_queue.h"
#include "userland/ike/engine/tunnel_index.h"
#include "userland/ike/rules/child_terms.h"
#include "userland/ike/rules/cookie.h"
#include "userland/ike/rules/crowd.h"
#include "userland/ike/rules/dice.h"
#include "userland/ike/rules/division.h"
#include "userland/ike/rules/failure.h"

namespace awtun::ike {

/// How long a deleted Child SA still receives packets that were on their way.
inline constexpr Duration kLinger{5000};
/// How long a half-open IKE SA waits for IKE_AUTH.
inline constexpr Duration kHalfOpenPatience{30000};
/// How long a job may take.
inline constexpr Duration kJobPatience{30000};
/// How long an ended IKE SA repeats its last response.
inline constexpr Duration kEndedPatience{30000};
/// How long an attempt goes on that the peer has refused. The refusal is not authenticated, so it
/// may be forged (RFC 7296 2.21.1).
inline constexpr Duration kRefusedPatience{10000};
/// How long an IKE SA must have been up for its end not to count as one more failure.
inline constexpr Duration kProven{30000};
/// The same failure of a tunnel is logged no more often: a forged packet can cause some of them.
inline constexpr Duration kQuietTime{10000};
/// When to try again what the peer refused with TEMPORARY_FAILURE, at random between these.
inline constexpr Duration kRetryLow{2000};
inline constexpr Duration kRetryHigh{6000};
/// When to ask again for a rekey that was refused, at random between these.
inline constexpr Duration kRefusedLow{30000};
inline constexpr Duration kRefusedHigh{60000};
/// How long the peer has to create what its end of the tunnel still lacks, before we ask for that.
inline constexpr Duration kPeersTurnLow{5000};
inline constexpr Duration kPeersTurnHigh{10000};
/// How long the peer has to agree to other networks while the Child SAs of the old ones go on.
inline constexpr Duration kNarrowing{5000};
/// A peer repeats what it has not heard an answer to no more often.
inline constexpr Duration kRepeatInterval{250};
/// Bounds of memory that an unauthenticated peer can make us use, a tunnel.
inline constexpr std::size_t kMaxRefused = 8;
/// So many SPIs are noted of Deletes that may have overtaken an answer: it names one.
inline constexpr std::size_t kMaxDeletedEarly = 8;
/// How many deleted IKE SAs of a tunnel repeat their last response: those of a dozen seconds in which it
/// is rekeyed as fast as that goes. The peer repeats a Delete for minutes if nobody knows the IKE SA.
inline constexpr std::size_t kMaxDeleted = 64;

/// A tunnel with all that belongs to it.
struct Tunnel {
  [[nodiscard]] std::optional<Time> deadline() const {
    if (!next_attempt || !narrow_at) return next_attempt ? next_attempt : narrow_at;
    return std::min(*next_attempt, *narrow_at);
  }
  /// The next attempt is made then at the latest.
  void try_by(Time when) { next_attempt = std::min(next_attempt.value_or(when), when); }

  TunnelPolicy policy;
  std::set<std::uint64_t> ike_sas;       ///< by local SPI; without the ended and the half-open ones
  std::vector<std::uint64_t> refused;    ///< ended before they were established; the oldest first
  std::vector<std::uint64_t> deleted;    ///< ended after that; the oldest first
  std::set<std::uint32_t> children;      ///< by inbound SPI; without the lingering ones
  std::vector<std::uint32_t> lingering;  ///< by inbound SPI; the oldest first
  /// To the inbound SPI: of the Child SAs that the peer has and has not deleted.
  std::unordered_map<std::uint32_t, std::uint32_t> by_outbound;
  /// The Child SAs that carry our packets: each what none before it covers. The latest first.
  std::vector<std::uint32_t> active;
  Division division;           ///< what of its networks the peer is to be asked for; see division_of()
  std::string last_refusal;    ///< of a part of them, as the log has it
  bool left_out_told = false;  ///< the log has that there is no room for some
  Throttle mentioned;          ///< requests of the peer that are refused, in the log
  unsigned failures = 0;       ///< in a row
  std::unique_ptr<Failure> last_failure;
  bool hearsay = false;  ///< of last_failure: anybody could have caused it
  /// When IKEv1 came last from the peer's address, and no IKE SA has come up since.
  std::optional<Time> version1;
  Time last_logged{};
  std::optional<Time> next_attempt;
  std::optional<Time> narrow_at;  ///< when Child SAs end that protect more than the policy lets through
  Throttle hurried;               ///< attempts that somebody waited for
  std::pair<std::uint64_t, std::uint64_t>
      unknown;                ///< the IKE SA, by its SPIs, that we said last not to have
  Throttle unknown_answered;  ///< and how often that one
};

/// Of a Child SA that the peer asks for: which one it is to replace (nullptr: none), and what then.
struct Replacing {
  ChildSa* old;
  Then then;
};

/// A CREATE_CHILD_SA request; `keys`: nullptr until the job that it needs has ended.
struct PeersRequest {
  const wire::Header& header;
  const wire::PayloadChain& inner;
  const KeyExchangeDone* keys;
};

/// A job that an IKE SA waits for.
struct JobStart {
  std::uint64_t ike_sa;  ///< local SPI
  Time when;
};

/// IKE_SA_INIT as a responder sees it.
struct InitRequest {
  const Datagram& datagram;
  const wire::MessageView& message;
  Caller caller;
};

struct Engine::Impl {
  Impl(RandomSource random, Settings settings) : dice_(std::move(random)), settings_(std::move(settings)) {}

  // engine.cc: one step, from the input to the actions
  Actions step(Time now, Input input);
  [[nodiscard]] std::optional<Time> next_deadline() const { return timers_.next(); }
  void sweep();
  void on(Datagram&& datagram);
  void on(TimerDue&&);
  void on(DataPlaneFailed&& input);
  void on(SaExpired&& input);
  void on(Rekey&& input);
  void timer(IkeSa& sa);
  void timer(ChildSa& child);
  void timer(Tunnel& tunnel);

  // Tables. Looking something up notes it for sweep(), which then recomputes its deadline.
  IkeSa* find_ike_sa(std::uint64_t local_spi);
  ChildSa* find_child(std::uint32_t inbound_spi);
  ChildSa* find_child_by_outbound(Tunnel& tunnel, std::uint32_t outbound_spi);
  Tunnel* find_tunnel(TunnelId id);
  IkeSa& new_ike_sa(TunnelId tunnel, std::uint64_t local_spi, bool initiator, IkeState state);
  std::uint64_t fresh_ike_spi();
  unsigned jitter() { return static_cast<unsigned>(dice_.below(1001)); }
  std::vector<IkeSa*> ike_sas(Tunnel& tunnel);
  std::vector<ChildSa*> children(Tunnel& tunnel);
  void notice(Notice::Level level, std::optional<TunnelId> tunnel, std::string text);
  /// A negotiation under `sa`, now.
  [[nodiscard]] Negotiation negotiation(const IkeSa& sa, wire::ExchangeType exchange,
                                        wire::GroupId pfs) const {
    return {now_, exchange, pfs, {sa.local, sa.remote}, sa.nat};
  }

  // messages.cc: windows, sealing, sending, receiving
  void on(NotSent&& input);
  void receive(const Datagram& datagram);
  void receive_protected(const Datagram& datagram, const wire::MessageView& message);
  [[nodiscard]] static bool was_answered(const IkeSa& sa, const wire::Header& header);
  [[nodiscard]] static bool expects_request(const IkeSa& sa, const wire::Header& header);
  [[nodiscard]] static bool expects_response(const IkeSa& sa, const wire::Header& header);
  void on_request(IkeSa& sa, const Path& path, const wire::Header& header,
                  const Result<wire::PayloadChain, wire::ParseError>& inner);
  void on_response(IkeSa& sa, const wire::Header& header,
                   const Result<wire::PayloadChain, wire::ParseError>& inner);
  void dispatch_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void dispatch_response(IkeSa& sa, Request&& request, const wire::PayloadChain& inner);
  void send_request(IkeSa& sa, wire::ExchangeType exchange, const wire::PayloadWriter& payloads,
                    Purpose purpose);
  void respond(IkeSa& sa, const wire::Header& request, const wire::PayloadWriter& payloads);
  void refuse(IkeSa& sa, const wire::Header& request, wire::NotifyType reason, ByteView data = {});
  void refuse_syntax(IkeSa& sa, const wire::Header& request, std::string_view what);
  void transmit(IkeSa& sa, const Path& path, const std::vector<Bytes>& packets);
  void repeat_response(IkeSa& sa, const Datagram& datagram, const RequestMark& mark);
  void note_refusal(const Datagram& datagram, const wire::MessageView& message);
  void retransmit(IkeSa& sa);
  [[nodiscard]] Failure unanswered(const IkeSa& sa, const Tunnel& tunnel) const;
  void give_up(IkeSa& sa);
  void pump(IkeSa& sa);
  void start(IkeSa& sa, const Task& task);
  void confirm(IkeSa& sa);
  void believe(IkeSa& sa);
  void ask_again(IkeSa& sa);
  void settle(const IkeSa& sa);

  // fragments.cc: messages in fragments
  void receive_fragment(IkeSa& sa, const Datagram& datagram, const wire::Header& header,
                        const wire::FragmentView& fragment);
  bool make_room_for_part(const IkeSa& sa, std::size_t octets);
  void weigh_parts(IkeSa& sa);
  void forget_old_fragments(IkeSa& sa);

  // path.cc: where messages and ESP go
  void on(PeerMoved&& input);
  [[nodiscard]] static bool in_udp(const IkeSa& sa);
  void arm_keepalive(IkeSa& sa);
  void keep_alive(IkeSa& sa);
  void follow(IkeSa& sa, const Path& path);
  static void settle_path(IkeSa& sa, const Path& path);
  std::vector<std::uint64_t> move_peer(IkeSa& sa, const Endpoint& remote);
  void move_children(std::uint64_t ike_spi);

  // jobs.cc: work that is done outside of a step
  void on(JobDone&& input);
  [[nodiscard]] Duration oldest_wait() const;
  void start_job(IkeSa& sa, Job job, Continuation what);
  void finish_job(IkeSa& sa, std::unique_ptr<PendingJob>& slot, JobResult&& result);
  void cancel_job(std::unique_ptr<PendingJob>& slot);
  void cancel_jobs(IkeSa& sa);
  void give_up_overdue_jobs(IkeSa& sa);
  KeyExchangeJob key_exchange_job(wire::GroupId group, std::optional<Bytes> peer);
  KeyPool::Key key_for(IkeSa& sa, wire::GroupId group, const Task& task);
  void refill_pool();

  // init_exchange.cc: IKE_SA_INIT
  void start_attempt(Tunnel& tunnel);
  void begin_init(IkeSa& sa, wire::GroupId group);
  void send_init(IkeSa& sa);
  void done(IkeSa& sa, MakeKey&& what, JobResult&& result);
  void done(IkeSa& sa, DeriveAsInitiator&& what, JobResult&& result);
  void done(IkeSa& sa, DeriveAsResponder&& what, JobResult&& result);
  void on_init_response(const Datagram& datagram, const wire::MessageView& message);
  bool correct_init(IkeSa& sa, const wire::MessageView& message);
  [[nodiscard]] Failure init_refused(const Tunnel& tunnel, wire::NotifyType reason) const;
  void accept_init(IkeSa& sa, const wire::MessageView& message);
  void on_init_request(const Datagram& datagram, const wire::MessageView& message);
  void look_into(Tunnel& tunnel, const MeantTunnels& meant, const InitRequest& request);
  void refuse_offer(Tunnel& tunnel, const InitRequest& request, const wire::SaView& offered);
  void begin_answer(const Tunnel& tunnel, const MeantTunnels& meant, const InitRequest& request,
                    const IkeChoice& choice);
  void answer_init(IkeSa& sa, const IkeChoice& choice, const KeyExchangeDone& keys);
  [[nodiscard]] MeantTunnels meant_by(const IkeSa& sa) const;
  std::optional<IkeChoice> choose_for(const Datagram& datagram, const MeantTunnels& meant,
                                      const Offer& offered);
  void note_meant(const IkeSa& sa);
  Tunnel* some_tunnel(const Datagram& datagram);
  bool set_keys(IkeSa& sa, const IkeChoice& choice, const Result<Secret, crypto::CryptoError>& seed,
                ByteView ni, ByteView nr);

  // auth_exchange.cc: IKE_AUTH
  void begin_auth(IkeSa& sa);
  void send_auth(IkeSa& sa, const SignDone& auth);
  void on_auth_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_auth_response(IkeSa& sa, const AskAuth& asked, const wire::PayloadChain& inner);
  void finish_auth(IkeSa& sa, Tunnel& tunnel, const AskAuth& asked, const wire::PayloadChain& inner);
  bool answer_first_child(IkeSa& sa, Tunnel& tunnel, const wire::PayloadChain& inner,
                          wire::PayloadWriter& payloads, ExchangeNonces nonces);
  void reject_peer(IkeSa& sa, Tunnel& tunnel, Failure failure);
  void refuse_peer(IkeSa& sa, Tunnel& tunnel, const wire::Header& header, Failure failure);
  void admit_peer(IkeSa& sa, Tunnel& tunnel, const wire::Header& header, const wire::PayloadChain& inner);
  void answer_auth(IkeSa& sa, Tunnel& tunnel, const wire::Header& header, const wire::PayloadChain& inner,
                   const SignDone& auth);
  void done(IkeSa& sa, SignAsInitiator&& what, JobResult&& result);
  void done(IkeSa& sa, VerifyAsInitiator&& what, JobResult&& result);
  void done(IkeSa& sa, VerifyAsResponder&& what, JobResult&& result);
  void done(IkeSa& sa, SignAsResponder&& what, JobResult&& result);
  void start_signing(IkeSa& sa, const TunnelPolicy& policy, Continuation what);
  void start_verifying(IkeSa& sa, const TunnelPolicy& policy, const wire::PayloadChain& inner,
                       Continuation what);
  Tunnel* refine_tunnel(IkeSa& sa, const std::optional<Identity>& peer_id, const wire::PayloadChain& inner);
  bool peer_has_key(const IkeSa& sa, const TunnelPolicy& policy, bool identity_known,
                    const wire::PayloadChain& inner) const;
  std::optional<SignDone> own_preshared_auth(const IkeSa& sa, const TunnelPolicy& policy) const;
  std::vector<IkeSa*> others_with_peer(const Tunnel& tunnel, const IkeSa& sa);
  bool first_contact(const Tunnel& tunnel, const IkeSa& sa);
  bool contradicts_others(const IkeSa& sa);
  void drop_older(const Tunnel& tunnel, const IkeSa& sa);
  void doubt_others(const Tunnel& tunnel, const IkeSa& sa);
  void establish(IkeSa& sa);

  // admission.cc: who may begin a handshake, and what strangers are answered
  [[nodiscard]] bool returned_cookie(const Datagram& datagram, const wire::MessageView& message) const;
  void demand_cookie(const Datagram& datagram, const wire::MessageView& message,
                     std::uint64_t Counters::*why);
  std::optional<Caller> admit(const Tunnel& tunnel, const Datagram& datagram,
                              const wire::MessageView& message);
  IkeSa* answered_init(const Datagram& datagram, const wire::Header& header);
  Crowd& crowd_of(const Caller& caller);
  [[nodiscard]] Duration patience_with(const Caller& caller) const;
  void note_half_open(IkeSa& sa, const Caller& caller);
  void note_answered(IkeSa& sa);
  void forget_half_open(IkeSa& sa);
  bool make_room(const Caller& caller, const Endpoint& remote, std::size_t tunnels);
  void evict(std::uint64_t local_spi);
  void half_open_expired(const IkeSa& sa);
  [[nodiscard]] bool takes_hearsay(const Tunnel& tunnel) const;
  void record_hearsay(Tunnel& tunnel, Failure failure);
  void record_said_by(const IkeSa& sa, Tunnel& tunnel, Failure failure);
  [[nodiscard]] IpPrefix account_of(const Path& path) const;
  bool pay(const Datagram& datagram, std::size_t octets);
  bool answer_stranger(const Datagram& datagram, std::optional<Bytes> answer);
  bool reply_unprotected(const Datagram& datagram, const wire::Header& request, wire::NotifyType type,
                         ByteView data = {});
  void answer_version(const Datagram& datagram, const wire::Header& request);
  void note_version1(const Datagram& datagram, const wire::Header& header);
  [[nodiscard]] bool speaks_version1(const Tunnel& tunnel) const;
  void repeat_init_response(IkeSa& sa, const Datagram& datagram);

  // create_child.cc: CREATE_CHILD_SA for Child SAs
  void done(IkeSa& sa, PrepareRequest&& what, JobResult&& result);
  void done(IkeSa& sa, ConcludeRequest&& what, JobResult&& result);
  void done(IkeSa& sa, AnswerCreateChild&& what, JobResult&& result);
  void try_later(IkeSa& sa, const Task& task);
  std::optional<Task> stop_preparing(IkeSa& sa);
  void stop_answering(IkeSa& sa);
  void ask_new_child(IkeSa& sa, ChildSa* old, wire::GroupId group);
  void keep_for_lifetime(IkeSa& sa);
  void rekey_before_long(ChildSa& old);
  void on_create_child_request(IkeSa& sa, const PeersRequest& request);
  std::optional<wire::NotifyType> no_room(Tunnel& tunnel, PeerAsks asks);
  bool obtain_keys(IkeSa& sa, const PeersRequest& request, const wire::KeView& ke);
  void put_off_peer(IkeSa& sa, const wire::Header& header);
  void on_new_child_request(IkeSa& sa, Tunnel& tunnel, const PeersRequest& request,
                            const Replacing& replacing);
  void on_new_child_response(IkeSa& sa, AskNewChild&& asked, const wire::PayloadChain& inner);
  void conclusion_failed(IkeSa& sa, Failure failure);
  void finish_new_child(IkeSa& sa, AskNewChild&& asked, const wire::PayloadChain& inner,
                        const Secret* shared);
  void finish_child_rekey(IkeSa& sa, Tunnel& tunnel, ChildSa& made, std::optional<std::uint32_t> replaces);
  void new_child_refused(IkeSa& sa, Tunnel& tunnel, const AskNewChild& asked, const wire::NotifyView& error);
  void delete_covered(const IkeSa& sa, const ChildSa& made);
  ChildSa* rekeyed_child(Tunnel& tunnel, const wire::NotifyView& rekey);
  ChildSa* peers_replacement(Tunnel& tunnel, std::uint32_t replaced);
  ChildSa* find_same_networks(const IkeSa& sa, const Networks& networks);

  // divide.cc: which Child SAs a tunnel is to have
  [[nodiscard]] std::vector<ChildSa*> installed_under(const IkeSa& sa);
  Division& division_of(Tunnel& tunnel, const IkeSa& sa);
  std::optional<Division::Lacking> lacking(const IkeSa& sa);
  std::optional<Wanted> wanted(const IkeSa& sa);
  Wanted wanted_for(const IkeSa& sa, const ChildSa& old);
  void ask_for_lacking(IkeSa& sa);
  void complete(Tunnel& tunnel);
  void note_narrowed(Tunnel& tunnel, const IkeSa& sa, const Networks& asked, const ChildSa& made);
  void decline(const IkeSa& sa, Tunnel& tunnel, const Networks& asked, const wire::NotifyView& error);
  bool wants_less(const IkeSa& sa, Tunnel& tunnel, const AskNewChild& asked, const wire::NotifyView& error);
  void part_put_off(IkeSa& sa, Tunnel& tunnel, const Networks& asked);
  void tell_refusal(Tunnel& tunnel, const Networks& networks, const std::string& reason);
  void tell_left_out(Tunnel& tunnel);
  Time retry_time(unsigned failures = 0);
  void child_lost(Tunnel& tunnel, const ChildSa& child);

  // ike_rekey.cc: CREATE_CHILD_SA for the IKE SA
  void ask_rekey_ike(IkeSa& sa, const Task& task);
  void on_ike_rekey_request(IkeSa& sa, Tunnel& tunnel, const PeersRequest& request, Then then);
  void on_ike_rekey_response(IkeSa& sa, AskRekeyIke&& asked, const wire::PayloadChain& inner);
  void finish_ike_rekey(IkeSa& sa, AskRekeyIke&& asked, const wire::PayloadChain& inner,
                        const Secret* shared);
  void ike_rekey_refused(IkeSa& sa, const AskRekeyIke& asked, const wire::NotifyView& error);
  IkeSa* make_successor(const IkeSa& old, std::uint64_t local_spi, bool initiator, const IkeChoice& choice,
                        const Secret& shared, ExchangeNonces nonces);
  void move_children(const IkeSa& from, const IkeSa& to);
  void adopt_successor(IkeSa& old, IkeSa& made, bool ours);
  void mark_replaced(IkeSa& sa, Duration patience);
  bool adopt_rival(IkeSa& old);
  IkeSa* rival_of(const IkeSa& old);
  void put_off(IkeSa& sa);
  void begin_beside(Tunnel& tunnel);

  // situation.cc: what is going on when the peer asks for something, for collision.h
  Situation situation(const IkeSa& sa, Tunnel& tunnel, PeerAsks asks, const ChildSa* named,
                      const Networks& asked_for = {});
  IkeActivity activity(const IkeSa& sa);
  ChildActivity activity(const IkeSa& sa, Tunnel& tunnel, const ChildSa& named);
  static bool is_creating(const IkeSa& sa, PeerAsks asks, const ChildSa* named, const Networks& asked_for);
  bool busy_with_children(const IkeSa& sa, Tunnel& tunnel);

  // informational.cc: INFORMATIONAL
  void on_informational_request(IkeSa& sa, const wire::Header& header, const wire::PayloadChain& inner);
  void on_child_deletes(IkeSa& sa, const wire::DeleteView& request, std::vector<std::uint32_t>& answered);
  void note_early_delete(IkeSa& sa, std::uint32_t spi);
  static bool was_deleted_early(IkeSa& sa, std::uint32_t spi);
  void ask_delete_child(IkeSa& sa, const ChildSa& child);
  void ask_delete_ike(IkeSa& sa);
  void ask_liveness(IkeSa& sa);
  [[nodiscard]] std::optional<Time> last_esp(const IkeSa& sa);
  void ask_if_silent(IkeSa& sa);
  void on_liveness_response(const IkeSa& sa, const wire::PayloadChain& inner);

  // crash_detection.cc: peers and kernels that have lost their SAs
  void on(UnknownSpi&& input);
  [[nodiscard]] Bytes crash_token(std::uint64_t initiator_spi, std::uint64_t responder_spi) const;
  void give_token(IkeSa& sa, wire::PayloadWriter& payloads) const;
  static void take_token(IkeSa& sa, const wire::PayloadChain& inner);
  void answer_unknown_sa(const Datagram& datagram, const wire::Header& request);
  void say_unknown(Tunnel& tunnel, const Datagram& datagram, const wire::Header& request);
  void report_spi(IkeSa& sa, std::uint32_t spi);
  void take_invalid_spi(IkeSa& sa, Tunnel& tunnel, const wire::PayloadChain& inner);
  void on_hint(const Datagram& datagram, const wire::MessageView& message);
  IkeSa* find_ike_sa_by_both(const wire::Header& header);
  void on_lost_ike_sa(IkeSa& sa, const Datagram& datagram, const wire::PayloadChain& payloads);
  void check_liveness(IkeSa& sa);

  // child_lifecycle.cc: Child SAs in the kernel
  ChildSa& reserve_child(IkeSa& sa, bool ours);
  bool install(ChildSa& child, const IkeSa& sa, const IpsecProfile& profile, const ChildTerms& terms,
               const Secret* shared, ExchangeNonces nonces);
  void add_sa(const ChildSa& child, const IkeSa& sa, Direction direction, crypto::EspKeys&& keys);
  void activate(ChildSa& child);
  void activate_if_needed(ChildSa& child);
  bool is_active(const ChildSa& child);
  bool is_covered(const ChildSa& child);
  void retire_outbound(const ChildSa& child);
  void mark_replaced(ChildSa& child);
  void delete_child(ChildSa& child);
  void revoke(ChildSa& child);
  void peer_deleted(ChildSa& child);
  void linger(ChildSa& child);
  void leave_tunnel(const ChildSa& child);
  void remove(ChildSa& child);
  void retire_children(const IkeSa& sa);
  void remove_children(const IkeSa& sa);
  void expire(ChildSa& child);
  bool peer_holds(const ChildSa& child, const ChildSa* leaving = nullptr);
  std::vector<ChildSa*> others_without(const ChildSa& leaving);
  ChildSa* successor_of(const ChildSa& child);
  bool has_child(Tunnel& tunnel);

  // tunnel.cc: bringing tunnels up, keeping one IKE SA, taking them down
  void on(SetTunnel&& input);
  void on(RemoveTunnel&& input);
  void on(ClearSa&& input);
  void on(ClearChildSa&& input);
  void on(VmForked&& input);
  void on(Shutdown&&);
  void on(Acquire&& input);
  void ask_for_other_networks(Tunnel& tunnel);
  void narrow_children(Tunnel& tunnel);
  void reconnect(Tunnel& tunnel, Duration delay);
  void back_off(Tunnel& tunnel);
  void hurry(Tunnel& tunnel);
  void count(Cause cause);
  void record(Tunnel& tunnel, Failure failure);
  void mention(Tunnel& tunnel, const Failure& failure);
  void attempt_failed(IkeSa& sa, Failure failure);
  void settle(Tunnel& tunnel);
  std::vector<IkeSa*> standing_ike_sas(Tunnel& tunnel);
  void limit_ike_sas(Tunnel& tunnel, const IkeSa& winner);
  bool carries_alone(const IkeSa& loser, const IkeSa& winner);
  void give_way(IkeSa& loser, IkeSa& winner);
  bool is_redundant(const IkeSa& sa);
  void close(IkeSa& sa);
  void close_after_response(IkeSa& sa);
  void end(IkeSa& sa);
  void delete_ike(IkeSa& sa);
  void start_over(IkeSa& sa, Duration delay);
  void restart(Tunnel& tunnel);
  void take_down(Tunnel& tunnel);
  void judge(const IkeSa& sa);
  void leave_tunnel(IkeSa& sa);
  bool is_live(Tunnel& tunnel);
  /// The IKE SA that stays carries less than the policy lets through, and the peer has not refused the rest.
  bool lacks_child(Tunnel& tunnel);
  /// Of those that are up the one that stays, by resolve_duplicates().
  IkeSa* established(Tunnel& tunnel);

  // status.cc
  [[nodiscard]] Status status() const;

  Dice dice_;
  Settings settings_;
  Time now_{};
  bool shut_down_ = false;
  Actions actions_;
  Counters counters_;
  std::map<TunnelId, Tunnel> tunnels_;
  TunnelIndex index_;
  /// Where a peer has proved which tunnel it means, and that takes none of what we chose before we knew.
  std::map<IpAddress, TunnelId> meant_at_;
  std::unordered_map<std::uint64_t, IkeSa> ike_sas_;
  std::unordered_map<std::uint32_t, ChildSa> children_;
  TimerQueue timers_;
  CookieJar cookies_;
  Load load_;
  PrefixLimiter version_answers_;
  AnswerBudget answers_;
  /// IKE_SA_INIT requests without a cookie that are looked into and come to nothing.
  TokenBucket refusals_{20, Duration{200}};
  std::map<std::pair<Endpoint, std::uint64_t>, std::uint64_t> half_open_;  ///< to the local SPI
  // The same ones, by what their senders have shown.
  Crowd unproved_;
  Crowd peers_;
  Crowd strangers_;
  Crowd keepers_;                    ///< those that keep parts of a message
  std::size_t half_open_parts_ = 0;  ///< octets of these
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, JobStart> jobs_;  ///< by token
  KeyPool pool_;
  std::optional<std::uint64_t> refill_;  ///< token of the job that makes a key for the pool
  std::set<Owner> touched_;
};

/// From an address that the policy does not name.
[[nodiscard]] bool is_stranger(const Tunnel& tunnel, const IpAddress& remote);

/// Of an exchange that follows IKE_SA_INIT, in the clear.
[[nodiscard]] bool is_unprotected(const wire::MessageView& message);
/// Such a message which says that the peer does not have an SA.
[[nodiscard]] bool is_hint(const wire::MessageView& message);

[[nodiscard]] PeerAnswers peer_answers(wire::NotifyType error);
/// It exists and is neither deleted nor going.
[[nodiscard]] bool is_in_use(const ChildSa* child);

/// The data of INVALID_KE_PAYLOAD.
[[nodiscard]] std::array<std::uint8_t, 2> group_octets(wire::GroupId group);
[[nodiscard]] bool offers_group(const IsakmpProfile& profile, wire::GroupId group);

/// What the policy lacks to authenticate the two ends; nullopt: nothing.
[[nodiscard]] std::optional<Failure> missing_credential(Time now, const TunnelPolicy& policy);
/// CERTREQ (RFC 7296 3.7); none when there is no authority.
void write_certificate_request(wire::PayloadWriter& payloads, const std::vector<Bytes>& authorities);

/// Announced in IKE_SA_INIT. A peer that has it follows the rule of resolve_initiation().
[[nodiscard]] ByteView own_vendor_id();

}  // namespace awtun::ike
