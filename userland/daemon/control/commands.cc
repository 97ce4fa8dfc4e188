// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/control/commands.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "userland/base/overloaded.h"
#include "userland/daemon/show/views.h"

namespace awtun::daemon {
namespace {

using control::Reply;

Reply success(const config::Session& session) { return {.place = control::place_of(session)}; }

/// With what a command says when it is done, if anything.
Reply success(const config::Session& session, const std::string& message) {
  auto reply = success(session);
  if (message.empty()) return reply;
  reply.view = control::kMessage;
  reply.data = text_view(message);
  return reply;
}

Reply failure(const config::Session& session, control::Failure why) {
  return {.place = control::place_of(session), .failure = std::move(why)};
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

void hold(Operations& operations, Operator& who, config::Config candidate) {
  if (!who.block) who.block.emplace(operations.running(), config::Config());
  who.block->candidate = std::move(candidate);
}

Result<void, std::string> release(Operations& operations, Operator& who) {
  if (!who.block) return {};
  const auto block = *std::exchange(who.block, std::nullopt);
  if (operations.running() != block.base)
    return Error{std::string("another session has changed the configuration; this block is discarded")};
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

// ---------------------------------------------------------------- requests

/// One request on its way to its reply: what is done for each outcome of its line.
class Execution {
 public:
  Execution(Operations& operations, Operator& who, const control::Request& request)
      : operations_(operations), who_(who), request_(request), before_(who.session) {}

  Reply run() {
    const auto& configuration = who_.block ? who_.block->candidate : operations_.running();
    auto outcome = config::execute(configuration, who_.session, request_.line);
    if (!who_.may_change && !only_looks(outcome, who_.session)) {
      who_.session = before_;
      return refuse("read-only access: this command changes something or shows keys");
    }
    if (ends_block(outcome, who_.session))
      if (const auto released = release(operations_, who_); !released) return refuse(released.error());
    return std::visit([this](auto& each) { return serve(each); }, outcome);
  }

 private:
  Reply serve(config::Edit& edit) {
    if (request_.hold) {
      hold(operations_, who_, std::move(edit.candidate));
    } else if (const auto applied = operations_.apply(std::move(edit.candidate)); !applied) {
      who_.session = config::refused_at(before_, request_.line);
      return refuse(applied.error());
    }
    return success(who_.session, edit.message);
  }

  Reply serve(const config::Show& wanted) {
    auto data = operations_.show(wanted);
    if (!data) return refuse(data.error());
    auto reply = success(who_.session);
    reply.view = config::row_of(wanted.what).name;
    reply.filter = wanted.filter;
    reply.json = wanted.json;
    reply.data = std::move(*data);
    return reply;
  }

  Reply serve(const config::Operate& wanted) {
    if (const auto done = operations_.operate(wanted); !done) return refuse(done.error());
    return success(who_.session);
  }

  Reply serve(const config::Certify& step) { return take(operations_.certify(step, request_.enclosed)); }
  Reply serve(const config::Replace& wanted) { return take(operations_.replace(wanted, request_.enclosed)); }
  Reply serve(const config::Reload& wanted) { return take(operations_.reload(wanted, request_.enclosed)); }
  Reply serve(const config::SaveStartup&) { return take(operations_.save_startup(request_.enclosed)); }

  Reply serve(const config::Terminal& wanted) {
    using What = config::Terminal::What;
    auto reply = success(who_.session);
    if (wanted.what == What::Length) {
      reply.length = wanted.value;
      return reply;
    }
    (wanted.what == What::Monitor ? who_.monitors : who_.debugs) = wanted.value != 0;
    reply.monitor = who_.monitors || who_.debugs;
    return reply;
  }

  Reply serve(config::Done& done) { return success(who_.session, done.message); }
  Reply serve(const config::Quit&) { return {.quit = true}; }
  Reply serve(const config::Refused& why) { return refuse(why.reason); }

  Reply serve(const config::SyntaxError& error) {
    return failure(who_.session, {error.message, std::string(config::to_string(error.kind)), true,
                                  error.column, error.expected});
  }

  /// A command that may ask back.
  Reply take(Result<control::Turn, std::string> turn) {
    if (!turn) return refuse(turn.error());
    auto reply = success(who_.session, turn->text);
    reply.ask = turn->ask;
    reply.subject = std::move(turn->subject);
    return reply;
  }

  [[nodiscard]] Reply refuse(std::string_view reason) const { return refused(who_.session, reason); }

  Operations& operations_;
  Operator& who_;
  const control::Request& request_;
  config::Session before_;
};

}  // namespace

control::Hello hello(const Operations& operations) {
  return {std::string(control::kVersion), config::grammar_hash(), operations.hostname()};
}

Reply refused(const config::Session& session, std::string_view reason) {
  return failure(session, {std::string(reason)});
}

Reply answer(Operations& operations, Operator& who, std::string_view text) {
  const auto request = control::decode_request(text);
  if (!request)
    return failure(who.session, {R"(a request must be {"execute": "<command line>"})", "invalid", true});
  log_command(request->line);
  return Execution(operations, who, *request).run();
}

}  // namespace awtun::daemon
