// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/failure.h"

namespace awtun::ike {
namespace {

std::string word(Side side) { return side == Side::Local ? "local" : "peer"; }

Failure record(Time when, Side side, std::string_view exchange, std::string_view reason) {
  Failure failure;
  failure.when = when;
  failure.exchange = exchange;
  failure.refused_by = word(side);
  failure.reason = reason;
  return failure;
}

}  // namespace

Failure no_response(Time when, std::string_view waiting_for, const TunnelPolicy& policy) {
  Failure failure = record(when, Side::Peer, waiting_for, "no response");
  failure.hint = "is " + policy.remote.to_string() + " reachable from " + policy.local.to_string() +
                 ", and does it accept UDP port 500?";
  return failure;
}

Failure authentication_failed(Time when, Side side, const TunnelPolicy& policy, std::string_view peer_id) {
  Failure failure = record(when, side, "IKE_AUTH", "authentication failed");
  failure.ours =
      "local identity " + policy.local_id.to_string() + ", remote identity " + policy.remote_id.to_string();
  if (!peer_id.empty()) failure.theirs = "identity " + std::string(peer_id);
  failure.hint = "pre-shared keys for " + policy.remote.to_string() + " differ?";
  if (side == Side::Local && !peer_id.empty() && peer_id != policy.remote_id.to_string())
    failure.hint = "the peer's identity is not the one expected: check `tunnel remote name`";
  return failure;
}

Failure no_preshared_key(Time when, const TunnelPolicy& policy) {
  Failure failure = record(when, Side::Local, "IKE_AUTH", "no pre-shared key");
  failure.hint = "set one: crypto isakmp key <key> address " + policy.remote.to_string();
  return failure;
}

Failure no_proposal_chosen(Time when, Side side, std::string_view exchange, std::string ours,
                           std::string theirs) {
  Failure failure = record(when, side, exchange, "no proposal chosen");
  failure.ours = std::move(ours);
  failure.theirs = std::move(theirs);
  failure.hint = "the two ends have no transform in common: compare the profiles";
  return failure;
}

Failure selectors_unacceptable(Time when, Side side, std::string_view exchange, std::string ours,
                               std::string theirs) {
  Failure failure = record(when, side, exchange, "traffic selectors unacceptable");
  failure.ours = std::move(ours);
  failure.theirs = std::move(theirs);
  failure.hint = "the two ends protect different networks: compare the tunnel's selectors";
  return failure;
}

Failure refused(Time when, Side side, std::string_view exchange, wire::NotifyType reason) {
  return record(when, side, exchange, wire::to_string(reason));
}

Failure put_off_for_minutes(Time when) {
  Failure failure = record(when, Side::Peer, "CREATE_CHILD_SA", "rekey refused for minutes");
  failure.theirs = wire::to_string(wire::NotifyType::TemporaryFailure);
  failure.hint = "the IKE SA is negotiated anew";
  return failure;
}

Failure protocol_error(Time when, std::string_view exchange, std::string_view what) {
  Failure failure = record(when, Side::Local, exchange, "invalid message");
  failure.theirs = what;
  return failure;
}

Failure data_plane_failed(Time when, std::string_view reason) {
  Failure failure = record(when, Side::Local, "data plane", reason);
  failure.hint = "the kernel refused the SA: is the awtun module loaded and the interface there?";
  return failure;
}

std::string summary(const Failure& failure, const TunnelPolicy& policy) {
  std::string text = "peer " + policy.remote.to_string() + ": " + failure.exchange + ": " + failure.reason +
                     (failure.refused_by == "peer" ? " (by the peer)" : " (by us)");
  if (!failure.ours.empty()) text += "; ours: " + failure.ours;
  if (!failure.theirs.empty()) text += "; theirs: " + failure.theirs;
  if (!failure.hint.empty()) text += "; " + failure.hint;
  return text;
}

}  // namespace awtun::ike
