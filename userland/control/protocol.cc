// SPDX-License-Identifier: Apache-2.0
#include "userland/control/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace awtun::control {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, 5> kAskWords = {"", "text", "file", "acceptance", "patience"};

Ask parse_ask(std::string_view word) {
  const auto found = std::ranges::find(kAskWords, word);
  return found == kAskWords.end() ? Ask::Nothing : static_cast<Ask>(found - kAskWords.begin());
}

std::string dump(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<std::size_t> size_of(const Json& object, const char* key) {
  const auto number = number_of(object, key);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

// ---------------------------------------------------------------- place

config::Mode parse_mode(std::string_view name) {
  const auto found =
      std::ranges::find(config::kModes, name, [](auto mode) { return config::to_string(mode); });
  return found == config::kModes.end() ? config::Mode::Exec : *found;
}

void put(Json& object, const Place& place) {
  object["mode"] = config::to_string(place.mode);
  object["prompt"] = place.prompt;
  if (place.tunnel) object["tunnel"] = *place.tunnel;
  if (!place.name.empty()) object["name"] = place.name;
}

Place place_in(const Json& object) {
  Place place{.mode = parse_mode(text_of(object, "mode")), .name = text_of(object, "name")};
  if (auto prompt = text_of(object, "prompt"); !prompt.empty()) place.prompt = std::move(prompt);
  if (const auto tunnel = size_of(object, "tunnel")) place.tunnel = static_cast<std::uint32_t>(*tunnel);
  return place;
}

// ---------------------------------------------------------------- hello

Json to_json(const Hello& hello) {
  Json object{{"hello", "awiked"},
              {"version", hello.version},
              {"grammar", fmt::format("{:016x}", hello.grammar.value_or(0))},
              {"hostname", hello.hostname}};
  put(object, hello.place);
  return object;
}

std::optional<std::uint64_t> parse_hash(const std::string& text) {
  std::uint64_t hash = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  return read.ec == std::errc{} ? std::optional(hash) : std::nullopt;
}

Hello hello_in(const Json& object) {
  return {text_of(object, "version"), parse_hash(text_of(object, "grammar")), text_of(object, "hostname"),
          place_in(object)};
}

// ---------------------------------------------------------------- reply

void put(Json& object, const Failure& failure) {
  object["code"] = failure.syntax ? 2 : 1;
  object["error"] = to_json(failure);
}

Failure failure_in(const Json& object) {
  const Json& error = object_of(object, "error");
  Failure failure{.message = text_of(error, "message"),
                  .kind = text_of(error, "kind"),
                  .syntax = number_of(object, "code") == 2,
                  .column = size_of(error, "column")};
  for (const Json& word : list_of(error, "expected"))
    if (word.is_string()) failure.expected.push_back(word.get<std::string>());
  return failure;
}

std::optional<config::Filter> filter_in(const Json& object) {
  using What = config::Filter::What;
  for (const auto what : {What::Include, What::Exclude, What::Begin, What::Count})
    if (text_of(object, "what") == config::to_string(what))
      return config::Filter{what, text_of(object, "pattern")};
  return std::nullopt;
}

void put_shown(Json& object, Reply& reply) {
  if (reply.view.empty()) return;
  object["view"] = std::move(reply.view);
  if (reply.filter)
    object["filter"] = {{"what", config::to_string(reply.filter->what)}, {"pattern", reply.filter->pattern}};
  if (reply.json) object["format"] = "json";
  object["data"] = std::move(reply.data);
}

Json to_json(Reply reply) {
  if (reply.quit) return {{"ok", true}, {"quit", true}};
  Json object{{"ok", reply.ok()}};
  put(object, reply.place);
  if (reply.failure) {
    put(object, *reply.failure);
    return object;
  }
  put_shown(object, reply);
  if (reply.ask != Ask::Nothing) object["ask"] = kAskWords[static_cast<std::size_t>(reply.ask)];
  if (!reply.subject.empty()) object["subject"] = std::move(reply.subject);
  if (reply.length) object["length"] = *reply.length;
  if (reply.monitor) object["monitor"] = *reply.monitor;
  return object;
}

Reply reply_in(Json& object) {
  Reply reply{.place = place_in(object), .quit = flag_of(object, "quit"), .view = text_of(object, "view")};
  if (!flag_of(object, "ok")) reply.failure = failure_in(object);
  if (const auto data = object.find("data"); data != object.end()) reply.data = std::move(*data);
  reply.filter = filter_in(object_of(object, "filter"));
  reply.json = text_of(object, "format") == "json";
  reply.ask = parse_ask(text_of(object, "ask"));
  reply.subject = text_of(object, "subject");
  reply.length = size_of(object, "length");
  if (has(object, "monitor")) reply.monitor = flag_of(object, "monitor");
  return reply;
}

// ---------------------------------------------------------------- the rest

Json to_json(const LogLine& line) { return {{"log", line.text}, {"level", line.level}}; }
Json to_json(const Goodbye& goodbye) { return {{"bye", goodbye.reason}}; }

}  // namespace

Place place_of(const config::Session& session) {
  return {session.mode, std::string(config::prompt_suffix(session.mode)), session.tunnel, session.name};
}

Json to_json(const Failure& failure) {
  Json error{{"message", failure.message}, {"kind", failure.kind}};
  if (failure.column) error["column"] = *failure.column;
  if (!failure.expected.empty()) error["expected"] = failure.expected;
  return error;
}

std::string encode(const Request& request) {
  Json object{{"execute", request.line}};
  if (request.enclosed.text) object["text"] = *request.enclosed.text;
  if (request.enclosed.accepted) object["accept"] = true;
  if (request.hold) object["hold"] = true;
  return dump(object);
}

std::optional<Request> decode_request(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto command = object.find("execute");
  if (command == object.end() || !command->is_string()) return std::nullopt;
  Enclosed enclosed{std::nullopt, flag_of(object, "accept")};
  const auto text = object.find("text");
  if (text != object.end() && text->is_string()) enclosed.text = text->get<std::string>();
  return Request{command->get<std::string>(), std::move(enclosed), flag_of(object, "hold")};
}

std::string encode(Message message) {
  return std::visit([](auto& each) { return dump(to_json(std::move(each))); }, message);
}

std::optional<Message> decode_message(std::string_view line) {
  Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  if (text_of(object, "hello") == "awiked") return hello_in(object);
  if (has(object, "log")) return LogLine{text_of(object, "log"), text_of(object, "level")};
  if (has(object, "bye")) return Goodbye{text_of(object, "bye")};
  return reply_in(object);
}

}  // namespace awtun::control
