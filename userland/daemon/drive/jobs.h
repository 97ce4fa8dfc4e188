// SPDX-License-Identifier: Apache-2.0
// How the engine's jobs are done.
#pragma once

#include "userland/ike/job.h"
#include "userland/pki/trustpoint.h"

namespace awtun::daemon {

/// Any thread may call it.
ike::JobResult run_job(const ike::Job& job, const pki::Credentials& credentials);

}  // namespace awtun::daemon
