// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/commands.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "userland/base/overloaded.h"

namespace awtun::daemon {
namespace {

// Parts of a user's line may end in the middle of a UTF-8 character; such octets become U+FFFD.
Reply to_reply(const Json& object, bool close = false) {
  return {object.dump(-1, ' ', false, Json::error_handler_t::replace), close};
}

void put_place(Json& object, const config::Session& session) {
  object["mode"] = config::to_string(session.mode);
  object["prompt"] = config::prompt_suffix(session.mode);
  if (session.tunnel) object["tunnel"] = *session.tunnel;
  if (!session.name.empty()) object["name"] = session.name;
}

Json success(const config::Session& session) {
  Json object{{"ok", true}};
  put_place(object, session);
  return object;
}

/// With what a command says when it is done, if anything.
Json success(const config::Session& session, std::string message) {
  auto object = success(session);
  if (message.empty()) return object;
  object["view"] = "message";
  object["data"] = text_view(std::move(message));
  return object;
}

Json failure(const config::Session& session, int code, Json error) {
  Json object{{"ok", false}};
  put_place(object, session);
  object["code"] = code;
  object["error"] = std::move(error);
  return object;
}

Json refusal(const config::Session& session, std::string_view reason) {
  return failure(session, 1, {{"message", reason}, {"kind", "refused"}});
}

Json syntax_error(const config::Session& session, const config::SyntaxError& error) {
  return failure(session, 2,
                 {{"message", error.message},
                  {"kind", config::to_string(error.kind)},
                  {"column", error.column},
                  {"expected", error.expected}});
}

struct Request {
  std::string line;
  Enclosed enclosed;
  bool hold = false;
};

bool is_true(const Json& object, const char* key) {
  const auto value = object.find(key);
  return value != object.end() && value->is_boolean() && value->get<bool>();
}

std::optional<Request> parse_request(std::string_view text) {
  const auto object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto line = object.find("execute");
  if (line == object.end() || !line->is_string()) return std::nullopt;
  Request request{line->get<std::string>(), {}, is_true(object, "hold")};
  const auto pasted = object.find("text");
  if (pasted != object.end() && pasted->is_string()) request.enclosed.text = pasted->get<std::string>();
  request.enclosed.accepted = is_true(object, "accept");
  return request;
}

const char* to_string(Turn::Ask ask) {
  switch (ask) {
    case Turn::Ask::Nothing:
      return nullptr;
    case Turn::Ask::Text:
      return "text";
    case Turn::Ask::File:
      return "file";
    case Turn::Ask::Acceptance:
      return "acceptance";
    case Turn::Ask::Patience:
      return "patience";
  }
  return nullptr;
}

Reply taken(const config::Session& session, Result<Turn, std::string> turn) {
  if (!turn) return to_reply(refusal(session, turn.error()));
  auto object = success(session, std::move(turn->text));
  if (const char* ask = to_string(turn->ask)) object["ask"] = ask;
  if (!turn->subject.empty()) object["subject"] = std::move(turn->subject);
  return to_reply(object);
}

// ---------------------------------------------------------------- blocks

/// Whether the configuration is to be in force before the outcome is served.
bool ends_block(const config::Outcome& outcome, const config::Session& session) {
  return std::visit(Overloaded{
                        [](const config::Edit&) { return false; },
                        [](const config::SyntaxError&) { return false; },
                        [](const config::Refused&) { return false; },
                        [&](const config::Done&) { return session.mode == config::Mode::Exec; },
                        [](const config::Terminal&) { return false; },
                        [](const auto&) { return true; },
                    },
                    outcome);
}

Reply set_terminal(Operator& who, const config::Terminal& wanted) {
  using What = config::Terminal::What;
  auto object = success(who.session);
  if (wanted.what == What::Length) {
    object["length"] = wanted.value;
    return to_reply(object);
  }
  (wanted.what == What::Monitor ? who.monitors : who.debugs) = wanted.value != 0;
  object["monitor"] = who.monitors || who.debugs;
  return to_reply(object);
}

void hold(const CommandTarget& target, Operator& who, config::Config candidate) {
  if (!who.block) who.block.emplace(target.running(), config::Config());
  who.block->candidate = std::move(candidate);
}

Result<void, std::string> release(const CommandTarget& target, Operator& who) {
  if (!who.block) return {};
  const auto block = *std::exchange(who.block, std::nullopt);
  if (target.running() != block.base)
    return Error{
        std::string("the configuration was changed by someone else meanwhile; this block is dropped")};
  if (block.candidate == block.base) return {};
  return target.apply(block.candidate);
}

/// What an operator may do who may not change anything.
bool only_looks(const config::Outcome& outcome, const config::Session& then) {
  return std::visit(Overloaded{
                        [](const config::Show& show) { return show.what != config::View::IsakmpKey; },
                        [&](const config::Done&) { return then.mode == config::Mode::Exec; },
                        [](const config::Terminal&) { return true; },
                        [](const config::Quit&) { return true; },
                        [](const config::SyntaxError&) { return true; },
                        [](const config::Refused&) { return true; },
                        [](const auto&) { return false; },
                    },
                    outcome);
}

void log_command(std::string_view line) {
  spdlog::trace("command: {}", config::without_secrets(line, config::Audience::Others));
}

}  // namespace

Reply hello(const CommandTarget& target) {
  Json object{{"hello", "awiked"},
              {"version", version},
              {"grammar", fmt::format("{:016x}", config::grammar_hash())},
              {"hostname", target.hostname}};
  put_place(object, config::Session{});
  return to_reply(object);
}

Reply log_line(std::string_view level, std::string_view text) {
  return to_reply({{"log", text}, {"level", level}});
}

Reply refused(const Operator& who, std::string_view reason) { return to_reply(refusal(who.session, reason)); }

Reply goodbye(std::string_view reason) { return to_reply({{"bye", reason}}, true); }

Reply rejection(std::string_view reason) { return to_reply(refusal(config::Session{}, reason), true); }

Reply answer(const CommandTarget& target, Operator& who, std::string_view text) {
  auto& session = who.session;
  const auto request = parse_request(text);
  if (!request)
    return to_reply(failure(
        session, 2, {{"message", R"(a request is {"execute": "<command line>"})"}, {"kind", "invalid"}}));
  log_command(request->line);
  const auto before = session;
  auto outcome = config::execute(who.block ? who.block->candidate : target.running(), session, request->line);
  if (!who.may_change && !only_looks(outcome, session)) {
    session = before;
    return to_reply(refusal(session, "you may look, but change nothing and see no key"));
  }
  if (ends_block(outcome, session))
    if (const auto released = release(target, who); !released)
      return to_reply(refusal(session, released.error()));
  return std::visit(
      Overloaded{
          [&](config::Edit& edit) {
            if (request->hold) {
              hold(target, who, std::move(edit.candidate));
            } else if (const auto applied = target.apply(std::move(edit.candidate)); !applied) {
              session = config::refused_at(before, request->line);
              return to_reply(refusal(session, applied.error()));
            }
            return to_reply(success(session, std::move(edit.message)));
          },
          [&](const config::Show& show) {
            auto data = target.show(show);
            if (!data) return to_reply(refusal(session, data.error()));
            auto object = success(session);
            object["view"] = config::to_string(show.what);
            if (show.filter)
              object["filter"] = {{"what", config::to_string(show.filter->what)},
                                  {"pattern", show.filter->pattern}};
            if (show.json) object["format"] = "json";
            object["data"] = std::move(*data);
            return to_reply(object);
          },
          [&](const config::Operate& operation) {
            if (const auto done = target.operate(operation); !done)
              return to_reply(refusal(session, done.error()));
            return to_reply(success(session));
          },
          [&](const config::Certify& step) {
            return taken(session, target.certify(step, request->enclosed));
          },
          [&](const config::Replace& replace) {
            return taken(session, target.replace(replace, request->enclosed));
          },
          [&](const config::Reload& reload) {
            return taken(session, target.reload(reload, request->enclosed));
          },
          [&](const config::SaveStartup&) { return taken(session, target.save_startup(request->enclosed)); },
          [&](const config::Terminal& wanted) { return set_terminal(who, wanted); },
          [&](config::Done& done) { return to_reply(success(session, std::move(done.message))); },
          [&](const config::Quit&) {
            return to_reply({{"ok", true}, {"quit", true}}, true);
          },
          [&](const config::SyntaxError& error) { return to_reply(syntax_error(session, error)); },
          [&](const config::Refused& refused) { return to_reply(refusal(session, refused.reason)); },
      },
      outcome);
}

}  // namespace awtun::daemon
