// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/jobs.h"

namespace awtun::daemon {

// INTERIM: the engine starts none yet.
ike::JobResult run_job(const ike::Job&) { return ike::JobFailed{"no such job", {}}; }

}  // namespace awtun::daemon
