// SPDX-License-Identifier: Apache-2.0
// Certificates reduced to what decides their fate, and a trustpoint that signs and verifies with them.
#pragma once

#include <string>

#include "userland/tests/sim/pair.h"

namespace awtun::sim {

inline Bytes octets_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

/// A router's trustpoint. The certificate is "name|CA|state", its signature the key's name before what is
/// signed.
struct Trust {
  std::string name;
  std::string ca = "CA";
  std::string trusts = "CA";
  std::string state = "good";
  bool private_key = true;
  std::string key = name;

  [[nodiscard]] std::string certificate() const { return name + "|" + ca + "|" + state; }

  [[nodiscard]] ike::JobResult operator()(const ike::Job& job) const {
    if (const auto* sign = std::get_if<ike::SignJob>(&job)) return do_sign(*sign);
    return do_verify(std::get<ike::VerifyJob>(job));
  }

 private:
  [[nodiscard]] ike::JobResult do_sign(const ike::SignJob& job) const {
    if (!private_key)
      return ike::JobFailed{"the trustpoint has no private key", "trustpoint " + job.trustpoint};
    ike::SignDone done{wire::AuthMethodId::DigitalSignature, octets_of(key), {octets_of(certificate())}};
    if (job.peer_hashes.empty()) done.method = wire::AuthMethodId::RsaSignature;
    done.signature.insert(done.signature.end(), job.octets.begin(), job.octets.end());
    return done;
  }
  [[nodiscard]] ike::JobResult do_verify(const ike::VerifyJob& job) const {
    if (job.certificates.empty())
      return ike::JobFailed{"the peer sent no certificate", "", false, pki::RefusalCause::NoCertificate};
    const std::string text(job.certificates[0].begin(), job.certificates[0].end());
    const std::string peer = text.substr(0, text.find('|'));
    Bytes expected = octets_of(peer);
    expected.insert(expected.end(), job.octets.begin(), job.octets.end());
    if (text.find("|" + trusts + "|") == std::string::npos)
      return ike::JobFailed{"certificate of an unknown CA", "subject " + peer, false,
                            pki::RefusalCause::UnknownAuthority};
    if (text.find("|expired") != std::string::npos)
      return ike::JobFailed{"certificate expired", "", false, pki::RefusalCause::Expired};
    if (peer != job.identity.to_string())
      return ike::JobFailed{"name mismatch: the CN is not the identity", "subject " + peer, false,
                            pki::RefusalCause::Name};
    if (job.signature != expected)
      return ike::JobFailed{"the signature does not verify", "", false, pki::RefusalCause::PeerSignature};
    return ike::VerifyDone{};
  }
};

/// Two routers that authenticate by certificate, each with a name.
struct CertifiedPair : Pair {
  explicit CertifiedPair(std::uint64_t seed) : Pair(seed) {
    isakmp.local_authentication = AuthMethod::Certificate;
    isakmp.remote_authentication = AuthMethod::Certificate;
    for (std::size_t i = 0; i < 2; ++i) trust(i, {name(i)});
  }

  static std::string name(std::size_t index) { return "r" + std::to_string(index) + ".example.com"; }
  void trust(std::size_t index, Trust trust) { world.node(index).credentials = std::move(trust); }

  [[nodiscard]] ike::TunnelPolicy certified(std::size_t index) {
    ike::TunnelPolicy result = policy(index);
    result.local_id = ike::Identity::fqdn(name(index));
    result.remote_id = ike::Identity::fqdn(name(1 - index));
    result.certificate = ike::CertificatePolicy{"trust", {Bytes(20, 0xca)}};
    return result;
  }
  void certify(std::size_t index) { world.input(index, ike::SetTunnel{certified(index)}); }
  void certify_both() {
    certify(0);
    certify(1);
  }
};

}  // namespace awtun::sim
