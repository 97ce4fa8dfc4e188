// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace awtun::daemon {

void fill_random(MutableByteView octets) {
  while (!octets.empty()) {
    const auto got = ::getrandom(octets.data(), octets.size(), 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) octets = octets.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace awtun::daemon
