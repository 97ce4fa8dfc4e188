// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control_server.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "userland/daemon/directories.h"
#include "userland/daemon/system_error.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t max_line = 1024 * 1024;  // a whole configuration may come beside a line
constexpr std::size_t max_unread = 4 * 1024 * 1024;
constexpr std::size_t max_unread_log = 256 * 1024;
constexpr std::size_t max_clients = 32;
constexpr int backlog = 16;
constexpr const char* group_name = "awtun";

std::optional<gid_t> group_called(const char* name) {
  const auto* group = ::getgrnam(name);
  return group != nullptr ? std::optional(group->gr_gid) : std::nullopt;
}

/// The peer's groups beside its primary one.
std::vector<gid_t> supplementary_groups(int fd) {
  std::vector<gid_t> groups(1024);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return {};
  groups.resize(size / sizeof(gid_t));
  return groups;
}

enum class Rights : std::uint8_t { None, Look, Change };

/// Of the process at the other end. `readers`: the group that may look; empty: none may.
Rights rights_of(int fd, const std::string& readers) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return Rights::None;
  if (peer.uid == 0) return Rights::Change;
  auto groups = supplementary_groups(fd);
  groups.push_back(peer.gid);
  const auto belongs_to = [&groups](const std::optional<gid_t>& group) {
    return group && std::find(groups.begin(), groups.end(), *group) != groups.end();
  };
  if (belongs_to(group_called(group_name))) return Rights::Change;
  if (!readers.empty() && belongs_to(group_called(readers.c_str()))) return Rights::Look;
  return Rights::None;
}

/// The socket of that name, and not what somebody has put in its place.
bool give_socket_to(gid_t group, const std::filesystem::path& path) {
  const auto directory = open_directory_of(path, Missing::Refused);
  if (!directory) return false;
  const auto name = path.filename();
  const UniqueFd file(::openat(directory->fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return false;
  errno = EINVAL;
  return S_ISSOCK(status.st_mode) && status.st_uid == ::geteuid() &&
         ::fchownat(file.get(), "", static_cast<uid_t>(-1), group, AT_EMPTY_PATH) == 0;
}

Result<UniqueFd, std::string> listening_socket(const std::filesystem::path& path, bool for_all) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = path.string();
  if (text.size() >= sizeof address.sun_path)
    return Error{text + ": a socket's path is at most 107 octets long"};
  std::memcpy(address.sun_path, text.data(), text.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error{system_error("open a Unix socket")};
  ::unlink(text.c_str());  // whoever left it there does not hold the claim
  const auto old_mask = ::umask(for_all ? 0111 : 0117);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(old_mask);
  if (bound != 0) return Error{system_error("listen on " + text)};
  if (const auto group = group_called(group_name); group && !give_socket_to(*group, path))
    return Error{system_error("give " + text + " to group " + group_name)};
  if (::listen(fd.get(), backlog) != 0) return Error{system_error("listen on " + text)};
  return fd;
}

std::string_view level_name(int level) {
  const auto name = spdlog::level::to_string_view(static_cast<spdlog::level::level_enum>(level));
  return {name.data(), name.size()};
}

/// The line may hold a key, so nothing of it stays in memory.
struct Line {
  std::size_t size = 0;  // before text, whose initialiser sets it
  char* text = nullptr;

  explicit Line(evbuffer* from) : text(evbuffer_readln(from, &size, EVBUFFER_EOL_CRLF)) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    if (text == nullptr) return;
    OPENSSL_cleanse(text, size);
    std::free(text);
  }
};

}  // namespace

// ---------------------------------------------------------------- SocketClaim

