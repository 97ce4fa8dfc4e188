// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/job_runner.h"

namespace awtun::ike {
namespace {

JobFailed failed(const pki::Refusal& refusal) {
  return {refusal.reason, refusal.detail, false, refusal.cause};
}

/// Null when there is none of that name.
std::shared_ptr<const pki::Trustpoint> find(const pki::Credentials& credentials, const std::string& name) {
  const auto found = credentials.find(name);
  return found == credentials.end() ? nullptr : found->second;
}

JobFailed no_trustpoint(const std::string& name) {
  return {"no such trustpoint", "trustpoint " + name, false, pki::RefusalCause::Trustpoint};
}

}  // namespace

JobResult run(const SignJob& job, const pki::Credentials& credentials) {
  const auto trustpoint = find(credentials, job.trustpoint);
  if (!trustpoint) return no_trustpoint(job.trustpoint);
  auto made = trustpoint->sign(job.peer_hashes, job.octets);
  if (!made) return failed(made.error());
  return SignDone{made->signature.method, std::move(made->signature.data), std::move(made->chain)};
}

JobResult run(const VerifyJob& job, const pki::Credentials& credentials, pki::WallClock now) {
  const auto trustpoint = find(credentials, job.trustpoint);
  if (!trustpoint) return no_trustpoint(job.trustpoint);
  const pki::Identity identity{static_cast<wire::IdType>(job.identity.type), job.identity.data};
  const auto refusal = trustpoint->objection(
      {identity, job.certificates, job.method, job.signature, job.octets, job.attached}, now);
  if (refusal) return failed(*refusal);
  return VerifyDone{};
}

}  // namespace awtun::ike
