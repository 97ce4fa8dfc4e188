// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/job_runner.h"

#include <gtest/gtest.h>

#include "userland/tests/pki/authority.h"

namespace awtun::ike {
namespace {

using namespace pki::testing;

/// Two routers of one CA, r1 and r2, each with its trustpoint under that name.
struct Routers {
  Party ca = self_signed(authority("/CN=CA"));
  pki::Credentials credentials{{"r1", trustpoint("r1.example.com")}, {"r2", trustpoint("r2.example.com")}};

  [[nodiscard]] std::shared_ptr<const pki::Trustpoint> trustpoint(const std::string& name) const {
    const Party own = issue(ca, router(name));
    return *pki::Trustpoint::load({ca.pem(), own.pem(), own.key_pem(), {}});
  }
  [[nodiscard]] JobResult run(const SignJob& job) const { return ike::run(job, credentials); }
  [[nodiscard]] JobResult run(const VerifyJob& job) const { return ike::run(job, credentials, kNow); }
};

const Bytes kOctets{1, 2, 3};

VerifyJob verify_job(const SignDone& made, const char* name) {
  return {"r2", Identity::fqdn(name), made.chain, made.method, made.signature, kOctets};
}

TEST(JobRunner, WhatOneEndSignsTheOtherAccepts) {
  const Routers routers;
  for (const auto& hashes : {std::vector<std::uint16_t>{2, 3, 4}, std::vector<std::uint16_t>{}}) {
    const auto made = routers.run(SignJob{"r1", hashes, kOctets});
    const auto* done = std::get_if<SignDone>(&made);
    ASSERT_TRUE(done);
    EXPECT_TRUE(std::holds_alternative<VerifyDone>(routers.run(verify_job(*done, "r1.example.com"))));
    const auto other = routers.run(verify_job(*done, "r3.example.com"));
    const auto* failed = std::get_if<JobFailed>(&other);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->reason, "name mismatch: the CN is not the identity");
    EXPECT_EQ(failed->detail, "CN r1.example.com, subject alternative names r1.example.com");
  }
}

TEST(JobRunner, AnUnknownTrustpointIsNamed) {
  const Routers routers;
  for (const JobResult& result :
       {routers.run(SignJob{"r9", {}, kOctets}), routers.run(VerifyJob{"r9", {}, {}, {}, {}, {}})}) {
    const auto* failed = std::get_if<JobFailed>(&result);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->reason, "no such trustpoint");
    EXPECT_EQ(failed->detail, "trustpoint r9");
  }
}

}  // namespace
}  // namespace awtun::ike
