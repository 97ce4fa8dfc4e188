// SPDX-License-Identifier: Apache-2.0
// The client's side of the control protocol: one JSON object a line each way over awiked's socket.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"

namespace awtun::cli {

using Json = nlohmann::ordered_json;

/// What the daemon answers to one line.
struct Reply {
  bool ok = false;
  bool quit = false;  ///< The daemon ends the connection, as asked.
  config::Mode mode = config::Mode::Exec;
  std::string prompt = "#";  ///< The prompt less the host's name.
  std::string view;          ///< What `data` is; empty: nothing to show.
  Json data;
  std::optional<config::Filter> filter;  ///< Of the text that `data` becomes.
  bool json = false;                     ///< `data` is to be printed as it is.
  std::optional<std::size_t> length;     ///< Lines of a page from now on; 0: no pages.
  std::optional<bool> monitor;           ///< Whether the log comes from now on.
  /// What the command waits for: that it be executed again with that.
  enum class Ask : std::uint8_t { Nothing, Text, File, Acceptance, Patience } ask = Ask::Nothing;
  std::string subject;  ///< The file that is asked for, or the question to accept.

  bool syntax = false;  ///< Of an error: the line is no command; else the command is refused.
  std::string message;  ///< Of an error.
  std::string kind;     ///< "invalid", "incomplete", "ambiguous", "refused".
  std::optional<std::size_t> column;
  std::vector<std::string> expected;
};

/// Reads a reply; nullopt when `line` is none. Fields of the wrong type count as missing.
std::optional<Reply> parse_reply(std::string_view line);

/// What goes to the daemon beside a command's line.
struct Enclosed {
  std::optional<std::string> text = std::nullopt;  ///< What the operator has pasted, or a file.
  bool accepted = false;                           ///< And has said yes to.
};

/// A connection to awiked. The session, with its mode, lives as long as it.
class Client {
 public:
  /// The error says what could not be reached and why.
  static Result<Client, std::string> connect(const std::string& path);
  /// Takes over a connected socket and reads the daemon's greeting from it.
  static Result<Client, std::string> adopt(int socket);

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  /// Has the daemon execute `line` and waits for the answer. An error means that the connection is lost.
  Result<Reply, std::string> execute(std::string_view line, const Enclosed& enclosed = {});

  /// Takes a line of the daemon's log, which may come whenever the daemon has something to say.
  using OnLog = std::function<void(const Json& line)>;
  void on_log(OnLog take) { on_log_ = std::move(take); }
  /// Waits for a line of the log and hands it on; an error when the connection is lost.
  Result<void, std::string> take_log();
  /// True when a line is here already, and nothing would be read from the socket.
  [[nodiscard]] bool log_waits() const { return received_.find('\n') != received_.npos; }
  /// The socket, to wait for what take_log() takes.
  [[nodiscard]] int socket() const { return socket_; }

  /// From now on a block of configuration is applied at its end, as a whole or not at all.
  void hold_blocks() { hold_ = true; }
  /// Whether the last answer that spoke of the log has turned it on.
  [[nodiscard]] bool monitors() const { return monitors_; }
  /// Where the last answer has left the session.
  [[nodiscard]] config::Mode mode() const { return mode_; }

  [[nodiscard]] const std::string& hostname() const { return hostname_; }
  /// Whether the daemon has the commands that this program knows.
  [[nodiscard]] bool same_grammar() const { return same_grammar_; }

 private:
  explicit Client(int socket) : socket_(socket) {}
  Result<void, std::string> read_hello();
  /// The next line that is not of the log.
  Result<std::string, std::string> read_answer();
  Result<std::string, std::string> read_line();
  /// True when the line is one of the log, which then has been handed on.
  bool hand_on_log(const std::string& line) const;
  Result<void, std::string> write_line(const std::string& line);

  int socket_ = -1;
  std::string received_;  ///< Octets behind the last line taken.
  std::string hostname_;
  bool same_grammar_ = true;
  bool hold_ = false;
  OnLog on_log_;
  bool monitors_ = false;
  std::optional<std::string> ended_;  ///< Why awiked has ended the session.
  config::Mode mode_ = config::Mode::Exec;
};

}  // namespace awtun::cli
