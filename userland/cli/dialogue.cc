// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/dialogue.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <fstream>
#include <thread>

#include "userland/base/ascii.h"
#include "userland/cli/render.h"

namespace awtun::cli {
namespace {

constexpr std::string_view kEnd = "-----END ";
/// A paste has no end of its own when its END line is missing.
constexpr std::size_t kMaxPaste = 48 * 1024;
constexpr std::chrono::milliseconds kMoment{100};

using control::Ask;
using control::Reply;

Reply refusal(const Reply& last, std::string message) {
  return {.place = last.place, .failure = control::Failure{std::move(message)}};
}

std::string trimmed(std::string line) {
  const auto blank = [](unsigned char octet) { return std::isspace(octet) != 0; };
  while (!line.empty() && blank(static_cast<unsigned char>(line.back()))) line.pop_back();
  line.erase(line.begin(), std::find_if_not(line.begin(), line.end(), blank));
  return line;
}

/// "-----END CERTIFICATE-----" is the end of "CERTIFICATE".
std::optional<std::string> end_of(const std::string& line) {
  if (!line.starts_with(kEnd) || !line.ends_with("-----")) return std::nullopt;
  return line.substr(kEnd.size() - 4, line.size() - kEnd.size() - 1);
}

/// What is pasted, to its first END line; the error says why there is nothing.
Result<std::string, std::string> read_paste(const Answers& answers, std::ostream& screen) {
  std::string text;
  bool complete = false;
  while (text.size() <= kMaxPaste) {
    auto read = answers.read("");
    if (!read && complete) return text;
    if (!read) return Error{std::string("the input ends before an END line")};
    const std::string line = trimmed(*std::move(read));
    if (text.empty() && to_lower(line) == "abort") return Error{std::string("aborted")};
    text += line + "\n";
    const auto end = end_of(line);
    if (!end) continue;
    if (!complete) screen << "Complete (\"" << *end << "\" detected)." << std::endl;
    complete = true;
    if (!answers.only_paste) return text;
  }
  return Error{std::string("no END line within 48 kB")};
}

/// A configuration of the operator's; the error says why there is none.
Result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto text = read_configuration(file);
  if (file.bad() || !file.is_open()) return Error{"cannot read " + path};
  if (!text)
    return Error{path + " is larger than " + std::to_string(config::kMaxConfiguration >> 20) + " MiB"};
  return *std::move(text);
}

bool accepts(const Answers& answers, const std::string& question, std::ostream& screen) {
  const std::string prompt = question + " (y/n): ";
  if (answers.yes) {
    screen << prompt << "y" << std::endl;
    return true;
  }
  for (;;) {
    auto line = answers.read(prompt);
    if (!line) return false;
    const std::string word = to_lower(trimmed(*std::move(line)));
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no" || !answers.patient) return false;
  }
}

}  // namespace

std::optional<std::string> read_configuration(std::istream& file) {
  std::string text;
  std::array<char, 65536> part;
  while (file.read(part.data(), part.size()) || file.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > config::kMaxConfiguration) return std::nullopt;
  }
  return text;
}

Result<control::Reply, std::string> converse(Client& client, std::string_view line, const Answers& answers,
                                             std::ostream& screen) {
  control::Enclosed enclosed;
  for (;;) {
    auto reply = client.execute(line, enclosed);
    if (!reply || reply->ask == Ask::Nothing) return reply;
    screen << render(reply->view, reply->data) << std::flush;
    if (reply->ask == Ask::Patience) {
      std::this_thread::sleep_for(kMoment);
    } else if (reply->ask == Ask::Acceptance) {
      if (!accepts(answers, reply->subject, screen)) return refusal(*reply, "not accepted");
      enclosed.accepted = true;
    } else {
      auto text = reply->ask == Ask::File ? read_file(reply->subject) : read_paste(answers, screen);
      if (!text) return refusal(*reply, std::move(text.error()));
      enclosed.text = *std::move(text);
    }
  }
}

}  // namespace awtun::cli
