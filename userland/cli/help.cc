// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/help.h"

#include <algorithm>

namespace awtun::cli {
namespace {

constexpr std::string_view kReturn = "<cr>";

std::string list_words(const config::Completion& completion, bool executable) {
  std::size_t width = executable ? kReturn.size() : 0;
  for (const auto& candidate : completion.candidates) width = std::max(width, candidate.text.size());
  std::string out;
  for (const auto& candidate : completion.candidates) {
    out +=
        "  " + candidate.text + std::string(width - candidate.text.size() + 2, ' ') + candidate.help + "\n";
  }
  if (executable) out += "  " + std::string(kReturn) + "\n";
  return out;
}

}  // namespace

std::string help_text(config::Mode mode, std::string_view line) {
  const auto completion = config::complete(mode, line);
  const bool between_words = completion.word_start == line.size();
  const std::string list = list_words(completion, completion.executable && between_words);
  return list.empty() ? "% There is no such command.\n" : list;
}

Tab complete_word(config::Mode mode, std::string_view line) {
  const auto completion = config::complete(mode, line);
  const std::string_view typed = line.substr(completion.word_start);
  std::string prefix = completion.common_prefix();
  const bool unique = completion.candidates.size() == 1 && !prefix.empty();
  if (unique) prefix += ' ';
  if (prefix.size() > typed.size()) return {typed.size(), std::move(prefix), {}};
  return {0, {}, list_words(completion, false)};
}

}  // namespace awtun::cli
