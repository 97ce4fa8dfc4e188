// SPDX-License-Identifier: Apache-2.0
// The Unix socket that operators' commands come from.
#pragma once

#include <event2/bufferevent.h>
#include <sys/types.h>

#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "userland/base/result.h"
#include "userland/daemon/control/commands.h"
#include "userland/daemon/control/places.h"
#include "userland/daemon/io/event_loop.h"
#include "userland/daemon/io/unique_fd.h"

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

/// Whom the server lets in beside root. Looked up when it starts and on SIGHUP, since that may take long.
struct ControlGroups {
  std::optional<gid_t> members;  ///< May configure.
  std::optional<gid_t> readers;  ///< May look.
};

/// Serves root and the members of the group "awtun", and to look those of another group. None makes the
/// daemon wait or grow: requests are served one a turn of the loop, of all readers together too, and only
/// while answers are read; a session that is slow, idle or has to make room for another is notified of the
/// reason and ended.
class ControlServer {
 public:
  /// Starts to listen: mode 0660, or 0666 when there is a group of `readers`. `operations` must outlive the
  /// server.
  static Result<std::unique_ptr<ControlServer>, std::string> listen(EventLoop& loop, SocketClaim claim,
                                                                    Operations& operations,
                                                                    const std::string& readers);
  ~ControlServer();

  /// A line of the log, of one of spdlog's levels, for the sessions that monitor it. One that does not read
  /// loses some.
  void log(int level, std::string_view text);
  /// Whether a session wants every IKE message.
  [[nodiscard]] bool debugs() const;

 private:
  struct FreeBuffer {
    void operator()(bufferevent* buffer) const { bufferevent_free(buffer); }
  };
  struct Client {
    ControlServer& server;
    Place place;
    std::unique_ptr<bufferevent, FreeBuffer> buffer;
    Operator who;
    std::list<Client>::iterator self;
    std::string refusal = {};                      ///< Of the request that is skipped.
    std::string received = {};                     ///< And not served.
    std::size_t begin = 0;                         ///< Where it goes on.
    std::size_t searched = 0;                      ///< There is no line end before.
    bool skips = false;                            ///< The rest of a request that is too large.
    std::optional<SteadyTime> request_since = {};  ///< Since when one is half here.
    SteadyTime waits_since = {};                   ///< Since when one is whole and the next to be served.
    std::optional<SteadyTime> unread_since = {};   ///< Since when much is not read.
    std::optional<SteadyTime> closing = {};        ///< Ends once all is sent, or soon.
  };

  ControlServer(EventLoop& loop, SocketClaim claim, UniqueFd listener, Operations& operations,
                std::string readers, const ControlGroups& groups);
  void accept_some();
  void back_off(int error);
  void accept(UniqueFd fd);
  void add(UniqueFd fd, const Place& place);
  [[nodiscard]] std::vector<Place> places() const;
  void receive(Client& client);
  void skip(Client& client);
  [[nodiscard]] std::string excess(const Client& client) const;
  /// Whether a whole request is here.
  static bool has_request(const Client& client);
  static bool may_be_served(const Client& client);
  void serve_all();
  void serve(Client& client);
  /// A reply, encoded.
  std::string answer_for(Client& client, std::string_view request);
  void send(Client& client, std::string_view line);
  static void close_when_sent(Client& client);
  void end_now(Client& client, const std::string& reason);
  void say_goodbye(Client& client, const std::string& reason);
  void look_around();
  void look_at(Client& client, SteadyTime now);
  void drop(Client& client);
  /// Octets that wait for the client to read them.
  static std::size_t unread(const Client& client);
  [[nodiscard]] std::size_t unread_by_all() const;
  template <class Act>
  static void guarded(void* client, Act act);

  EventLoop& loop_;
  SocketClaim claim_;
  UniqueFd listener_fd_;
  UniqueFd spare_;  ///< Closed to answer a client for which there is no descriptor.
  Operations& operations_;
  std::string readers_;  ///< The name of their group; empty: none.
  ControlGroups groups_;
  std::list<Client> clients_;
  Timer turn_;  ///< Unlike Deferred it lets the loop look at the sockets first.
  Timer look_;
  Timer resume_;
  SignalWatcher hang_up_;
  ReadWatcher listener_;
};

}  // namespace awtun::daemon
