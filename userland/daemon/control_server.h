// SPDX-License-Identifier: Apache-2.0
// The Unix socket that operators' commands come from.
#pragma once

#include <event2/bufferevent.h>
#include <event2/listener.h>

#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "userland/base/result.h"
#include "userland/daemon/commands.h"
#include "userland/daemon/event_loop.h"
#include "userland/daemon/unique_fd.h"

namespace awtun::daemon {

/// The right to serve a socket path: one process a path. A lock on `<path>.lock`, which the kernel
/// gives back when its holder dies.
class SocketClaim {
 public:
  /// Makes the directory (0755) when it is missing. The error names the process that has the path.
  static Result<SocketClaim, std::string> take(std::filesystem::path path);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  SocketClaim(std::filesystem::path path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  UniqueFd lock_;
};

/// Serves root and the members of the group "awtun", and to look those of another group. A client that does
/// not read its answers, or sends an endless line, is cut off; none makes the daemon wait.
class ControlServer {
 public:
  /// Starts to listen: mode 0660, or 0666 when there is a group of `readers`. `target` must outlive the
  /// server.
  static Result<std::unique_ptr<ControlServer>, std::string> listen(EventLoop& loop, SocketClaim claim,
                                                                    const CommandTarget& target,
                                                                    const std::string& readers);
  ~ControlServer();

  /// A line of the log, of one of spdlog's levels, for the sessions that monitor it. One that does not read
  /// loses some.
  void log(int level, std::string_view text);
  /// Whether a session wants every IKE message.
  [[nodiscard]] bool debugs() const;

 private:
  struct FreeListener {
    void operator()(evconnlistener* listener) const { evconnlistener_free(listener); }
  };
  struct FreeBuffer {
    void operator()(bufferevent* buffer) const { bufferevent_free(buffer); }
  };
  struct Client {
    ControlServer& server;
    std::unique_ptr<bufferevent, FreeBuffer> buffer;
    Operator who;
    bool closing = false;
    std::list<Client>::iterator self;
  };

  ControlServer(EventLoop& loop, SocketClaim claim, const CommandTarget& target, std::string readers);
  void accept(UniqueFd fd);
  void serve(Client& client);
  void send(Client& client, const Reply& reply);
  void drop(Client& client);
  /// Octets that wait for the client to read them.
  static std::size_t unread(const Client& client);

  EventLoop& loop_;
  SocketClaim claim_;
  const CommandTarget& target_;
  std::string readers_;
  std::unique_ptr<evconnlistener, FreeListener> listener_;
  std::list<Client> clients_;
};

}  // namespace awtun::daemon
