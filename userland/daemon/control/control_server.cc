// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/control_server.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <grp.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "userland/daemon/io/directories.h"
#include "userland/daemon/io/system_error.h"

namespace awtun::daemon {
namespace {

constexpr std::size_t kMebi = 1024 * 1024;
/// A configuration may come beside a line: in JSON each of its octets takes at most two.
constexpr std::size_t kMaxRequest = 2 * config::kMaxConfiguration + kMebi;
constexpr std::size_t kMaxRequestOfReader = 64 * 1024;
/// Only one session at a time may have a request beyond this half here.
constexpr std::size_t kLargeRequest = kMebi;
constexpr std::size_t kMaxAnswer = 4 * config::kMaxConfiguration;
/// What waits to be read before the log is left out and the next request waits.
constexpr std::size_t kMaxUnread = 256 * 1024;
constexpr int kBacklog = 16;
constexpr int kAcceptsATurn = 4;
constexpr std::chrono::seconds kPatience{60};     // with half a request, and with much that is not read
constexpr std::chrono::seconds kLastPatience{5};  // with a session that ends
constexpr std::chrono::milliseconds kLookInterval{500};
constexpr std::chrono::seconds kOutOfDescriptors{1};
constexpr const char* kGroupName = "awtun";

/// May wait for a directory of the network.
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

/// The process at the other end.
Place place_of(int fd, const ControlGroups& known) {
  Place place{Rank::Stranger, 0, std::chrono::steady_clock::now()};
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return place;
  place.uid = peer.uid;
  auto groups = supplementary_groups(fd);
  groups.push_back(peer.gid);
  const auto belongs_to = [&groups](const std::optional<gid_t>& group) {
    return group && std::find(groups.begin(), groups.end(), *group) != groups.end();
  };
  if (peer.uid == 0)
    place.rank = Rank::Root;
  else if (belongs_to(known.members))
    place.rank = Rank::Member;
  else if (belongs_to(known.readers))
    place.rank = Rank::Reader;
  return place;
}

/// `readers`: the name of the group that may look; empty: none may.
ControlGroups look_up_groups(const std::string& readers) {
  return {group_called(kGroupName), readers.empty() ? std::nullopt : group_called(readers.c_str())};
}

/// A socket that was just accepted has room for this.
void refuse(const UniqueFd& fd, const std::string& reason) {
  const auto line = encode(refused({}, reason)) + "\n";
  (void)::send(fd.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

UniqueFd spare_descriptor() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

std::string in_words(std::chrono::seconds time) {
  const auto minutes = time.count() / 60;
  const auto seconds = time.count() % 60;
  const auto rest = std::to_string(seconds) + " s";
  return minutes == 0 ? rest : std::to_string(minutes) + " min" + (seconds == 0 ? "" : " " + rest);
}

/// The socket of that name, and not a file that has replaced it.
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

Result<UniqueFd, std::string> listening_socket(const std::filesystem::path& path, bool for_all,
                                               std::optional<gid_t> group) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = path.string();
  if (text.size() >= sizeof address.sun_path)
    return Error{text + ": the path of a socket must not exceed 107 octets"};
  std::memcpy(address.sun_path, text.data(), text.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error{system_error("open a Unix socket")};
  ::unlink(text.c_str());  // its creator does not hold the claim
  const auto old_mask = ::umask(for_all ? 0111 : 0117);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(old_mask);
  if (bound != 0) return Error{system_error("listen on " + text)};
  if (group && !give_socket_to(*group, path))
    return Error{system_error("give " + text + " to group " + kGroupName)};
  if (::listen(fd.get(), kBacklog) != 0) return Error{system_error("listen on " + text)};
  return fd;
}

std::string_view level_name(int level) {
  const auto name = spdlog::level::to_string_view(static_cast<spdlog::level::level_enum>(level));
  return {name.data(), name.size()};
}

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
    return Error{path.string() + " is in use by another awiked" +
                 (size > 0 ? " (process " + std::string(holder.data()) + ")" : "")};
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
    return Error{system_error("write " + lock_path)};
  return SocketClaim(std::move(path), std::move(fd));
}

// ---------------------------------------------------------------- ControlServer

ControlServer::ControlServer(EventLoop& loop, SocketClaim claim, UniqueFd listener, Operations& operations,
                             std::string readers, const ControlGroups& groups)
    : loop_(loop),
      claim_(std::move(claim)),
      listener_fd_(std::move(listener)),
      spare_(spare_descriptor()),
      operations_(operations),
      readers_(std::move(readers)),
      groups_(groups),
      turn_(loop, [this] { serve_all(); }),
      look_(loop, [this] { look_around(); }),
      resume_(loop, [this] { listener_.resume(); }),
      hang_up_(loop, SIGHUP, [this] { groups_ = look_up_groups(readers_); }),
      listener_(loop, listener_fd_.get(), [this] { accept_some(); }) {}

ControlServer::~ControlServer() { ::unlink(claim_.path().c_str()); }

Result<std::unique_ptr<ControlServer>, std::string> ControlServer::listen(EventLoop& loop, SocketClaim claim,
                                                                          Operations& operations,
                                                                          const std::string& readers) {
  const auto groups = look_up_groups(readers);
  if (!readers.empty() && !groups.readers) return Error{"there is no group " + readers};
  auto fd = listening_socket(claim.path(), !readers.empty(), groups.members);
  if (!fd) return Error{fd.error()};
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(claim), std::move(*fd), operations, readers, groups));
}

// ---------------------------------------------------------------- who comes and goes

/// Not all at once: who comes and goes quickly is not to keep the loop from its work.
void ControlServer::accept_some() {
  for (int turn = 0; turn < kAcceptsATurn; ++turn) {
    UniqueFd fd(::accept4(listener_fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) return;
    if (!fd) return back_off(errno);
    accept(std::move(fd));
  }
}

/// The socket stays readable, so the loop would spin.
void ControlServer::back_off(int error) {
  spdlog::warn("a session cannot be accepted: {}", std::strerror(error));
  listener_.pause();
  resume_.start(kOutOfDescriptors);
  spare_ = UniqueFd();
  if (const UniqueFd fd(::accept4(listener_fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)); fd)
    refuse(fd, "awiked is out of file descriptors");
  spare_ = spare_descriptor();
}

void ControlServer::accept(UniqueFd fd) try {
  const auto place = place_of(fd.get(), groups_);
  if (place.rank == Rank::Stranger)
    return refuse(fd, "only root and the group awtun may configure this system");
  const auto admission = admit(places(), place.rank, place.uid, place.idle_since);
  if (!admission.refusal.empty()) return refuse(fd, admission.refusal);
  if (admission.ends_instead) {
    auto& client = *std::next(clients_.begin(), static_cast<std::ptrdiff_t>(*admission.ends_instead));
    end_now(client, "closed to make room for another session");
  }
  add(std::move(fd), place);
} catch (const std::bad_alloc&) {
  spdlog::warn("a session cannot be accepted: out of memory");
}

/// In the order of the list.
std::vector<Place> ControlServer::places() const {
  std::vector<Place> taken;
  for (const auto& client : clients_) taken.push_back(client.place);
  return taken;
}

/// C calls back: no exception may pass through it.
template <class Act>
void ControlServer::guarded(void* client, Act act) {
  auto& it = *static_cast<Client*>(client);
  try {
    act(it.server, it);
  } catch (const std::bad_alloc&) {
    spdlog::warn("a session is closed: out of memory");
    it.server.drop(it);
  }
}

void ControlServer::add(UniqueFd fd, const Place& place) {
  auto* buffer = bufferevent_socket_new(loop_.base(), fd.get(), BEV_OPT_CLOSE_ON_FREE);
  if (buffer == nullptr) throw std::bad_alloc();
  (void)fd.release();
  std::unique_ptr<bufferevent, FreeBuffer> owned(buffer);
  auto& client = clients_.emplace_back(Client{*this, place, std::move(owned), {}, {}, {}});
  client.self = std::prev(clients_.end());
  client.who.may_change = place.rank != Rank::Reader;
  bufferevent_setcb(
      buffer, [](bufferevent*, void* c) { guarded(c, [](auto& server, auto& it) { server.receive(it); }); },
      [](bufferevent*, void* c) {
        guarded(c, [](auto& server, auto& it) {
          if (it.closing)
            server.drop(it);
          else if (server.may_be_served(it))
            server.turn_.start({});
        });
      },
      [](bufferevent*, short, void* c) { guarded(c, [](auto& server, auto& it) { server.drop(it); }); },
      &client);
  bufferevent_enable(buffer, EV_READ);
  send(client, encode(hello(operations_)));
  if (!look_.running()) look_.start(kLookInterval);
}

void ControlServer::drop(Client& client) { clients_.erase(client.self); }

void ControlServer::say_goodbye(Client& client, const std::string& reason) {
  if (client.closing) return;
  close_when_sent(client);
  send(client, encode(control::Goodbye{reason}));
}

/// Its place is free when this returns, whether it reads or not.
void ControlServer::end_now(Client& client, const std::string& reason) {
  const auto line = encode(control::Goodbye{reason}) + "\n";
  if (unread(client) == 0)
    (void)::send(bufferevent_getfd(client.buffer.get()), line.data(), line.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
  drop(client);
}

/// Who is idle, slow or about to end.
void ControlServer::look_around() {
  const auto now = std::chrono::steady_clock::now();
  for (auto next = clients_.begin(); next != clients_.end();) {
    auto& client = *next++;
    guarded(&client, [now](auto& server, auto& it) { server.look_at(it, now); });
  }
  if (!clients_.empty()) look_.start(kLookInterval);
}

void ControlServer::look_at(Client& client, SteadyTime now) {
  if (client.closing) {
    if (now - *client.closing > kLastPatience) drop(client);
    return;
  }
  if (unread(client) <= kMaxUnread)
    client.unread_since.reset();
  else if (!client.unread_since)
    client.unread_since = now;
  if (client.unread_since && now - *client.unread_since > kPatience) return drop(client);
  if (client.request_since && now - *client.request_since > kPatience)
    return say_goodbye(client, "a request was not complete within " + in_words(kPatience));
  const auto timeout = operations_.running().exec_timeout;
  const bool watches = client.who.monitors || client.who.debugs;
  if (timeout.count() != 0 && !watches && now - client.place.idle_since >= timeout)
    say_goodbye(client, "idle for " + in_words(timeout) + " (exec-timeout)");
}

// ---------------------------------------------------------------- the log

std::size_t ControlServer::unread(const Client& client) {
  return evbuffer_get_length(bufferevent_get_output(client.buffer.get()));
}

std::size_t ControlServer::unread_by_all() const {
  return std::accumulate(clients_.begin(), clients_.end(), std::size_t{0},
                         [](std::size_t sum, const Client& client) { return sum + unread(client); });
}

void ControlServer::log(int level, std::string_view text) {
  std::optional<std::string> line;  // made for the first who wants it
  for (auto& client : clients_) {
    const bool wanted = client.who.debugs || (client.who.monitors && level >= spdlog::level::info);
    if (client.closing || !wanted || unread(client) >= kMaxUnread) continue;
    if (!line) line = encode(control::LogLine{std::string(text), std::string(level_name(level))});
    send(client, *line);
  }
}

bool ControlServer::debugs() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const Client& client) { return client.who.debugs; });
}

