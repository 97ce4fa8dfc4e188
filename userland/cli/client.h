// SPDX-License-Identifier: Apache-2.0
// A client of awiked's socket.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/result.h"
#include "userland/config/session.h"
#include "userland/control/protocol.h"

namespace awtun::cli {

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
  Result<control::Reply, std::string> execute(std::string_view line, const control::Enclosed& enclosed = {});

  /// Takes a line of the daemon's log, which may come whenever the daemon has something to say.
  using OnLog = std::function<void(const control::LogLine& line)>;
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
  /// The next message that is not a line of the log; an error when it ends the session.
  Result<std::optional<control::Message>, std::string> read_answer();
  /// What the next line says, if it says something. The log is handed on; an error when it ends the session.
  Result<std::optional<control::Message>, std::string> read_message();
  Result<std::string, std::string> read_line();
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
