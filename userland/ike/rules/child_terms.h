// SPDX-License-Identifier: Apache-2.0
// What the two ends agree on for a Child SA, in IKE_AUTH as well as in CREATE_CHILD_SA.
#pragma once

#include <optional>
#include <string_view>

#include "userland/base/result.h"
#include "userland/ike/rules/nat.h"
#include "userland/ike/rules/networks.h"
#include "userland/ike/rules/proposal.h"
#include "userland/ike/status.h"
#include "userland/wire/writer.h"

namespace awtun::ike {

struct ChildTerms {
  EspChoice choice;
  Networks networks;
  bool transport = false;  ///< transport mode (RFC 7296 1.3.1); else tunnel mode
  /// What the peer calls the ends where that is not what we do: transport mode across a NAT.
  std::optional<IpAddress> called_local;
  std::optional<IpAddress> called_remote;
  wire::GroupId pfs = wire::GroupId::None;  ///< by which keys are exchanged; None: they are not
  bool cut = false;  ///< the ends would have agreed on more selectors than a Child SA has
};

/// Why there will be no Child SA: the error for the peer and the failure for the operator.
struct Refusal {
  wire::NotifyType notify;
  Failure failure;
};

/// For the operator: the peer has answered a request for a Child SA with an error. `esp`: what we offered.
[[nodiscard]] Failure refused_by_peer(Time now, wire::ExchangeType exchange, wire::NotifyType error,
                                      const Networks& asked_for, const std::string& esp);

/// Where and when a negotiation takes place.
struct Negotiation {
  Time now;
  wire::ExchangeType exchange;
  wire::GroupId pfs;  ///< None in IKE_AUTH and without PFS
  Path path;          ///< of the IKE SA
  NatView nat;
  std::vector<wire::GroupId> also{};  ///< groups that a responder takes instead of `pfs`
};

/// Asks for transport mode, or grants it.
void write_mode(wire::PayloadWriter& payloads, bool transport);

/// Whether a Child SA with these protects nothing but what the policy lets through along `path`.
[[nodiscard]] bool lets_through(const TunnelPolicy& policy, const Path& path, const Networks& networks);

/// What a request asks for.
struct Wanted {
  Networks networks;
  bool cut = false;  ///< the policy lets more through than a Child SA has room for
};

/// All that the policy lets through along `path`.
[[nodiscard]] Wanted whole_of(const TunnelPolicy& policy, const Path& path);

/// TSi and TSr of a request.
void ask_selectors(wire::PayloadWriter& payloads, const Networks& networks);

/// What the policy lets through of what the peer asks for; without selectors on a side: nothing.
[[nodiscard]] Networks granted(const TunnelPolicy& policy, const wire::PayloadChain& request,
                               const Negotiation& negotiation);

/// TSi and TSr of the answer, by the names of the ends that the peer used.
void answer_selectors(wire::PayloadWriter& payloads, const ChildTerms& terms);

[[nodiscard]] wire::GroupId pfs_group(const IpsecProfile& profile);

/// The groups that will do where the peer does not have that of the profile. With PFS: that of the IKE SA.
/// Without: any that an IKE SA could have by the tunnel's profile or by the defaults, for more than was asked
/// is welcome.
[[nodiscard]] std::vector<wire::GroupId> other_pfs_groups(const TunnelPolicy& policy,
                                                          wire::GroupId ike_group);

/// The responder's side: SA, TSi and TSr of a request against our policy.
[[nodiscard]] Result<ChildTerms, Refusal> agree_as_responder(const TunnelPolicy& policy,
                                                             const wire::PayloadChain& request,
                                                             const Negotiation& negotiation);

/// The initiator's side: the answer must lie within what we asked for, by `profile` and `wanted`.
[[nodiscard]] Result<ChildTerms, Refusal> agree_as_initiator(const TunnelPolicy& policy,
                                                             const IpsecProfile& profile,
                                                             const Wanted& wanted,
                                                             const wire::PayloadChain& response,
                                                             const Negotiation& negotiation);

}  // namespace awtun::ike
