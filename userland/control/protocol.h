// SPDX-License-Identifier: Apache-2.0
// The control protocol, as both of its ends link it: one JSON object a line each way over awiked's socket.
// Pure. Octets that are not UTF-8 are sent as U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "userland/config/session.h"
#include "userland/control/fields.h"

namespace awtun::control {

/// Of awiked and of awcli.
inline constexpr std::string_view kVersion = "0.1";

/// "schema" of every view: it changes whenever a member of one changes its meaning or goes.
inline constexpr int kSchema = 1;

// ---------------------------------------------------------------- awcli's side

/// What comes beside the line of a command that asks back. Each request stands for itself: what was asked for
/// comes beside the same line again.
struct Enclosed {
  std::optional<std::string> text = std::nullopt;  ///< What the operator has pasted, or a file.
  bool accepted = false;                           ///< And has said yes to.

  bool operator==(const Enclosed&) const = default;
};

/// {"execute": line[,"text"][,"accept":true][,"hold":true]}.
struct Request {
  std::string line;
  Enclosed enclosed = {};
  bool hold = false;  ///< A change of the configuration waits for the end of its block.

  bool operator==(const Request&) const = default;
};

// ---------------------------------------------------------------- awiked's side

/// Where the operator stands: "mode", "prompt"[, "tunnel"][, "name"].
struct Place {
  config::Mode mode = config::Mode::Exec;
  std::string prompt = "#";  ///< Less the host's name.
  std::optional<std::uint32_t> tunnel = std::nullopt;
  std::string name = {};  ///< Of the profile or trustpoint.

  bool operator==(const Place&) const = default;
};
Place place_of(const config::Session& session);

/// The daemon speaks first: {"hello":"awiked","version","grammar","hostname",<place>}.
struct Hello {
  std::string version;
  std::optional<std::uint64_t> grammar;  ///< config::grammar_hash() of the daemon, in hexadecimal.
  std::string hostname;
  Place place = {};

  bool operator==(const Hello&) const = default;
};

/// What a command wants before the same request comes again: "ask".
enum class Ask : std::uint8_t {
  Nothing,     ///< It is done.
  Text,        ///< That something be pasted.
  File,        ///< The contents of the operator's file Reply::subject.
  Acceptance,  ///< The question Reply::subject, to be answered with yes or no.
  Patience,    ///< Nothing but the same again in a moment: it is not ready yet.
};

/// How far a command that may ask back is.
struct Turn {
  Ask ask;
  std::string text;  ///< To print.
  std::string subject = {};
};

/// Why a line was not carried out: "code":1|2,"error":{"message","kind"[,"column"][,"expected"]}.
struct Failure {
  std::string message;
  std::string kind = "refused";  ///< Or config::to_string(SyntaxError::Kind).
  bool syntax = false;           ///< Code 2: the line is no command; else 1: it is refused.
  std::optional<std::size_t> column = std::nullopt;
  std::vector<std::string> expected = {};

  bool operator==(const Failure&) const = default;
};

/// Its "error", which awcli prints too.
Json to_json(const Failure& failure);

/// The view of a text that a command prints; its data is {"schema","text"}.
inline constexpr std::string_view kMessage = "message";

/// The answer to a request:
/// {"ok":true,<place>[,"view","data"[,"filter":{"what","pattern"}][,"format":"json"]]
/// [,"ask"][,"subject"][,"length"][,"monitor"]} or {"ok":true,"quit":true} or {"ok":false,<place>,<failure>}.
struct Reply {
  Place place = {};
  std::optional<Failure> failure = std::nullopt;
  bool quit = false;      ///< The daemon ends the connection, as asked.
  std::string view = {};  ///< What `data` is; empty: there is nothing to show.
  Json data = {};
  std::optional<config::Filter> filter = std::nullopt;  ///< Of the text that `data` becomes.
  bool json = false;                                    ///< `data` is to be printed as it is.
  Ask ask = Ask::Nothing;
  std::string subject = {};
  std::optional<std::size_t> length = std::nullopt;  ///< Lines of a page from now on; 0: no pages.
  std::optional<bool> monitor = std::nullopt;        ///< Whether the log comes from now on.

  [[nodiscard]] bool ok() const { return !failure; }
  bool operator==(const Reply&) const = default;
};

/// A line of the log, which comes between answers to those who monitor it: {"log","level"}.
struct LogLine {
  std::string text;
  std::string level;

  bool operator==(const LogLine&) const = default;
};

/// Ends a session that did not ask for it: {"bye": reason}.
struct Goodbye {
  std::string reason;

  bool operator==(const Goodbye&) const = default;
};

using Message = std::variant<Hello, Reply, LogLine, Goodbye>;

/// One line, without its end.
std::string encode(const Request& request);
std::string encode(Message message);

/// What the other end has said; nullopt when it is none. It may be anything: members of the wrong type count
/// as missing.
std::optional<Request> decode_request(std::string_view line);
std::optional<Message> decode_message(std::string_view line);

}  // namespace awtun::control
