// SPDX-License-Identifier: Apache-2.0
// The IKEv2 engine: RFC 7296 as a function from inputs to actions. It reads no clock, no socket,
// no file and no random device, so one process can hold many engines and a test can own time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/crypto/profile.h"
#include "userland/ike/job.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// Fills a span with unpredictable octets. In awiked the system's generator, in tests a seeded one.
using RandomSource = std::function<void(MutableByteView)>;

/// N of tunnelN: the name by which commands, policies and SAs refer to one another.
using TunnelId = std::uint32_t;

/// RFC 7296 3.13.1, both ends inclusive; protocol 0 is any, ports 0-65535 all.
struct TrafficSelector {
  std::uint8_t protocol = 0;
  std::uint16_t start_port = 0;
  std::uint16_t end_port = 65535;
  IpAddress first;
  IpAddress last;

  static TrafficSelector of(const IpPrefix& prefix);
  /// 0.0.0.0/0 or ::/0.
  static TrafficSelector any(Family family);
  [[nodiscard]] std::string to_string() const;
  bool operator==(const TrafficSelector&) const = default;
};

/// Authentication by certificate. The engine holds no private key and reads no certificate: it has
/// both done by jobs that name the trustpoint.
struct CertificatePolicy {
  std::string trustpoint;
  /// SHA-1 of each trust anchor's SubjectPublicKeyInfo, 20 octets each, for CERTREQ (RFC 7296 3.7).
  std::vector<Bytes> authorities;

  bool operator==(const CertificatePolicy&) const = default;
};

/// All that the engine needs to know of one tunnel interface. Handing over a policy with a
/// different address, identity, key, trustpoint or way to authenticate restarts the tunnel; other changes
/// apply to the next SA.
struct TunnelPolicy {
  TunnelId tunnel = 0;
  IpAddress local;
  /// nullopt: from any address; only the peer initiates, and its identity tells which tunnel it means.
  std::optional<IpAddress> remote;
  Identity local_id;
  Identity remote_id;
  /// nullopt: no `crypto isakmp key` matches the peer; that is a reportable failure, not an error.
  std::optional<Secret> preshared_key;
  /// nullopt: no trustpoint. The profile says which end authenticates by which method.
  std::optional<CertificatePolicy> certificate;
  /// Ask for, and accept, transport mode alone (RFC 7296 1.3.1): for GRE and L2TPv3.
  bool transport_mode = false;
  IsakmpProfile isakmp = default_isakmp_profile();
  IpsecProfile ipsec = default_ipsec_profile();
  std::vector<TrafficSelector> local_selectors{TrafficSelector::any(Family::V4),
                                               TrafficSelector::any(Family::V6)};
  std::vector<TrafficSelector> remote_selectors{TrafficSelector::any(Family::V4),
                                                TrafficSelector::any(Family::V6)};

  bool operator==(const TunnelPolicy&) const = default;
};

enum class Direction : std::uint8_t { In, Out };

/// The UDP ports of IKE (RFC 7296 2.23): behind 4500 a message has the non-ESP marker before it, and
/// ESP may be in UDP.
inline constexpr std::uint16_t kIkePort = 500;
inline constexpr std::uint16_t kNattPort = 4500;

// ---------------------------------------------------------------- inputs

