// SPDX-License-Identifier: Apache-2.0
// Runs the jobs that need trustpoints, for a caller with threads and a date: the daemon, or a test.
#pragma once

#include "userland/ike/job.h"
#include "userland/pki/trustpoint.h"

namespace awtun::ike {

// Any thread may call them.

[[nodiscard]] JobResult run(const SignJob& job, const pki::Credentials& credentials);
/// `now` is the date that certificates are judged by.
[[nodiscard]] JobResult run(const VerifyJob& job, const pki::Credentials& credentials, pki::WallClock now);

}  // namespace awtun::ike
