// SPDX-License-Identifier: Apache-2.0
#include <event2/event.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "userland/base/scrubbed_heap.h"
#include "userland/base/secret.h"
#include "userland/daemon/daemon.h"
#include "userland/daemon/io/descriptor_limit.h"
#include "userland/daemon/options.h"
#include "userland/daemon/privileges.h"

namespace {

int serve(const awtun::daemon::Options& options) {
  event_set_mem_functions(std::malloc, awtun::scrubbed_realloc, awtun::scrubbed_free);
  // A client that goes away while it is answered is no reason to die.
  (void)std::signal(SIGPIPE, SIG_IGN);
  awtun::daemon::raise_descriptor_limit();
  spdlog::set_default_logger(spdlog::stderr_logger_st("awiked"));
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  spdlog::flush_on(spdlog::level::trace);
  if (const auto dropped = awtun::daemon::drop_privileges(options); !dropped) {
    spdlog::error("{}", dropped.error());
    return 1;
  }
  if (options.dump_core) spdlog::warn("CORE DUMPS ARE ON: they may contain keys");
  const awtun::Secret probe(1);
  if (const int why = awtun::secrets_unlocked(); why != 0)
    spdlog::warn("memory cannot be locked, so keys may be swapped out (RLIMIT_MEMLOCK): {}",
                 std::strerror(why));
  const auto daemon = awtun::daemon::Daemon::start(options);
  if (!daemon) {
    spdlog::error("{}", daemon.error());
    return 1;
  }
  (*daemon)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = awtun::daemon::parse_options(argc, argv);
  if (const auto* exit = std::get_if<awtun::daemon::ExitNow>(&parsed)) return exit->status;
  return serve(std::get<awtun::daemon::Options>(parsed));
}