// ---------------------------------------------------------------- requests

void ControlServer::receive(Client& client) {
  auto* input = bufferevent_get_input(client.buffer.get());
  const auto size = evbuffer_get_length(input);
  const auto before = client.received.size();
  client.received.resize(before + size);
  evbuffer_remove(input, client.received.data() + before, size);
  if (!client.request_since) client.request_since = std::chrono::steady_clock::now();
  if (client.skips) skip(client);
  if (has_request(client)) {
    client.waits_since = std::chrono::steady_clock::now();
    bufferevent_disable(client.buffer.get(), EV_READ);  // until it is served
    return turn_.start({});
  }
  client.searched = client.received.size();
  if (!excess(client).empty()) client.skips = true;
  if (client.skips) skip(client);
}

/// Why the request that is half here is not to be had; empty: it may go on.
std::string ControlServer::excess(const Client& client) const {
  const auto limit = client.who.may_change ? kMaxRequest : kMaxRequestOfReader;
  const auto size = client.received.size();
  if (size > limit) return "a request must not exceed " + std::to_string(limit / 1024) + " KiB";
  const auto also_large = [&client](const Client& other) {
    return &other != &client && other.received.size() > kLargeRequest;
  };
  if (size > kLargeRequest && std::any_of(clients_.begin(), clients_.end(), also_large))
    return "another session is sending a large request; try again in a moment";
  return "";
}

