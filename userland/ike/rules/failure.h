// SPDX-License-Identifier: Apache-2.0
// Failure records: one maker for each way a negotiation ends, so that operators always read the same
// words for the same thing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userland/ike/job.h"
#include "userland/ike/policy.h"
#include "userland/ike/rules/networks.h"
#include "userland/ike/status.h"
#include "userland/wire/constants.h"
#include "userland/wire/payloads.h"

namespace awtun::ike {

/// A request of ours that was not answered.
struct Unheard {
  std::string exchange;                       ///< or "DPD"
  bool is_ike_auth = false;                   ///< the peer has answered IKE_SA_INIT, so it is there
  std::uint16_t remote_port;                  ///< where it was sent
  std::string not_sent;                       ///< why the system did not take it; empty: it did
  std::optional<wire::NotifyType> refusal{};  ///< what came in the clear instead of an answer
  std::string wrong_answer{};                 ///< or what an answer chose that was not offered
};
/// The answer never came, so it was not refused, unless by what anybody could have sent. Or the request could
/// not even be sent.
[[nodiscard]] Failure no_response(Time when, const Unheard& asked, const TunnelPolicy& policy);
/// By an error notification that nothing protects, to whatever was asked.
[[nodiscard]] Failure refused_in_clear(Time when, std::string exchange, wire::NotifyType reason,
                                       const TunnelPolicy& policy);
/// That failure of IKE_SA_INIT, of a peer which sends IKEv1.
[[nodiscard]] Failure of_version1(Failure failure);
/// There is IKEv1 from where IKEv2 should come.
[[nodiscard]] Failure version1_heard(Time when, const Endpoint& from);
/// As responder: after IKE_SA_INIT, nothing. `nat`: one was found between the ends.
[[nodiscard]] Failure auth_never_came(Time when, const TunnelPolicy& policy, bool nat);
/// AUTH did not verify, or the peer says that ours did not. `peer_id` is what the peer called itself.
[[nodiscard]] Failure authentication_failed(Time when, Side side, const TunnelPolicy& policy,
                                            const std::optional<wire::IdView>& peer_id = std::nullopt);
/// It proves nothing by AUTH alone.
[[nodiscard]] Failure eap_wanted(Time when, const TunnelPolicy& policy);
[[nodiscard]] Failure no_preshared_key(Time when, const TunnelPolicy& policy);
[[nodiscard]] Failure no_trustpoint(Time when);
/// See kMaxIdentitySize.
[[nodiscard]] Failure identity_too_long(Time when, std::size_t octets);
/// The peer proves who it is by a method other than the profile demands.
[[nodiscard]] Failure wrong_method(Time when, const TunnelPolicy& policy, wire::AuthMethodId used);
/// The peer's certificate or signature did not pass.
[[nodiscard]] Failure certificate_refused(Time when, const TunnelPolicy& policy, const JobFailed& why,
                                          std::string_view peer_id);
/// Our own signature could not be made.
[[nodiscard]] Failure cannot_sign(Time when, const TunnelPolicy& policy, const JobFailed& why);
/// `mismatch`: where the two are known, see proposal_mismatch.h.
[[nodiscard]] Failure no_proposal_chosen(Time when, Side side, wire::ExchangeType exchange, std::string ours,
                                         const std::string& theirs, std::string mismatch = {});
[[nodiscard]] Failure selectors_unacceptable(Time when, Side side, wire::ExchangeType exchange,
                                             std::string ours, std::string theirs);
/// One end wants transport mode and the other one tunnel mode.
[[nodiscard]] Failure mode_mismatch(Time when, Side side, wire::ExchangeType exchange,
                                    bool we_want_transport);
/// Any other error notification, named as RFC 7296 names it.
[[nodiscard]] Failure refused(Time when, Side side, wire::ExchangeType exchange, wire::NotifyType reason);
/// TEMPORARY_FAILURE to whatever we ask.
[[nodiscard]] Failure put_off_for_minutes(Time when);
/// The Child SAs for these go one after another, each soon after the peer has agreed to it.
[[nodiscard]] Failure child_sas_deleted(Time when, const Networks& networks);
/// It has proven that it has (RFC 6290).
[[nodiscard]] Failure peer_restarted(Time when);
/// The peer broke the protocol; `what` says how.
[[nodiscard]] Failure protocol_error(Time when, wire::ExchangeType exchange, std::string_view what);
/// A computation of ours came to nothing.
[[nodiscard]] Failure job_failed(Time when, wire::ExchangeType exchange, const JobFailed* why);
[[nodiscard]] Failure data_plane_failed(Time when, std::string_view reason);

/// The peer's address, or its identity when it may come from any address.
[[nodiscard]] std::string peer_name(const TunnelPolicy& policy);

/// One line for a log.
[[nodiscard]] std::string summary(const Failure& failure, const TunnelPolicy& policy);

}  // namespace awtun::ike
