// SPDX-License-Identifier: Apache-2.0
#include "userland/tests/cli/test_daemon.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "userland/base/overloaded.h"

namespace awtun::cli::test {
namespace {

void send_line(int socket, const Json& object) {
  const std::string text = object.dump() + "\n";
  [[maybe_unused]] const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

Json error(const config::Session& session, int code, Json what) {
  return {{"ok", false},
          {"mode", config::to_string(session.mode)},
          {"prompt", config::prompt_suffix(session.mode)},
          {"code", code},
          {"error", std::move(what)}};
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
  send_line(client_, {{"log", text}, {"level", "info"}});
}

void TestDaemon::set_view(const std::string& name, Json data) {
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
  send_line(client, {{"hello", "awiked"},
                     {"version", "0.1"},
                     {"grammar", fmt::format("{:016x}", config::grammar_hash())},
                     {"hostname", "r1"},
                     {"mode", "exec"},
                     {"prompt", "#"}});
  config::Session session;
  std::string received;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(client, buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    received.append(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t end = 0; (end = received.find('\n')) != received.npos; received.erase(0, end + 1)) {
      const Json request = Json::parse(received.substr(0, end));
      const Json reply = answer(session, request.at("execute").get<std::string>());
      send_line(client, reply);
      if (reply.contains("quit")) return;
    }
  }
}

Json TestDaemon::done(const config::Session& session) const {
  return {{"ok", true},
          {"mode", config::to_string(session.mode)},
          {"prompt", config::prompt_suffix(session.mode)}};
}

Json TestDaemon::show(const config::Session& session, const config::Show& what) {
  Json reply = done(session);
  const std::string name(config::to_string(what.what));
  reply["view"] = name;
  if (what.json) reply["format"] = "json";
  const bool running = what.what == config::View::RunningConfig;
  reply["data"] = running ? Json{{"schema", 1}, {"text", config::emit(config_)}} : views_[name];
  return reply;
}

Json TestDaemon::set_terminal(Json reply, const config::Terminal& wanted) {
  if (wanted.what == config::Terminal::What::Length)
    reply["length"] = wanted.value;
  else
    reply["monitor"] = wanted.value != 0;
  return reply;
}

Json TestDaemon::answer(config::Session& session, const std::string& line) {
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
                   auto object = done(session);
                   object["ask"] = "file";
                   object["subject"] = replace.file;
                   return object;
                 },
                 [&](const config::Reload&) { return done(session); },
                 [&](const config::SaveStartup&) { return done(session); },
                 [&](const config::Terminal& wanted) { return set_terminal(done(session), wanted); },
                 [&](const config::Done&) { return done(session); },
                 [&](const config::Quit&) {
                   return Json{{"ok", true}, {"quit", true}};
                 },
                 [&](const config::SyntaxError& bad) {
                   return error(session, 2,
                                {{"message", bad.message},
                                 {"kind", config::to_string(bad.kind)},
                                 {"column", bad.column},
                                 {"expected", bad.expected}});
                 },
                 [&](const config::Refused& refused) {
                   return error(session, 1, {{"message", refused.reason}, {"kind", "refused"}});
                 }},
      outcome);
}

}  // namespace awtun::cli::test
