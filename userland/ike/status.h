// SPDX-License-Identifier: Apache-2.0
// What `show` prints of an engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userland/base/ip.h"
#include "userland/crypto/suites.h"
#include "userland/ike/policy.h"
#include "userland/ike/time.h"

namespace awtun::ike {

/// The kinds of failure that are counted apart.
enum class Cause : std::uint8_t {
  NoResponse,
  AuthenticationFailed,
  NoProposalChosen,
  SelectorsUnacceptable,
  ProtocolError,
  DataPlane,
  RekeyPutOff,  ///< TEMPORARY_FAILURE for minutes
  Other
};

/// An end of a negotiation.
enum class Side : std::uint8_t { Local, Peer };

/// Why the last negotiation with a peer failed, in the field's words.
struct Failure {
  Time when;
  std::string exchange;            ///< "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA", "DPD"
  std::optional<Side> refused_by;  ///< nullopt: not refused, there was no answer
  std::string reason;              ///< "authentication failed", "no proposal chosen", "no response"
  std::string ours;                ///< what we asked for or accept, where that explains it
  std::string theirs;              ///< what the peer offered or said
  std::string hint;                ///< what an operator may check
  Cause cause = Cause::Other;
};

struct IkeSaStatus {
  TunnelId tunnel;
  std::uint64_t initiator_spi;
  std::uint64_t responder_spi;
  bool initiator;  ///< we are the original initiator
  /// NoAddress, NoRoute: established, but the local address is gone from this system, or the route to the
  /// peer; which the engine does not know.
  enum class State : std::uint8_t { Connecting, Established, Rekeying, Deleting, NoAddress, NoRoute } state;
  Endpoint local;
  Endpoint remote;
  std::optional<crypto::IkeSuite> suite;
  std::optional<Time> established;
  std::optional<Time> rekey_at;
  std::optional<Time> expires;
  std::optional<Time> last_heard;  ///< last message authenticated under this SA
  bool local_behind_nat = false;
  bool remote_behind_nat = false;

  [[nodiscard]] bool is_up() const { return state == State::Established || state == State::Rekeying; }
};

struct ChildSaStatus {
  TunnelId tunnel;
  std::uint32_t inbound_spi;   ///< host byte order
  std::uint32_t outbound_spi;  ///< host byte order
  /// NoAddress, NoRoute: see IkeSaStatus.
  enum class State : std::uint8_t { Installed, Rekeying, Replaced, NoAddress, NoRoute } state;
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

  /// It carries packets both ways, unless a newer one does.
  [[nodiscard]] bool is_up() const { return state == State::Installed || state == State::Rekeying; }
};

/// As `show` has it: "Connecting", "peer".
[[nodiscard]] std::string_view to_string(Side side);
[[nodiscard]] std::string_view to_string(IkeSaStatus::State state);
[[nodiscard]] std::string_view to_string(ChildSaStatus::State state);

/// A request of ours that has been sent more than once and is not answered yet, or could not be sent.
struct Unanswered {
  std::string exchange;  ///< or "DPD"
  Time since;            ///< of the first transmission
  unsigned sent;         ///< so many times
  std::string not_sent;  ///< why the system did not take it the last time; empty: it did
  std::string hint;      ///< what an operator may look at
};

/// Part of what a tunnel protects, for which the peer takes no Child SA although the tunnel is up.
struct Declined {
  Networks networks;
  std::string reason;  ///< "TS_UNACCEPTABLE"

  bool operator==(const Declined&) const = default;
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
  std::vector<Declined> declined{};
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
  std::uint64_t jobs_cancelled = 0;    ///< jobs that were no longer needed
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

}  // namespace awtun::ike
