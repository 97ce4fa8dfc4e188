// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/failure.h"

#include <algorithm>
#include <array>

#include "userland/ike/events.h"
#include "userland/ike/rules/excerpt.h"
#include "userland/ike/rules/payloads.h"
#include "userland/ike/rules/proposal.h"

namespace awtun::ike {
namespace {

constexpr std::string_view kOpenPort4500 =
    "IKE_SA_INIT passes on UDP port 500 and there is a NAT on the path: is UDP port 4500 open in both "
    "directions?";

constexpr std::string_view kCompareProfiles = "the peer accepts none of our transforms: compare the profiles";
constexpr std::string_view kTwoNetworks =
    "the peer takes this router for a remote access client: set a connection between two networks at the "
    "peer";

/// What the peer has said, where no more than that is known.
std::string answer_of_peer(Cause cause) {
  switch (cause) {
    case Cause::AuthenticationFailed:
      return wire::to_string(wire::NotifyType::AuthenticationFailed);
    case Cause::NoProposalChosen:
      return wire::to_string(wire::NotifyType::NoProposalChosen);
    case Cause::SelectorsUnacceptable:
      return wire::to_string(wire::NotifyType::TsUnacceptable);
    case Cause::NoResponse:
    case Cause::ProtocolError:
    case Cause::DataPlane:
    case Cause::RekeyPutOff:
    case Cause::Other:
      break;
  }
  return "";
}

Failure silence(Time when, std::string exchange, std::string_view reason) {
  Failure failure;
  failure.cause = Cause::NoResponse;
  failure.when = when;
  failure.exchange = std::move(exchange);
  failure.reason = reason;
  return failure;
}

Failure record(Cause cause, Time when, Side side, std::string exchange, std::string_view reason) {
  Failure failure;
  failure.cause = cause;
  failure.when = when;
  failure.exchange = std::move(exchange);
  failure.refused_by = side;
  failure.reason = reason;
  if (side == Side::Peer) failure.theirs = answer_of_peer(cause);
  return failure;
}

Failure record(Cause cause, Time when, Side side, wire::ExchangeType exchange, std::string_view reason) {
  return record(cause, when, side, wire::to_string(exchange), reason);
}

Failure not_authenticated(Time when, Side side, std::string_view reason) {
  return record(Cause::AuthenticationFailed, when, side, wire::ExchangeType::IkeAuth, reason);
}

std::string identities(const TunnelPolicy& policy) {
  return "local identity " + policy.local_id.to_string() + ", remote identity " +
         policy.remote_id.to_string();
}

std::string remote_method(const TunnelPolicy& policy) {
  return "remote authentication " + std::string(to_string(policy.isakmp.remote_authentication));
}

/// Part of a question.
std::string do_keys_match(const TunnelPolicy& policy) {
  return "do the pre-shared keys for " + peer_name(policy) + " match";
}

/// What to look at when the peer does not believe that we are who we say.
std::string why_not_believed(const TunnelPolicy& policy) {
  if (policy.isakmp.local_authentication == AuthMethod::Certificate)
    return "does the peer trust our CA, and is its `tunnel remote name` our `tunnel local name`?";
  return do_keys_match(policy) + ", and does the peer know this router as " + policy.local_id.to_string() +
         "?";
}

Cause cause_of(wire::NotifyType error) {
  if (error == wire::NotifyType::AuthenticationFailed) return Cause::AuthenticationFailed;
  if (error == wire::NotifyType::NoProposalChosen) return Cause::NoProposalChosen;
  return error == wire::NotifyType::TsUnacceptable ? Cause::SelectorsUnacceptable : Cause::Other;
}

struct Advice {
  wire::NotifyType error;
  std::string_view text;
};
constexpr std::array kAdvice{
    Advice{wire::NotifyType::NoProposalChosen, kCompareProfiles},
    Advice{wire::NotifyType::InvalidIkeSpi, "the peer may have restarted"},
    Advice{wire::NotifyType::FailedCpRequired, kTwoNetworks},
    Advice{wire::NotifyType::InternalAddressFailure, kTwoNetworks},
};

/// What to look at when the peer says so; empty: nothing in particular.
std::string_view advice_on(wire::NotifyType error) {
  const auto found = std::ranges::find(kAdvice, error, &Advice::error);
  return found == kAdvice.end() ? std::string_view() : found->text;
}

std::string trustpoint_of(const TunnelPolicy& policy) {
  return "trustpoint " + (policy.certificate ? policy.certificate->trustpoint : std::string("none"));
}

/// What an operator may do about a certificate.
std::string_view certificate_hint(pki::RefusalCause cause) {
  using Cause = pki::RefusalCause;
  switch (cause) {
    case Cause::Trustpoint:
      return "the trustpoint is not complete: `crypto pki authenticate`, `crypto pki import`";
    case Cause::NoCertificate:
      return "the peer has no certificate: import one at the peer";
    case Cause::CertificateByUrl:
      return "nothing is fetched: the peer must send its certificates themselves, not as hash and URL";
    case Cause::UnknownAuthority:
      return "both ends need certificates of the same CA, and the peer must send the intermediate ones: "
             "compare `show crypto pki certificates` of both ends";
    case Cause::CertificateSignature:
      return "another CA of the same name has signed the peer's certificate: compare `show crypto pki "
             "certificates` of both ends";
    case Cause::Expired:
      return "compare the clocks of both ends, or renew the certificate: `crypto pki enroll`, `crypto pki "
             "import`";
    case Cause::NotYetValid:
      return "compare the clocks of both ends";
    case Cause::Revoked:
      return "the CA has revoked the peer's certificate: the peer needs a new one";
    case Cause::RevocationList:
      return "import the CA's current revocation list: `crypto pki import`";
    case Cause::WeakKey:
      return "the peer needs a certificate with a key and a hash of at least 112 bits of security, such as "
             "RSA 2048 and SHA-256";
    case Cause::Usage:
      return "the peer needs a certificate that may sign, and whose extended key usage allows IKE, TLS or "
             "any use";
    case Cause::Name:
      return "the CN and the alternative name must equal the peer's `tunnel local name` and our `tunnel "
             "remote name`";
    case Cause::IdentityType:
      return "certificates require names at both ends: `tunnel local name`, `tunnel remote name`";
    case Cause::PeerSignature:
      return "the peer's private key does not match its certificate";
    case Cause::Other:
      break;
  }
  return "compare `show crypto pki certificates` of both ends";
}

}  // namespace

std::string peer_name(const TunnelPolicy& policy) {
  return policy.remote ? policy.remote->to_string() : policy.remote_id.to_string();
}

Failure no_response(Time when, const Unheard& asked, const TunnelPolicy& policy) {
  if (asked.not_sent.empty() && asked.refusal)
    return refused_in_clear(when, asked.exchange, *asked.refusal, policy);
  Failure failure = silence(when, asked.exchange, "no response");
  if (asked.not_sent.empty() && !asked.wrong_answer.empty()) {
    failure.reason = "no valid response";
    failure.ours = describe(policy.isakmp);
    failure.theirs = excerpt(asked.wrong_answer);
    failure.hint = "the peer, or another sender in its place, chose what was not offered";
    return failure;
  }
  const std::string port = "UDP port " + std::to_string(asked.remote_port);
  if (!asked.not_sent.empty()) {
    failure.reason = "not sent: " + asked.not_sent;
    failure.hint = "check this router's address " + policy.local.to_string() + ", its route to " +
                   peer_name(policy) + " and its firewall";
  } else if (asked.remote_port == kNattPort && asked.is_ike_auth) {
    failure.hint = std::string(kOpenPort4500);
  } else if (asked.is_ike_auth) {
    failure.hint = "IKE_SA_INIT passes, which is shorter: do long packets and IP fragments pass on " + port +
                   " in both directions?";
  } else {
    failure.hint = "is " + peer_name(policy) + " reachable from " + policy.local.to_string() +
                   ", and does it accept " + port + "?";
  }
  return failure;
}

Failure refused_in_clear(Time when, std::string exchange, wire::NotifyType reason,
                         const TunnelPolicy& policy) {
  Failure failure = record(cause_of(reason), when, Side::Peer, std::move(exchange), "refused in the clear");
  failure.theirs = wire::to_string(reason);
  if (failure.cause == Cause::AuthenticationFailed) failure.ours = identities(policy);
  failure.hint =
      "the peer, or another sender in its place, answers " + failure.theirs + " without protection";
  const std::string advice = failure.cause == Cause::AuthenticationFailed ? why_not_believed(policy)
                                                                          : std::string(advice_on(reason));
  if (!advice.empty()) failure.hint += ": " + advice;
  if (reason == wire::NotifyType::InvalidMajorVersion) return of_version1(std::move(failure));
  return failure;
}

Failure of_version1(Failure failure) {
  failure.reason = "the peer speaks IKEv1";
  failure.ours = "IKEv2";
  if (failure.theirs.empty()) failure.theirs = "IKEv1";
  failure.hint =
      "IKEv1 is not supported: set IKEv2 at the peer; nothing proves that the peer itself sent this";
  return failure;
}

Failure version1_heard(Time when, const Endpoint& from) {
  Failure failure = silence(when, wire::to_string(wire::ExchangeType::IkeSaInit), "");
  failure.cause = Cause::Other;
  failure.theirs = "IKEv1, from " + from.to_string();
  return of_version1(std::move(failure));
}

Failure auth_never_came(Time when, const TunnelPolicy& policy, bool nat) {
  Failure failure = silence(when, wire::to_string(wire::ExchangeType::IkeAuth), "no request");
  failure.theirs = "IKE_SA_INIT from " + peer_name(policy) + " was answered";
  failure.hint = nat ? std::string(kOpenPort4500) : "does our answer reach the peer?";
  return failure;
}

Failure authentication_failed(Time when, Side side, const TunnelPolicy& policy,
                              const std::optional<wire::IdView>& peer_id) {
  Failure failure = not_authenticated(when, side, "authentication failed");
  failure.ours = identities(policy);
  if (peer_id) failure.theirs = "identity " + excerpt(describe(*peer_id));
  failure.hint = side == Side::Peer ? why_not_believed(policy) : do_keys_match(policy) + "?";
  const auto said = peer_id ? identity_of(*peer_id) : std::nullopt;
  if (side == Side::Local && peer_id && (!said || !said->matches(policy.remote_id)))
    failure.hint = "the peer's identity is not the one expected: check `tunnel remote name`";
  return failure;
}

Failure eap_wanted(Time when, const TunnelPolicy& policy) {
  Failure failure = not_authenticated(when, Side::Local, "the peer wants EAP");
  failure.ours = remote_method(policy);
  failure.theirs = "EAP";
  failure.hint = "EAP is not supported: set a pre-shared key or a certificate at the peer";
  return failure;
}

Failure no_preshared_key(Time when, const TunnelPolicy& policy) {
  Failure failure = not_authenticated(when, Side::Local, "no pre-shared key");
  failure.hint = policy.remote
                     ? "configure `crypto isakmp key <key> address " + policy.remote->to_string() + "`"
                     : "configure `crypto isakmp key <key> hostname " + policy.remote_id.to_string() + "`";
  return failure;
}

Failure no_trustpoint(Time when) {
  Failure failure = not_authenticated(when, Side::Local, "no trustpoint");
  failure.hint = "configure `pki trustpoint <name>` in the ISAKMP profile";
  return failure;
}

Failure identity_too_long(Time when, std::size_t octets) {
  Failure failure = not_authenticated(when, Side::Local, "identity too long");
  failure.theirs = "an identity of " + std::to_string(octets) + " octets; at most " +
                   std::to_string(kMaxIdentitySize) + " are accepted";
  return failure;
}

Failure wrong_method(Time when, const TunnelPolicy& policy, wire::AuthMethodId used) {
  Failure failure = not_authenticated(when, Side::Local, "wrong authentication method");
  failure.ours = remote_method(policy);
  failure.theirs = wire::to_string(used);
  failure.hint = "compare `local authentication` and `remote authentication` of both profiles";
  return failure;
}

Failure certificate_refused(Time when, const TunnelPolicy& policy, const JobFailed& why,
                            std::string_view peer_id) {
  Failure failure = not_authenticated(when, Side::Local, why.reason);
  failure.ours = "remote identity " + policy.remote_id.to_string() + ", " + trustpoint_of(policy);
  failure.theirs = "identity " + excerpt(peer_id);
  if (!why.detail.empty()) failure.theirs += ", " + excerpt(why.detail);
  failure.hint = certificate_hint(why.cause);
  return failure;
}

Failure cannot_sign(Time when, const TunnelPolicy& policy, const JobFailed& why) {
  Failure failure = not_authenticated(when, Side::Local, why.reason);
  failure.ours = trustpoint_of(policy);
  if (!why.detail.empty()) failure.ours += ", " + why.detail;
  failure.hint =
      "the trustpoint needs a CA certificate, a key pair and a certificate: `show crypto pki trustpoints`";
  return failure;
}

Failure no_proposal_chosen(Time when, Side side, wire::ExchangeType exchange, std::string ours,
                           const std::string& theirs, std::string mismatch) {
  Failure failure = record(Cause::NoProposalChosen, when, side, exchange, "no proposal chosen");
  failure.ours = std::move(ours);
  if (!theirs.empty()) failure.theirs = excerpt(theirs);
  failure.hint = std::move(mismatch);
  if (failure.hint.empty() && side == Side::Local && failure.theirs.empty())
    failure.hint = "the profile has no transform that is supported";
  else if (failure.hint.empty() && exchange == wire::ExchangeType::CreateChildSa)
    failure.hint = "the peer accepts none of our transforms: compare the profiles, and PFS in particular";
  else if (failure.hint.empty())
    failure.hint = std::string(kCompareProfiles);
  return failure;
}

Failure selectors_unacceptable(Time when, Side side, wire::ExchangeType exchange, std::string ours,
                               std::string theirs) {
  Failure failure =
      record(Cause::SelectorsUnacceptable, when, side, exchange, "traffic selectors unacceptable");
  failure.ours = std::move(ours);
  if (!theirs.empty()) failure.theirs = std::move(theirs);
  failure.hint = "the two ends protect different networks: compare the tunnel's selectors";
  return failure;
}

Failure mode_mismatch(Time when, Side side, wire::ExchangeType exchange, bool we_want_transport) {
  Failure failure = record(Cause::Other, when, side, exchange, "ESP mode differs");
  failure.ours = we_want_transport ? "transport mode" : "tunnel mode";
  failure.theirs = we_want_transport ? "tunnel mode" : "transport mode";
  failure.hint = "compare `tunnel mode` of both ends: GRE and L2TPv3 are protected in transport mode";
  return failure;
}

Failure refused(Time when, Side side, wire::ExchangeType exchange, wire::NotifyType reason) {
  Failure failure = record(Cause::Other, when, side, exchange, wire::to_string(reason));
  failure.hint = advice_on(reason);
  return failure;
}

Failure put_off_for_minutes(Time when) {
  Failure failure = record(Cause::RekeyPutOff, when, Side::Peer, wire::ExchangeType::CreateChildSa,
                           "the peer kept refusing to rekey");
  failure.theirs = wire::to_string(wire::NotifyType::TemporaryFailure);
  failure.hint = "the IKE SA is negotiated again";
  return failure;
}

Failure child_sas_deleted(Time when, const Networks& networks) {
  Failure failure = record(Cause::Other, when, Side::Peer, wire::ExchangeType::Informational,
                           "the peer deletes each Child SA soon after it has agreed to it");
  failure.ours = to_string(networks);
  failure.hint = "the peer's log says why; it is asked again at most once a minute";
  return failure;
}

Failure peer_restarted(Time when) {
  Failure failure = record(Cause::Other, when, Side::Peer, wire::ExchangeType::Informational,
                           "the peer has lost the IKE SA");
  failure.hint = "the peer has restarted: the tunnel is negotiated again";
  return failure;
}

Failure protocol_error(Time when, wire::ExchangeType exchange, std::string_view what) {
  Failure failure = record(Cause::ProtocolError, when, Side::Local, exchange, "invalid message");
  failure.theirs = what;
  return failure;
}

Failure job_failed(Time when, wire::ExchangeType exchange, const JobFailed* why) {
  Failure failure = record(Cause::Other, when, Side::Local, exchange, "key computation failed");
  if (why != nullptr) {
    failure.reason = why->reason;
    failure.ours = why->detail;
  }
  return failure;
}

Failure data_plane_failed(Time when, std::string_view reason) {
  Failure failure = record(Cause::DataPlane, when, Side::Local, "data plane", reason);
  failure.hint = "the kernel refused the SA: is the awtun module loaded, and does the interface exist?";
  return failure;
}

std::string summary(const Failure& failure, const TunnelPolicy& policy) {
  std::string text = "peer " + peer_name(policy) + ": " + failure.exchange + ": " + failure.reason;
  if (failure.refused_by) text += failure.refused_by == Side::Peer ? " (by the peer)" : " (by us)";
  if (!failure.ours.empty()) text += "; ours: " + failure.ours;
  if (!failure.theirs.empty()) text += "; theirs: " + failure.theirs;
  if (!failure.hint.empty()) text += "; " + failure.hint;
  return text;
}

}  // namespace awtun::ike