/// Forgets what has come of a request that is too large; at its end says why.
void ControlServer::skip(Client& client) {
  const auto reason = excess(client);
  if (!reason.empty()) client.refusal = reason;
  const auto end = client.received.find('\n');
  std::string rest = end == client.received.npos ? "" : client.received.substr(end + 1);
  client.received = std::move(rest);
  client.begin = client.searched = 0;
  if (end == client.received.npos) return;
  client.skips = false;
  client.request_since.reset();
  send(client, encode(refused(client.who.session, client.refusal)));
}

bool ControlServer::has_request(const Client& client) {
  return !client.skips &&
         client.received.find('\n', std::max(client.begin, client.searched)) != client.received.npos;
}

/// Whether it has one, and has read the answers before it.
bool ControlServer::may_be_served(const Client& client) {
  return !client.closing && unread(client) <= kMaxUnread && has_request(client);
}

/// One request of each who may change something, and one of all readers: however many they are, nothing else
/// in the loop waits for long.
void ControlServer::serve_all() {
  Client* reader = nullptr;  // that waits the longest
  for (auto next = clients_.begin(); next != clients_.end();) {
    auto& client = *next++;
    if (!may_be_served(client)) continue;
    if (client.who.may_change)
      guarded(&client, [](auto& server, auto& it) { server.serve(it); });
    else if (reader == nullptr || client.waits_since < reader->waits_since)
      reader = &client;
  }
  if (reader != nullptr) guarded(reader, [](auto& server, auto& it) { server.serve(it); });
  const bool more = std::any_of(clients_.begin(), clients_.end(), may_be_served);
  if (more) turn_.start({});
}

