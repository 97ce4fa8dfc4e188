// SPDX-License-Identifier: Apache-2.0
// Host names and their addresses, kept up to date.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "userland/base/ip.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/host_lookup.h"

namespace awtun::daemon {

/// Asks for each name again when its answer's time is over, but within 10 s to 5 min; in 10 s where there was
/// none. No more than kAtOnce at a time, for each question has sockets of its own; the others wait in order.
/// Addresses stay known when the servers fail: a tunnel is not to end with them.
class HostNames {
 public:
  static constexpr std::size_t kAtOnce = 64;

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
  void wait_in_line(const std::string& name);
  void answered(const std::string& name);
  /// Ends the questions that are answered and asks the next ones.
  void go_on();

  EventLoop& loop_;
  Deferred changed_;  ///< For then no lookup is calling back, and any may go.
  std::string servers_;
  std::map<std::string, std::unique_ptr<Kept>> names_;
  std::deque<std::string> line_;    ///< Names that are to be asked for, each once.
  std::set<std::string> asking_;    ///< Names whose questions are there,
  std::set<std::string> answered_;  ///< those of them that are answered.
  Deferred go_on_;                  ///< Likewise.
};

}  // namespace awtun::daemon
