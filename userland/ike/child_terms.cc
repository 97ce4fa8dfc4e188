// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/child_terms.h"

#include "userland/ike/difference.h"
#include "userland/ike/failure.h"
#include "userland/ike/payloads.h"

namespace awtun::ike {
namespace {

struct Asked {
  wire::SaView sa;
  Selectors initiator;
  Selectors responder;
};

std::optional<Asked> read_child_payloads(const wire::PayloadChain& chain) {
  const auto sa = read<wire::decode_sa>(chain, wire::PayloadType::Sa);
  const auto tsi = read<wire::decode_ts>(chain, wire::PayloadType::TsI);
  const auto tsr = read<wire::decode_ts>(chain, wire::PayloadType::TsR);
  if (!sa || !tsi || !tsr) return std::nullopt;
  return Asked{*sa, from_wire(*tsi), from_wire(*tsr)};
}

std::string describe_pair(const Selectors& local, const Selectors& remote) {
  return "local " + to_string(local) + " remote " + to_string(remote);
}

Refusal incomplete(const Occasion& occasion) {
  return {wire::NotifyType::InvalidSyntax,
          protocol_error(occasion.now, occasion.exchange, "SA, TSi or TSr is missing")};
}

/// What the peer says of the mode must be what the policy wants. A responder that wants tunnel mode gives
/// that to whoever asks for transport mode: who asked may then do without the Child SA.
std::optional<Refusal> wrong_mode(const TunnelPolicy& policy, const wire::PayloadChain& chain, bool initiator,
                                  const Occasion& occasion) {
  const bool theirs = find_notify(chain, wire::NotifyType::UseTransportMode).has_value();
  if (theirs == policy.transport_mode || (!initiator && !policy.transport_mode)) return std::nullopt;
  return Refusal{wire::NotifyType::NoProposalChosen,
                 mode_mismatch(occasion.now, Side::Local, occasion.exchange, policy.transport_mode)};
}

Refusal unacceptable(const TunnelPolicy& policy, const Asked& asked, bool initiator,
                     const Occasion& occasion) {
  const Selectors& theirs_local = initiator ? asked.initiator : asked.responder;
  const Selectors& theirs_remote = initiator ? asked.responder : asked.initiator;
  return {wire::NotifyType::TsUnacceptable,
          selectors_unacceptable(occasion.now, Side::Local, occasion.exchange,
                                 describe_pair(policy.local_selectors, policy.remote_selectors),
                                 describe_pair(theirs_local, theirs_remote))};
}

}  // namespace

void write_mode(wire::PayloadWriter& payloads, bool transport) {
  if (transport) payloads.notify(wire::NotifyType::UseTransportMode);
}

wire::GroupId pfs_group(const IpsecProfile& profile) {
  return static_cast<wire::GroupId>(profile.pfs_group.value_or(0));
}

Result<ChildTerms, Refusal> agree_as_responder(const TunnelPolicy& policy, const wire::PayloadChain& request,
                                               const Occasion& occasion) {
  const auto asked = read_child_payloads(request);
  if (!asked) return Error{incomplete(occasion)};
  const auto choice = choose_esp(policy.ipsec, asked->sa, occasion.pfs);
  if (!choice)
    return Error{
        Refusal{wire::NotifyType::NoProposalChosen,
                no_proposal_chosen(occasion.now, Side::Local, occasion.exchange,
                                   describe(policy.ipsec, occasion.pfs), describe(asked->sa),
                                   difference(esp_proposals(policy.ipsec, 0, occasion.pfs), asked->sa))}};
  if (auto refusal = wrong_mode(policy, request, false, occasion)) return Error{*std::move(refusal)};
  ChildTerms terms{*choice, narrow(policy.local_selectors, asked->responder),
                   narrow(policy.remote_selectors, asked->initiator), policy.transport_mode};
  if (terms.local.empty() || terms.remote.empty())
    return Error{unacceptable(policy, *asked, false, occasion)};
  return terms;
}

Result<ChildTerms, Refusal> agree_as_initiator(const TunnelPolicy& policy, const IpsecProfile& profile,
                                               const wire::PayloadChain& response, const Occasion& occasion) {
  const auto asked = read_child_payloads(response);
  if (!asked) return Error{incomplete(occasion)};
  const auto choice = accepted_esp(profile, asked->sa, occasion.pfs);
  if (!choice)
    return Error{Refusal{wire::NotifyType::NoProposalChosen,
                         no_proposal_chosen(occasion.now, Side::Local, occasion.exchange,
                                            describe(profile, occasion.pfs), describe(asked->sa),
                                            difference(esp_proposals(profile, 0, occasion.pfs), asked->sa))}};
  if (auto refusal = wrong_mode(policy, response, true, occasion)) return Error{*std::move(refusal)};
  if (asked->initiator.empty() || asked->responder.empty() ||
      !all_within(asked->initiator, policy.local_selectors) ||
      !all_within(asked->responder, policy.remote_selectors))
    return Error{unacceptable(policy, *asked, true, occasion)};
  return ChildTerms{*choice, asked->initiator, asked->responder, policy.transport_mode};
}

}  // namespace awtun::ike