Result<SocketClaim, std::string> SocketClaim::take(std::filesystem::path path) {
  const auto lock_path = path.string() + ".lock";
  const auto directory = open_directory_of(path, Missing::Made);
  if (!directory) return Error{system_error("open " + lock_path)};
  const auto lock = path.filename().string() + ".lock";
  UniqueFd fd(::openat(directory->fd.get(), lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return Error{system_error("open " + lock_path)};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const auto size = ::pread(fd.get(), holder.data(), holder.size() - 1, 0);
    return Error{path.string() + " is served by another awiked" +
                 (size > 0 ? " (process " + std::string(holder.data()) + ")" : "")};
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
    return Error{system_error("write " + lock_path)};
  return SocketClaim(std::move(path), std::move(fd));
}

// ---------------------------------------------------------------- ControlServer

ControlServer::ControlServer(EventLoop& loop, SocketClaim claim, const CommandTarget& target,
                             std::string readers)
    : loop_(loop), claim_(std::move(claim)), target_(target), readers_(std::move(readers)) {}

ControlServer::~ControlServer() {
  listener_.reset();
  ::unlink(claim_.path().c_str());
}

Result<std::unique_ptr<ControlServer>, std::string> ControlServer::listen(EventLoop& loop, SocketClaim claim,
                                                                          const CommandTarget& target,
                                                                          const std::string& readers) {
  if (!readers.empty() && !group_called(readers.c_str())) return Error{"there is no group " + readers};
  auto fd = listening_socket(claim.path(), !readers.empty());
  if (!fd) return Error{fd.error()};
  std::unique_ptr<ControlServer> made(new ControlServer(loop, std::move(claim), target, readers));
  const auto accepted = [](evconnlistener*, evutil_socket_t client, sockaddr*, int, void* server) {
    static_cast<ControlServer*>(server)->accept(UniqueFd(client));
  };
  made->listener_.reset(evconnlistener_new(loop.base(), accepted, made.get(),
                                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd->get()));
  if (!made->listener_) return Error{std::string("out of memory")};
  (void)fd->release();
  return made;
}

void ControlServer::accept(UniqueFd fd) {
  const auto rights = rights_of(fd.get(), readers_);
  const bool room = clients_.size() < max_clients;
  auto* buffer = bufferevent_socket_new(loop_.base(), fd.get(), BEV_OPT_CLOSE_ON_FREE);
  if (buffer == nullptr) return;
  (void)fd.release();
  auto& client = clients_.emplace_back(Client{*this, {}, {}, false, {}});
  client.buffer.reset(buffer);
  client.self = std::prev(clients_.end());
  client.who.may_change = rights == Rights::Change;
  bufferevent_setcb(
      buffer,
      [](bufferevent*, void* c) {
        auto& it = *static_cast<Client*>(c);
        it.server.serve(it);
      },
      [](bufferevent*, void* c) {
        auto& it = *static_cast<Client*>(c);
        if (it.closing) it.server.drop(it);
      },
      [](bufferevent*, short, void* c) {
        auto& it = *static_cast<Client*>(c);
        it.server.drop(it);
      },
      &client);
  bufferevent_setwatermark(buffer, EV_READ, 0, max_line);
  if (rights == Rights::None)
    return send(client, rejection("only root and the group awtun may configure this system"));
  if (!room) return send(client, rejection("too many sessions"));
  bufferevent_enable(buffer, EV_READ);
  send(client, hello(target_));
}

std::size_t ControlServer::unread(const Client& client) {
  return evbuffer_get_length(bufferevent_get_output(client.buffer.get()));
}

void ControlServer::log(int level, std::string_view text) {
  std::optional<Reply> line;  // made for the first who wants it
  for (auto& client : clients_) {
    const bool wanted = client.who.debugs || (client.who.monitors && level >= spdlog::level::info);
    if (client.closing || !wanted || unread(client) >= max_unread_log) continue;
    if (!line) line = log_line(level_name(level), text);
    send(client, *line);
  }
}

bool ControlServer::debugs() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const Client& client) { return client.who.debugs; });
}

void ControlServer::serve(Client& client) {
  auto* input = bufferevent_get_input(client.buffer.get());
  while (!client.closing) {
    if (unread(client) > max_unread) return drop(client);
    const Line line(input);
    if (line.text == nullptr) break;
    send(client, answer(target_, client.who, {line.text, line.size}));
  }
  if (!client.closing && evbuffer_get_length(input) >= max_line)
    send(client, rejection("the line is too long"));
}

void ControlServer::send(Client& client, const Reply& reply) {
  if (reply.close) {
    client.closing = true;
    bufferevent_disable(client.buffer.get(), EV_READ);
  }
  bufferevent_write(client.buffer.get(), reply.line.data(), reply.line.size());
  bufferevent_write(client.buffer.get(), "\n", 1);
}

void ControlServer::drop(Client& client) { clients_.erase(client.self); }

}  // namespace awtun::daemon