/// A datagram from UDP port 500, or from 4500 without its non-ESP marker (RFC 3948 2.2).
struct Datagram {
  Endpoint local;
  Endpoint remote;
  Bytes bytes;
};
/// next_deadline() has come.
struct TimerDue {};
/// The tunnel is configured and up: bring it up and keep it up, retrying for ever.
struct SetTunnel {
  TunnelPolicy policy;
};
/// The tunnel is gone or shut down: delete its SAs, telling the peer.
struct RemoveTunnel {
  TunnelId tunnel;
};
/// The data plane could not carry out an action that had this token (see AddSa).
struct DataPlaneFailed {
  std::uint64_t token;
  std::string reason;
};
/// The kernel reports that an SA nears (or has reached) the end of its lifetime or of its sequence
/// numbers.
struct SaExpired {
  TunnelId tunnel;
  Direction direction;
  std::uint32_t spi;  ///< host byte order
  bool hard;
};
/// Authentic ESP of this inbound SA comes from a new address or port. The kernel has followed.
struct PeerMoved {
  TunnelId tunnel;
  std::uint32_t spi;  ///< inbound, host byte order
  Endpoint remote;
};
/// The peer sends ESP under an SPI that we do not have, or have lost.
struct UnknownSpi {
  TunnelId tunnel;
  std::uint32_t spi;  ///< host byte order
};
/// A packet waits for a tunnel that has no SA.
struct Acquire {
  TunnelId tunnel;
};
/// The system did not take a datagram: it is lost, but here it is known why.
struct NotSent {
  Bytes bytes;         ///< as Send had them
  std::string reason;  ///< "Network is unreachable"
};
/// A job that an action started has ended.
struct JobDone {
  std::uint64_t token;
  JobResult result;
};
/// This virtual machine has been cloned or brought back to an earlier state: a twin may have the same SAs,
/// which is why the kernel has taken the outbound ones away; to delete those is no error. All that there is
/// is forgotten without a word to the peers, for no message can be told from the twin's, and begun again with
/// fresh keys.
struct VmForked {};
/// Operator or test: rekey the Child SA or the IKE SA of a tunnel now.
struct Rekey {
  TunnelId tunnel;
  enum class What : std::uint8_t { ChildSa, IkeSa } what;
};
/// `clear isakmp sa`: delete the tunnel's SAs with the peer's knowledge and negotiate anew.
struct ClearSa {
  TunnelId tunnel;
};
/// `clear ipsec sa`: delete the tunnel's Child SA with the peer's knowledge and negotiate another.
struct ClearChildSa {
  TunnelId tunnel;
};
/// Delete every SA and tell the peers; nothing is initiated afterwards.
struct Shutdown {};

using Input =
    std::variant<Datagram, TimerDue, SetTunnel, RemoveTunnel, DataPlaneFailed, SaExpired, PeerMoved,
                 UnknownSpi, Acquire, NotSent, JobDone, VmForked, Rekey, ClearSa, ClearChildSa, Shutdown>;

// ---------------------------------------------------------------- actions, carried out in order

/// From port 4500 it goes out behind the non-ESP marker.
struct Send {
  Endpoint local;
  Endpoint remote;
  Bytes bytes;
};
/// One octet 0xff in UDP, which keeps a NAT's mapping alive (RFC 3948 2.3).
struct SendKeepalive {
  Endpoint local;
  Endpoint remote;
};
/// Install one SA. An outbound one carries nothing until ActivateSa names it.
struct AddSa {
  std::uint64_t token = 0;  ///< comes back in DataPlaneFailed
  TunnelId tunnel = 0;
  Direction direction = Direction::In;
  std::uint32_t spi = 0;  ///< host byte order
  Endpoint local;         ///< the ports count only in UDP
  Endpoint remote;
  bool udp = false;        ///< ESP in UDP between these ports (RFC 3948)
  bool follow = false;     ///< inbound: the newest authentic packet says where the tunnel sends to
  bool esn = false;        ///< 64-bit sequence numbers (RFC 4303 2.2.1)
  bool transport = false;  ///< transport mode; else tunnel mode
  Duration lifetime{};     ///< the kernel's own end for it, should the daemon be dead then
  crypto::EspSuite suite;
  Secret encryption_key;  ///< GCM: without the salt
  Secret salt;            ///< GCM: 4 octets (RFC 4106); empty otherwise
  Secret integrity_key;   ///< empty for GCM
  std::vector<TrafficSelector> local_selectors;
  std::vector<TrafficSelector> remote_selectors;
};
/// Switch the tunnel's transmission to this outbound SA, in one step.
struct ActivateSa {
  TunnelId tunnel;
  std::uint32_t spi;
};
struct DeleteSa {
  TunnelId tunnel;
  Direction direction;
  std::uint32_t spi;
};
/// The peer's address or port has changed: from now on this outbound SA sends there.
struct MoveSa {
  TunnelId tunnel;
  std::uint32_t spi;  ///< outbound, host byte order
  Endpoint local;
  Endpoint remote;
};
/// Do this, on another thread if there is one, and answer with JobDone.
struct StartJob {
  std::uint64_t token;
  Job job;
  JobOwner owner{};
};
/// Nobody waits for a job any more: if it has not begun, it need not. Its JobDone would be ignored.
struct CancelJob {
  std::uint64_t token;
};
/// The keys of an IKE SA, for a packet analyser; acted upon only while key logging is on.
struct IkeKeys {
  std::uint64_t initiator_spi;
  std::uint64_t responder_spi;
  crypto::IkeSuite suite;
  Secret sk_ei, sk_er, sk_ai, sk_ar;
};

