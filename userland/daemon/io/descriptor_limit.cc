// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/descriptor_limit.h"

#include <sys/resource.h>

namespace awtun::daemon {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace awtun::daemon
