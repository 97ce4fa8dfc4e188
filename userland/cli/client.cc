// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "userland/cli/fields.h"

namespace awtun::cli {
namespace {

config::Mode parse_mode(std::string_view name) {
  for (const auto mode : config::kModes) {
    if (name == config::to_string(mode)) return mode;
  }
  return config::Mode::Exec;
}

std::optional<config::Filter> read_filter(const Json& object) {
  using What = config::Filter::What;
  for (const auto what : {What::Include, What::Exclude, What::Begin, What::Count}) {
    if (text_of(object, "what") == config::to_string(what)) {
      return config::Filter{what, text_of(object, "pattern")};
    }
  }
  return std::nullopt;
}

void read_error(const Json& error, Reply& reply) {
  reply.message = text_of(error, "message");
  reply.kind = text_of(error, "kind");
  if (const auto column = number_of(error, "column"); column && *column >= 0) {
    reply.column = static_cast<std::size_t>(*column);
  }
  for (const Json& word : list_of(error, "expected")) {
    if (word.is_string()) reply.expected.push_back(word.get<std::string>());
  }
}

std::string system_error(const std::string& doing) { return doing + ": " + std::strerror(errno); }

Reply::Ask parse_ask(std::string_view word) {
  if (word == "text") return Reply::Ask::Text;
  if (word == "file") return Reply::Ask::File;
  if (word == "acceptance") return Reply::Ask::Acceptance;
  if (word == "patience") return Reply::Ask::Patience;
  return Reply::Ask::Nothing;
}

/// Why awiked ends the session; nullopt: the line is something else.
std::optional<std::string> reason_of_goodbye(std::string_view line) {
  if (line.find("\"bye\"") == line.npos) return std::nullopt;
  const Json object = Json::parse(line, nullptr, false);
  if (!has(object, "bye")) return std::nullopt;
  return "awiked ended the session: " + text_of(object, "bye");
}

}  // namespace

std::optional<Reply> parse_reply(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Reply reply;
  reply.ok = flag_of(object, "ok");
  reply.quit = flag_of(object, "quit");
  reply.mode = parse_mode(text_of(object, "mode"));
  if (std::string prompt = text_of(object, "prompt"); !prompt.empty()) reply.prompt = std::move(prompt);
  reply.view = text_of(object, "view");
  if (const auto data = object.find("data"); data != object.end()) reply.data = *data;
  reply.ask = parse_ask(text_of(object, "ask"));
  reply.subject = text_of(object, "subject");
  reply.json = text_of(object, "format") == "json";
  if (const auto length = number_of(object, "length"); length && *length >= 0)
    reply.length = static_cast<std::size_t>(*length);
  if (has(object, "monitor")) reply.monitor = flag_of(object, "monitor");
  reply.filter = read_filter(object_of(object, "filter"));
  reply.syntax = number_of(object, "code") == 2;
  read_error(object_of(object, "error"), reply);
  return reply;
}

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
  if (socket < 0) return Error{system_error("cannot make a socket")};
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
  auto line = read_line();
  if (!line) return Error{std::move(line.error())};
  const Json hello = Json::parse(*line, nullptr, false);
  if (text_of(hello, "hello") == "awiked") {
    hostname_ = text_of(hello, "hostname");
    std::uint64_t hash = 0;
    const std::string grammar = text_of(hello, "grammar");
    const auto read = std::from_chars(grammar.data(), grammar.data() + grammar.size(), hash, 16);
    same_grammar_ = read.ec == std::errc{} && hash == config::grammar_hash();
    return {};
  }
  if (const auto reply = parse_reply(*line); reply && !reply->message.empty()) return Error{reply->message};
  return Error{std::string("the other end of the socket is not awiked")};
}

Result<Reply, std::string> Client::execute(std::string_view line, const Enclosed& enclosed) {
  if (ended_) return Error{*ended_};
  // What is not UTF-8 goes as U+FFFD: the daemon refuses either, and JSON can only carry this one.
  Json request{{"execute", line}};
  if (enclosed.text) request["text"] = *enclosed.text;
  if (enclosed.accepted) request["accept"] = true;
  if (hold_) request["hold"] = true;
  const auto text = request.dump(-1, ' ', false, Json::error_handler_t::replace);
  // When awiked has ended the session meanwhile, why it did is still there to be read.
  if (auto sent = write_line(text); !sent) {
    auto last = read_answer();
    return Error{last ? std::move(sent.error()) : std::move(last.error())};
  }
  auto answer = read_answer();
  if (!answer) return Error{std::move(answer.error())};
  auto reply = parse_reply(*answer);
  if (!reply) return Error{std::string("awiked answered something that is no reply")};
  mode_ = reply->mode;
  monitors_ = reply->monitor.value_or(monitors_);
  return *std::move(reply);
}

bool Client::hand_on_log(const std::string& line) const {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object() || !object.contains("log")) return false;
  if (on_log_) on_log_(object);
  return true;
}

Result<std::string, std::string> Client::read_answer() {
  for (;;) {
    auto line = read_line();
    if (!line) return line;
    if (auto reason = reason_of_goodbye(*line)) return Error{*std::move(reason)};
    if (!hand_on_log(*line)) return line;
  }
}

Result<void, std::string> Client::take_log() {
  const auto line = read_line();
  if (!line) return Error{line.error()};
  if ((ended_ = reason_of_goodbye(*line))) return Error{*ended_};
  static_cast<void>(hand_on_log(*line));  // there is nothing else that nobody has asked for
  return {};
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
