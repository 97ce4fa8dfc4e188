// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/runner.h"

#include <fmt/chrono.h>

#include <ctime>
#include <iterator>

#include "userland/cli/block.h"
#include "userland/cli/fields.h"
#include "userland/cli/filter.h"
#include "userland/cli/render.h"

namespace awtun::cli {
namespace {

std::string dump(const Json& data, int indent) {
  return data.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Messages begin with "% ", as on a router; one that does not yet gets it.
std::string as_message(const std::string& text) {
  return text.starts_with('%') ? text : "% " + printable(text);
}

void print_error(const Output& output, std::string_view line, const control::Failure& failure,
                 std::string_view place) {
  if (output.json) {
    Json error = to_json(failure);
    if (!place.empty()) error["place"] = place;
    output.err << dump({{"error", std::move(error)}}, -1);
    return;
  }
  if (!place.empty()) output.err << place << ":\n";
  const bool caret = failure.kind == "invalid" && failure.column && *failure.column <= line.size();
  output.err << config::render_error(printable(std::string(line)), caret ? failure.column : std::nullopt,
                                     as_message(failure.message), failure.expected);
}

ExitStatus print_view(const Output& output, std::string_view line, const control::Reply& reply,
                      std::string_view place) {
  std::string text = output.json || reply.json ? dump(reply.data, 2) : render(reply.view, reply.data);
  if (reply.filter) {
    auto rest = filtered(text, *reply.filter);
    if (!rest) {
      print_error(output, line, {std::move(rest.error())}, place);
      return ExitStatus::Syntax;
    }
    text = *std::move(rest);
  }
  output.out << text << std::flush;
  return ExitStatus::Done;
}

ExitStatus lost(const Output& output, const std::string& why) {
  output.err << "awcli: " << why << "\n";
  return ExitStatus::Unreachable;
}

/// One line; nullopt: go on.
std::optional<ExitStatus> run_line(Client& client, const Output& output, std::string_view line,
                                   const Answers& answers, std::string_view place) {
  const auto reply = converse(client, line, answers, output.json ? output.err : output.out);
  if (!reply) return lost(output, reply.error());
  const ExitStatus status = print_reply(output, line, *reply, place);
  if (reply->quit) return ExitStatus::Done;
  return status == ExitStatus::Done ? std::nullopt : std::optional(status);
}

void print_file_error(const Output& output, const config::FileError& error, const std::string& name) {
  control::Failure failure{.message = error.message, .expected = error.expected};
  if (error.syntax) failure.kind = "invalid";
  if (error.syntax) failure.column = error.column;
  print_error(output, error.text, failure, name + ":" + std::to_string(error.line));
}

}  // namespace

ExitStatus print_reply(const Output& output, std::string_view line, const control::Reply& reply,
                       std::string_view place) {
  if (reply.failure)
    print_error(output, line, *reply.failure, place);
  else if (!reply.view.empty())
    return print_view(output, line, reply, place);
  return status_of(reply);
}

void print_log(const Output& output, const control::LogLine& line) {
  if (output.json) {
    output.out << encode(line) << std::endl;
    return;
  }
  output.out << fmt::format("{:%H:%M:%S} ", fmt::localtime(std::time(nullptr)))
             << (line.level == "warning" || line.level == "error" ? line.level + ": " : "")
             << printable(line.text) << "\n"
             << std::flush;
}

ExitStatus status_of(const control::Reply& reply) {
  if (reply.ok()) return ExitStatus::Done;
  return reply.failure->syntax ? ExitStatus::Syntax : ExitStatus::Refused;
}

ExitStatus run_lines(Client& client, const Output& output, const std::vector<std::string>& lines,
                     const Answers& answers) {
  client.on_log([&output](const control::LogLine& line) { print_log(output, line); });
  for (const std::string& line : lines)
    if (const auto status = run_line(client, output, line, answers, "")) return *status;
  if (!client.monitors()) return ExitStatus::Done;
  for (;;)
    if (const auto taken = client.take_log(); !taken) return lost(output, taken.error());
}

ExitStatus run_script(Client& client, const Output& output, std::istream& script, const std::string& name,
                      bool yes) {
  client.hold_blocks();
  std::size_t number = 0;
  std::size_t block = 0;  // the line it begins at; 0: in exec mode
  const auto next = [&](const std::string&) {
    ++number;
    return read_line(script);
  };
  const Answers answers{next, false, yes, false};
  const auto run = [&](const std::string& line) {
    const std::string place = name + ":" + std::to_string(number);
    const auto status = run_line(client, output, line, answers, place);
    if (status && *status != ExitStatus::Done && block != 0 && !output.json)
      output.err << "% Nothing of the block that begins in line " << block << " was applied\n";
    if (client.mode() == config::Mode::Exec)
      block = 0;
    else if (block == 0)
      block = number;
    return status;
  };
  while (const auto line = next(""))
    if (const auto status = run(*line)) return *status;
  if (client.mode() == config::Mode::Exec) return ExitStatus::Done;
  return run("end").value_or(ExitStatus::Done);
}

std::optional<std::string> read_line(std::istream& stream) {
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

ExitStatus print_completion(const Output& output, std::string_view line) {
  for (const auto& candidate : config::complete(config::Mode::Exec, line).candidates)
    if (candidate.literal) output.out << candidate.text << "\n";
  return ExitStatus::Done;
}

ExitStatus check_file(const Output& output, std::istream& file, const std::string& name) {
  const auto text = read_configuration(file);
  if (!text) {
    output.err << "awcli: " << name << " is larger than " << (config::kMaxConfiguration >> 20) << " MiB\n";
    return ExitStatus::Refused;
  }
  const auto config = config::load(*text);
  if (!config) {
    print_file_error(output, config.error(), name);
    return config.error().syntax ? ExitStatus::Syntax : ExitStatus::Refused;
  }
  for (const auto& problem : config::validate(*config)) {
    output.err << name << ": " << (problem.tunnel ? config::tunnel_name(*problem.tunnel) + ": " : "")
               << problem.text << "\n";
  }
  return ExitStatus::Done;
}

}  // namespace awtun::cli
