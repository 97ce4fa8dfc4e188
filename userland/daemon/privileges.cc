// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/privileges.h"

#include <cap-ng.h>
#include <sys/resource.h>

namespace awtun::daemon {

Result<void, std::string> drop_privileges() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return Error{std::string("cannot forbid core dumps")};
  capng_clear(CAPNG_SELECT_CAPS);
  // DAC_OVERRIDE and CHOWN: the startup file and the socket may lie in another user's directory, and
  // the socket is given to the group awtun.
  capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_ADMIN,
                CAP_NET_BIND_SERVICE, CAP_DAC_OVERRIDE, CAP_CHOWN, -1);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0)
    return Error{std::string("cannot give up capabilities: is awiked run as root?")};
  return {};
}

}  // namespace awtun::daemon
