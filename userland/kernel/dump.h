// SPDX-License-Identifier: Apache-2.0
// Reading a whole table from the kernel.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

#include "userland/kernel/netlink.h"

namespace awtun::kernel {

/// Asks with `make_request()` and collects what `parse` (message -> optional<T>) makes of the
/// answers; asks again, a few times, when the table changed under the dump.
template <class T, class MakeRequest, class Parse>
KernelResult<std::vector<T>> dump(NetlinkSocket& socket, MakeRequest make_request, const std::string& doing,
                                  Parse parse) {
  constexpr int attempts = 5;
  for (int attempt = 1;; ++attempt) {
    std::vector<T> found;
    auto message = make_request();
    auto done = socket.request(message, doing, [&](const nlmsghdr& answer) {
      if (auto parsed = parse(answer)) found.push_back(std::move(*parsed));
    });
    if (done) return found;
    if (done.error().code != EINTR || attempt == attempts) return Error{done.error()};
  }
}

}  // namespace awtun::kernel
