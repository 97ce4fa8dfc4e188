// SPDX-License-Identifier: Apache-2.0
// Two routers whose trustpoints sign and verify with real certificates.
#pragma once

#include "userland/ike/job_runner.h"
#include "userland/pki/trustpoint.h"
#include "userland/tests/pki/authority.h"
#include "userland/tests/sim/trust.h"

namespace awtun::sim {

using pki::testing::Party;

inline std::shared_ptr<const pki::Trustpoint> trustpoint(const Party& ca, const std::string& chain,
                                                         const Party& own) {
  auto loaded = pki::Trustpoint::load({ca.pem(), own.pem() + chain, own.key_pem(), ""});
  EXPECT_TRUE(loaded) << loaded.error();
  return *loaded;
}

/// Does a router's jobs with its trustpoint; an `old` one speaks no RFC 7427.
struct Runner {
  std::shared_ptr<const pki::Trustpoint> trust;
  bool old = false;
  std::vector<wire::AuthMethodId>* methods;

  ike::JobResult operator()(const ike::Job& job) const {
    if (const auto* sign = std::get_if<ike::SignJob>(&job)) {
      auto wanted = *sign;
      if (old) wanted.peer_hashes.clear();
      return ike::run(wanted, {{sign->trustpoint, trust}});
    }
    const auto& verify = std::get<ike::VerifyJob>(job);
    methods->push_back(verify.method);
    return ike::run(verify, {{verify.trustpoint, trust}}, pki::testing::kNow);
  }
};

struct RealPair : CertifiedPair {
  explicit RealPair(std::uint64_t seed) : CertifiedPair(seed) {}

  void trust(std::size_t index, const std::string& chain, const Party& own, bool old = false) {
    world.node(index).credentials = Runner{trustpoint(ca, chain, own), old, &methods};
  }
  Party ca = pki::testing::self_signed(pki::testing::authority("/C=JP/O=EXAMPLE/CN=SampleRootCA"));
  std::vector<wire::AuthMethodId> methods;  ///< of the AUTH payloads that were looked at
};

}  // namespace awtun::sim
