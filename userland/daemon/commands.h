// SPDX-License-Identifier: Apache-2.0
// What awiked answers to the lines of operators. Pure but for what it acts upon.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"

namespace awtun::daemon {

/// What the commands of every connection act upon.
struct CommandTarget {
  std::string hostname;
  std::function<const config::Config&()> running;
  /// Make it the running configuration, or say why not and change nothing.
  std::function<Result<void, std::string>(config::Config)> apply;
  std::function<Result<control::Turn, std::string>(const control::Enclosed&)> save_startup;
  std::function<Result<control::Json, std::string>(const config::Show&)> show;
  std::function<Result<void, std::string>(const config::Operate&)> operate;
  std::function<Result<control::Turn, std::string>(const config::Certify&, const control::Enclosed&)> certify;
  std::function<Result<control::Turn, std::string>(const config::Replace&, const control::Enclosed&)> replace;
  std::function<Result<control::Turn, std::string>(const config::Reload&, const control::Enclosed&)> reload;
};

control::Hello hello(const CommandTarget& target);

/// Where the operator of one connection stands.
struct Operator {
  /// A block of configuration that is held back until its end, and what it was made from.
  struct Block {
    config::Config base;
    config::Config candidate;
  };
  config::Session session;
  std::optional<Block> block;
  bool monitors = false;   ///< gets the log
  bool debugs = false;     ///< and every IKE message
  bool may_change = true;  ///< else `show` is all there is, and not of keys
};

/// Answers a request, moving the operator as its line says. A change of the configuration that is to be held
/// waits for the end of its block, which is the line that leads back to exec mode, or a command that acts
/// upon the system; then the block is applied as a whole, or refused. `request` comes from outside and may be
/// anything.
control::Reply answer(const CommandTarget& target, Operator& who, std::string_view request);

/// The answer to a request that cannot be served.
control::Reply refused(const config::Session& session, std::string_view reason);

}  // namespace awtun::daemon