void ControlServer::serve(Client& client) {
  const auto end = client.received.find('\n', std::max(client.begin, client.searched));
  const auto request = std::string_view(client.received).substr(client.begin, end - client.begin);
  const auto reply = answer_for(client, request);
  client.begin = client.searched = end + 1;
  client.place.idle_since = client.waits_since = std::chrono::steady_clock::now();
  client.request_since.reset();
  send(client, reply);
  if (client.closing || client.received.find('\n', client.begin) != client.received.npos) return;
  client.received.erase(0, client.begin);
  client.received.shrink_to_fit();
  client.begin = 0;
  client.searched = client.received.size();
  if (!client.received.empty()) client.request_since = client.place.idle_since;
  bufferevent_enable(client.buffer.get(), EV_READ);
}

/// Out of memory is the end of the command, not of the daemon.
std::string ControlServer::answer_for(Client& client, std::string_view request) {
  auto session = client.who.session;
  try {
    auto reply = answer(operations_, client.who, request);
    if (reply.quit) close_when_sent(client);
    auto line = encode(std::move(reply));
    const auto all = unread_by_all() + line.size();
    if (line.size() > kMaxAnswer || (!client.who.may_change && all > kMaxAnswer))
      return encode(refused(client.who.session,
                            "the answer is too large: " + std::to_string(line.size() / kMebi) + " MiB"));
    return line;
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  client.who.session = std::move(session);
  client.who.block.reset();
  spdlog::warn("a command is aborted: out of memory");
  return encode(refused(client.who.session, "out of memory: the command is aborted"));
}

void ControlServer::close_when_sent(Client& client) {
  client.closing = std::chrono::steady_clock::now();
  bufferevent_disable(client.buffer.get(), EV_READ);
}

void ControlServer::send(Client& client, std::string_view line) {
  if (bufferevent_write(client.buffer.get(), line.data(), line.size()) != 0 ||
      bufferevent_write(client.buffer.get(), "\n", 1) != 0)
    client.closing = SteadyTime();  // it has half an answer, or none
}

}  // namespace awtun::daemon
