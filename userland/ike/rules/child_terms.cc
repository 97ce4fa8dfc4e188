// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/child_terms.h"

#include <algorithm>

#include "userland/ike/rules/excerpt.h"
#include "userland/ike/rules/failure.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal_mismatch.h"
#include "userland/ike/rules/transport_mode.h"

namespace awtun::ike {
namespace {

/// What the peer asks for, or answers, as seen from here.
struct Asked {
  wire::SaView sa;
  Networks networks;
  std::optional<IpAddress> called_local;  ///< see ChildTerms
  std::optional<IpAddress> called_remote;
};

/// RFC 7296 2.23.1: an end behind a NAT is called by the address that its peer knows; `selectors` of that
/// end get the one that the IKE SA has here. What they were called by.
std::optional<IpAddress> translate(Selectors& selectors, bool behind_nat, const IpAddress& here) {
  const auto called = behind_nat ? only_address(selectors) : std::nullopt;
  if (called) selectors = readdressed(std::move(selectors), here);
  return called;
}

/// `initiator`: we began the exchange.
std::optional<Asked> read_child_payloads(const TunnelPolicy& policy, const wire::PayloadChain& chain,
                                         bool initiator, const Negotiation& negotiation) {
  const auto sa = read<wire::decode_sa>(chain, wire::PayloadType::Sa);
  const auto tsi = read<wire::decode_ts>(chain, wire::PayloadType::TsI);
  const auto tsr = read<wire::decode_ts>(chain, wire::PayloadType::TsR);
  if (!sa || !tsi || !tsr) return std::nullopt;
  Asked asked{*sa, {from_wire(initiator ? *tsi : *tsr), from_wire(initiator ? *tsr : *tsi)}, {}, {}};
  if (policy.transport_mode) {
    Networks& ends = asked.networks;
    asked.called_local = translate(ends.local, negotiation.nat.ours, negotiation.path.local.address);
    asked.called_remote = translate(ends.remote, negotiation.nat.theirs, negotiation.path.remote.address);
  }
  return asked;
}

/// The peer decides how many there are: of more than these, which are longer, an excerpt has none.
std::string describe_theirs(const Networks& networks) {
  static constexpr std::ptrdiff_t kShown = 12;
  const auto describe_side = [](const Selectors& selectors) {
    const auto shown = std::min(std::ssize(selectors), kShown);
    const std::string text = to_string(Selectors(selectors.begin(), selectors.begin() + shown));
    return excerpt(shown < std::ssize(selectors) ? text + ", ..." : text);
  };
  return "local " + describe_side(networks.local) + " remote " + describe_side(networks.remote);
}

Refusal incomplete(const Negotiation& negotiation) {
  return {wire::NotifyType::InvalidSyntax,
          protocol_error(negotiation.now, negotiation.exchange, "SA, TSi or TSr is missing")};
}

/// In the order in which they are looked for: the one that the peer has sent a key of comes first.
std::vector<wire::GroupId> groups_for(const wire::PayloadChain& request, const Negotiation& negotiation) {
  std::vector<wire::GroupId> groups{negotiation.pfs};
  groups.insert(groups.end(), negotiation.also.begin(), negotiation.also.end());
  const auto ke = read<wire::decode_ke>(request, wire::PayloadType::Ke);
  const auto sent = ke ? std::ranges::find(groups, ke->group) : groups.end();
  if (sent != groups.end()) std::rotate(groups.begin(), sent, sent + 1);
  return groups;
}

Refusal nothing_in_common(const IpsecProfile& profile, const wire::SaView& theirs,
                          const Negotiation& negotiation) {
  std::vector<wire::Proposal> ours = esp_proposals(profile, 0, negotiation.pfs);
  for (const wire::GroupId group : negotiation.also)
    for (wire::Proposal& one : esp_proposals(profile, 0, group)) ours.push_back(std::move(one));
  return {wire::NotifyType::NoProposalChosen,
          no_proposal_chosen(negotiation.now, Side::Local, negotiation.exchange,
                             describe(profile, negotiation.pfs), describe(theirs, wire::ProtocolId::Esp),
                             proposal_mismatch(ours, theirs))};
}

/// What the policy lets through between the ends of `path`.
Networks allowed(const TunnelPolicy& policy, const Path& path) {
  if (!policy.transport_mode) return {policy.local_selectors, policy.remote_selectors};
  return {of_end(policy.local_selectors, path.local.address),
          of_end(policy.remote_selectors, path.remote.address)};
}

bool lie_within(const Networks& inner, const Networks& outer) {
  return !inner.local.empty() && !inner.remote.empty() && covers(outer, inner);
}

struct Narrowed {
  Fitting local;
  Fitting remote;
  [[nodiscard]] bool nothing() const { return local.selectors.empty() || remote.selectors.empty(); }
  [[nodiscard]] bool cut() const { return local.cut || remote.cut; }
};
Narrowed in_common(const Networks& ours, const Networks& theirs) {
  return {narrow(ours.local, theirs.local), narrow(ours.remote, theirs.remote)};
}

/// What the peer says of the mode must be what the policy wants. A responder that wants tunnel mode gives
/// that to a peer that asks for transport mode, which may then do without the Child SA.
std::optional<Refusal> wrong_mode(const TunnelPolicy& policy, const wire::PayloadChain& chain, bool initiator,
                                  const Negotiation& negotiation) {
  const bool theirs = find_notify(chain, wire::NotifyType::UseTransportMode).has_value();
  if (theirs == policy.transport_mode || (!initiator && !policy.transport_mode)) return std::nullopt;
  return Refusal{wire::NotifyType::NoProposalChosen,
                 mode_mismatch(negotiation.now, Side::Local, negotiation.exchange, policy.transport_mode)};
}

Refusal unacceptable(const Networks& ours, const Asked& asked, const Negotiation& negotiation) {
  return {wire::NotifyType::TsUnacceptable,
          selectors_unacceptable(negotiation.now, Side::Local, negotiation.exchange, to_string(ours),
                                 describe_theirs(asked.networks))};
}

}  // namespace

Failure refused_by_peer(Time now, wire::ExchangeType exchange, wire::NotifyType error,
                        const Networks& asked_for, const std::string& esp) {
  if (error == wire::NotifyType::NoProposalChosen)
    return no_proposal_chosen(now, Side::Peer, exchange, esp, "");
  if (error == wire::NotifyType::TsUnacceptable)
    return selectors_unacceptable(now, Side::Peer, exchange, to_string(asked_for), "");
  return refused(now, Side::Peer, exchange, error);
}

void write_mode(wire::PayloadWriter& payloads, bool transport) {
  if (transport) payloads.notify(wire::NotifyType::UseTransportMode);
}

bool lets_through(const TunnelPolicy& policy, const Path& path, const Networks& networks) {
  return lie_within(networks, allowed(policy, path));
}

Wanted whole_of(const TunnelPolicy& policy, const Path& path) {
  Networks all = allowed(policy, path);
  Fitting local = fit(all.local);
  Fitting remote = fit(all.remote);
  return {{std::move(local.selectors), std::move(remote.selectors)}, local.cut || remote.cut};
}

void ask_selectors(wire::PayloadWriter& payloads, const Networks& networks) {
  payloads.ts(wire::PayloadType::TsI, to_wire(networks.local));
  payloads.ts(wire::PayloadType::TsR, to_wire(networks.remote));
}

Networks granted(const TunnelPolicy& policy, const wire::PayloadChain& request,
                 const Negotiation& negotiation) {
  const auto asked = read_child_payloads(policy, request, false, negotiation);
  if (!asked) return {};
  Narrowed common = in_common(allowed(policy, negotiation.path), asked->networks);
  return {std::move(common.local.selectors), std::move(common.remote.selectors)};
}

void answer_selectors(wire::PayloadWriter& payloads, const ChildTerms& terms) {
  const auto as_called = [](const Selectors& ours, const std::optional<IpAddress>& called) {
    return to_wire(called ? readdressed(ours, *called) : ours);
  };
  payloads.ts(wire::PayloadType::TsI, as_called(terms.networks.remote, terms.called_remote));
  payloads.ts(wire::PayloadType::TsR, as_called(terms.networks.local, terms.called_local));
}

wire::GroupId pfs_group(const IpsecProfile& profile) {
  return profile.pfs_group.value_or(wire::GroupId::None);
}

std::vector<wire::GroupId> other_pfs_groups(const TunnelPolicy& policy, wire::GroupId ike_group) {
  std::vector<wire::GroupId> groups{ike_group};
  if (policy.ipsec.pfs_group) return groups;
  for (const IsakmpProfile* profile : {&policy.isakmp, &default_isakmp_profile()})
    for (const crypto::IkeSuite& suite : usable_suites(*profile))
      if (std::ranges::find(groups, suite.group) == groups.end()) groups.push_back(suite.group);
  return groups;
}

Result<ChildTerms, Refusal> agree_as_responder(const TunnelPolicy& policy, const wire::PayloadChain& request,
                                               const Negotiation& negotiation) {
  const auto asked = read_child_payloads(policy, request, false, negotiation);
  if (!asked) return Error{incomplete(negotiation)};
  const Offer offered(asked->sa);
  const std::vector<wire::GroupId> groups = groups_for(request, negotiation);
  std::optional<EspChoice> choice;
  wire::GroupId pfs = wire::GroupId::None;
  for (std::size_t i = 0; !choice && i < groups.size(); ++i)
    choice = choose_esp(policy.ipsec, offered, pfs = groups[i]);
  if (!choice) return Error{nothing_in_common(policy.ipsec, asked->sa, negotiation)};
  if (auto refusal = wrong_mode(policy, request, false, negotiation)) return Error{*std::move(refusal)};
  const Networks ours = allowed(policy, negotiation.path);
  Narrowed common = in_common(ours, asked->networks);
  if (common.nothing()) return Error{unacceptable(ours, *asked, negotiation)};
  const bool cut = common.cut();
  return ChildTerms{*choice,
                    {std::move(common.local.selectors), std::move(common.remote.selectors)},
                    policy.transport_mode,
                    asked->called_local,
                    asked->called_remote,
                    pfs,
                    cut};
}

Result<ChildTerms, Refusal> agree_as_initiator(const TunnelPolicy& policy, const IpsecProfile& profile,
                                               const Wanted& wanted, const wire::PayloadChain& response,
                                               const Negotiation& negotiation) {
  const auto asked = read_child_payloads(policy, response, true, negotiation);
  if (!asked) return Error{incomplete(negotiation)};
  const auto choice = accepted_esp(profile, asked->sa, negotiation.pfs);
  if (!choice) return Error{nothing_in_common(profile, asked->sa, negotiation)};
  if (auto refusal = wrong_mode(policy, response, true, negotiation)) return Error{*std::move(refusal)};
  if (!lie_within(asked->networks, wanted.networks))
    return Error{unacceptable(wanted.networks, *asked, negotiation)};
  Narrowed common = in_common(wanted.networks, asked->networks);
  const bool cut = wanted.cut || common.cut();
  return ChildTerms{*choice,
                    {std::move(common.local.selectors), std::move(common.remote.selectors)},
                    policy.transport_mode,
                    {},
                    {},
                    negotiation.pfs,
                    cut};
}

}  // namespace awtun::ike
