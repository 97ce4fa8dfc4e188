// SPDX-License-Identifier: Apache-2.0
// Host names and what they stand for, kept up to date.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "userland/base/ip.h"
#include "userland/daemon/event_loop.h"
#include "userland/daemon/host_lookup.h"

namespace awtun::daemon {

/// Asks for each name again when its answer's time is over, but within 10 s to 5 min; in 10 s where there was
/// none. Addresses stay known when the servers fail: a tunnel is not to end with them.
class HostNames {
 public:
  /// `changed` is called by the loop after an answer that is another than the one before. `servers` is for
  /// tests.
  HostNames(EventLoop& loop, std::function<void()> changed, std::string servers = {});
  ~HostNames();

  /// These are asked for from now on, new ones at once; others are forgotten.
  void want(const std::set<std::string>& names);

  [[nodiscard]] std::map<std::string, std::vector<IpAddress>> addresses() const;
  [[nodiscard]] std::vector<IpAddress> addresses(const std::string& name) const;
  /// Why a name has no address, or none since: "Domain name not found". Empty: there is nothing to say.
  [[nodiscard]] std::string problem(const std::string& name) const;

 private:
  class Kept;

  EventLoop& loop_;
  Deferred changed_;  ///< For then no lookup is calling back, and any may go.
  std::string servers_;
  std::map<std::string, std::unique_ptr<Kept>> names_;
};

}  // namespace awtun::daemon
