// SPDX-License-Identifier: Apache-2.0
// The control protocol: one JSON object a line each way. Pure but for what it acts upon.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/daemon/dialogue.h"
#include "userland/daemon/views.h"

namespace awtun::daemon {

/// Of awiked.
inline constexpr std::string_view version = "0.1";

/// What the commands of every connection act upon.
struct CommandTarget {
  std::string hostname;
  std::function<const config::Config&()> running;
  /// Make it the running configuration, or say why not and change nothing.
  std::function<Result<void, std::string>(config::Config)> apply;
  std::function<Result<Turn, std::string>(const Enclosed&)> save_startup;
  std::function<Result<Json, std::string>(const config::Show&)> show;
  std::function<Result<void, std::string>(const config::Operate&)> operate;
  std::function<Result<Turn, std::string>(const config::Certify&, const Enclosed&)> certify;
  std::function<Result<Turn, std::string>(const config::Replace&, const Enclosed&)> replace;
  std::function<Result<Turn, std::string>(const config::Reload&, const Enclosed&)> reload;
};

struct Reply {
  std::string line;    ///< without line end
  bool close = false;  ///< end the connection once it is sent
};

/// What the daemon says first:
/// {"hello","version","grammar","hostname","mode","prompt"}.
Reply hello(const CommandTarget& target);

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

/// A line of the log, for those who monitor it: {"log","level"}. Comes between answers.
Reply log_line(std::string_view level, std::string_view text);

/// Answers {"execute": "<line>"[,"hold":true]}, moving the operator as the command says. With "hold" a change
/// of the configuration waits for the end of its block, which is the line that leads back to exec mode, or a
/// command that acts upon the system; then the block is applied as a whole, or refused. Success:
/// {"ok":true,"mode","prompt"[,"tunnel"][,"name"][,"view","data"[,"filter"][,"format"]][,"ask"]} or
/// {"ok":true,"quit":true} or, of the session's terminal, {"ok":true,...,"length"} or
/// {"ok":true,...,"monitor"}; else
/// {"ok":false,"mode","prompt","code":1|2,"error":{"message","kind"[,"column"][,"expected"]}} with code
/// 1 for a refusal and 2 for a line that is no command. "ask" is "text", "file", "acceptance" or
/// "patience": the command wants the same request again with "text", what the operator pastes or the file
/// "subject" holds, or (also) with "accept":true, a yes to the question "subject", or as it is, in a moment.
/// `request` comes from outside and may be anything.
Reply answer(const CommandTarget& target, Operator& who, std::string_view request);

/// The answer to a request that cannot be served: as `answer` refuses a command.
Reply refused(const Operator& who, std::string_view reason);

/// What ends a session that did not ask for it: {"bye": reason}; closes.
Reply goodbye(std::string_view reason);

/// The answer to a peer that may not use this socket; closes.
Reply rejection(std::string_view reason);

}  // namespace awtun::daemon
