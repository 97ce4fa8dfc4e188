// SPDX-License-Identifier: Apache-2.0
#include "userland/tests/cli/test_daemon.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "userland/base/overloaded.h"

namespace awtun::cli::test {
namespace {

void send_line(int socket, const control::Message& message) {
  const std::string text = encode(message) + "\n";
  [[maybe_unused]] const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

control::Reply done(const config::Session& session) { return {.place = control::place_of(session)}; }

control::Reply failed(const config::Session& session, control::Failure why) {
  return {.place = control::place_of(session), .failure = std::move(why)};
}

control::Reply set_terminal(control::Reply reply, const config::Terminal& wanted) {
  if (wanted.what == config::Terminal::What::Length)
    reply.length = wanted.value;
  else
    reply.monitor = wanted.value != 0;
  return reply;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "awcli-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestDaemon::TestDaemon() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket().copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 4) != 0) {
    std::abort();
  }
  thread_ = std::thread([this] { serve(); });
}

TestDaemon::~TestDaemon() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void TestDaemon::log(const std::string& text) {
  const std::lock_guard lock(mutex_);
  send_line(client_, control::LogLine{text, "info"});
}

void TestDaemon::set_view(const std::string& name, control::Json data) {
  const std::lock_guard lock(mutex_);
  views_[name] = std::move(data);
}

std::string TestDaemon::running() const {
  const std::lock_guard lock(mutex_);
  return config::emit(config_);
}

std::vector<std::string> TestDaemon::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void TestDaemon::serve() {
  for (int client = 0; (client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    {
      const std::lock_guard lock(mutex_);
      client_ = client;
    }
    serve_client(client);
    ::close(client);
  }
}

void TestDaemon::serve_client(int client) {
  send_line(client, control::Hello{std::string(control::kVersion), config::grammar_hash(), "r1"});
  config::Session session;
  std::string received;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(client, buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    received.append(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = received.find('\n')) != received.npos; received.erase(0, end + 1)) {
      const auto request = control::decode_request(received.substr(0, end));
      const auto reply = answer(session, request.value().line);
      send_line(client, reply);
      if (reply.quit) return;
    }
  }
}

control::Reply TestDaemon::show(const config::Session& session, const config::Show& what) {
  auto reply = done(session);
  reply.view = config::row_of(what.what).name;
  reply.json = what.json;
  const bool running = what.what == config::View::RunningConfig;
  reply.data = running ? control::Json{{"schema", 1}, {"text", config::emit(config_)}} : views_[reply.view];
  return reply;
}

control::Reply TestDaemon::answer(config::Session& session, const std::string& line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(line);
  auto outcome = config::execute(config_, session, line);
  return std::visit(
      Overloaded{[&](config::Edit& edit) {
                   config_ = std::move(edit.candidate);
                   return done(session);
                 },
                 [&](const config::Show& what) { return show(session, what); },
                 [&](const config::Operate&) { return done(session); },
                 [&](const config::Certify&) { return done(session); },
                 [&](const config::Replace& replace) {
                   auto reply = done(session);
                   reply.ask = control::Ask::File;
                   reply.subject = replace.file;
                   return reply;
                 },
                 [&](const config::Reload&) { return done(session); },
                 [&](const config::SaveStartup&) { return done(session); },
                 [&](const config::Terminal& wanted) { return set_terminal(done(session), wanted); },
                 [&](const config::Done&) { return done(session); },
                 [&](const config::Quit&) { return control::Reply{.quit = true}; },
                 [&](const config::SyntaxError& bad) {
                   return failed(session, {bad.message, std::string(config::to_string(bad.kind)), true,
                                           bad.column, bad.expected});
                 },
                 [&](const config::Refused& refused) { return failed(session, {refused.reason}); }},
      outcome);
}

}  // namespace awtun::cli::test
