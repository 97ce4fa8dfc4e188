// SPDX-License-Identifier: Apache-2.0
// Prints Documentation/commands.md: every command, as the table has it, and every view.
#include <iostream>
#include <string>

#include "userland/config/grammar.h"

namespace awtun::config {
namespace {

std::string value_text(const Token& token) {
  if (token.keyword) return std::string(token.text);
  if (token.type == ParamType::Choice) return "{" + std::string(token.text) + "}";
  std::string forms;
  for (const std::string& form : value_forms(token)) forms += (forms.empty() ? "" : "|") + form;
  return forms.find('|') == forms.npos ? forms : "{" + forms + "}";
}

/// "[no] mtu <68-1582>"; what `|` begins is the same in every row and said once.
std::string command_text(const Form& form) {
  std::string out = form.row->no ? "[no] " : "";
  std::size_t group_end = 0;
  for (std::size_t i = 0; i < form.pattern.size; ++i) {
    const Token& token = form.pattern.tokens[i];
    if (token.text == "|") break;
    if (token.skip_to != 0) group_end = token.skip_to;
    out += (i == 0 ? "" : " ") + std::string(token.skip_to != 0 ? "[" : "") + value_text(token);
    if (i + 1 == group_end) out += "]";
  }
  return out;
}

std::string title(Mode mode) {
  const std::string prompt(prompt_suffix(mode));
  return "\n## `" + prompt + "`\n\n";
}

void print_views() {
  std::cout << "\n## Views\n\nThe JSON of each `show` is described in `Documentation/schemas`, in the file "
               "with its name.\n\n"
               "| command | name |\n|---|---|\n";
  for (const ViewRow& row : kViews) std::cout << "| `" << row.command() << "` | `" << row.name << "` |\n";
}

void print() {
  std::cout
      << "# Commands\n\n"
         "Generated from the command table by `build/userland/bin/commands_reference`; a test compares the "
         "two.\n\n"
         "`[x]` is optional, `{a|b}` is one of the words, words in capitals are values. After `no`, the\n"
         "values of most commands are optional. Every `show` accepts `| {include|exclude|begin|count}\n"
         "PATTERN` and `| json`.\n";
  for (const Mode mode : kModes) {
    std::cout << title(mode);
    for (const Form& form : forms()) {
      if (form.row->mode != mode || form.negated || form.row->another_spelling) continue;
      std::cout << "    " << command_text(form) << "\n";
    }
  }
  print_views();
}

}  // namespace
}  // namespace awtun::config

int main() { awtun::config::print(); }
