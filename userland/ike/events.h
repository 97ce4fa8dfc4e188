// SPDX-License-Identifier: Apache-2.0
// What goes into the engine, and what it wants done: its inputs and its actions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/secret.h"
#include "userland/ike/job.h"
#include "userland/ike/policy.h"
#include "userland/ike/time.h"

namespace awtun::ike {

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
/// The tunnel is configured and up: bring it up and keep it up, retrying without end.
struct SetTunnel {
  TunnelPolicy policy;
};
/// The tunnel is gone or shut down: delete its SAs, telling the peer.
struct RemoveTunnel {
  TunnelId tunnel;
};
/// The data plane could not carry out an action that had this token.
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
/// This virtual machine has been cloned or restored to an earlier state: a clone may have the same SAs, so
/// the kernel has removed the outbound ones; to delete those is not an error. All SAs are forgotten without
/// notifying the peers, which could not distinguish the messages from the clone's, and negotiated again with
/// fresh keys.
struct VmForked {};
/// Operator or test: rekey the Child SA or the IKE SA of a tunnel now.
struct Rekey {
  TunnelId tunnel;
  enum class What : std::uint8_t { ChildSa, IkeSa } what;
};
/// `clear isakmp sa`: delete the tunnel's SAs, notify the peer and negotiate again.
struct ClearSa {
  TunnelId tunnel;
};
/// `clear ipsec sa`: delete the tunnel's Child SA with the peer's knowledge and negotiate another.
struct ClearChildSa {
  TunnelId tunnel;
};
/// Delete every SA and notify the peers; nothing is initiated afterwards.
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
/// The peer is being given this inbound SPI, and may send by it as soon as it has answered: hold what comes
/// until AddSa, or DeleteSa where nothing comes of it. It is no failure of the tunnel not to be able to.
struct ExpectSa {
  TunnelId tunnel;
  std::uint32_t spi;  ///< host byte order
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
  std::uint64_t token;  ///< comes back in DataPlaneFailed
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
  std::uint64_t token;  ///< comes back in DataPlaneFailed
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
/// A job is no longer needed: if it has not begun, it need not. Its JobDone would be ignored.
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

using Action = std::variant<Send, SendKeepalive, ExpectSa, AddSa, ActivateSa, DeleteSa, MoveSa, StartJob,
                            CancelJob, IkeKeys, Notice>;
using Actions = std::vector<Action>;

}  // namespace awtun::ike