/// Something an operator may want to read in a log. Never holds key material.
struct Notice {
  enum class Level : std::uint8_t { Debug, Info, Warning } level;
  std::optional<TunnelId> tunnel;
  std::string text;
};

using Action = std::variant<Send, SendKeepalive, AddSa, ActivateSa, DeleteSa, MoveSa, StartJob, CancelJob,
                            IkeKeys, Notice>;
using Actions = std::vector<Action>;

// ---------------------------------------------------------------- what `show` prints

/// The kinds of failure that are counted apart.
enum class Cause : std::uint8_t {
  NoResponse,
  AuthenticationFailed,
  NoProposalChosen,
  SelectorsUnacceptable,
  ProtocolError,
  DataPlane,
  Other
};

/// Why the last negotiation with a peer failed, in the field's words.
struct Failure {
  Time when;
  std::string exchange;    ///< "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA", "DPD"
  std::string refused_by;  ///< "local" or "peer"; empty: nobody has, for there was no answer
  std::string reason;      ///< "authentication failed", "no proposal chosen", "no response"
  std::string ours;        ///< what we asked for or accept, where that explains it
  std::string theirs;      ///< what the peer offered or said
  std::string hint;        ///< what an operator may check
  Cause cause = Cause::Other;
};

struct IkeSaStatus {
  TunnelId tunnel;
  std::uint64_t initiator_spi;
  std::uint64_t responder_spi;
  bool initiator;     ///< we are the original initiator
  std::string state;  ///< "Connecting", "Established", "Rekeying", "Deleting"
  Endpoint local;
  Endpoint remote;
  std::optional<crypto::IkeSuite> suite;
  std::optional<Time> established;
  std::optional<Time> rekey_at;
  std::optional<Time> expires;
  std::optional<Time> last_heard;  ///< last message authenticated under this SA
  bool local_behind_nat = false;
  bool remote_behind_nat = false;
};

struct ChildSaStatus {
  TunnelId tunnel;
  std::uint32_t inbound_spi;   ///< host byte order
  std::uint32_t outbound_spi;  ///< host byte order
  std::string state;           ///< "Installed", "Rekeying", "Replaced"
  crypto::EspSuite suite;
  Time established;
  std::optional<Time> rekey_at;
  std::optional<Time> expires;
  std::vector<TrafficSelector> local_selectors;
  std::vector<TrafficSelector> remote_selectors;
  bool udp = false;        ///< ESP in UDP: there is a NAT
  bool esn = false;        ///< 64-bit sequence numbers
  bool transport = false;  ///< transport mode
  wire::GroupId pfs = wire::GroupId::None;
  bool selectors_cut = false;  ///< the ends would have agreed on more of them than a Child SA has
};

/// A request of ours that has been sent more than once and is not answered yet, or could not be sent.
struct Unanswered {
  std::string exchange;  ///< or "DPD"
  Time since;            ///< of the first transmission
  unsigned sent;         ///< so many times
  std::string not_sent;  ///< why the system did not take it the last time; empty: it did
  std::string hint;      ///< what an operator may look at
};

