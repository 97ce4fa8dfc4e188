// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/commands.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "userland/base/overloaded.h"
#include "userland/daemon/views.h"

namespace awtun::daemon {
namespace {

using control::Reply;

Reply success(const config::Session& session) { return {.place = control::place_of(session)}; }

/// With what a command says when it is done, if anything.
Reply success(const config::Session& session, std::string message) {
  auto reply = success(session);
  if (message.empty()) return reply;
  reply.view = control::kMessage;
  reply.data = text_view(std::move(message));
  return reply;
}

Reply failure(const config::Session& session, control::Failure why) {
  return {.place = control::place_of(session), .failure = std::move(why)};
}

Reply syntax_error(const config::Session& session, const config::SyntaxError& error) {
  return failure(session, {error.message, std::string(config::to_string(error.kind)), true, error.column,
                           error.expected});
}

Reply taken(const config::Session& session, Result<control::Turn, std::string> turn) {
  if (!turn) return refused(session, turn.error());
  auto reply = success(session, std::move(turn->text));
  reply.ask = turn->ask;
  reply.subject = std::move(turn->subject);
  return reply;
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
  auto reply = success(who.session);
  if (wanted.what == What::Length) {
    reply.length = wanted.value;
    return reply;
  }
  (wanted.what == What::Monitor ? who.monitors : who.debugs) = wanted.value != 0;
  reply.monitor = who.monitors || who.debugs;
  return reply;
}

void hold(Operations& operations, Operator& who, config::Config candidate) {
  if (!who.block) who.block.emplace(operations.running(), config::Config());
  who.block->candidate = std::move(candidate);
}

Result<void, std::string> release(Operations& operations, Operator& who) {
  if (!who.block) return {};
  const auto block = *std::exchange(who.block, std::nullopt);
  if (operations.running() != block.base)
    return Error{
        std::string("the configuration was changed by someone else meanwhile; this block is dropped")};
  if (block.candidate == block.base) return {};
  return operations.apply(block.candidate);
}

/// What an operator may do who may not change anything.
bool only_looks(const config::Outcome& outcome, const config::Session& then) {
  return std::visit(Overloaded{
                        [](const config::Show& show) {
                          return config::row_of(show.what).exposure != config::Exposure::Operators;
                        },
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

control::Hello hello(const Operations& operations) {
  return {std::string(control::kVersion), config::grammar_hash(), operations.hostname()};
}

Reply refused(const config::Session& session, std::string_view reason) {
  return failure(session, {std::string(reason)});
}

Reply answer(Operations& operations, Operator& who, std::string_view text) {
  auto& session = who.session;
  const auto request = control::decode_request(text);
  if (!request) return failure(session, {R"(a request is {"execute": "<command line>"})", "invalid", true});
  log_command(request->line);
  const auto before = session;
  auto outcome =
      config::execute(who.block ? who.block->candidate : operations.running(), session, request->line);
  if (!who.may_change && !only_looks(outcome, session)) {
    session = before;
    return refused(session, "you may look, but change nothing and see no key");
  }
  if (ends_block(outcome, session))
    if (const auto released = release(operations, who); !released) return refused(session, released.error());
  return std::visit(Overloaded{
                        [&](config::Edit& edit) {
                          if (request->hold) {
                            hold(operations, who, std::move(edit.candidate));
                          } else if (const auto applied = operations.apply(std::move(edit.candidate));
                                     !applied) {
                            session = config::refused_at(before, request->line);
                            return refused(session, applied.error());
                          }
                          return success(session, std::move(edit.message));
                        },
                        [&](const config::Show& show) {
                          auto data = operations.show(show);
                          if (!data) return refused(session, data.error());
                          auto reply = success(session);
                          reply.view = config::row_of(show.what).name;
                          reply.filter = show.filter;
                          reply.json = show.json;
                          reply.data = std::move(*data);
                          return reply;
                        },
                        [&](const config::Operate& operation) {
                          if (const auto done = operations.operate(operation); !done)
                            return refused(session, done.error());
                          return success(session);
                        },
                        [&](const config::Certify& step) {
                          return taken(session, operations.certify(step, request->enclosed));
                        },
                        [&](const config::Replace& replace) {
                          return taken(session, operations.replace(replace, request->enclosed));
                        },
                        [&](const config::Reload& reload) {
                          return taken(session, operations.reload(reload, request->enclosed));
                        },
                        [&](const config::SaveStartup&) {
                          return taken(session, operations.save_startup(request->enclosed));
                        },
                        [&](const config::Terminal& wanted) { return set_terminal(who, wanted); },
                        [&](config::Done& done) { return success(session, std::move(done.message)); },
                        [&](const config::Quit&) { return Reply{.quit = true}; },
                        [&](const config::SyntaxError& error) { return syntax_error(session, error); },
                        [&](const config::Refused& why) { return refused(session, why.reason); },
                    },
                    outcome);
}

}  // namespace awtun::daemon
