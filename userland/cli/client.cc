// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace awtun::cli {
namespace {

std::string system_error(const std::string& doing) { return doing + ": " + std::strerror(errno); }

}  // namespace

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)),
      hostname_(std::move(other.hostname_)),
      same_grammar_(other.same_grammar_),
      hold_(other.hold_),
      on_log_(std::move(other.on_log_)),
      monitors_(other.monitors_),
      ended_(std::move(other.ended_)),
      mode_(other.mode_) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(received_, other.received_);
  std::swap(hostname_, other.hostname_);
  std::swap(same_grammar_, other.same_grammar_);
  std::swap(hold_, other.hold_);
  std::swap(on_log_, other.on_log_);
  std::swap(monitors_, other.monitors_);
  std::swap(ended_, other.ended_);
  std::swap(mode_, other.mode_);
  return *this;
}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

Result<Client, std::string> Client::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return Error{path + ": the path of a socket is too long"};
  path.copy(address.sun_path, path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return Error{system_error("cannot open a socket")};
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    std::string why = system_error("cannot reach awiked at " + path);
    ::close(socket);
    return Error{std::move(why)};
  }
  return adopt(socket);
}

Result<Client, std::string> Client::adopt(int socket) {
  Client client(socket);
  if (auto hello = client.read_hello(); !hello) return Error{std::move(hello.error())};
  return client;
}

Result<void, std::string> Client::read_hello() {
  const auto message = read_answer();
  if (!message) return Error{message.error()};
  const auto* said = message->has_value() ? &**message : nullptr;
  if (const auto* hello = std::get_if<control::Hello>(said)) {
    hostname_ = hello->hostname;
    same_grammar_ = hello->grammar == config::grammar_hash();
    return {};
  }
  const auto* reply = std::get_if<control::Reply>(said);
  if (reply != nullptr && reply->failure && !reply->failure->message.empty())
    return Error{reply->failure->message};
  return Error{std::string("the other end of the socket is not awiked")};
}

Result<control::Reply, std::string> Client::execute(std::string_view line,
                                                    const control::Enclosed& enclosed) {
  if (ended_) return Error{*ended_};
  // When awiked has ended the session meanwhile, why it did is still there to be read.
  if (auto sent = write_line(encode(control::Request{std::string(line), enclosed, hold_})); !sent) {
    auto last = read_answer();
    return Error{last ? std::move(sent.error()) : std::move(last.error())};
  }
  auto answer = read_answer();
  if (!answer) return Error{std::move(answer.error())};
  auto* reply = answer->has_value() ? std::get_if<control::Reply>(&**answer) : nullptr;
  if (reply == nullptr) return Error{std::string("awiked sent an invalid reply")};
  mode_ = reply->place.mode;
  monitors_ = reply->monitor.value_or(monitors_);
  return std::move(*reply);
}

Result<std::optional<control::Message>, std::string> Client::read_answer() {
  for (;;) {
    auto message = read_message();
    if (!message || !*message || !std::holds_alternative<control::LogLine>(**message)) return message;
  }
}

Result<std::optional<control::Message>, std::string> Client::read_message() {
  const auto line = read_line();
  if (!line) return Error{line.error()};
  auto message = control::decode_message(*line);
  if (!message) return message;
  if (const auto* goodbye = std::get_if<control::Goodbye>(&*message)) {
    ended_ = "awiked ended the session: " + goodbye->reason;
    return Error{*ended_};
  }
  if (const auto* log = std::get_if<control::LogLine>(&*message); log != nullptr && on_log_) on_log_(*log);
  return message;
}

Result<void, std::string> Client::take_log() {
  const auto message = read_message();
  if (!message) return Error{message.error()};
  return {};  // awiked sends nothing else without a request
}

Result<std::string, std::string> Client::read_line() {
  std::array<char, 16384> buffer;
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = received_.find('\n', searched);
    if (end != received_.npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    searched = received_.size();
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size == 0) return Error{std::string("awiked closed the connection")};
    if (size < 0 && errno != EINTR) return Error{system_error("the connection to awiked is lost")};
    if (size > 0) received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Result<void, std::string> Client::write_line(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t size = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EINTR) return Error{system_error("the connection to awiked is lost")};
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  return {};
}

}  // namespace awtun::cli
