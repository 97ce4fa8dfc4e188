// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/jobs.h"

#include <chrono>

#include "userland/base/overloaded.h"
#include "userland/ike/job_runner.h"

namespace awtun::daemon {

ike::JobResult run_job(const ike::Job& job, const pki::Credentials& credentials) {
  return std::visit(Overloaded{
                        [](const ike::KeyExchangeJob& exchange) { return ike::run(exchange); },
                        [&](const ike::SignJob& sign) { return ike::run(sign, credentials); },
                        [&](const ike::VerifyJob& verify) {
                          return ike::run(verify, credentials, std::chrono::system_clock::now());
                        },
                    },
                    job);
}

}  // namespace awtun::daemon
