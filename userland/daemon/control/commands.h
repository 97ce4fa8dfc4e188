// SPDX-License-Identifier: Apache-2.0
// Answers the command lines of operators. Pure, except for the Operations it calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"

namespace awtun::daemon {

/// What the commands of every connection act upon. An error says why nothing was done.
class Operations {
 public:
  Operations() = default;
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;
  virtual ~Operations() = default;

  [[nodiscard]] virtual std::string hostname() const = 0;
  [[nodiscard]] virtual const config::Config& running() const = 0;
  /// Makes it the running configuration: all of it, or nothing.
  virtual Result<void, std::string> apply(config::Config candidate) = 0;
  virtual Result<control::Turn, std::string> save_startup(const control::Enclosed& enclosed) = 0;
  virtual Result<control::Json, std::string> show(const config::Show& wanted) = 0;
  virtual Result<void, std::string> operate(const config::Operate& wanted) = 0;
  virtual Result<control::Turn, std::string> certify(const config::Certify& step,
                                                     const control::Enclosed& enclosed) = 0;
  virtual Result<control::Turn, std::string> replace(const config::Replace& wanted,
                                                     const control::Enclosed& enclosed) = 0;
  virtual Result<control::Turn, std::string> reload(const config::Reload& wanted,
                                                    const control::Enclosed& enclosed) = 0;
};

control::Hello hello(const Operations& operations);

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
control::Reply answer(Operations& operations, Operator& who, std::string_view request);

/// The answer to a request that cannot be served.
control::Reply refused(const config::Session& session, std::string_view reason);

}  // namespace awtun::daemon