struct PeerStatus {
  TunnelId tunnel;
  IpAddress local;
  std::optional<IpAddress> remote;  ///< of a dynamic peer: while it has an IKE SA
  Identity local_id;
  Identity remote_id;
  bool preshared_key_set;
  std::optional<Failure> last_failure;
  std::optional<Time> next_attempt;  ///< set while waiting to try again
  std::optional<Unanswered> unanswered = std::nullopt;
};

/// By cause, since the engine was made.
struct Counters {
  std::uint64_t ike_sa_established_as_initiator = 0;
  std::uint64_t ike_sa_established_as_responder = 0;
  std::uint64_t child_sa_established = 0;
  std::uint64_t ike_rekeys = 0;
  std::uint64_t child_rekeys = 0;
  std::uint64_t collisions = 0;  ///< both ends asked for changes of one SA at once
  std::uint64_t authentication_failures = 0;
  std::uint64_t no_proposal_chosen = 0;
  std::uint64_t dead_peers = 0;
  std::uint64_t crashes_detected = 0;  ///< by quick crash detection
  std::uint64_t temporary_failures_sent = 0;
  std::uint64_t temporary_failures_received = 0;
  std::uint64_t cookies_sent = 0;
  // Of these, why.
  std::uint64_t cookies_sent_under_load = 0;  ///< many half-open IKE SAs, or jobs that wait
  std::uint64_t cookies_sent_at_limit = 0;    ///< the sender's address or network has its share
  std::uint64_t cookies_sent_for_size = 0;    ///< the answer is larger than what came from there
  std::uint64_t cookies_sent_to_refuse = 0;   ///< a refusal may hide a true failure, or is one of many
  std::uint64_t cookies_accepted = 0;
  std::uint64_t cookies_received = 0;
  std::uint64_t init_requests_limited = 0;  ///< repeated too often, or no room for them yet
  std::uint64_t answers_limited = 0;        ///< more than may be sent to who is not known to be there
  std::uint64_t half_open_dropped = 0;      ///< IKE_AUTH never came
  std::uint64_t half_open_evicted = 0;      ///< made room for another one that has returned a cookie
  std::uint64_t sa_limit_reached = 0;  ///< rekeys put off, or IKE SAs dropped: the peer leaves too many SAs
  std::uint64_t jobs_cancelled = 0;    ///< computations that nobody waits for any more
  std::uint64_t jobs_refused = 0;      ///< computations for which there was no room
  std::uint64_t deletes_of_unknown_spi = 0;  ///< the peer deletes a Child SA that we do not have
  std::uint64_t unknown_spi = 0;             ///< ESP that could not be received
  std::uint64_t invalid_spi_sent = 0;
  std::uint64_t invalid_spi_received = 0;
  std::uint64_t invalid_ike_spi_sent = 0;
  std::uint64_t invalid_ike_spi_received = 0;
  std::uint64_t selectors_unacceptable = 0;
  std::uint64_t no_response = 0;
  std::uint64_t protocol_errors = 0;
  std::uint64_t data_plane_failures = 0;
  std::uint64_t other_failures = 0;
  std::uint64_t retransmissions = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_malformed = 0;
  std::uint64_t messages_unknown_sa = 0;
  std::uint64_t messages_bad_integrity = 0;
};

struct Status {
  std::vector<IkeSaStatus> ike_sas;
  std::vector<ChildSaStatus> child_sas;
  std::vector<PeerStatus> peers;
  Counters counters;
};

/// What an engine is told once.
struct Settings {
  /// From which the tokens of quick crash detection are made (RFC 6290); it must outlive restarts.
  /// Empty: no tokens are given out.
  Secret quick_crash_secret;
};

/// One IKEv2 speaker. Not thread safe: one thread owns an engine.
class Engine {
 public:
  explicit Engine(RandomSource random, Settings settings = {});
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  /// Takes one input at time `now`, which never goes back, and returns what is to be done about
  /// it, in order. No input, whoever it comes from, makes it throw.
  [[nodiscard]] Actions step(Time now, Input input);

  /// When to call step() with TimerDue; nullopt: not before the next input.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  [[nodiscard]] Status status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace awtun::ike
